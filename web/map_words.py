"""How the living map speaks (运行地图): times, shares, what stands at an element of the drawing."""

from collections.abc import Mapping
from math import ceil, sqrt
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from engine.queries.living_map import Drawing, Numbers, Step
from engine.traces import durations
from engine.traces.tally import Tally
from engine.working_time import OfficeHours
from web import i18n

# By what the drawing is coloured, and what its column is called.
MEASURES: Mapping[str, Any] = {
    "median": lazy_gettext("用时"),
    "late": lazy_gettext("超期"),
    "again": lazy_gettext("回头"),
    "now": lazy_gettext("停在这里"),
    "cases": lazy_gettext("件数"),
}
_LEVELS = 5
# What an element without a name is called.
_KINDS: Mapping[str, Any] = {
    "gateway": lazy_gettext("网关"),
    "start": lazy_gettext("开始"),
    "end": lazy_gettext("结束"),
    "boundary": lazy_gettext("边界事件"),
    "catch": lazy_gettext("等待"),
    "throw": lazy_gettext("事件"),
    "subprocess": lazy_gettext("子过程"),
    "call": lazy_gettext("调用"),
}


def named(step: Step) -> str:
    """What an element is called: its name, else its kind."""
    return i18n.pick(step.name) or str(_KINDS.get(step.kind, _("图元")))


def took(minutes: float | None, hours: OfficeHours) -> str:
    """Working time, rounded as far as it is known: `35 分`, `6 小时`, `3 天 3 小时`."""
    if minutes is None:
        return "—"
    per_day = int(hours.per_day().total_seconds() // 60)
    if minutes < 60:
        return i18n.duration(0, max(1, round(minutes)))
    half_hours = round(minutes / 30) * 30
    if half_hours < per_day:
        return i18n.duration(0, half_hours)
    days, rest = divmod(round(minutes / 60) * 60, per_day)
    return i18n.duration(days, rest // 60 * 60 if days < 10 else 0, short=True)


def median(tally: Tally, hours: OfficeHours) -> str:
    """Within which time half of them were done."""
    return took(durations.quantile(tally.steps, durations.MEDIAN), hours)


def p90(tally: Tally, hours: OfficeHours) -> str:
    """Within which time nine of ten were done."""
    return took(durations.quantile(tally.steps, durations.P90), hours)


def share(part: int, whole: int) -> str:
    """A part in percent, with a decimal where it is small."""
    if not whole:
        return "—"
    percent = 100 * part / whole
    return f"{percent:.1f}%" if 0 < percent < 10 else f"{percent:.0f}%"


def heat(
    drawn: Drawing, first: Numbers, second: Numbers | None, by: str, hours: OfficeHours
) -> dict[str, dict[str, Any]]:
    """For each element that cases came to a colour and a text: how many, and the measure."""
    found: dict[str, dict[str, Any]] = {}
    values = {step.element: _value(first.of(step.element), by) for step in drawn.steps()}
    most = max((value for value in values.values() if value), default=0.0)
    for element, value in values.items():
        tally = first.of(element)
        before = second.of(element) if second else None
        if not tally.cases and not (before and before.cases):
            continue
        level = ceil(_LEVELS * sqrt(value / most)) if value and most else 1
        found[element] = {"level": max(1, level), "text": _text(tally, before, by, hours)}
    return found


def _value(tally: Tally, by: str) -> float:
    """What the colour is by."""
    if by == "median":
        return durations.quantile(tally.steps, durations.MEDIAN) or 0.0
    if by in {"late", "again"}:
        return getattr(tally, by) / tally.cases if tally.cases else 0.0
    return float(tally.now if by == "now" else tally.cases)


def _text(tally: Tally, before: Tally | None, by: str, hours: OfficeHours) -> str:
    told = _told(tally, by, hours)
    if before is not None:
        was = _told(before, by, hours) or "—"
        told = f"{was} → {told or '—'}" if was != "—" or told else ""
    number = _cases(tally) if before is None else f"{i18n.count(before.cases)} → {_cases(tally)}"
    return f"{number}\n{told}" if told else number


def _told(tally: Tally, by: str, hours: OfficeHours) -> str:
    """The measure in words, nothing where there is nothing to say."""
    if by == "median":
        if not tally.steps:
            return ""
        half, most = median(tally, hours), p90(tally, hours)
        return half if half == most else _("%(half)s，九成 %(most)s", half=half, most=most)
    if by == "late":
        return _("超期 %(share)s", share=share(tally.late, tally.cases)) if tally.late else ""
    if by == "again":
        return _("回头 %(share)s", share=share(tally.again, tally.cases)) if tally.again else ""
    if by == "now":
        return ngettext("停着 %(num)d 件", "停着 %(num)d 件", tally.now) if tally.now else ""
    return ""


def _cases(tally: Tally) -> str:
    return str(ngettext("%(num)d 件", "%(num)d 件", tally.cases))
