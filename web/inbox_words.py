"""The inbox in words: its views, what a list can be narrowed by, the conditions that hold."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from engine.packs import Pack
from engine.queries import packs_in_use
from engine.queries.inbox import Entry, Filter, Page
from web import i18n
from web.request import current_person

VIEWS = {
    "mine": lazy_gettext("我的"),
    "unit": lazy_gettext("本单位"),
    "unclaimed": lazy_gettext("没人认领"),
    "today": lazy_gettext("今天到期"),
    "overdue": lazy_gettext("超期"),
    "urged": lazy_gettext("被督办"),
    "returned": lazy_gettext("退回给我"),
    "waiting": lazy_gettext("等别人"),
}
TITLES = {
    "mine": lazy_gettext("我的待办"),
    "unit": lazy_gettext("本单位的待办"),
    "unclaimed": lazy_gettext("没人认领的待办"),
    "today": lazy_gettext("今天到期的待办"),
    "overdue": lazy_gettext("超期的待办"),
    "urged": lazy_gettext("被督办、被催的待办"),
    "returned": lazy_gettext("退回给我的待办"),
    "waiting": lazy_gettext("经我办过、在等别人的"),
}
DUES = {
    "late": lazy_gettext("超期"),
    "today": lazy_gettext("今天到期"),
    "tomorrow": lazy_gettext("明天到期"),
    "week": lazy_gettext("本周到期"),
    "later": lazy_gettext("下周起到期"),
    "paused": lazy_gettext("暂停或没有时限"),
}
RUNGS = {
    "any": lazy_gettext("被督办、被催的"),
    "asked": lazy_gettext("刚发起或被催"),
    "phone": lazy_gettext("已电话催办"),
    "order": lazy_gettext("已发督办单"),
    "interview": lazy_gettext("已约谈"),
    "commitment": lazy_gettext("已公开承诺"),
    "none": lazy_gettext("没有督办的"),
}
ASSIGNEES = {
    "me": lazy_gettext("我"),
    "none": lazy_gettext("没人认领"),
    "others": lazy_gettext("别人"),
}
SORTS = {
    "due": lazy_gettext("最急的在前"),
    "late": lazy_gettext("最不急的在前"),
    "received": lazy_gettext("先收到的在前"),
    "newest": lazy_gettext("新来的在前"),
}
Choices = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Chip:
    """A condition that holds: what it says, the argument of the address it stands for."""

    name: str
    text: str
    label: str


def choices(page: Page) -> Choices:
    """What the filters of a page offer, in words."""
    packs = packs_in_use.nearest(page.packs, current_person())
    people = {login: i18n.pick(texts) for login, texts in page.people.items()}
    return {**offered(packs, page.units), "people": people}


def offered(packs: Sequence[Pack], units: Mapping[str, Mapping[str, str]]) -> Choices:
    """What packs and units are called; packs only where there are several."""
    sections: dict[str, dict[str, str]] = {"stages": {}, "categories": {}, "channels": {}}
    for section, names in sections.items():
        for pack in packs:
            for one in pack.items(section):
                names.setdefault(one["key"], i18n.pick(one))
    bases = {pack.extends for pack in packs}
    named = {pack.key: i18n.pick(pack.name) for pack in packs if pack.key not in bases}
    return {
        **sections,
        "units": {key: i18n.pick(texts) for key, texts in units.items()},
        "people": {},
        "packs": named if len(named) > 1 else {},
    }


def element(wanted: Filter, entries: Sequence[Entry]) -> str:
    """What the step that is asked for is called, as far as the list shows one."""
    return next((i18n.pick(one.name) for one in entries if one.element == wanted.element), "")


def chips(wanted: Filter, offered: Choices, step: str = "") -> list[Chip]:
    """The conditions that hold, column by column. step: what `wanted.element` is called."""
    told = [
        Chip("q", str(_("搜索：%(text)s", text=wanted.text)), str(_("搜索")))
        if wanted.text
        else None,
        _chip("due", DUES, wanted.due, _("时限")),
        _day("due_from", wanted.due_from, lambda day: _("到期从 %(day)s 起", day=day), _("到期从")),
        _day("due_to", wanted.due_to, lambda day: _("到期到 %(day)s 止", day=day), _("到期到")),
        _chip("task", {wanted.element: step}, wanted.element, _("做什么")),
        _chip("stage", offered["stages"], wanted.stage, _("阶段")),
        _chip("category", offered["categories"], wanted.category, _("类别")),
        _chip("channel", offered["channels"], wanted.channel, _("渠道")),
        _chip("unit", offered["units"], wanted.unit, _("单位")),
        _chip("who", {**offered["people"], **ASSIGNEES}, wanted.assignee, _("办理人")),
        _day(
            "from", wanted.received_from, lambda day: _("收到从 %(day)s 起", day=day), _("收到从")
        ),
        _day("to", wanted.received_to, lambda day: _("收到到 %(day)s 止", day=day), _("收到到")),
        _chip("rung", RUNGS, wanted.rung, _("督办")),
        _chip("pack", offered["packs"], wanted.pack, _("制度包")),
    ]
    return [one for one in told if one]


def summary(wanted: Filter, offered: Choices) -> str:
    """A filter in one line: its view and conditions."""
    parts = [str(VIEWS[wanted.view]), *(one.text for one in chips(wanted, offered))]
    return str(_("，").join(parts))


def _chip(name: str, known: Mapping[str, Any], value: str, label: str) -> Chip | None:
    if not value:
        return None
    text = _("%(title)s：%(value)s", title=label, value=known.get(value) or value)
    return Chip(name, str(text), str(label))


def _day(name: str, on: date | None, words: Callable[[str], Any], label: str) -> Chip | None:
    return Chip(name, str(words(i18n.day(on))), str(label)) if on else None
