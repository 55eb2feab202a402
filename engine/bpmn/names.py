"""The known name nearest to one that is not known, found soon whatever the names."""

from collections.abc import Iterable
from difflib import SequenceMatcher

_LONGEST = 64
_MOST = 200
_TRIED = 3
_ALIKE = 0.6


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean x?` if a known name is near, else what is known.

    Names longer than any of ours are not looked at, and only the likeliest are compared in full:
    that takes a time that grows with the square of their length.
    """
    names = sorted({one for one in known if len(one) <= _LONGEST})[:_MOST]
    matcher = SequenceMatcher(None, b=name[:_LONGEST], autojunk=False)
    likely: list[tuple[float, str]] = []
    for one in names:
        matcher.set_seq1(one)
        if matcher.real_quick_ratio() >= _ALIKE:
            ratio = matcher.quick_ratio()
            if ratio >= _ALIKE:
                likely.append((-ratio, one))
    best = (_ALIKE, "")
    for _, one in sorted(likely)[:_TRIED]:
        matcher.set_seq1(one)
        best = max(best, (matcher.ratio(), one))
    if best[1]:
        return f"; did you mean {best[1]}?"
    return f"; known are {', '.join(names[:12])}" if names else ""
