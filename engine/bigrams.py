"""Text as it is indexed and searched: pairs of Chinese signs, words and numbers.

Chinese is written without blanks, so that a word cannot be cut out: each two neighbouring signs
are one token, and a word is found where all its pairs are. Other scripts are cut at their words.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator

LONGEST = 40  # signs of a word; what is longer is found by its beginning
_MOST_ASKED = 32  # tokens of a question
_SHORTEST_BEGINNING = 3  # of a word in another script that is looked for by its beginning
_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(rf"([{_HAN}]+)|[^\W_{_HAN}]+")


def normal(text: str) -> str:
    """The one spelling of a text: full-width signs as plain ones, capitals as small letters."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def tokens(text: str) -> list[str]:
    """What a text is found by, each once, in their order.

    The last sign of a run of Chinese stands alone as well: one sign is looked for as the beginning
    of a pair, and there is none behind it.
    """
    return list(dict.fromkeys(_indexed(text)))


def _indexed(text: str) -> Iterator[str]:
    for run in _RUN.finditer(normal(text)):
        signs = run[0]
        if run[1]:
            yield from (signs[at : at + 2] for at in range(len(signs) - 1))
            yield signs[-1]
        else:
            yield signs[:LONGEST]


def pairs(text: str) -> set[str]:
    """What two texts have in common when they are alike: pairs of signs, and words."""
    found = set()
    for run in _RUN.finditer(normal(text)):
        signs = run[0]
        if run[1] and len(signs) > 1:
            found |= {signs[at : at + 2] for at in range(len(signs) - 1)}
        else:
            found.add(signs[:LONGEST])
    return found


def likeness(one: Collection[str], other: Collection[str]) -> float:
    """How alike two texts are by their `pairs`: twice the shared over all of both, 0 to 1."""
    both = len(one) + len(other)
    return 2 * len({*one} & {*other}) / both if both else 0.0


def asked(text: str) -> list[tuple[str, bool]]:
    """What a text is looked for by: tokens that all must be there, and which are beginnings.

    One Chinese sign is a beginning of pairs; so is the last word of another script, which may not
    be typed to its end. Nothing for a text without a sign or a letter.
    """
    found: dict[str, bool] = {}
    runs = list(_RUN.finditer(normal(text)))
    for run in runs:
        signs = run[0]
        if run[1] and len(signs) > 1:
            found.update(dict.fromkeys((signs[at : at + 2] for at in range(len(signs) - 1)), False))
        elif run[1]:
            found[signs] = True
        else:
            open_end = run is runs[-1] and len(signs) >= _SHORTEST_BEGINNING
            found[signs[:LONGEST]] = open_end or len(signs) > LONGEST
    return list(found.items())[:_MOST_ASKED]
