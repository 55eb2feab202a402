"""Text brought into order: white space of every kind, and signs nobody sees."""

import re
import unicodedata
from dataclasses import dataclass
from itertools import groupby


def cleaned_text(text: str) -> str:
    """Text with white space of every kind brought into order; lines stay lines.

    Control characters go; runs of blanks become one; more than one empty line becomes one.
    """
    kept = text.replace("\r\n", "\n").translate(_SIGNS)
    lines = [re.sub(r" +", " ", line).strip() for line in kept.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


@dataclass(frozen=True)
class Piece:
    """A stretch of a text as it came. cut: what of it was cleaned away: unseen, blanks, lines."""

    text: str
    cut: str = ""


def marked(text: str) -> list[Piece]:
    """The text as it came, in pieces: what `cleaned_text` keeps, and what it takes away."""
    stretches = [
        (kind, "".join(signs)) for kind, signs in groupby(text.replace("\r\n", "\n"), _kind)
    ]
    found: list[Piece] = []
    for at, (kind, run) in enumerate(stretches):
        edge = at in (0, len(stretches) - 1) or "lines" in (
            stretches[at - 1][0],
            stretches[at + 1][0],
        )
        kept = {"unseen": 0, "lines": 0 if at in (0, len(stretches) - 1) else 2}.get(
            kind, (0 if edge else 1) if kind == "blanks" else len(run)
        )
        if run[:kept]:
            found.append(Piece(run[:kept]))
        if run[kept:]:
            found.append(Piece(run[kept:], kind))
    return found


def _kind(sign: str) -> str:
    became = _SIGNS[ord(sign)]
    return {"": "unseen", " ": "blanks", "\n": "lines"}.get(became, "")


def cleaned_line(text: str) -> str:
    """Text on one line."""
    return re.sub(r"\s+", " ", cleaned_text(text))


def kept_raw(text: str) -> str:
    """Text as it came; only what no database can hold, NUL and half signs, shows as U+FFFD."""
    return re.sub("[\x00\ud800-\udfff]", "\ufffd", text)


def _is_none(sign: str) -> bool:
    """Whether Unicode says that this is no character at all.

    One that is merely unknown here may be a name's sign of a Unicode newer than Python's.
    """
    return ord(sign) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(sign) <= 0xFDEF


class _Signs(dict[int, str]):
    """What each sign becomes; found out when it first comes."""

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        category = unicodedata.category(sign)
        if sign in "\n\u200d":
            kept = sign
        elif sign in "\r\u2028\u2029\x85\x0b\x0c":
            kept = "\n"
        elif category == "Zs" or sign == "\t":
            kept = " "
        else:
            kept = "" if category in _UNSEEN or _is_none(sign) else sign
        if code <= _USUAL:
            self[code] = kept
        return kept


_UNSEEN = {"Cc", "Cs", "Co", "Cf"}
_USUAL = 0xFFFF
_SIGNS = _Signs()
