"""The start of a person's day: what is due, what comes next."""

from flask import Blueprint, render_template, url_for
from flask_babel import gettext as _

from engine import clock
from engine.queries import inbox
from engine.queries.inbox import Entry, Filter, Page
from web import clocks, i18n
from web.permitted import permitted
from web.request import current_person, installation, reading

blueprint = Blueprint("start", __name__)
NEXT = 6


@blueprint.get("/start")
@permitted("inbox")
def index() -> str:
    """Counters that open into their tasks, and the most urgent six."""
    actor = current_person()
    with reading() as session:
        page = inbox.page(session, actor, Filter(), installation().zone)
    own = [one for one in page.entries if one.assignee_id in {None, actor.id}]
    return render_template(
        "start/index.html",
        greeting=_greeting(),
        figs=_figures(page),
        lines=[(one, _badge(one, page)) for one in own[:NEXT]],
        counts={"inbox": page.counts["mine"]},
        all=page.counts,
    )


def _badge(entry: Entry, page: Page) -> clocks.Badge | None:
    if entry.due is None:
        return None
    return clocks.badge_of(entry.due, page.calendar, entry.pack.hours, short=True)


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
            "value": page.counts[view],
            "note": note,
            "state": state if page.counts[view] else "",
            "url": url_for("inbox.index", view=view),
        }
        for view, label, state, note in told
    ]
