"""The rules a drawing is checked by, each with a file that breaks it and one that does not."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.bpmn.linting import page, showing
from engine.bpmn.linting.registry import RULES, Rule
from engine.designing import fault_words
from engine.errors import NotFound

Side = Literal["bad", "good"]


@dataclass(frozen=True)
class File:
    """One file of an example. name: `bad.bpmn`, or `grade.dmn` where several are needed."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Shown:
    """A rule with its example.

    told: what the linter says of the bad side, {"zh", "en"} each; elements: of whom it says so.
    """

    rule: Rule
    sides: dict[Side, tuple[File, ...]]
    told: tuple[dict[str, str], ...]
    elements: tuple[str, ...]


def rules() -> list[Rule]:
    """Every rule, in the order one would read them."""
    return page.in_order()


def shown(key: str) -> Shown:
    """A rule with its example. Raises `NotFound`."""
    if key not in RULES:
        raise NotFound("There is no such rule.")
    example = showing.example(key)
    if example is None:
        return Shown(RULES[key], {}, (), ())
    found = [one for one in showing.faults(example.bad) if one.rule == key]
    told = {one.message: {"zh": fault_words.zh(one), "en": one.message} for one in found}
    sides: dict[Side, tuple[File, ...]] = {"bad": _files(example.bad), "good": _files(example.good)}
    elements = tuple(dict.fromkeys(one.element for one in found if one.element))
    return Shown(RULES[key], sides, tuple(told.values()), elements)


def file(key: str, side: Side, name: str) -> bytes:
    """One file of a rule's example. Raises `NotFound`."""
    for one in shown(key).sides.get(side, ()):
        if one.name == name:
            return one.content
    raise NotFound("There is no such example.")


def _files(path: Path) -> tuple[File, ...]:
    paths = sorted(path.iterdir()) if path.is_dir() else [path]
    return tuple(File(one.name, one.read_bytes()) for one in paths)
