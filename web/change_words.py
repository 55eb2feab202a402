"""Differences between two versions in words, in the page's language: a line each, by file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from flask_babel import gettext as _

from engine.comparing import Change, Comparison
from engine.errors import InvalidInput
from engine.models import Role
from web import course, i18n, pack_words, shell
from web.change_labels import DONE, EVENTS, KINDS, LABELS, MANY, TIMERS
from web.pack_sections import SECTIONS

Text = Mapping[str, str]
_IDS = frozenset({"default", "from", "to", "host", "lane", "parent", "order", "stages", "message"})
_YES_NO = frozenset({"interrupting", "required", "x-required", "x-routing", "stated", "expanded"})
_BUDGETS = frozenset({"budget", "before", "after", "contact", "handling"})
_LONGEST = 400  # characters of a value in a line


@dataclass(frozen=True)
class Known:
    """What is called how beyond the files themselves: limits, forms and units by key."""

    limits: Mapping[str, Text] = field(default_factory=dict)
    forms: Mapping[str, Text] = field(default_factory=dict)
    units: Mapping[str, Text] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """One difference. place: what it is about; details: (label, value) of what came or went."""

    file: str
    element: str
    place: str
    kind: str
    done: str
    what: str
    old: str | None
    new: str | None
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Group:
    """The differences of one file, or of a section of a pack. moved: of the drawing alone."""

    title: str
    file: str
    lines: tuple[Line, ...]
    moved: tuple[Line, ...]


def groups(comparison: Comparison, known: Known) -> list[Group]:
    """All differences, by file or section, in their order."""
    found: dict[tuple[str, str], list[Change]] = {}
    for change in comparison.changes:
        section = change.element.split(".")[0] if change.file == "pack.json" else ""
        found.setdefault((change.file, section), []).append(change)
    return [
        Group(
            _title(file, section),
            file,
            tuple(line(one, comparison, known) for one in some if one.kind != "moved"),
            tuple(line(one, comparison, known) for one in some if one.kind == "moved"),
        )
        for (file, section), some in found.items()
    ]


def line(change: Change, comparison: Comparison, known: Known) -> Line:
    """One difference in words."""

    def said(what: str, value: str | None) -> str | None:
        return None if value is None else _value(change, what, value, comparison.names, known)

    came_or_went = change.kind in {"added", "removed"}
    return Line(
        change.file,
        change.element,
        _place(change),
        change.kind,
        str(DONE[change.kind]),
        _kind(change) if came_or_went else label(change.what, comparison.names, change),
        said(change.what, change.old),
        said(change.what, change.new),
        tuple(
            (label(what, comparison.names, change), said(what, value) or "")
            for what, value in change.details
        ),
    )


def label(what: str, names: Mapping[str, Text], change: Change) -> str:
    """What a property is called."""
    if change.file == "pack.json":
        return _label_in_pack(what, change)
    if what in LABELS:
        return str(LABELS[what])
    start, _dot, rest = what.partition(".")
    told = {
        "cell": lambda: _("「%(name)s」格", name=i18n.pick(names.get(rest, {"zh": rest}))),
        "row": lambda: _("第 %(n)s 行", n=rest),
        "option": lambda: _("选项 %(name)s", name=rest),
        "property": lambda: _("属性 %(name)s", name=rest),
        "extension": lambda: _("别的软件写的 %(name)s", name=rest),
        "operator": lambda: _("服务的参数 %(name)s", name=rest),
        "form": lambda: _("表单的 %(name)s", name=rest),
    }
    return str(told[start]()) if rest and start in told else what


def _label_in_pack(what: str, change: Change) -> str:
    if what in {"order", "stated"}:
        return str(LABELS[what])
    section = SECTIONS.get(change.element.split(".")[0])
    known = section and (section.field(what) or (section.field("value") if what == "" else None))
    if known:
        return str(known.label)
    start, _dot, rest = what.partition(".")
    if start == "rungs" and rest:
        key, _dot, inner = rest.partition(".")
        rung = SECTIONS["rungs"].field(inner) if "rungs" in SECTIONS else None
        shown = str(rung.label) if rung else inner
        return str(_("提醒台阶 %(key)s：%(what)s", key=key, what=shown))
    return what or str(LABELS["values"])


def _value(change: Change, what: str, value: str, names: Mapping[str, Text], known: Known) -> str:
    if change.file == "pack.json":
        return _in_pack(change, what, value, known)
    if what in _IDS:
        return " · ".join(i18n.pick(names[one]) if one in names else one for one in value.split())
    if what in _YES_NO:
        return yes_no(value)
    if what == "timer":
        kind, _space, time = value.partition(" ")
        told = str(TIMERS.get(kind, "%(time)s"))
        return told % {"time": _limit(time, known)}
    of_kind = {"type": KINDS, "event": EVENTS, "many": MANY}.get(what)
    if of_kind is not None:
        return str(of_kind.get(value, value))
    return _of_property(what, value, known)[:_LONGEST]


def _of_property(what: str, value: str, known: Known) -> str:
    if what == "property.roles":
        return str(_("、")).join(role(one.strip()) for one in value.split(","))
    if what == "property.limit":
        return _limit(value, known)
    if what == "property.form" and value in known.forms:
        return f"{i18n.pick(known.forms[value])} ({value})"
    if what == "property.clock":
        return str({"citizen": _("市民的"), "unit": _("单位的")}.get(value, value))
    return value


def _in_pack(change: Change, what: str, value: str, known: Known) -> str:
    if what in _YES_NO:
        return yes_no(value)
    if what.rpartition(".")[2] in _BUDGETS:
        return budget(value)
    if change.element.startswith("offices.") and value in known.units:
        return i18n.pick(known.units[value])
    return value[:_LONGEST]


def role(key: str) -> str:
    """What a role is called."""
    return str(shell.POSTS.get(Role(key), key)) if key in set(Role) else key


def yes_no(value: str) -> str:
    """`true` and `false` in words."""
    return str({"true": _("是"), "false": _("否")}.get(value, value))


def budget(value: str) -> str:
    """A budget in words; what is none as it stands."""
    try:
        return str(course.budget(value))
    except InvalidInput:
        return value


def _limit(value: str, known: Known) -> str:
    bare = value.removeprefix('limit("').removesuffix('")') if value.startswith("limit(") else value
    if bare in known.limits:
        return f"{i18n.pick(known.limits[bare])} ({bare})"
    return budget(value)


def _place(change: Change) -> str:
    if change.file == "pack.json" and change.element.startswith("offices."):
        return pack_words.office(change.element.removeprefix("offices."))
    name = i18n.pick(change.name)
    if change.file == "pack.json" and "." not in change.element:
        section = SECTIONS.get(change.element)
        return str(section.label) if section else name
    return name or _title(change.file, "")


def _kind(change: Change) -> str:
    if change.file == "pack.json":
        section = SECTIONS.get(change.what)
        return str(section.entry) if section else change.what
    return str(KINDS.get(change.what, change.what))


def _title(file: str, section: str) -> str:
    if section:
        known = SECTIONS.get(section)
        return str(known.label) if known else section
    for ending, title in (
        (".bpmn", _("流程图")),
        (".tests.json", _("决策表 %(key)s 的测试", key=file.removesuffix(".tests.json"))),
        (".dmn", _("决策表 %(key)s", key=file.removesuffix(".dmn"))),
        ("pack.json", _("制度包")),
        (".json", _("表单 %(key)s", key=file.removeprefix("forms/").removesuffix(".json"))),
    ):
        if file.endswith(ending):
            return str(title)
    return file


def counted(some: Iterable[Group]) -> tuple[int, int]:
    """How many differences there are, and how many more of the drawing alone."""
    real = moved = 0
    for group in some:
        real += sum(one.kind != "formatted" for one in group.lines)
        moved += len(group.moved)
    return real, moved
