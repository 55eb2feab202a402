"""The examples of each rule: one file that breaks it and one that does not.

They lie in `examples/<rule>/`, as `bad.bpmn` and `good.bpmn` (or `.dmn`, `.json`), or as folders
`bad` and `good` where a rule needs a decision beside the diagram. What is known around them, such
as forms and limits, is in `examples/known.json`.
"""

import json
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from engine.bpmn import linter
from engine.bpmn.linting.faults import Fault

FOLDER = Path(__file__).parent / "examples"
PROCESS = "example"


@dataclass(frozen=True)
class Example:
    """What a rule refuses and what it takes: a file each, or a folder each."""

    bad: Path
    good: Path


def example(rule: str) -> Example | None:
    """The example of a rule, None if it has none."""
    found: dict[str, Path] = {}
    folder = FOLDER / rule
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        found.setdefault(path.stem, path)
    if "bad" not in found or "good" not in found:
        return None
    return Example(found["bad"], found["good"])


def faults(path: Path, off: AbstractSet[str] = frozenset()) -> list[Fault]:
    """What the linter says of one side of an example, without the rules in `off`."""
    if path.is_dir():
        tables = {file.name: file.read_bytes() for file in sorted(path.glob("*.dmn"))}
        return _checked((path / linter.PROCESS_FILE).read_bytes(), tables, off)
    content = path.read_bytes()
    if path.suffix == ".dmn":
        return linter.check_table(path.name, content, off)[1]
    if path.suffix == ".json":
        return linter.check_form(path.stem, content, off)
    return _checked(content, {}, off)


def _checked(process: bytes, tables: dict[str, bytes], off: AbstractSet[str]) -> list[Fault]:
    return linter.check(PROCESS, process, tables, off=off, **_known())


@cache
def _known() -> dict[str, Any]:
    known = json.loads((FOLDER / "known.json").read_text("utf-8"))
    forms = {form: set(names) for form, names in known["forms"].items()}
    names = {name: set(known[name]) for name in ("limits", "roles", "sealed_roles")}
    return {"forms": forms, **names}
