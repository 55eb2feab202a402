"""Promises, interviews and watched units in words."""

from datetime import date, timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from engine.models import PromiseStatus, PromiseTest
from engine.queries.promised import Called, Promised, Watched
from engine.rules.definition import Counts
from web import i18n

TESTS = {
    PromiseTest.CURED: lazy_gettext("督办事由消除"),
    PromiseTest.ANSWERED: lazy_gettext("答复了市民"),
    PromiseTest.SOLVED: lazy_gettext("市民说解决了"),
    PromiseTest.BY_HAND: lazy_gettext("督办员核实"),
}
STATES = {
    PromiseStatus.OPEN: (lazy_gettext("没到期"), ""),
    PromiseStatus.ASKED: (lazy_gettext("到期，等核实"), "soon"),
    PromiseStatus.KEPT: (lazy_gettext("兑现了"), "ok"),
    PromiseStatus.BROKEN: (lazy_gettext("没兑现"), "late"),
}
COUNTS = {
    Counts.OVERDUE: lazy_gettext("超期"),
    Counts.REPEATS: lazy_gettext("办结后重复来件"),
    Counts.POOR: lazy_gettext("差评"),
    Counts.RETURNS: lazy_gettext("退单"),
}
_FACTS = {
    "cured": lazy_gettext("督办事由消除"),
    "closed": lazy_gettext("办结归档"),
    "answered": lazy_gettext("答复了市民"),
    "solved": lazy_gettext("市民说解决了"),
    "seen": lazy_gettext("督办员核实"),
}
CAME = {
    "head": lazy_gettext("主要负责人到场"),
    "deputy": lazy_gettext("委托他人到场"),
    "absent": lazy_gettext("没有到场"),
}


def state(one: Promised) -> tuple[str, str]:
    """What became of a promise, and the colour of the word."""
    text, colour = STATES[PromiseStatus(one.status)]
    return str(text), colour


def found(one: Promised) -> str:
    """By which fact a promise was judged, and when it came about."""
    if one.fact and one.fact_at is not None:
        return str(_("%(what)s，%(at)s", what=_FACTS[one.fact], at=i18n.short_moment(one.fact_at)))
    return str(_("到日子没有")) if one.status == PromiseStatus.BROKEN else ""


def tally(promises: list[Promised]) -> str:
    """How many were kept: `4 条里兑现 3 条，1 条没到期`."""
    kept = sum(one.status == PromiseStatus.KEPT for one in promises)
    waits = sum(one.status in {PromiseStatus.OPEN, PromiseStatus.ASKED} for one in promises)
    told = _("%(all)s 条里兑现 %(kept)s 条", all=i18n.count(len(promises)), kept=i18n.count(kept))
    more = ngettext("%(num)d 条没到期", "%(num)d 条没到期", waits)
    return str(_("%(told)s，%(more)s", told=told, more=more) if waits else told)


def stop_rule(one: Watched) -> str:
    """Until when a unit is watched: `连续 3 个月，每月超期不超过 2 件`."""
    if not one.at_most:
        return str(
            ngettext(
                "连续 %(num)d 个月没有%(what)s",
                "连续 %(num)d 个月没有%(what)s",
                one.months,
                what=COUNTS[Counts(one.counts)],
            )
        )
    return str(
        ngettext(
            "连续 %(num)d 个月，每月%(what)s不超过 %(most)s 件",
            "连续 %(num)d 个月，每月%(what)s不超过 %(most)s 件",
            one.months,
            what=COUNTS[Counts(one.counts)],
            most=i18n.count(one.at_most),
        )
    )


def months(one: Watched) -> list[tuple[str, str, bool]]:
    """Each month that is over: from when to when, how many, whether it was kept."""
    return [
        (
            f"{i18n.month_day(date.fromisoformat(month['from']))} – "
            f"{i18n.month_day(date.fromisoformat(month['until']) - timedelta(days=1))}",
            i18n.count(month["count"]),
            bool(month["kept"]),
        )
        for month in one.past
    ]


def answered(one: Called) -> str:
    """What the unit said to a call, and who came."""
    if one.attendance:
        return str(CAME[one.attendance])
    if one.confirmed_at is None:
        return str(_("还没确认"))
    return str(
        _(
            "%(at)s %(who)s确认",
            at=i18n.short_moment(one.confirmed_at),
            who=i18n.pick(one.confirmed_by),
        )
    )
