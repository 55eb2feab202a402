"""Who said it: persons' identities, encrypted apart from content, findable by HMAC only.

Keys lie in the installation's home, never in the database: losing either loses nothing that
the other could tell.
"""

import contextlib
import hashlib
import hmac
import os
import re
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from engine.errors import InvalidInput

_NONCE = 12
_CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # without signs that look alike
_CODE_SIGNS = 10
_PHONE = re.compile(r"^\+?[0-9]{5,20}$")
# Blanks, dashes of every length, brackets, and the unseen marks that come with a copied number.
_BETWEEN_DIGITS = re.compile(
    r"[\s\-().\u00b7\u2010-\u2015\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)


@dataclass(frozen=True)
class Reporter:
    """A person who sent something in: name and phone as they are called, both may be empty."""

    name: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Sealed:
    """An identity as it is stored: key id, nonce and ciphertext, HMAC of the phone."""

    key_id: str
    sealed: bytes
    phone_hmac: bytes | None


class Vault:
    """Seals and opens identities with the key of this installation."""

    def __init__(self, key: bytes, key_id: str = "1") -> None:
        self._cipher = AESGCM(key)
        self._hmac_key = hashlib.sha256(b"look-up" + key).digest()
        self.key_id = key_id

    @classmethod
    def at(cls, home: Path) -> "Vault":
        """The vault of the installation in `home`; its key is made at the first use."""
        return cls(secret_in(home, "identity.key"))

    def seal(self, reporter: Reporter) -> Sealed:
        """Encrypt an identity. Raises `InvalidInput` if the phone is no phone."""
        phone = normal_phone(reporter.phone)
        nonce = os.urandom(_NONCE)
        told = orjson.dumps({**asdict(reporter), "phone": phone})
        sealed = nonce + self._cipher.encrypt(nonce, told, self.key_id.encode())
        return Sealed(self.key_id, sealed, self.look_up(phone) if phone else None)

    def open(self, key_id: str, sealed: bytes | None) -> Reporter:
        """Decrypt an identity; an erased one is empty. Raises `InvalidInput` on a wrong key."""
        if sealed is None:
            return Reporter()
        try:
            told = self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], key_id.encode())
        except (InvalidTag, ValueError) as error:  # ValueError: cut too short to be one
            raise InvalidInput("identity", "an identity sealed with this key") from error
        values: dict[str, Any] = orjson.loads(told)
        return Reporter(**values)

    def look_up(self, text: str) -> bytes:
        """The HMAC under which a phone or a code is found."""
        return hmac.new(self._hmac_key, text.encode(), hashlib.sha256).digest()

    def code_of_part(self, contact_id: UUID) -> str:
        """The secret code of a part of a contact, by its key: as `new_code`, always the same.

        So it can be told again to whom the whole belongs, and lies nowhere.
        """
        rest = int.from_bytes(self.look_up(f"code of part {contact_id.hex}"))
        signs = []
        for _ in range(_CODE_SIGNS):
            rest, sign = divmod(rest, len(_CODE_ALPHABET))
            signs.append(_CODE_ALPHABET[sign])
        return _spelled("".join(signs))


def normal_phone(text: str) -> str:
    """A phone without blanks, dashes, brackets and unseen marks; empty stays empty.

    Raises `InvalidInput` unless 5 to 20 digits are left, with a leading + at most.
    """
    bare = _BETWEEN_DIGITS.sub("", text.translate(_FULL_WIDTH))
    if bare and not _PHONE.match(bare):
        raise InvalidInput("phone", "5 to 20 digits, such as 13800000000 or 0773-2800000")
    return bare


def new_code() -> str:
    """A secret code to follow one's case by, such as "K7QF-3M2P-9T" (49 bits)."""
    return _spelled("".join(secrets.choice(_CODE_ALPHABET) for _ in range(_CODE_SIGNS)))


def _spelled(signs: str) -> str:
    return f"{signs[:4]}-{signs[4:8]}-{signs[8:]}"


def normal_code(text: str) -> str:
    """A code as typed, in its one spelling: capitals, without blanks and dashes."""
    return re.sub(r"[^0-9A-Z]", "", text.translate(_FULL_WIDTH).upper())


def secret_in(home: Path, name: str, size: int = 32) -> bytes:
    """A secret kept as hex in a file of `home`, made at the first use, readable by the owner."""
    home.mkdir(parents=True, exist_ok=True)
    path = home / name
    if not path.exists():
        fresh = home / f".{name}.{secrets.token_hex(8)}"
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_bytes(size).hex())
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another process was first: its secret holds
            path.hardlink_to(fresh)
        fresh.unlink()
    return bytes.fromhex(path.read_text(encoding="ascii").strip())


# Every full-width sign lies this far above its plain one.
_FULL_WIDTH = {sign + 0xFEE0: chr(sign) for sign in range(ord("!"), ord("~") + 1)}
