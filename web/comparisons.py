"""A comparison of two versions as pages show it: lists in words, marks on two drawings."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine import deployed
from engine.comparing import Comparison, compare_files
from engine.queries import organisation
from web import change_words
from web.change_words import Group, Known

_DRAWN = "process.bpmn"


@dataclass(frozen=True)
class Side:
    """One of the two. xml_url: its drawing, empty if there is none to show."""

    label: str
    xml_url: str = ""


@dataclass(frozen=True)
class Shown:
    """A comparison in words. marks: ids by what became of them, as JSON for the drawings."""

    old: Side
    new: Side
    comparison: Comparison
    groups: list[Group]
    real: int
    moved: int
    marks: str

    @property
    def drawn(self) -> bool:
        """Whether there are two drawings that differ."""
        return bool(self.old.xml_url and self.new.xml_url) and any(
            one.file == _DRAWN and one.element for one in self.comparison.changes
        )


def known(session: Session, *files: Mapping[str, bytes]) -> Known:
    """What limits, forms and units are called."""
    limits = {
        name: {"zh": limit.zh, "en": limit.en}
        for pack in deployed.newest_packs(session)
        for name, limit in pack.limits.items()
    }
    forms = {}
    for some in files:
        for path, content in some.items():
            if path.startswith("forms/"):
                forms[path.removeprefix("forms/").removesuffix(".json")] = _title(content)
    return Known(
        limits,
        {key: name for key, name in forms.items() if name},
        organisation.unit_names(session),
    )


def shown(
    words: Known, old: Mapping[str, bytes], new: Mapping[str, bytes], sides: tuple[Side, Side]
) -> Shown:
    """Two sets of files compared."""
    comparison = compare_files(old, new)
    groups = change_words.groups(comparison, words)
    real, moved = change_words.counted(groups)
    drawn = [one for one in comparison.changes if one.file == _DRAWN and one.element]
    marks: dict[str, list[str]] = {kind: [] for kind in ("added", "removed", "changed", "moved")}
    for one in drawn:
        if one.kind in marks and one.element not in marks[one.kind]:
            marks[one.kind].append(one.element)
    # What was changed and moved is shown as changed.
    marks["moved"] = [one for one in marks["moved"] if one not in marks["changed"]]
    return Shown(*sides, comparison, groups, real, moved, orjson.dumps(marks).decode())


def _title(content: bytes) -> dict[str, str]:
    try:
        title = orjson.loads(content).get("x-title")
    except (ValueError, AttributeError):
        return {}
    fits = isinstance(title, dict) and all(isinstance(one, str) for one in title.values())
    return title if fits else {}


def version(number: int | None) -> str:
    """`第 3 版`; what is not there yet as that."""
    if number is None:
        return str(_("还没有部署过"))
    return str(_("第 %(n)s 版", n=number))
