"""A task as the list shows it: its badge with the reason, the marks of its stage, its seal."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from engine.packs import Pack
from engine.queries.dues import Due
from engine.queries.inbox import Entry
from engine.working_time import Calendar
from web import clocks, i18n, ledgers


@dataclass(frozen=True)
class Line:
    """An entry with its words. why: what the badge measures, from when, until when.

    url: where the row leads. claimable: whether anybody may still take it; fresh: it came while
    the list was being read.
    """

    entry: Entry
    badge: clocks.Badge | None
    why: str
    category: str
    channel: str
    stage_at: int
    stages: int
    seal: str
    url: str
    claimable: bool
    fresh: bool = False


@dataclass(frozen=True)
class Stage:
    """One stage of the way, for the macro `stages`: state is done, now or empty."""

    name: str
    state: str
    note: str = ""


def line(
    entry: Entry,
    calendar: Calendar,
    aim: Mapping[str, Any],
    since: datetime | None = None,
) -> Line:
    """An entry as the list shows it. aim: arguments of the list's address, for the way back."""
    stages = [one["key"] for one in entry.pack.items("stages")]
    others = aim.get("view") == "waiting"
    url = (
        url_for("case.index", number=entry.number)
        if others
        else url_for("task.index", task_id=entry.id, **aim)
    )
    badge = None
    if entry.due:
        badge = clocks.badge_of(entry.due, calendar, entry.pack.hours, short=True)
    if badge:
        badge = replace(badge, url=f"{url}#clock")
    return Line(
        entry=entry,
        badge=badge,
        why=_why(entry.due, entry.pack) if entry.due else "",
        category=i18n.pick(entry.pack.item("categories", entry.category)),
        channel=i18n.pick(entry.pack.item("channels", entry.channel)),
        stage_at=stages.index(entry.stage) + 1 if entry.stage in stages else 0,
        stages=len(stages),
        seal=_seal(entry.rung),
        url=url,
        claimable=entry.assignee_id is None and not others,
        fresh=since is not None and entry.opened_at > since,
    )


def stages(entry: Entry) -> list[Stage]:
    """The stages of the case's pack in order, as far as the case has come."""
    named = [(one["key"], i18n.pick(one)) for one in entry.pack.items("stages")]
    keys = [key for key, _name in named]
    at = keys.index(entry.stage) if entry.stage in keys else -1
    states = ["done" if n < at else "now" if n == at else "" for n in range(len(keys))]
    return [Stage(name, state) for (_key, name), state in zip(named, states, strict=True)]


def _why(due: Due, pack: Pack) -> str:
    """The limit, its budget, when it began: why it is due then."""
    limit = pack.limits.get(due.limit)
    name = i18n.pick({"zh": limit.zh, "en": limit.en}) if limit else ""
    budget = ledgers.budget_words(due.budget)
    if due.extended:
        budget = _(
            "%(budget)s ＋ 延期 %(extended)s",
            budget=budget,
            extended=ledgers.budget_words(due.extended),
        )
    if due.started_at is None:
        return name
    return str(
        _(
            "%(limit)s：%(budget)s，%(at)s 起算",
            limit=name or _("时限"),
            budget=budget,
            at=i18n.short_moment(due.started_at),
        )
    )


def _seal(rung: str | None) -> str:
    if rung is None:
        return ""
    return str({"order": _("督"), "interview": _("约"), "commitment": _("诺")}.get(rung, _("催")))
