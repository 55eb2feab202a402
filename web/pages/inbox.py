"""The inbox: what waits for a person, due first; whether more has come; looking into a task."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine import clock
from engine.queries import inbox, saved_views, task_peek
from engine.queries.inbox import PAGE, Filter, Page
from engine.queries.saved_views import Kept
from web import bulk_words, inbox_filter, inbox_lines, inbox_words, timeline
from web.permitted import permitted
from web.request import current_person, installation, reading

blueprint = Blueprint("inbox", __name__)

COUNTED = 8  # saved views whose tasks are counted beside their name
EVENTS = 5  # of the timeline in a peek


@blueprint.get("/inbox")
@permitted("inbox")
def index() -> ResponseReturnValue:
    """A page of the inbox; without a word in the address, the view the person begins with."""
    actor, parts = current_person(), installation()
    wanted, since = inbox_filter.asked(request.args), inbox_filter.since(request.args)
    with reading() as session:
        kept = saved_views.of_person(session, actor)
        if not set(request.args) - {"lang"} and (first := kept.first(actor)):
            return redirect(_address(kept, first), code=303)
        saved = [inbox_filter.restored(one.conditions) for one in kept.views]
        page = inbox.page(session, actor, wanted, parts.zone, saved[:COUNTED], parts.vault)
    aim = inbox_filter.arguments(wanted)
    offered = inbox_words.choices(page)
    here = _here(wanted, kept, saved)
    return render_template(
        "inbox/index.html",
        page=page,
        wanted=wanted,
        lines=[inbox_lines.line(entry, page.calendar, aim, since) for entry in page.entries],
        title=here or inbox_words.TITLES[wanted.view],
        rail=_rail(page, wanted, kept, saved, here),
        size=PAGE,
        counts={"inbox": page.counts["mine"]},
        me=actor.acts_as,
        aim=aim,
        offered=offered,
        words=inbox_words,
        chips=inbox_words.chips(wanted, offered, inbox_words.element(wanted, page.entries)),
        acts=bulk_words.acts(wanted.view),
        save_url=url_for("views.index", **inbox_filter.kept(wanted)),
        news_url=url_for("inbox.news", **aim, since=clock.now().isoformat()),
    )


@blueprint.get("/inbox/news")
@permitted("inbox")
def news() -> str:
    """Whether work has come under this filter since the list was shown: a button, a count."""
    actor, parts = current_person(), installation()
    wanted = inbox_filter.asked(request.args)
    since = inbox_filter.since(request.args) or clock.now()
    with reading() as session:
        found = inbox.news(session, actor, wanted, parts.zone, since, parts.vault)
    aim = inbox_filter.arguments(replace(wanted, page=1))
    url = url_for("inbox.index", **aim, since=since.isoformat())
    return render_template("inbox/_news.html", found=found, url=url)


@blueprint.get("/inbox/peek/<uuid:task_id>")
@permitted("inbox")
def peek(task_id: UUID) -> str:
    """A task looked into without leaving the list: what is asked, how far it is, what was done."""
    actor = current_person()
    aim = inbox_filter.arguments(inbox_filter.asked(request.args))
    with reading() as session:
        seen = task_peek.seen(session, actor, task_id)
    return render_template(
        "inbox/_peek.html",
        line=inbox_lines.line(seen.entry, seen.file.calendar, aim),
        case=seen.file.case,
        stages=inbox_lines.stages(seen.entry),
        timeline=timeline.items(seen.events, seen.file, seen.waiting)[: EVENTS + 1],
        aim=aim,
    )


def _address(kept: Kept, first: str) -> str:
    """Where the inbox begins: with one of its own views, or a saved one."""
    if saved := kept.of(first):
        return url_for("inbox.index", **inbox_filter.kept(inbox_filter.restored(saved.conditions)))
    return url_for("inbox.index", view=first)


def _here(wanted: Filter, kept: Kept, saved: Sequence[Filter]) -> str:
    """The name of the saved view that is being looked at, if it is one."""
    looked_at = replace(wanted, page=1)
    if looked_at == Filter(view=wanted.view):
        return ""
    named = zip(kept.views, saved, strict=True)
    return next((one.name for one, conditions in named if conditions == looked_at), "")


def _rail(
    page: Page, wanted: Filter, kept: Kept, saved: Sequence[Filter], here: str
) -> list[dict[str, Any]]:
    own: list[dict[str, Any]] = [
        {
            "label": label,
            "url": url_for("inbox.index", view=view),
            "count": page.counts[view],
            "late": view == "overdue",
            "current": view == wanted.view and not here,
        }
        for view, label in inbox_words.VIEWS.items()
    ]
    counts = [*page.saved, *[None] * (len(saved) - len(page.saved))]
    return own + [
        {
            "label": one.name,
            "url": url_for("inbox.index", **inbox_filter.kept(conditions)),
            "count": count,
            "current": one.name == here,
            "written": True,
        }
        for one, conditions, count in zip(kept.views, saved, counts, strict=True)
    ]
