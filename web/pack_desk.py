"""What the pages of a pack's draft show: the content as it is, its tables, its faults in words."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy.orm import Session

from engine import clock, deployed, working_time
from engine.commands.design_drafts import PACK
from engine.designing import pack_editing
from engine.designing.pack_editing import RUNGS, Place
from engine.pack_faults import Fault
from engine.packs import Pack
from engine.permissions import Actor
from engine.queries import definitions, organisation, pack_checks, packs
from engine.queries.affected_limits import LimitChange
from engine.queries.design_drafts import Opened
from engine.queries.pack_checks import Checked
from engine.working_time import Calendar, OfficeHours
from web import i18n, pack_entry_words, pack_form, pack_limit_words
from web.pack_entry_words import Names
from web.pack_sections import SECTIONS, Field, Section

NEW = "new"  # the mark of an entry that is not there yet


@dataclass(frozen=True)
class FaultLine:
    """A fault in words and where to mend it. at: nothing where there is no page for it."""

    where: str
    sentence: str
    severity: str
    at: Place | None
    key: str
    technical: str


@dataclass(frozen=True)
class Row:
    """An entry in its table. cells: one for each column; rungs: how many a limit has."""

    key: str
    title: str
    other: str
    cells: tuple[str, ...]
    stated: bool
    rungs: int
    faults: int
    mark: str


@dataclass(frozen=True)
class Table:
    """A section as a table. order: the mark under which entries are moved."""

    section: Section
    at: Place
    title: str
    rows: tuple[Row, ...]
    readable: bool
    stated: bool
    source: str
    order: str
    mark: str


@dataclass(frozen=True)
class Desk:
    """A draft's pack as its pages show it. content: empty where the file cannot be read."""

    content: dict[str, Any]
    readable: bool
    editable: bool
    checked: Checked
    names: Names
    active: frozenset[str]
    base: Mapping[str, Any] | None
    base_name: str
    calendar: Calendar
    hours: OfficeHours | None
    now: datetime

    @property
    def faults(self) -> list[FaultLine]:
        """What is wrong, in words; what keeps the pack from being used first."""
        ordered = sorted(self.checked.faults, key=lambda one: one.severity != "error")
        return [line(one, self.names) for one in ordered]

    @property
    def called(self) -> str:
        """What the pack is called; empty if it does not say."""
        texts = self.content.get("name")
        return pack_entry_words.name_of(texts) if isinstance(texts, Mapping) else ""

    @property
    def errors(self) -> int:
        """How many faults keep the pack from being used."""
        return len(self.checked.errors)

    def due(self, text: object) -> str:
        """When a budget would be over that begins now; empty if nobody can tell."""
        said = pack_form.budget(text)
        if said is None or self.hours is None:
            return ""
        at = working_time.due(self.now, said, self.calendar, self.hours).at
        return i18n.moment(at) if at else ""

    @property
    def behind(self) -> list[str]:
        """What the sections are called in which the base has moved on."""
        if self.base is None:
            return []
        found = pack_editing.behind(self.content, self.base)
        return [str(SECTIONS[name].label) for name in found if name in SECTIONS]

    def meant(self, change: LimitChange) -> str:
        """What a changed limit means, in words."""
        return pack_limit_words.sentence(change)

    def stated(self, at: Place, key: str = "") -> bool:
        """Whether the pack says this itself."""
        return pack_editing.stated(self.content, at, key)

    def inherits(self, at: Place, key: str = "") -> bool:
        """Whether it could be taken from the base again."""
        if self.base is None or at.section in (RUNGS, *pack_editing.ABOUT):
            return False
        if not self.stated(at, key):
            return False
        theirs = self.base.get(at.section)
        if at.shape in ("map", "values"):
            return bool(key) and isinstance(theirs, Mapping) and key in theirs
        return not key and theirs is not None

    def count(self, name: str) -> str:
        """How much a section holds, in words."""
        at = Place(name)
        if not pack_editing.readable(self.content, at):
            return "?"
        found = pack_editing.entries(self.content, at)
        if at.shape not in ("one", "word"):
            return i18n.count(len(found))
        if name == "name":
            return self.called or "—"
        section = SECTIONS[name]
        fields = section.columns or section.fields
        told = [pack_entry_words.said(field, found[""], self.names) for field in fields]
        return " · ".join(one.replace("\n", " ") for one in told if one) or "—"

    def faulty(self, name: str) -> int:
        """How many faults a section has."""
        return sum(one.section == name for one in self.checked.faults)

    def table(self, at: Place) -> Table:
        """The table of a place."""
        section = SECTIONS[at.section]
        rows = tuple(
            self._row(section, at, key, entry)
            for key, entry in pack_editing.entries(self.content, at).items()
        )
        source = pack_editing.entries(self.content, Place("sources")).get(at.section, {})
        title = str(section.label)
        if at.section == RUNGS:
            title = f"{self.names.of('limits', at.of)} › {title}"
        texts = source.get("source")
        return Table(
            section,
            at,
            title,
            rows,
            pack_editing.readable(self.content, at),
            self.stated(at),
            i18n.pick(texts) if isinstance(texts, Mapping) else "",
            mark(self.content, at, "", order=True),
            mark(self.content, at, ""),
        )

    def options(self, field: Field, chosen: str) -> list[tuple[str, str]]:
        """What a field may be chosen from; what is there stays, known or not."""
        found: list[tuple[str, str]] = []
        if field.kind == "choice":
            found = [(value, str(label)) for value, label in field.choices]
        elif field.kind in ("ref", "refs"):
            section = SECTIONS[field.of]
            found = [
                (key, pack_entry_words.title_of(section, key, entry))
                for key, entry in pack_editing.entries(self.content, Place(field.of)).items()
            ]
        elif field.kind == "unit":
            units = self.names.units
            found = [(key, i18n.pick(units[key])) for key in units if key in self.active]
        elif field.kind == "process":
            found = [(key, i18n.pick(name)) for key, name in self.names.processes.items()]
        known = {value for value, _label in found}
        return found + [(one, one) for one in chosen.split("\n") if one and one not in known]

    def _row(self, section: Section, at: Place, key: str, entry: Mapping[str, Any]) -> Row:
        texts = {one: str(entry[one]) for one in ("zh", "en") if isinstance(entry.get(one), str)}
        other = texts.get("zh" if i18n.language() == "en" else "en", "") if section.named else ""
        rungs = entry.get("rungs")
        mine = [one for one in self.checked.faults if pack_entry_words.place_of(one) == (at, key)]
        return Row(
            key,
            pack_entry_words.title_of(section, key, entry),
            other,
            tuple(
                pack_entry_words.said(field, entry, self.names).replace("\n", "； ")
                for field in section.columns
            ),
            self.stated(at, key),
            len(rungs) if isinstance(rungs, list) else 0,
            len(mine),
            mark(self.content, at, key),
        )


