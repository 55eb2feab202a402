"""What stands in a pack, in words: budgets, office hours, offices."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from engine.working_time import Budget, OfficeHours

_OFFICES = {
    "reception": lazy_gettext("受理"),
    "feedback": lazy_gettext("反馈"),
    "supervision": lazy_gettext("督办"),
    "compartment": lazy_gettext("封闭单位"),
}


_UNITS = {
    "WD": lazy_gettext("个工作日"),
    "d": lazy_gettext("天"),
    "h": lazy_gettext("小时"),
    "h office": lazy_gettext("小时（办公时间）"),
}


def units() -> list[tuple[str, str]]:
    """What budgets are counted in, to choose from."""
    return [(unit, str(words)) for unit, words in _UNITS.items()]


def budget(text: str) -> str:
    """A budget such as `5 WD` as people say it."""
    said = Budget.parse(text)
    if said.unit == "WD":
        return str(ngettext("%(num)d 个工作日", "%(num)d 个工作日", said.amount))
    if said.unit == "d":
        return str(ngettext("%(num)d 天", "%(num)d 天", said.amount))
    if said.office:
        return str(ngettext("%(num)d 小时（办公时间）", "%(num)d 小时（办公时间）", said.amount))
    return str(ngettext("%(num)d 小时", "%(num)d 小时", said.amount))


def hours(said: OfficeHours) -> str:
    """The hours of a day."""
    spans = [f"{begin:%H:%M}–{end:%H:%M}" for begin, end in said.segments]
    return str(_("、")).join(spans)


def office(name: str) -> str:
    """What an office of a pack is for."""
    return str(_OFFICES.get(name, name))
