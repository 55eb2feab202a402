"""Rates (指标): each percent opens into what was counted, what was not, and what was left out."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine import clock
from engine.commands import snapshots
from engine.errors import InvalidInput
from engine.permissions import may
from engine.queries import frozen, rate_alerts, rate_flow, rate_lists
from engine.queries import rates as queries
from engine.queries.rates import Asked, Frame
from engine.rates.definition import COUNTED, EXCLUDED, LISTS, Definition
from web import charts, i18n, rate_charts
from web import rate_words as words
from web.permitted import permitted
from web.request import current_person, once, reading

blueprint = Blueprint("rates", __name__)
_MONTHS = 24  # to choose from


@blueprint.get("/rates")
@permitted("rates.read")
def index() -> str:
    """The table of rates, and the night's balance."""
    with reading() as session:
        view = _frame(session)
        told = queries.rates(session, view)
        flow = rate_flow.flow(session, view)
        balance = queries.newest_balance(session)
        gaps = queries.gaps(session, current_person(), balance)
    return render_template(
        "rates/index.html", rates=told, flow=flow, balance=balance, gaps=gaps, **_around(view)
    )


@blueprint.get("/rates/alerts")
@permitted("rates.read")
def alerts() -> str:
    """The checks against gaming, with their cases."""
    with reading() as session:
        view = _frame(session)
        checked = rate_alerts.checks(session, view)
        tiny = rate_alerts.tiny(session, view)
    return render_template("rates/alerts.html", checked=checked, tiny=tiny, **_around(view))


@blueprint.get("/rates/frozen/<uuid:snapshot_id>")
@permitted("rates.read")
def frozen_figure(snapshot_id: UUID) -> str:
    """A figure as it was frozen, with its cases."""
    which, reason, page = _list_asked()
    with reading() as session:
        told = frozen.figure(session, current_person(), snapshot_id)
        lines, total = frozen.listed(session, current_person(), told, which, reason, page)
    return render_template(
        "rates/frozen.html",
        told=told,
        which=which,
        reason=reason,
        lines=lines,
        total=total,
        page=page,
        size=queries.PAGE,
        words=words,
    )


@blueprint.get("/rates/<key>")
@permitted("rates.read")
def show(key: str) -> str:
    """One rate: its rule, its units, its course."""
    with reading() as session:
        view = _frame(session)
        one = queries.definition(session, view, key)
        if not one.countable:
            raise InvalidInput("rate", "a share, which has cases", key[:64])
        whole, units = queries.of_units(session, view, one)
        trend = queries.trend(session, view, one)
        told = queries.estimated(session, view, one) if one.kind == "estimate" else None
    return render_template(
        "rates/show.html",
        one=one,
        estimate=told.estimate if told else None,
        figure=whole,
        units=units,
        bar=rate_charts.parts(one, whole),
        course=rate_charts.course(one, trend),
        interval=charts.interval,
        may_freeze=one.freezable and may(current_person(), "rates.freeze"),
        **_around(view),
    )


@blueprint.get("/rates/<key>/cases")
@permitted("rates.read")
def cases(key: str) -> str:
    """One of the three lists of a rate."""
    which, reason, page = _list_asked()
    with reading() as session:
        view = _frame(session)
        one = queries.definition(session, view, key)
        whole, _units = queries.of_units(session, view, one)
        lines, total = rate_lists.listed(session, current_person(), view, one, which, reason, page)
    return render_template(
        "rates/cases.html",
        one=one,
        figure=whole,
        which=which,
        reason=one.exclusion(reason),
        lines=lines,
        total=total,
        page=page,
        size=queries.PAGE,
        **_around(view),
    )


@blueprint.get("/rates/<key>/compare")
@permitted("rates.read")
def compare(key: str) -> str:
    """The same month under everybody's rules, side by side."""
    with reading() as session:
        view = _frame(session)
        told = queries.compared(session, view, key)
    return render_template(
        "rates/compare.html",
        told=told,
        bars={one.definition.id: rate_charts.parts(one.definition, one.figure) for one in told},
        **_around(view),
    )


