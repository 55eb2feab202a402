"""Ways out of the office (对外通道): the mail server, the webhook, the SMS gateway, as set."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from engine.errors import InvalidInput

LONGEST = 300
SECURITIES = ("starttls", "tls", "none")
PORTS = {"starttls": 587, "tls": 465, "none": 25}
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.\[\]:_-]+(/[!-~]*)?")
_HOST = re.compile(r"[A-Za-z0-9.:\[\]_-]{1,253}")
_MAIL = re.compile(r"[!#-'*+/-9=?A-Z^-~.-]+@[A-Za-z0-9.-]+")


@dataclass(frozen=True)
class Smtp:
    """The office's mail server.

    security: `starttls`, `tls` from the first byte on, or `none`. ca: a file with the certificates
    that are believed beside the machine's own.
    """

    host: str
    port: int
    sender: str
    security: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    ca: Path | None = None


@dataclass(frozen=True)
class Receiver:
    """An address that takes notices by HTTP. secret: signs them, or opens the gateway."""

    url: str
    secret: str = field(default="", repr=False)
    ca: Path | None = None


@dataclass(frozen=True)
class Ways:
    """The ways that are connected; without a gateway short messages go into the journal."""

    smtp: Smtp | None = None
    webhook: Receiver | None = None
    sms: Receiver | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the `HUIYIN_*` variables. Raises `InvalidInput`, naming the variable."""
        ca = _file("HUIYIN_CA_FILE", environ.get("HUIYIN_CA_FILE", ""))
        return cls(
            _smtp(environ, ca),
            _receiver(environ, "HUIYIN_WEBHOOK_URL", "HUIYIN_WEBHOOK_SECRET", ca),
            _receiver(environ, "HUIYIN_SMS_URL", "HUIYIN_SMS_TOKEN", ca),
        )


def _smtp(environ: Mapping[str, str], ca: Path | None) -> Smtp | None:
    host = environ.get("HUIYIN_SMTP_HOST", "").strip()
    if not host:
        return None
    if not _HOST.fullmatch(host):
        raise InvalidInput("HUIYIN_SMTP_HOST", "the name of a mail server", host[:40])
    security = environ.get("HUIYIN_SMTP_SECURITY", "").strip() or "starttls"
    if security not in SECURITIES:
        raise InvalidInput("HUIYIN_SMTP_SECURITY", f"one of {', '.join(SECURITIES)}", security[:40])
    sender = environ.get("HUIYIN_SMTP_FROM", "").strip()
    if not is_mail_address(sender):
        raise InvalidInput(
            "HUIYIN_SMTP_FROM", "an address such as office@city.example", sender[:40]
        )
    port = environ.get("HUIYIN_SMTP_PORT", "").strip() or str(PORTS[security])
    if not port.isdecimal() or len(port) > len("65535") or not 1 <= int(port) <= 65535:
        raise InvalidInput("HUIYIN_SMTP_PORT", "a whole number from 1 to 65535", port[:40])
    return Smtp(
        host=host,
        port=int(port),
        sender=sender,
        security=security,
        user=environ.get("HUIYIN_SMTP_USER", ""),
        password=environ.get("HUIYIN_SMTP_PASSWORD", ""),
        ca=ca,
    )


def _receiver(
    environ: Mapping[str, str], address: str, secret: str, ca: Path | None
) -> Receiver | None:
    url, word = environ.get(address, "").strip(), environ.get(secret, "").strip()
    if not url:
        return None
    if len(url) > LONGEST or not _ADDRESS.fullmatch(url):
        raise InvalidInput(address, "an address such as https://gateway.example/send", url[:40])
    if not word:
        raise InvalidInput(secret, f"a secret, as {address} is set", "none")
    return Receiver(url, word, ca)


def is_mail_address(text: str) -> bool:
    """Whether this is one plain mail address."""
    return len(text) <= LONGEST and bool(_MAIL.fullmatch(text))


def _file(name: str, text: str) -> Path | None:
    if not text.strip():
        return None
    path = Path(text.strip()).resolve()
    if not path.is_file():
        raise InvalidInput(name, "a file of certificates that is there", path.name[:40])
    return path
