"""One interview for the units that come last by a rate (集体约谈)."""

from contextlib import suppress
from datetime import date, datetime
from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from engine import clock
from engine.commands import group_interviews, interviews
from engine.commands.group_interviews import Summoned
from engine.commands.interviews import Meeting
from engine.errors import NotFound
from engine.queries import last_ranked
from engine.queries import rates as queries
from engine.queries.last_ranked import Place
from engine.queries.rates import Asked, Frame
from engine.rates.definition import Definition
from web import i18n
from web import rate_words as words
from web.permitted import permitted
from web.request import current_person, installation, once, reading

blueprint = Blueprint("group_interviews", __name__)
_MONTHS = 12
_USUAL = "on_time"
_USUALLY = "书面整改计划"  # on a Chinese paper, whatever the page speaks
_FIELDS = ("held_at", "place", "bring", "contact")


@blueprint.get("/supervision/interviews")
@permitted("supervision.start")
def index() -> ResponseReturnValue:
    """The end of a ranking, and a form to call those units together."""
    return _page({"bring": _USUALLY}, [], {})


@blueprint.post("/supervision/interviews")
@permitted("supervision.start")
def call() -> ResponseReturnValue:
    """Call the chosen units to one interview."""
    typed = {name: request.form.get(name, "").strip() for name in _FIELDS}
    chosen, actor = request.form.getlist("unit")[:100], current_person()
    held_at, faults = _read(typed)
    with reading() as session:
        view, one = _asked(session)
        last = last_ranked.last(session, view, one) if one is not None else []
        places = {place.unit.key: place for place in last}
        wanted = [places[key] for key in dict.fromkeys(chosen) if key in places]
        units = [
            Summoned(
                place.unit.key,
                last_ranked.cases(session, actor, view, one, place.unit.key),
                place.ground,
            )
            for place in wanted
            if one is not None
        ]
    if not group_interviews.LEAST <= len(units) <= group_interviews.MOST:
        faults["unit"] = _(
            "选 %(a)d 到 %(b)d 个单位。", a=group_interviews.LEAST, b=group_interviews.MOST
        )
    elif none := [place for place, unit in zip(wanted, units, strict=True) if not unit.cases]:
        faults["unit"] = _("%(unit)s没有可以拿出来说的件。", unit=i18n.pick(none[0].unit.name))
    if faults or held_at is None or one is None:
        return _page(typed, chosen, faults), 422
    meeting = Meeting(
        held_at,
        typed["place"],
        typed["bring"],
        typed["contact"],
        reason=_reason(view, one, wanted),
        ground={"rate": one.key, "version": one.version, "month": f"{view.asked.month:%Y-%m}"},
    )

    def work(session: Session) -> str:
        _key, number = group_interviews.call(session, units, meeting, by=actor)
        flash(
            ngettext(
                "%(number)s：叫了 %(num)d 个单位，各自一个督办，纪要分开写。",
                "%(number)s：叫了 %(num)d 个单位，各自一个督办，纪要分开写。",
                len(units),
                number=number,
            )
        )
        return url_for("supervision.index", rung="interview")

    return once(work)


def _reason(view: Frame, one: Definition, wanted: list[Place]) -> str:
    """What stands on the papers, in Chinese whatever the page speaks."""
    with i18n.in_chinese():
        told = _("；").join(
            _(
                "%(unit)s%(percent)s，第 %(rank)s 名（共 %(of)s 个）",
                unit=place.unit.name["zh"],
                percent=words.percent(place.unit.figure, one.decimals),
                rank=place.unit.rank,
                of=place.of,
            )
            for place in wanted
        )
        month = i18n.month(view.asked.month)
        return str(
            _("%(month)s%(rate)s排在最后：%(told)s。", month=month, rate=one.name["zh"], told=told)
        )


def _read(typed: dict[str, str]) -> tuple[datetime | None, dict[str, str]]:
    faults: dict[str, str] = {}
    held_at = None
    try:
        at = datetime.fromisoformat(typed["held_at"])
        zone = installation().zone
        held_at = at.astimezone(zone) if at.tzinfo else at.replace(tzinfo=zone)
    except (ValueError, OverflowError):
        faults["held_at"] = _("写明哪天几点，像 2026-11-09 09:30。")
    if held_at is not None and held_at <= clock.now():
        faults["held_at"] = _("约谈时间要在以后。")
    if not typed["place"]:
        faults["place"] = _("写明到哪里，比如：市民中心 402 室。")
    for name in _FIELDS:
        if len(typed[name]) > interviews.LONGEST:
            faults[name] = _(
                "最多 %(n)d 个字，现在 %(m)d 个。", n=interviews.LONGEST, m=len(typed[name])
            )
    return held_at, faults


def _asked(session: Session) -> tuple[Frame, Definition | None]:
    """The month and the rate that are asked for, the last whole month and "in time" unless said.

    None where no rate was ever counted.
    """
    today = i18n.local(clock.now()).date()
    month = queries.months_before(today, 2)[0]
    with suppress(ValueError):
        month = date.fromisoformat(f"{request.values.get('month', '')}-01")
    view = queries.frame(session, current_person(), Asked(month=month))
    known = {one.key: one for one in last_ranked.shares(session, view)}
    asked = request.values.get("rate", "")[:64]
    if asked and asked not in known:
        raise NotFound("No such rate.")
    return view, known.get(asked or _USUAL) or next(iter(known.values()), None)


def _page(typed: dict[str, str], chosen: list[str], faults: dict[str, str]) -> str:
    with reading() as session:
        view, one = _asked(session)
        places = last_ranked.last(session, view, one) if one else []
        told = last_ranked.shares(session, view)
    today = i18n.local(clock.now()).date()
    months: dict[str, Any] = {
        f"{month:%Y-%m}": i18n.month(month)
        for month in [*{view.asked.month, *queries.months_before(today, _MONTHS)}]
    }
    return render_template(
        "together_interview/index.html",
        one=one,
        places=places,
        rates={each.key: each.name for each in told},
        months=dict(sorted(months.items(), reverse=True)),
        month=f"{view.asked.month:%Y-%m}",
        typed=typed,
        chosen=chosen,
        faults=faults,
        fault_links=list(faults.items()),
        words=words,
        longest=interviews.LONGEST,
    )
