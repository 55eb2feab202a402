"""The calendar (工作日历): a year as real months; changing a day, taking in a notice, previewed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine import calendar_notice, clock, db
from engine.commands import calendar
from engine.commands.calendar import DaySaid, Moved
from engine.errors import InvalidAnswers, InvalidInput
from engine.queries import calendar_year, packs
from engine.working_time import Day
from web import administration, i18n
from web.administration import day_said, fault_links, faults
from web.clocks import Cell
from web.permitted import permitted
from web.request import current_person, installation, once, reading, transaction

blueprint = Blueprint("calendar", __name__, url_prefix="/admin/calendar")
_FIRST, _LAST = 2000, 2100


@dataclass
class Effect:
    """What becomes of the open clocks of one limit; old, new: of one of them."""

    name: dict[str, str]
    earlier: int = 0
    later: int = 0
    old: datetime | None = None
    new: datetime | None = None


@blueprint.get("")
@permitted("calendar.change")
def index() -> ResponseReturnValue:
    """A year, month by month."""
    this = i18n.local(clock.now()).year
    wanted = request.args.get("year", this, int)
    return _page(min(max(wanted, _FIRST), _LAST))


@blueprint.post("/days")
@permitted("calendar.change")
def day() -> ResponseReturnValue:
    """Change a day: first what it would do, then, confirmed, the change."""
    actor, form = current_person(), administration.typed(*_FIELDS)
    year = i18n.local(clock.now()).year
    try:
        on = day_said("on")
        if on is None:
            raise InvalidAnswers({"on": {"zh": "填哪一天。", "en": "Say which day."}})
        said = DaySaid(on, form["working"] == "1", form["name_zh"], form["name_en"], form["source"])
        year = min(max(on.year, _FIRST), _LAST)
        if request.form.get("confirmed"):
            return _done(lambda session: calendar.change_day(session, said, by=actor), year)
        moved = db.rehearsed(
            installation().sessions, lambda session: calendar.change_day(session, said, by=actor)
        )
    except InvalidAnswers as error:
        return _page(year, form, faults(error)), 422
    words = _("上班") if said.working else _("休息")
    title = _("%(day)s改成%(words)s", day=i18n.day(on), words=words)
    return _page(year, form, preview=_preview(title, moved, url_for("calendar.day"), dict(form)))


@blueprint.post("/notice")
@permitted("calendar.change")
def notice() -> ResponseReturnValue:
    """Take in a year's notice: first what it would do, then, confirmed, the change."""
    actor, sent = current_person(), request.files.get("notice")
    name, text = request.form.get("filename", "")[:80], request.form.get("text", "")
    this = i18n.local(clock.now()).year
    try:
        if not request.form.get("confirmed"):
            if sent is None or not sent.filename:
                raise InvalidInput("notice", "a file")
            name, text = sent.filename[-80:], _text_of(sent.stream.read(_MOST + 1), sent.filename)
            sent.stream.seek(0)
        years = sorted({row.on.year for row in calendar_notice.parse_notice(text, name)})

        def act(session: Session) -> list[Moved]:
            return calendar.import_notice(session, text, name, by=actor.id).moved

        if request.form.get("confirmed"):
            return _done(act, years[-1])
        moved = db.rehearsed(installation().sessions, act)
    except InvalidInput as error:
        return _page(this, {}, {"notice": _no_notice(error)}), 422
    title = _("导入 %(years)s 年放假安排", years="、".join(map(str, years)))
    fields = {"text": text, "filename": name}
    return _page(years[-1], {}, preview=_preview(title, moved, url_for("calendar.notice"), fields))


_FIELDS = ("on", "working", "name_zh", "name_en", "source")
_MOST = calendar_notice.MOST_BYTES


def _done(act: Callable[[Session], Sequence[Moved]], year: int) -> ResponseReturnValue:
    def work(session: Session) -> str:
        moved = act(session)
        flash(_("改好了，%(n)s 条在走的时限跟着变。", n=len(moved)))
        return url_for("calendar.index", year=year)

    answer = once(work)
    with transaction() as session:  # what was opened meanwhile by the old calendar
        calendar.rederive(session)
    return answer


def _text_of(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(name[-40:], "text in UTF-8") from None


def _no_notice(error: InvalidInput) -> str:
    if error.field == "notice":
        return str(_("选一个文件。"))
    return str(_("%(where)s：读不懂，没有导入。", where=error.field))


def _preview(title: str, moved: Sequence[Moved], url: str, fields: dict[str, str]) -> Any:
    """What moved, limit by limit; cases are not named, as some may be sealed."""
    with reading() as session:
        names = {
            limit.name: {"zh": limit.zh, "en": limit.en}
            for line in reversed(packs.newest(session))
            for limit in line.pack.limits.values()
        }
    effects: dict[str, Effect] = {}
    for one in moved:
        effect = effects.setdefault(
            one.limit, Effect(names.get(one.limit, {"zh": one.limit, "en": one.limit}))
        )
        if one.old and one.new:
            effect.earlier += one.new < one.old
            effect.later += one.new > one.old
            effect.old, effect.new = one.old, one.new
    return {
        "title": title,
        "rows": list(effects.values()),
        "moved": len(moved),
        "url": url,
        "fields": fields,
    }


def _page(
    number: int,
    values: dict[str, str] | None = None,
    found: dict[str, str] | None = None,
    *,
    preview: Any = None,
) -> str:
    with reading() as session:
        year = calendar_year.year(session, number)
    today = i18n.local(clock.now()).date()
    months = [
        {
            "name": i18n.month(date(number, place, 1), short=True),
            "cells": [_cell(on, day, first=on.day == 1, today=today) for on, day in month],
        }
        for place, month in enumerate(year.months, 1)
    ]
    return render_template(
        "admin/calendar.html",
        year=year,
        months=months,
        values=values or {},
        faults=found or {},
        fault_links=fault_links(found or {}),
        preview=preview,
    )


def _cell(on: date, day: Day, *, first: bool, today: date) -> Cell:
    shifted = day.working and on.isoweekday() > 5
    classes = [f"from-{on.isoweekday()}"] if first else []
    classes += ["is-shift"] if shifted else [] if day.working else ["is-off"]
    classes += ["is-today"] if on == today else []
    name = i18n.pick({"zh": day.name_zh, "en": day.name_en or day.name_zh})
    words = [name] if name else []
    words += [_("调休")] if shifted else []
    return Cell(i18n.weekday(on), str(on.day), tuple(words), " ".join(classes), on == today)
