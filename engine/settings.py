"""Settings: one frozen object, read once from the environment and then passed on."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from engine.errors import InvalidInput
from engine.ways_out import Ways

LONGEST_NUMBER = 9
LONGEST_ADDRESS = 200
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.\[\]:_-]+(/[!-~]*)?")


@dataclass(frozen=True)
class Settings:
    """All that an installation may set.

    home: folder of the embedded database, files and keys. database_url: an SQLAlchemy address.
    secret_key: signs sessions; made once in `home` when empty. rehearsal: the clock may be moved.
    proxies: how many reverse proxies stand before us, whose forwarded addresses are believed.
    public_url: the address people open, without a slash at its end; empty: not known.
    two_persons: what one person has drawn another deploys.
    scanner: a command that looks at each file (`engine.scanning`); empty: none does.
    ways: how notices leave the office.
    """

    home: Path
    database_url: str
    port: int = 8000
    secret_key: str = ""
    timezone: str = "Asia/Shanghai"
    rehearsal: bool = False
    proxies: int = 0
    public_url: str = ""
    fault: str = ""
    two_persons: bool = False
    scanner: str = ""
    scanner_seconds: int = 30
    ways: Ways = field(default_factory=Ways)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the `HUIYIN_*` variables. Raises `InvalidInput`, naming the variable."""
        home = Path(environ.get("HUIYIN_HOME") or "var").resolve()
        url = environ.get("HUIYIN_DATABASE_URL") or f"sqlite:///{home / 'huiyin.db'}"
        return cls(
            home=home,
            database_url=url,
            port=_whole("HUIYIN_PORT", environ.get("HUIYIN_PORT") or "8000", 1, 65535),
            secret_key=environ.get("HUIYIN_SECRET_KEY", ""),
            timezone=environ.get("HUIYIN_TIMEZONE") or "Asia/Shanghai",
            proxies=_whole("HUIYIN_PROXIES", environ.get("HUIYIN_PROXIES") or "0", 0, 5),
            rehearsal=environ.get("HUIYIN_REHEARSAL", "") in {"1", "true", "yes"},
            public_url=_address("HUIYIN_PUBLIC_URL", environ.get("HUIYIN_PUBLIC_URL", "")),
            fault=environ.get("HUIYIN_FAULT", ""),
            two_persons=environ.get("HUIYIN_TWO_PERSONS", "") in {"1", "true", "yes"},
            scanner=_command("HUIYIN_SCANNER", environ.get("HUIYIN_SCANNER", "")),
            scanner_seconds=_whole(
                "HUIYIN_SCANNER_SECONDS", environ.get("HUIYIN_SCANNER_SECONDS") or "30", 1, 300
            ),
            ways=Ways.from_env(environ),
        )


def _address(name: str, text: str) -> str:
    bare = text.strip().rstrip("/")
    if bare and (len(bare) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(bare)):
        raise InvalidInput(name, "an address such as https://huiyin.example.gov.cn", bare[:40])
    return bare


def _command(name: str, text: str) -> str:
    try:
        shlex.split(text)
    except ValueError as error:
        raise InvalidInput(name, "a command with its quotes closed", text[:40]) from error
    return text.strip()


def _whole(name: str, text: str, least: int, most: int) -> int:
    # Ten thousand digits are no number either; Python would refuse to read them.
    if not text.isdecimal() or len(text) > LONGEST_NUMBER or not least <= int(text) <= most:
        raise InvalidInput(name, f"a whole number from {least} to {most}", text[:40])
    return int(text)
