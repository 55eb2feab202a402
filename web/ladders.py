"""Supervision in words: causes, rungs and their stamps, and the reason an order begins with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from engine.queries.grounds import Ground
from engine.queries.open_clocks import Clock
from engine.queries.supervisions import DONE, MISSED, NOW, SKIPPED, Climb, Rung, Step
from engine.working_time import Explanation
from web import clocks, i18n
from web.course import budget
from web.timeline import Item

LONGEST_REASON = 2000
# Days told one by one in a reason; a longer count is told by its ends.
MOST_DAYS = 45
# What is stamped for a rung; words of one character, as on the paper.
SEALS = {
    "phone": lazy_gettext("催"),
    "order": lazy_gettext("督"),
    "interview": lazy_gettext("约"),
    "commitment": lazy_gettext("诺"),
    "criticism": lazy_gettext("通"),
    "referral": lazy_gettext("移"),
    "on_site": lazy_gettext("场"),
    "meeting": lazy_gettext("会"),
}
# What a supervisor may start at once: the button, the headline and the sentence of its page.
STARTS = {
    "phone": (
        lazy_gettext("电话催"),
        lazy_gettext("电话催办"),
        lazy_gettext("给办的人打电话，问清楚什么时候办好；没办好，自动升到督办单。"),
    ),
    "order": (
        lazy_gettext("督办单"),
        lazy_gettext("下督办单"),
        lazy_gettext("写明要求和期限，送到单位；到期没改，自动升到约谈。"),
    ),
    "interview": (
        lazy_gettext("约谈"),
        lazy_gettext("约谈负责人"),
        lazy_gettext("请负责人当面说清楚，写纪要；到期没改，自动升到公开承诺。"),
    ),
}
# Causes that are no limit's and nobody's asking.
CAUSES = {
    "unsolved": lazy_gettext("市民再次说没有解决"),
    "promise_broken": lazy_gettext("承诺到期没有兑现"),
    "ranked_last": lazy_gettext("指标排在最后"),
}
_DETAILS = {
    "called_at": lazy_gettext("通话时间"),
    "spoke_to": lazy_gettext("接听人"),
    "promise": lazy_gettext("答应什么"),
    "cure_by": lazy_gettext("到哪天"),
    "order_number": lazy_gettext("督办单号"),
    "demands": lazy_gettext("要求"),
    "colour": lazy_gettext("颜色"),
    "visited_at": lazy_gettext("到现场"),
    "held_at": lazy_gettext("时间"),
    "attendance": lazy_gettext("谁来了"),
    "present": lazy_gettext("到场"),
    "found": lazy_gettext("现场"),
    "minutes": lazy_gettext("纪要"),
    "signed_by": lazy_gettext("承诺人"),
    "published": lazy_gettext("已公开"),
    "pledge": lazy_gettext("承诺"),
    "judged_by": lazy_gettext("怎么算数"),
    "notice_number": lazy_gettext("文号"),
    "sent_to": lazy_gettext("通报范围"),
    "referred_to": lazy_gettext("移送机关"),
    "ground": lazy_gettext("理由"),
}
# What was chosen in a form of a rung.
_CHOSEN = {
    "blue": lazy_gettext("蓝单"),
    "yellow": lazy_gettext("黄单"),
    "red": lazy_gettext("红单"),
    "head": lazy_gettext("主要负责人到场"),
    "deputy": lazy_gettext("委托他人到场"),
    "absent": lazy_gettext("没有到场"),
    "cured": lazy_gettext("督办事由消除"),
    "answered": lazy_gettext("答复了市民"),
    "solved": lazy_gettext("市民说解决了"),
    "by_hand": lazy_gettext("督办员核实"),
}


@dataclass(frozen=True)
class Mark:
    """A rung as the row of stages shows it; state: done, now or next."""

    name: str
    note: str
    state: str


def seal(rung: str) -> str:
    """The stamp of a rung."""
    return str(SEALS.get(rung, rung))


def rule(clock: Clock) -> str:
    """Which limit, how long, since when, until when: one sentence."""
    words = budget(clock.budget)
    if clock.extended:
        words = _("%(budget)s，延期 %(more)s", budget=words, more=budget(clock.extended))
    if clock.due_at is None:
        return str(
            _(
                "%(limit)s限 %(budget)s，%(start)s 起算，现在暂停",
                limit=i18n.pick(clock.name),
                budget=words,
                start=i18n.short_moment(clock.started_at),
            )
        )
    return str(
        _(
            "%(limit)s限 %(budget)s，%(start)s 起算，%(due)s 到期",
            limit=i18n.pick(clock.name),
            budget=words,
            start=i18n.short_moment(clock.started_at),
            due=i18n.short_moment(clock.due_at),
        )
    )


def short_rule(clock: Clock) -> str:
    """The same for a row of a list: `办理 5 个工作日，11月2日起，11月9日 18:00 到期`."""
    said = {
        "limit": i18n.pick(clock.name),
        "budget": budget(clock.budget),
        "start": i18n.month_day(clock.started_at),
    }
    if clock.due_at is None:
        return str(_("%(limit)s %(budget)s，%(start)s起，现在暂停", **said))
    due = i18n.short_moment(clock.due_at)
    return str(_("%(limit)s %(budget)s，%(start)s起，%(due)s 到期", due=due, **said))


def counted(explained: Explanation) -> str:
    """The clock day by day in one line: `11-03 第1天、11-04 第2天`."""
    steps = explained.days
    if len(steps) > MOST_DAYS:
        return ""
    told = [
        f"{i18n.short_day(step.date)} "
        + (_("第%(n)d天", n=step.number) if step.number else i18n.pick(step.reason))
        for step in steps
    ]
    return str(_("、").join(told))


def reason(ground: Ground) -> str:
    """What a supervision of this case says by itself: the rule, the lateness, the days."""
    said = []
    if ground.clock is not None:
        said.append(rule(ground.clock))
        badge = clocks.badge_of(ground.clock, ground.calendar, ground.hours)
        if badge is not None:
            said.append(badge.text)
    if ground.bounces:
        said.append(ngettext("已退单 %(num)d 次", "已退单 %(num)d 次", ground.bounces))
    if not said:
        said.append(_("没有在走的时限"))
    text = _("；").join(said) + _("。")
    days = counted(ground.explained) if ground.explained else ""
    if days:
        text += _("逐日：%(days)s。", days=days)
    return str(text[:LONGEST_REASON])


def details(climb: Climb, rung: str) -> Sequence[tuple[str, str]]:
    """What was said on a rung, label by label, in the order of its form."""
    return [pair for step in climb.steps_of(rung) for pair in said(step)]


def said(step: Step) -> Sequence[tuple[str, str]]:
    """What one step's form said, label by label."""
    given = ((label, name, step.details.get(name)) for name, label in _DETAILS.items())
    return [
        (str(label), _spelled(name, value))
        for label, name, value in given
        if value not in ("", None)
    ]


