"""What stands in a digest: sections with a heading, a text and parts, as they are kept.

    {"sections": [{"key", "heading": {zh, en}, "body": {zh, en}, "parts": [...]}]}

Numbers are named, never written: `{key}` in a text, keys in the cells of tables and charts. Parts:

    table         title, head [texts], rows [{name, cells [keys]}]
    columns       title, places [texts], series [{name, numbers [keys]}]
    cases         title, number (key), rows [{number, title, unit, told}]
    instructions  rows [{issue, line, text, leader, unit, due_on, status, result}]
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.digests.kinds import Texts

LONGEST_HEADING, LONGEST_BODY = 80, 4000
_BRACES = re.compile(r"\{([a-z][a-z0-9_]{0,63})\}")


@dataclass(frozen=True)
class Piece:
    """A piece of a text: words, or a number by its key."""

    words: str
    key: str = ""


def pieces(text: str) -> Iterator[Piece]:
    """A text in words and numbers."""
    at = 0
    for found in _BRACES.finditer(text):
        if found.start() > at:
            yield Piece(text[at : found.start()])
        yield Piece("", found[1])
        at = found.end()
    if at < len(text):
        yield Piece(text[at:])


def keys(text: str) -> set[str]:
    """The numbers that a text names."""
    return set(_BRACES.findall(text))


def put(text: str, words: Mapping[str, str]) -> str:
    """The text with some of its names replaced by words; what else is named stays."""
    return _BRACES.sub(lambda one: words.get(one[1], one[0]), text)


def filled(text: str, numbers: Mapping[str, str]) -> str:
    """The text as it is printed."""
    return "".join(numbers.get(one.key, "—") if one.key else one.words for one in pieces(text))


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def said(texts: Texts, language: str) -> str:
    """A text in a language; one that was written in Chinese alone as it is."""
    return texts.get(language) or texts.get("zh", "")


@dataclass(frozen=True)
class Line:
    """A line on which a leader may write. text: as it is printed, in each language."""

    key: str
    section: str
    text: Texts


def lines(content: Mapping[str, Any], numbers: Mapping[str, str]) -> Iterator[Line]:
    """Every paragraph and row of a digest, in order. numbers: as printed, by key."""
    for section in content["sections"]:
        yield from _of_section(section, numbers)


def _of_section(section: Mapping[str, Any], numbers: Mapping[str, str]) -> Iterator[Line]:
    name = section["key"]
    in_each = {one: paragraphs(said(section["body"], one)) for one in ("zh", "en")}
    for place, words in enumerate(in_each["zh"]):
        english = in_each["en"][place] if place < len(in_each["en"]) else words
        texts = {"zh": filled(words, numbers), "en": filled(english, numbers)}
        yield Line(f"{name}-{place + 1}", name, texts)
    for number, part in enumerate(section["parts"], 1):
        for place, row in enumerate(_rows(part, numbers), 1):
            yield Line(f"{name}-{number}-{place}", name, row)


def _rows(part: Mapping[str, Any], numbers: Mapping[str, str]) -> Iterator[Texts]:
    if part["is"] == "table":
        for row in part["rows"]:
            cells = ", ".join(numbers.get(key, "—") for key in row["cells"])
            yield {"zh": f"{row['name']['zh']}：{cells}", "en": f"{row['name']['en']}: {cells}"}
    elif part["is"] == "cases":
        for row in part["rows"]:
            title, number, unit, told = (row[name] for name in ("title", "number", "unit", "told"))
            yield {
                "zh": f"{title}（{number}，{unit['zh']}，{told['zh']}）",
                "en": f"{title} ({number}, {unit['en']}, {told['en']})",
            }
    elif part["is"] == "instructions":
        for row in part["rows"]:
            yield {"zh": row["text"], "en": row["text"]}
