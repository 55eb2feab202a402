"""Files (附件), kept by their content: the name of a file is the SHA-256 of its bytes.

What it is, is read from the bytes (`engine.file_kinds`); what is not on the list is refused.
Nothing here knows a case: who may read a file is asked by the rows that name it.
"""

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from engine import file_kinds, pictures
from engine.errors import InvalidInput, NotFound
from engine.scanning import Scanner

LARGEST = 10 * 1024 * 1024
_CHUNK = 256 * 1024
_HASH = frozenset("0123456789abcdef")


@dataclass(frozen=True)
class Stored:
    """A file in the store. media_type: one of PNG, JPEG, PDF, plain text."""

    sha256: str
    media_type: str
    size: int


class Files:
    """A folder of files by content; the same content is kept once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def at(cls, home: Path) -> "Files":
        """The files of the installation in `home`."""
        return cls(home / "files")

    def put(self, stream: BinaryIO, scanner: Scanner | None = None) -> Stored:
        """Keep what the stream gives; it is there whole or not at all, also after a crash.

        Pictures are drawn anew. Outside any transaction: a scanner takes its time.
        Raises `InvalidInput`, field `size` (more than `LARGEST`), `empty`, or one of those of
        `engine.file_kinds`, `engine.scanning` and `engine.pictures`.
        """
        data = stream.read(LARGEST + 1)
        if not data:
            raise InvalidInput("empty", "a file with content")
        if len(data) > LARGEST:
            raise InvalidInput("size", f"at most {LARGEST} bytes", f"more than {LARGEST}")
        kind = file_kinds.kind_of(data)
        if scanner is not None:
            scanner.look_at(data)
        if kind in file_kinds.PICTURES:
            data = pictures.drawn_anew(data, kind)
        stored = Stored(hashlib.sha256(data).hexdigest(), kind, len(data))
        self._write(self._place(stored.sha256), data)
        return stored

    def keep(self, data: bytes) -> str:
        """Keep what we have made ourselves, whatever it is; its SHA-256."""
        sha256 = hashlib.sha256(data).hexdigest()
        self._write(self._place(sha256), data)
        return sha256

    def path(self, sha256: str) -> Path:
        """Where a file lies. Raises `NotFound`."""
        if len(sha256) != 64 or not _HASH.issuperset(sha256):
            raise NotFound("No such file.")
        place = self._place(sha256)
        if not place.is_file():
            raise NotFound("No such file.")
        return place

    def _place(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256[2:]

    def _write(self, place: Path, data: bytes) -> None:
        if place.exists():
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh = place.parent / f".{secrets.token_hex(8)}"
        try:
            with fresh.open("xb") as file:
                for start in range(0, len(data), _CHUNK):
                    file.write(data[start : start + _CHUNK])
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(place)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise
        _sync(place.parent)


def _sync(folder: Path) -> None:
    """Make the new name in the folder survive a crash."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