def _spelled(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(_("是") if value else _("否"))
    text = str(value)
    if name.endswith("_at"):
        return i18n.moment(datetime.fromisoformat(text))
    if name in {"colour", "attendance", "judged_by"} and text in _CHOSEN:
        return str(_CHOSEN[text])
    if name == "cure_by":
        return i18n.day(datetime.fromisoformat(text).date())
    return text


def marks(climb: Climb) -> list[Mark]:
    """The ladder for the row of stages."""
    return [_mark(climb, rung) for rung in climb.rungs]


def _mark(climb: Climb, rung: Rung) -> Mark:
    name, state = i18n.pick(rung.name), rung.state
    if state == NOW and climb.task is not None:
        due = rung.act.due_at if rung.act else None
        note = _("要在 %(at)s 前做", at=i18n.short_moment(due)) if due else _("等人做")
    elif state == NOW:
        due = rung.term.due_at if rung.term else None
        note = _("等整改到 %(at)s", at=i18n.short_moment(due)) if due else _("正在开始")
    elif rung.step is not None:
        note = i18n.short_moment(rung.step.done_at)
    elif state == MISSED:
        note = _("到期没人做，自动升级")
    elif state == SKIPPED:
        note = _("没有走这一级")
    else:
        note = _("没改才走") if climb.open else _("不用走了")
    return Mark(name, note, {NOW: "now", DONE: "done", MISSED: "done"}.get(state, "next"))


def timeline(climb: Climb) -> list[Item]:
    """What happened on a ladder, in order, then what comes next."""
    lines = [
        Item(
            _("发起督办"),
            climb.asked_at,
            text=_("%(who)s发起", who=i18n.pick(climb.asked_by))
            if climb.asked_by.get("zh")
            else _("系统按规则发起"),
        )
    ]
    for rung in climb.rungs:
        lines += _rung_lines(climb, rung)
    if climb.cured_at is not None:
        lines.append(Item(_("整改到位，销号"), climb.cured_at))
    if climb.closed_at is not None:
        lines.append(Item(_("督办结束"), climb.closed_at))
    return sorted(lines, key=lambda line: (line.at is None, line.at or climb.asked_at))


def _rung_lines(climb: Climb, rung: Rung) -> list[Item]:
    name = i18n.pick(rung.name)
    lines = []
    for step in climb.steps_of(rung.key):
        who = i18n.pick(step.by)
        lines.append(Item(name, step.done_at, text=who))
    if rung.state == MISSED and rung.act is not None:
        lines.append(
            Item(
                _("%(rung)s：到期没人做，升到下一级", rung=name),
                rung.act.settled_at or rung.act.due_at,
                state="late",
            )
        )
    if rung.state == DONE and rung.term is not None and rung.term.settled_as == "late":
        lines.append(
            Item(
                _("%(rung)s后没有改好，升到下一级", rung=name),
                rung.term.settled_at,
                state="late",
            )
        )
    if rung.state == NOW and climb.open:
        waits = rung.act if climb.task is not None else rung.term
        due = waits.due_at if waits else None
        title = name if climb.task is not None else _("%(rung)s后等整改", rung=name)
        when = _("要在 %(at)s 前", at=i18n.moment(due)) if due else ""
        lines.append(Item(title, when=when, state="now"))
    return lines
