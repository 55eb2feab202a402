"""The inbox: what waits for a person, due first; and taking tasks from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from engine.commands import tasks
from engine.errors import Conflict, NotAllowed, NotFound
from engine.queries import inbox, packs_in_use
from engine.queries.inbox import PAGE, Entry, Filter, Page
from web import clocks, i18n, inbox_filter
from web.permitted import permitted
from web.request import current_person, installation, reading, transaction

blueprint = Blueprint("inbox", __name__)

VIEWS = {
    "mine": lazy_gettext("我的"),
    "unit": lazy_gettext("本单位"),
    "unclaimed": lazy_gettext("没人认领"),
    "today": lazy_gettext("今天到期"),
    "overdue": lazy_gettext("超期"),
}
TITLES = {
    "mine": lazy_gettext("我的待办"),
    "unit": lazy_gettext("本单位的待办"),
    "unclaimed": lazy_gettext("没人认领的待办"),
    "today": lazy_gettext("今天到期的待办"),
    "overdue": lazy_gettext("超期的待办"),
}
MOST_AT_ONCE = PAGE


@dataclass(frozen=True)
class Line:
    """An entry with its words: badge, stage marks, seal of the ladder."""

    entry: Entry
    badge: clocks.Badge | None
    category: str
    stage_at: int
    stages: int
    seal: str


@blueprint.get("/inbox")
@permitted("inbox")
def index() -> str:
    """A page of the inbox."""
    wanted, actor = inbox_filter.asked(request.args), current_person()
    with reading() as session:
        page = inbox.page(session, actor, wanted, installation().zone)
    return render_template(
        "inbox/index.html",
        page=page,
        wanted=wanted,
        lines=[line(entry, page) for entry in page.entries],
        title=TITLES[wanted.view],
        rail=_rail(page, wanted),
        size=PAGE,
        counts={"inbox": page.counts["mine"]},
        me=actor.id,
        aim=inbox_filter.arguments(wanted),
        **choices(page),
    )


@blueprint.post("/inbox")
@permitted("inbox")
def claim() -> ResponseReturnValue:
    """Claim the ticked tasks, or the one whose button was pressed; a result for each."""
    wanted = inbox_filter.asked(request.args)
    asked = request.form.getlist("claim") or request.form.getlist("id")
    taken, others, gone = 0, [], 0
    for task_id in _keys(asked):
        try:
            with transaction() as session:
                tasks.claim(session, task_id, by=current_person())
            taken += 1
        except Conflict as error:
            if "assignee_id" in error.details:
                others.append(task_id)
            else:
                gone += 1
        except (NotFound, NotAllowed):
            gone += 1
    _tell(taken, others, gone)
    return redirect(url_for("inbox.index", **inbox_filter.arguments(wanted)), code=303)


def line(entry: Entry, page: Page) -> Line:
    """An entry as the list shows it."""
    stages = [one["key"] for one in entry.pack.items("stages")]
    return Line(
        entry=entry,
        badge=clocks.badge_of(entry.due, page.calendar, entry.pack.hours, short=True)
        if entry.due
        else None,
        category=i18n.pick(entry.pack.item("categories", entry.category)),
        stage_at=stages.index(entry.stage) + 1 if entry.stage in stages else 0,
        stages=len(stages),
        seal=_seal(entry.rung),
    )


def choices(page: Page) -> dict[str, Mapping[str, str]]:
    """What the filters offer, in words."""
    sections: dict[str, dict[str, str]] = {"stages": {}, "categories": {}}
    for section, offered in sections.items():
        for pack in packs_in_use.nearest(page.packs, current_person()):
            for one in pack.items(section):
                offered.setdefault(one["key"], i18n.pick(one))
    return {**sections, "units": {key: i18n.pick(texts) for key, texts in page.units.items()}}


def _seal(rung: str | None) -> str:
    if rung is None:
        return ""
    return str({"order": _("督"), "interview": _("约"), "commitment": _("诺")}.get(rung, _("催")))


def _rail(page: Page, wanted: Filter) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "url": url_for("inbox.index", view=view),
            "count": page.counts[view],
            "late": view == "overdue",
            "current": view == wanted.view,
        }
        for view, label in VIEWS.items()
    ]


def _keys(asked: list[str]) -> list[UUID]:
    keys = []
    for text in asked[:MOST_AT_ONCE]:
        try:
            keys.append(UUID(text))
        except ValueError:
            continue
    return keys


def _tell(taken: int, others: list[UUID], gone: int) -> None:
    """One message with a result for all: how many, and who was first."""
    said = []
    if taken:
        said.append(ngettext("已认领 %(num)d 件", "已认领 %(num)d 件", taken))
    said += [_("1 件被%(who)s先认领了", who=name) for name in _claimers(others)]
    if gone:
        said.append(
            ngettext("%(num)d 件已经办完或不在这里了", "%(num)d 件已经办完或不在这里了", gone)
        )
    if not said:
        said.append(_("没有选中待办。"))
    flash(_("；").join(said), "message" if taken and not (others or gone) else "soon")


def _claimers(tasks_taken: list[UUID]) -> list[str]:
    if not tasks_taken:
        return []
    with reading() as session:
        return [i18n.pick(name) for name in inbox.claimers(session, tasks_taken)]
