"""A case's course in the words its citizen reads: what was done, what is promised, by when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from engine.models import CaseStatus
from engine.packs import Limit
from engine.queries.promises import Promise
from engine.queries.told import Event
from engine.queries.tracking import Course
from engine.working_time import Budget
from web import clocks, i18n, shell
from web.clocks import Badge, Cell

# What is said of each kind of event of `engine.queries.told`.
_TITLES: Mapping[str, str] = {
    "received": lazy_gettext("您告诉了我们"),
    "registered": lazy_gettext("登记好了"),
    "accepted": lazy_gettext("看过了，受理"),
    "refused": lazy_gettext("看过了，不能受理"),
    "refusal_told": lazy_gettext("告诉了您为什么、可以找谁"),
    "routed": lazy_gettext("分流：%(what)s"),
    "issued": lazy_gettext("派给%(unit)s"),
    "signed": lazy_gettext("承办单位签收了"),
    "returned": lazy_gettext("承办单位说不归它办，重新派"),
    "contacted": lazy_gettext("承办单位联系了您"),
    "handled": lazy_gettext("承办单位办完了"),
    "written": lazy_gettext("写好了答复"),
    "reviewed": lazy_gettext("答复通过了审核"),
    "sent_back": lazy_gettext("答复没有通过审核，退回修改"),
    "answered": lazy_gettext("给了您答复"),
    "called": lazy_gettext("我们问了您：真的解决了吗"),
    "not_reached": lazy_gettext("给您打过电话，没有接通"),
    "overdue": lazy_gettext("没有按时：%(what)s"),
    "extended": lazy_gettext("日期延后了"),
    "extension_asked": lazy_gettext("承办单位申请延期"),
    "extension_denied": lazy_gettext("延期没有批准，原来的日期不变"),
    "supervised": lazy_gettext("开始督办"),
    "rung": lazy_gettext("督办：%(what)s"),
    "supervision_over": lazy_gettext("督办结束，已经改正"),
    "referred": lazy_gettext("督办结束，移送问责"),
    "again": lazy_gettext("您的意见成立，在督办下再办"),
    "explained": lazy_gettext("研判过了，由承办单位向您解释"),
    "followed": lazy_gettext("跟进督办了一次"),
    "checked": lazy_gettext("抽查核实过，情况属实"),
    "checked_bad": lazy_gettext("抽查发现不属实，退回再办"),
    "merged": lazy_gettext("与 %(number)s 是同一件事，一起办"),
    "split": lazy_gettext("您说了几件事，分开办：%(number)s"),
    "closed": lazy_gettext("办结"),
    "done": lazy_gettext("%(what)s"),
}
# What is said of `what` where it is not said by itself.
_TEXTS: Mapping[str, str] = {
    "supervised": lazy_gettext("因为超过了「%(what)s」的时限"),
    "refused": lazy_gettext("理由：%(what)s"),
    "called": lazy_gettext("您说：%(what)s"),
}
_SAID_IN_TITLE = frozenset({"overdue", "rung", "done", "routed"})
_ALARMS = frozenset({"overdue", "extended", "supervised", "rung"})


@dataclass(frozen=True)
class Line:
    """A line of the timeline; state is empty, now, next or late. letter: the text is one."""

    title: str
    at: datetime | None = None
    when: str = ""
    text: str = ""
    state: str = ""
    letter: bool = False


@dataclass(frozen=True)
class Mark:
    """A stage of the case, for the macro `stages`."""

    name: str
    state: str
    note: str = ""


@dataclass(frozen=True)
class Date:
    """A promised date: its badge, and its count as a calendar."""

    name: str
    badge: Badge | None
    cells: Sequence[Cell]
    counted: str


@dataclass(frozen=True)
class Headline:
    """What the page says first. state is that of a note."""

    what: str
    by_when: str = ""
    more: str = ""
    state: str = "plain"


def stages(course: Course) -> list[Mark]:
    """The stages of the case's own diagram and which of them it is in."""
    return [Mark(i18n.pick(stage.name), stage.state) for stage in course.stages]


def lines(course: Course) -> list[Line]:
    """What was done, what is being done, and what is promised next."""
    told = [_line(event) for event in course.events]
    now = [Line(i18n.pick(words), state="now") for words in course.now]
    if course.main is not None:
        now = [Line(_("等那一件的答复，有了就告诉您"), state="now")]
    return told if course.over else told + now + coming(course)


def coming(course: Course) -> list[Line]:
    """The dates that still run, the nearest first."""
    running = [p for p in course.promises if p.settled_at is None]
    running.sort(key=lambda p: (p.due_at is None, p.due_at or course.received_at))
    return [
        Line(
            i18n.pick(promise.name),
            when=_by(promise),
            state="late" if promise.overdue else "next",
        )
        for promise in running
    ]


