"""Chinese sentences with names in them that are no words: ids, properties, tools."""

import re

_NAME = re.compile(r"([!-~]*[a-z]{3,}[!-~]*)", re.ASCII)
_TOOL = re.compile(r"[A-Z][a-z]+")


def parts(text: str) -> list[tuple[str, str]]:
    """A sentence in parts: each text with "" for words, "code" for a name, "en" for a tool's."""
    return [
        (part, ("en" if _TOOL.fullmatch(part) else "code") if place % 2 else "")
        for place, part in enumerate(_NAME.split(text))
        if part
    ]
