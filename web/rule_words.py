"""Rules over many cases in words: what is counted, in which window, what begins, what cures it."""

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from engine.queries.rules import Known
from engine.rules.definition import RUNGS, Counts, Days, Rule

# What is counted, then when it counts as put right.
COUNTS: Mapping[str, tuple[str, str]] = {
    Counts.OVERDUE: (
        lazy_gettext("超期的诉求"),
        lazy_gettext("这家单位在这件上没有还在走的超期时限，就算整改到位。"),
    ),
    Counts.REPEATS: (
        lazy_gettext("办结后同一个人又为同类事再来的诉求"),
        lazy_gettext("再来的那件办结，就算整改到位。"),
    ),
    Counts.POOR: (
        lazy_gettext("市民评为不满意的诉求"),
        lazy_gettext("市民最后的评价改好了，就算整改到位；改不了的，由督办员销号。"),
    ),
    Counts.RETURNS: (
        lazy_gettext("退单的诉求"),
        lazy_gettext("退单后有单位签收，或者这件办结，就算整改到位。"),
    ),
}
CLOCKS: Mapping[str, str] = {
    Days.CALENDAR: lazy_gettext("自然日"),
    Days.WORKING: lazy_gettext("工作日"),
}
RUNG_NAMES: Mapping[str, str] = {
    "phone": lazy_gettext("电话督办"),
    "on_site": lazy_gettext("出现场"),
    "order": lazy_gettext("督办单"),
    "interview": lazy_gettext("约谈"),
    "commitment": lazy_gettext("公开承诺"),
    "criticism": lazy_gettext("通报批评"),
    "referral": lazy_gettext("移送问责"),
}
assert RUNG_NAMES.keys() == set(RUNGS)


def offered() -> list[tuple[str, str]]:
    """What may be counted, for a select."""
    return [(key, said[0]) for key, said in COUNTS.items()]


def counted(rule: Rule) -> str:
    """What is counted."""
    return str(COUNTS[rule.counts][0])


def sentence(rule: Rule) -> str:
    """The whole rule in one sentence: in how many days, how many of what, which rung."""
    return str(
        _(
            "%(days)s内，同一家单位有 %(number)s 件%(what)s，就从「%(rung)s」起督办。",
            days=window(rule),
            number=rule.number,
            what=counted(rule),
            rung=RUNG_NAMES[rule.rung],
        )
    )


def window(rule: Rule) -> str:
    """How long a window is."""
    if rule.clock is Days.WORKING:
        return str(ngettext("%(num)d 个工作日", "%(num)d 个工作日", rule.days))
    return str(ngettext("%(num)d 个自然日", "%(num)d 个自然日", rule.days))


def cure(rule: Rule) -> str:
    """When a ladder that it began ends by itself."""
    each = str(COUNTS[rule.counts][1])
    if not rule.left:
        return str(_("%(each)s全部整改到位，督办自己结束。", each=each))
    left = ngettext("只剩 %(num)d 件", "只剩 %(num)d 件", rule.left)
    return str(_("%(each)s%(left)s没有整改时，督办自己结束。", each=each, left=left))


def state(known: Known) -> tuple[str, str]:
    """Whether it is on, as a tag: its text and its colour."""
    if known.on_version == known.version:
        return str(_("启用中")), "ok"
    if known.on_version:
        return str(_("启用的是第 %(n)s 版", n=known.on_version)), "soon"
    return str(_("没有启用")), ""