def at(session: Session, actor: Actor, opened: Opened) -> Desk:
    """The desk of an opened draft."""
    file = opened.files[PACK].content
    checked = pack_checks.check(session, opened.line.key, file)
    content = checked.content or {}
    base_key = content.get("extends")
    known = {one.pack.key: one.pack for one in packs.newest(session)}
    base = known.get(base_key) if isinstance(base_key, str) else None
    names = Names(
        content,
        organisation.unit_names(session),
        {one.key: one.name for one in definitions.processes(session, actor)},
    )
    return Desk(
        content,
        checked.content is not None,
        opened.line.editable,
        checked,
        names,
        organisation.active_units(session),
        base.content if base else None,
        i18n.pick(base.name) if base else "",
        deployed.current_calendar(session),
        _hours(checked.pack, known.get(opened.line.key)),
        clock.now(),
    )


def line(fault: Fault, names: Names) -> FaultLine:
    """A fault in words."""
    place, key = pack_entry_words.place_of(fault)
    there = fault.section in SECTIONS
    return FaultLine(
        pack_entry_words.where(fault, names),
        pack_entry_words.sentence(fault),
        fault.severity,
        place if there else None,
        key,
        pack_entry_words.technical(fault),
    )


def mark(content: Mapping[str, Any], at: Place, key: str, *, order: bool = False) -> str:
    """By which an entry, a whole place or its order is known again; nothing where it is gone."""
    known = pack_editing.entries(content, at)
    if order:
        seen: Any = list(known)
    elif key or at.shape in ("one", "word"):
        seen = known.get(key)
    else:
        seen = list(known.values())
    if seen is None:
        return ""
    return hashlib.sha256(orjson.dumps(seen, option=orjson.OPT_SORT_KEYS)).hexdigest()[:24]


def _hours(*known: Pack | None) -> OfficeHours | None:
    """The hours of the draft if they can be read, else those in use."""
    return next((pack.hours for pack in known if pack is not None), None)
