"""The start of a person's day: what is due, what comes next, what one's role does."""

from dataclasses import dataclass

from flask import Blueprint, render_template, url_for
from flask_babel import gettext as _

from engine import clock
from engine.queries import inbox, workload
from engine.queries.inbox import Entry, Filter, Page
from engine.queries.workload import Kind
from web import clocks, duties, i18n
from web.permitted import permitted
from web.request import current_person, installation, reading

blueprint = Blueprint("start", __name__)
NEXT = 6


@dataclass(frozen=True)
class Line:
    """One of the most urgent tasks, and why it stands so far up."""

    entry: Entry
    badge: clocks.Badge | None
    why: str


@blueprint.get("/start")
@permitted("inbox")
def index() -> str:
    """Counters that open into their tasks, the most urgent six, and what waits by kind."""
    actor = current_person()
    with reading() as session:
        page = inbox.page(session, actor, Filter(), installation().zone)
        kinds = workload.kinds(session, actor)
    own = [one for one in page.entries if one.assignee_id in {None, *actor.acts_as}]
    return render_template(
        "start/index.html",
        greeting=_greeting(),
        figs=_figures(page),
        lines=[_line(one, page) for one in own[:NEXT]],
        kinds=[(one, url_for("inbox.index", task=one.element)) for one in kinds],
        late_url={
            one.element: url_for("inbox.index", task=one.element, view="overdue")
            for one in kinds
            if one.overdue
        },
        duties=duties.of(actor.roles),
        first_due=_first_due(kinds),
        counts={"inbox": page.counts["mine"]},
        all=page.counts,
    )


def _line(entry: Entry, page: Page) -> Line:
    badge = None
    if entry.due is not None:
        badge = clocks.badge_of(entry.due, page.calendar, entry.pack.hours, short=True)
    return Line(entry, badge, _why(entry))


def _why(entry: Entry) -> str:
    """Why it comes first: overdue, due today, under supervision, in nobody's hands."""
    said = []
    due_at, now = (entry.due.due_at if entry.due else None), clock.now()
    if due_at is not None and due_at < now:
        said.append(_("超期"))
    elif due_at is not None and i18n.local(due_at).date() == i18n.local(now).date():
        said.append(_("今天 %(at)s 到期", at=i18n.time_of_day(due_at)))
    if entry.rung is not None:
        said.append(_("督办中"))
    if entry.assignee_id is None:
        said.append(_("没人认领"))
    return str(_("，").join(said))


def _first_due(kinds: list[Kind]) -> str:
    """When the next one is due that is not overdue already."""
    coming = [one.first_due for one in kinds if one.first_due and one.first_due >= clock.now()]
    return i18n.moment(min(coming)) if coming else ""


def _greeting() -> str:
    hour = i18n.local(clock.now()).hour
    if hour < 12:
        return str(_("上午好"))
    return str(_("下午好") if hour < 18 else _("晚上好"))


def _figures(page: Page) -> list[dict[str, object]]:
    told = (
        ("overdue", _("超期"), "late", _("最急的在最前")),
        ("today", _("今天到期"), "soon", _("下班前办完")),
        ("unclaimed", _("没人认领"), "", _("本单位")),
        ("mine", _("我的"), "", _("已认领")),
        ("unit", _("本单位"), "", _("全部待办")),
    )
    return [
        {
            "label": label,
            "value": i18n.count(page.counts[view]),
            "note": note,
            "state": state if page.counts[view] else "",
            "url": url_for("inbox.index", view=view),
        }
        for view, label, state, note in told
    ]
