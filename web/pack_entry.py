"""One entry of a pack's draft at its form: what was typed, what that comes to, what it meets."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine.designing import pack_editing
from engine.designing.pack_editing import RUNGS, Place
from engine.errors import NotFound
from engine.permissions import Actor
from engine.queries import affected_limits, pack_checks, packs
from engine.queries.affected_limits import LimitChange
from engine.queries.design_drafts import Opened
from engine.queries.pack_checks import Checked
from web import pack_desk, pack_entry_words, pack_form
from web.pack_desk import NEW, Desk, FaultLine
from web.pack_entry_words import Difference
from web.pack_sections import SECTIONS, SOURCED, Section

_NUMBERS = ("budget", "contact", "handling", "before", "after", "most", "times", "calls")


@dataclass(frozen=True)
class Form:
    """A form, and once something was typed what it comes to.

    faults: sentences by control; links: the same for the summary. after: what would be wrong
    elsewhere. limits: what changed limits would have meant. refused: it cannot even be read.
    """

    section: Section
    key: str
    title: str
    values: Mapping[str, str]
    entry: dict[str, Any]
    mark: str
    stated: bool
    looked: bool
    differences: tuple[Difference, ...] = ()
    faults: Mapping[str, str] = ()  # type: ignore[assignment]
    whole: tuple[str, ...] = ()
    after: tuple[FaultLine, ...] = ()
    notes: tuple[str, ...] = ()
    limits: tuple[LimitChange, ...] = ()
    refused: bool = False

    @property
    def links(self) -> list[tuple[str, str]]:
        """The faults with the ids of their controls, where the form is refused."""
        return [(control, said) for control, said in self.faults.items()] if self.refused else []

    @property
    def differs(self) -> bool:
        """Whether anything would change."""
        return bool(self.differences) or self.mark == NEW


@dataclass(frozen=True)
class Going:
    """An entry or section about to go. again: it is taken from the base again."""

    title: str
    key: str
    again: bool
    mark: str
    differences: tuple[Difference, ...]
    after: tuple[FaultLine, ...]


def opened(desk: Desk, at: Place, key: str, *, named: str = "") -> Form:
    """The form of an entry as it is, or an empty one; named: the key proposed for it.

    Raises `NotFound`.
    """
    section = SECTIONS[at.section]
    new = not key and at.shape not in ("one", "word")
    if at.section == RUNGS:
        pack_editing.entry(desk.content, Place("limits"), at.of)
    entry = {at.key: named} if new and named else {}
    if not new:
        entry = pack_editing.entry(desk.content, at, key)
    title = "" if new else pack_entry_words.title_of(section, key, entry)
    form = Form(
        section,
        key,
        title,
        pack_form.filled(section, entry),
        entry,
        NEW if new else pack_desk.mark(desk.content, at, key),
        new or desk.stated(at, key),
        looked=False,
        faults={},
    )
    if new:
        return form
    told, whole = _at_controls(desk.checked, section, at, key)
    return replace(form, faults=told, whole=whole)


def typed(
    session: Session,
    actor: Actor,
    draft: Opened,
    desk: Desk,
    at: Place,
    key: str,
    said: Mapping[str, str],
) -> Form:
    """The form with what was typed, what differs, and what that meets. Raises `NotFound`."""
    form = opened(desk, at, key)
    before = {} if form.mark == NEW else form.entry
    entry, unread = pack_form.entry_of(form.section, said, before)
    form = replace(form, values=said, entry=entry, looked=True, faults=unread, whole=())
    if form.mark == NEW and (wrong := _key_fault(desk, form.section, at, entry)):
        form = replace(form, faults={f"f.{at.key}": wrong, **unread})
    if form.faults:
        return replace(form, refused=True)
    own = key or str(entry.get(at.key, ""))
    content = pack_editing.put(desk.content, at, key, entry)
    checked = pack_checks.check(session, draft.line.key, pack_checks.written(content))
    told, whole = _at_controls(checked, form.section, at, own)
    return replace(
        form,
        differences=tuple(pack_entry_words.differences(form.section, before, entry, desk.names)),
        faults=told,
        whole=whole,
        after=_after(desk, checked, at, own),
        notes=tuple(_notes(form, at, before, entry)),
        limits=_limits(session, actor, checked, at, own),
    )


def going(
    session: Session, draft: Opened, desk: Desk, at: Place, key: str, *, again: bool
) -> Going:
    """What it comes to when an entry is taken out, or taken from the base again.

    Raises `NotFound`.
    """
    section = SECTIONS[at.section]
    if again:
        if desk.base is None or not desk.inherits(at, key):
            raise NotFound("The base says nothing of it.")
        content = pack_editing.inherit(desk.content, desk.base, at, key)
    else:
        content = pack_editing.remove(desk.content, at, key)
    checked = pack_checks.check(session, draft.line.key, pack_checks.written(content))
    old, new = pack_editing.entries(desk.content, at), pack_editing.entries(content, at)
    title = str(section.label)
    found: list[Difference] = []
    if key or at.shape in ("one", "word"):
        if key:
            title = pack_entry_words.title_of(section, key, old[key])
        found = pack_entry_words.differences(section, old[key], new.get(key, {}), desk.names)
    else:
        for one in {**old, **new}:
            was, now = old.get(one, {}), new.get(one, {})
            if was != now:
                name = pack_entry_words.title_of(section, one, now or was)
                found.append(_whole(name, section, was, now, desk))
    return Going(
        title,
        key,
        again,
        pack_desk.mark(desk.content, at, key),
        tuple(found),
        _after(desk, checked, at, key),
    )


def _whole(
    name: str, section: Section, was: Mapping[str, Any], now: Mapping[str, Any], desk: Desk
) -> Difference:
    """An entry that is another one, in a line."""

    def told(entry: Mapping[str, Any]) -> str:
        cells = [pack_entry_words.said(field, entry, desk.names) for field in section.columns]
        return " · ".join([pack_entry_words.name_of(entry), *filter(None, cells)]) if entry else ""

    return Difference(name, told(was), told(now))


def _key_fault(desk: Desk, section: Section, at: Place, entry: Mapping[str, Any]) -> str:
    key = str(entry.get(at.key, ""))
    if wrong := pack_form.key_fault(section, key):
        return wrong
    if key in pack_editing.entries(desk.content, at):
        return str(_("标识“%(key)s”已经有了，换一个。", key=key))
    if section.name == "sources" and (key not in SECTIONS or key in SOURCED):
        return str(_("写一节的英文名；条目自己写依据的那几节不用。"))
    return ""


def _at_controls(
    checked: Checked, section: Section, at: Place, key: str
) -> tuple[dict[str, str], tuple[str, ...]]:
    """The faults of an entry: sentences by control, and those of all of it."""
    told: dict[str, str] = {}
    whole: list[str] = []
    for fault in checked.faults:
        if pack_entry_words.place_of(fault) != (at, key):
            continue
        control = pack_entry_words.control_of(section, fault)
        if control:
            told.setdefault(control, pack_entry_words.sentence(fault))
        else:
            whole.append(pack_entry_words.sentence(fault))
    return told, tuple(whole)


def _after(desk: Desk, checked: Checked, at: Place, key: str) -> tuple[FaultLine, ...]:
    """Faults elsewhere that were not there before."""
    before = set(desk.checked.faults)
    return tuple(
        pack_desk.line(fault, desk.names)
        for fault in checked.faults
        if fault not in before and pack_entry_words.place_of(fault) != (at, key)
    )


def _notes(form: Form, at: Place, before: Mapping[str, Any], entry: Mapping[str, Any]) -> list[str]:
    found = []
    if not form.stated:
        found.append(_("这一条从底版继承；存了以后就是本包自己规定的，底版再变也不跟着变。"))
        if at.section == "limits" and entry.get("decided_by"):
            found.append(
                _("现在决策表可以另给期限；改成本包自己规定以后，一律按这里写的，决策表的不再算。")
            )
    changed = [name for name in _NUMBERS if before and before.get(name) != entry.get(name)]
    if changed and before.get("source") == entry.get("source") and "source" in entry:
        found.append(_("数变了，依据没有变；请核对依据，或者把来路改成“本系统的缺省值”。"))
    return [str(one) for one in found]


def _limits(
    session: Session, actor: Actor, checked: Checked, at: Place, key: str
) -> tuple[LimitChange, ...]:
    """What changed limits would have meant, where the pack can be used as it would be."""
    if at.section not in ("limits", "office_hours") or checked.pack is None:
        return ()
    known = {line.pack.key: line.pack for line in packs.newest(session)}
    old = known.get(checked.pack.key)
    if old is None:
        return ()
    found = affected_limits.limits(session, actor, old, checked.pack)
    return tuple(one for one in found if at.section != "limits" or one.name == key)