def dates(course: Course) -> list[Date]:
    """Every date that was promised, with how it is counted."""
    return [
        Date(
            name=i18n.pick(promise.name),
            badge=clocks.badge_of(promise, course.calendar, course.hours),
            cells=clocks.calendar_cells(
                promise.explanation,
                today=shell.today(),
                first_due=i18n.local(promise.first_due_at).date() if promise.first_due_at else None,
            ),
            counted=_counted(promise),
        )
        for promise in course.promises
    ]


def headline(course: Course) -> Headline:
    """Where the case stands, in one sentence and one date."""
    if course.sealed:
        return Headline(_("您反映的事已经转交有权处理的机关，由它依规办理。"))
    if course.main is not None:
        where = i18n.pick(course.main.stage)
        unit = i18n.pick(course.main.unit) or i18n.pick(course.office)
        return Headline(
            _("与 %(number)s 是同一件事，一起办", number=course.main.number),
            more=_("那一件现在：%(stage)s（%(unit)s）", stage=where, unit=unit) if where else "",
            state="ok" if course.over else "plain",
        )
    if course.status == CaseStatus.REFUSED:
        return Headline(_("这件不归我们办，理由和可以找谁写在下面"))
    if course.over:
        return Headline(
            _("办结了"), by_when=i18n.pick(course.outcome), more=_closed(course), state="ok"
        )
    who = i18n.pick(course.unit) or i18n.pick(course.office)
    what = _("、").join(i18n.pick(words) for words in course.now)
    running = [p for p in course.promises if p.settled_at is None and p.due_at]
    first = min(running, key=lambda p: p.due_at or course.received_at, default=None)
    return Headline(
        _("%(who)s：%(what)s", who=who, what=what),
        by_when=_("%(who)s：%(what)s", who=i18n.pick(first.name), what=_by(first)) if first else "",
        more=_moved(first) if first else "",
        state="late" if first and first.overdue else "plain",
    )


def budget(text: str) -> str:
    """A budget in words: `5 个工作日`, `2 小时`, `3 个办公小时`."""
    one = Budget.parse(text)
    n = one.amount
    words = {
        "WD": ngettext("%(num)d 个工作日", "%(num)d 个工作日", n),
        "d": ngettext("%(num)d 个自然日", "%(num)d 个自然日", n),
        "h": ngettext("%(num)d 小时", "%(num)d 小时", n),
        "office": ngettext("%(num)d 个办公小时", "%(num)d 个办公小时", n),
    }
    return str(words["office" if one.office else one.unit])


def sure_budget(limit: Limit | None) -> str:
    """A limit in words if it is the same for every case, else nothing: a decision sets it."""
    if limit is None or (limit.decided_by and not limit.stated):
        return ""
    return budget(limit.budget)


def _line(event: Event) -> Line:
    holes = {
        "what": i18n.pick(event.what),
        "unit": i18n.pick(event.unit),
        "number": event.number,
    }
    return Line(
        title=str(_TITLES[event.kind]) % holes,
        at=event.at,
        text=_text(event, holes["what"]),
        state="late" if event.kind in _ALARMS else "",
        letter=bool(event.letter),
    )


def _text(event: Event, what: str) -> str:
    if event.kind == "refusal_told":
        where = _("可以找：%(what)s。", what=what) if what else ""
        return f"{where}{event.letter}"
    if event.kind == "answered":
        return str(_("全文在上面。"))
    if event.kind == "extended" and event.until is not None:
        return str(_("%(what)s：改到 %(at)s 前", what=what, at=i18n.moment(event.until)))
    if not what or event.kind in _SAID_IN_TITLE:
        return ""
    return str(_TEXTS.get(event.kind, "%(what)s")) % {"what": what}


def _counted(promise: Promise) -> str:
    until = i18n.moment(promise.due_at) if promise.due_at else _("暂停，不计时")
    if promise.provisional:
        until += _("（暂定）")
    told = _("期限 %(budget)s：%(until)s。", budget=budget(promise.budget), until=until)
    if promise.first_due_at is None:
        return str(told)
    moved = _("原定 %(at)s，延后过一次。", at=i18n.moment(promise.first_due_at))
    return f"{told}{moved}"


def _by(promise: Promise) -> str:
    if promise.due_at is None:
        return str(_("暂停，不计时"))
    if promise.overdue:
        return str(_("原定 %(at)s 前，没有做到", at=i18n.moment(promise.due_at)))
    return str(_("%(at)s 前", at=i18n.moment(promise.due_at)))


def _moved(promise: Promise) -> str:
    if promise.first_due_at is None or promise.overdue:
        return ""
    return str(_("原定 %(at)s，延后过一次。", at=i18n.moment(promise.first_due_at)))


def _closed(course: Course) -> str:
    return i18n.moment(course.closed_at) if course.closed_at else ""
