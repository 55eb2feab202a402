"""Which characters the font of the papers has; the others are printed as 〓 and named.

PDF/A allows no character without a picture, so none may reach the typesetter.
"""

import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path

FONT = Path(__file__).resolve().parent / "fonts" / "NotoSerifSC-Regular.ttf"
MISSING = "〓"  # what Chinese printers set for a sign they do not have
_TABLES, _GROUPS = struct.Struct(">4sIII"), struct.Struct(">III")
_WITH_ALL_PLANES = 12  # the format of a map that reaches beyond U+FFFF


@cache
def covered() -> frozenset[int]:
    """The code points the font has a picture of."""
    return frozenset(_code_points(FONT.read_bytes()))


def printable(text: str) -> str:
    """The text with 〓 for each character the font does not have; other blanks are blanks."""
    known = covered()
    return "".join(
        sign if sign == "\n" or ord(sign) in known else " " if sign.isspace() else MISSING
        for sign in text
    )


def missing(text: str) -> list[str]:
    """The characters that `printable` replaces, each once, in order."""
    known = covered()
    return list(dict.fromkeys(c for c in text if ord(c) not in known and not c.isspace()))


def _code_points(font: bytes) -> Iterator[int]:
    number = int.from_bytes(font[4:6], "big")
    tables = (_TABLES.unpack_from(font, 12 + 16 * place) for place in range(number))
    start = next(offset for tag, _, offset, _ in tables if tag == b"cmap")
    maps = int.from_bytes(font[start + 2 : start + 4], "big")
    for place in range(maps):
        at = start + int.from_bytes(font[start + 8 + 8 * place : start + 12 + 8 * place], "big")
        if int.from_bytes(font[at : at + 2], "big") == _WITH_ALL_PLANES:
            groups = int.from_bytes(font[at + 12 : at + 16], "big")
            for group in range(groups):
                first, last, _ = _GROUPS.unpack_from(font, at + 16 + 12 * group)
                yield from range(first, last + 1)
            return