@blueprint.post("/rates/<key>/freeze")
@permitted("rates.freeze")
def freeze(key: str) -> ResponseReturnValue:
    """Keep the figure as it stands, with its cases."""

    def act(session: Session) -> str:
        view = _frame(session)
        one = queries.definition(session, view, key)
        row = snapshots.freeze(session, one, view.scope, view.who, by=current_person())
        return url_for("rates.frozen_figure", snapshot_id=row.id)

    answer = once(act)
    flash(_("定格了：这个数和它的每一件以后都是这样。"))
    return answer


def _frame(session: Session) -> Frame:
    """What the address, or the form, asks for."""
    said = request.values
    month = _month(said.get("month", ""))
    asked = Asked(
        month=month or date.min,
        since=_day(said.get("from", "")),
        until=_day(said.get("to", "")),
        place=said.get("place", "")[:64],
        pack=said.get("pack", "")[:64],
        unit=said.get("unit", "")[:64],
        category=said.get("category", "")[:64],
        by=said.get("by", "")[:16],
    )
    today = i18n.local(clock.now()).date()
    if asked.since and not asked.until:
        asked = replace(asked, until=max(today, asked.since))
    if asked.until or month is None:
        # The course of the last months ends with what is looked at.
        asked = replace(asked, month=(asked.until or today).replace(day=1))
    return queries.frame(session, current_person(), asked)


def _month(text: str) -> date | None:
    """`2026-09`, or None for anything else."""
    year, _dash, month = text.partition("-")
    if not (year.isdecimal() and month.isdecimal() and len(text) == 7):
        return None
    try:
        found = date(int(year), int(month), 1)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None


def _day(text: str) -> date | None:
    """`2026-09-03`, or None for anything else."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None


def _list_asked() -> tuple[str, str, int]:
    which, page = request.args.get("list", COUNTED), request.args.get("page", "1")
    reason = request.args.get("reason", "")[:64] if which == EXCLUDED else ""
    number = int(page) if page.isdecimal() and len(page) < 7 else 1
    return which if which in LISTS else COUNTED, reason, max(number, 1)


def _around(view: Frame) -> dict[str, Any]:
    """What every page of rates shows around its numbers."""
    asked = view.asked
    kept = {
        "month": f"{asked.month:%Y-%m}",
        "from": asked.since.isoformat() if asked.since else None,
        "to": asked.until.isoformat() if asked.until else None,
        "place": asked.place,
        "pack": view.scope.pack or None,
        "unit": asked.unit or None,
        "category": asked.category or None,
        "by": view.scope.by or None,
    }
    today = i18n.local(clock.now()).date().replace(day=1)
    months = queries.months_before(today, _MONTHS)[::-1]
    if asked.month not in months:
        months = sorted([asked.month, *months], reverse=True)
    return {
        "view": view,
        "kept": kept,
        "period": _period(view),
        "months": {f"{one:%Y-%m}": i18n.month(one) for one in months},
        "place": view.places[asked.place],
        "words": words,
        "rate_url": _rate_url,
        "fold": {k: v for k, v in kept.items() if v},
    }


def _period(view: Frame) -> str:
    """What is looked at, in words: a month, or from one day to another."""
    asked = view.asked
    if asked.since is None and asked.until is None:
        return i18n.month(asked.month)
    last = i18n.local(view.scope.until).date() - timedelta(days=1)
    return f"{i18n.local(view.scope.since).date().isoformat()}–{last.isoformat()}"


def _rate_url(one: Definition, kept: dict[str, Any], which: str = "", **more: Any) -> str:
    """The page of a rate, or of one of its lists."""
    if which:
        return url_for("rates.cases", key=one.key, list=which, **{**kept, **more})
    return url_for("rates.show", key=one.key, **{**kept, **more})
