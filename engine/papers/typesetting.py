"""PDF/A of a paper, set by typst from templates of our own; offices edit the docx instead.

What people wrote reaches typst as JSON, never as source.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst

from engine.papers import codes, glyphs, wording
from engine.papers.kinds import Kind, Sheet
from engine.papers.labels import LABELS

STANDARD: Literal["a-2b"] = "a-2b"
_FOLDER = Path(__file__).resolve().parent / "typst"
_SHEETS = {
    Kind.SLIP: "slip.typ",
    Kind.ANSWER: "letter.typ",
    Kind.REFUSAL: "letter.typ",
    Kind.ORDER: "order.typ",
    Kind.INTERVIEW: "interview.typ",
    Kind.DIGEST: "digest.typ",
}
# Typst breaks no line inside of what has no blanks; 30 signs fit into every cell. Numbers are
# shorter, and stay whole for whoever searches the file.
_UNBROKEN = re.compile(r"[!-~]{30}(?=[!-~])")
_BREAK_HERE = "\u200b"


def pdf(paper: Sheet, language: str = "zh") -> bytes:
    """The paper as PDF/A-2b; the same facts give the same bytes. Raises `InvalidInput`."""
    made = _compiler(paper, language).compile(
        format="pdf", pdf_standards=STANDARD, timestamp=int(paper.made_at.timestamp())
    )
    assert isinstance(made, bytes)
    return made


def pictures(paper: Sheet, language: str = "zh", ppi: float = 72) -> list[bytes]:
    """The pages as PNG, to look at."""
    made = _compiler(paper, language).compile(format="png", ppi=ppi)
    return [made] if isinstance(made, bytes) else list(made or ())


def drawn(svg: str, ppi: float = 192) -> bytes:
    """A chart as PNG, for files that take no drawing."""
    made = typst.Compiler(
        _FOLDER / "drawing.typ",
        root=_FOLDER,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"drawing": glyphs.printable(svg)},
    ).compile(format="png", ppi=ppi)
    assert isinstance(made, bytes)
    return made


def _compiler(paper: Sheet, language: str) -> typst.Compiler:
    told = wording.values(paper, language)
    missing = glyphs.missing(json.dumps(told, ensure_ascii=False))
    content = {
        **_printable(told),
        "kind": str(paper.kind),
        "language": language,
        "labels": {name: texts[language] for name, texts in LABELS.items()},
        "qr": list(codes.png(paper.code)),
        "missing": "  ".join(f"U+{ord(sign):04X}" for sign in missing),
    }
    return typst.Compiler(
        _FOLDER / _SHEETS[paper.kind],
        root=_FOLDER,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"paper": json.dumps(content, ensure_ascii=False)},
    )


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[glyphs.FONT.parent],
    )


def _printable(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            # A drawing is markup: a sign put into its words would end it.
            name: glyphs.printable(one) if name == "drawing" else _printable(one)
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [_printable(one) for one in value]
    return _UNBROKEN.sub(lambda run: run[0] + _BREAK_HERE, glyphs.printable(value))
