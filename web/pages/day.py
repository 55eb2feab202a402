"""My day: what one finished, what waits, how much of it in time; for a head, the unit's people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _

from engine import clock
from engine.errors import NotFound
from engine.models import Role
from engine.permissions import Actor, may, require
from engine.queries import capacity, day
from engine.queries.capacity import Load
from engine.queries.day import Counts, Span
from web import clocks, i18n
from web.case_words import STATUS
from web.permitted import permitted
from web.request import current_person, installation, reading

blueprint = Blueprint("day", __name__, url_prefix="/day")
_LONGEST_PAGE = 1000
# Whose people a head may look at: those of the units where one has these roles.
HEADS = (Role.LEADER, Role.SUPERVISOR)


@dataclass(frozen=True)
class Asked:
    """What the address asks for: a day, and the figure that is opened."""

    on: date
    span: str
    show: str
    page: int


@dataclass(frozen=True)
class Line:
    """One person of a unit: figures of the day and of the month, what lies with them now."""

    name: Mapping[str, str]
    login: str
    finished: Mapping[str, Counts]
    load: Load


@blueprint.get("")
@permitted("inbox")
def index() -> str:
    """One's own figures, the tasks behind the one that is opened, and the cases one watches."""
    actor, asked, zone = current_person(), _asked(), installation().zone
    with reading() as session:
        mine = day.mine(session, actor, asked.on, zone)
        span = Span.of(asked.span, asked.on, zone)
        done = day.done(session, actor, [actor.id], span, show=asked.show, page=asked.page)
        watched = day.watched(session, actor)
    return render_template(
        "day/index.html",
        asked=asked,
        newest=i18n.local(clock.now()).date(),
        figures=_figures(mine.finished, asked, "day.index", {}),
        waiting=_waiting(mine.waiting),
        done=_lines(done),
        heading=_heading(asked),
        total=_total(mine.finished[asked.span], asked.show),
        size=day.PAGE,
        watched=watched,
        status_words=STATUS,
        rate=rate(mine.finished[day.MONTH]),
        units_url=url_for("day.unit") if may(actor, "day.unit") else "",
        may_open=may(actor, "case.read"),
        now=clock.now(),
    )


@blueprint.get("/unit")
@permitted("day.unit")
def unit() -> str:
    """The same for everybody of a unit, and who has more in hand than a day holds."""
    actor, asked, zone = current_person(), _asked(day.HELD), installation().zone
    reach = reach_of(actor)
    with reading() as session:
        names = day.unit_names(session)
        key = _unit_asked(reach, actor, names)
        loads = capacity.of_unit(session, key, asked.on, seen_by=actor)
        people = {load.person_id: load for load in loads}
        found = day.of_people(session, actor, list(people), key, asked.on, zone)
        chosen = _person_asked(people)
        span = Span.of(asked.span, asked.on, zone)
        done = day.done(
            session,
            actor,
            [chosen.person_id] if chosen else list(people),
            span,
            show=asked.show,
            unit_key=key,
            page=asked.page,
        )
    none = dict.fromkeys(day.SPANS, Counts())
    lines = [Line(one.name, one.login, found.get(one.person_id, none), one) for one in loads]
    counted = (
        found.get(chosen.person_id, none)
        if chosen
        else {name: _sum(line.finished[name] for line in lines) for name in day.SPANS}
    )
    more = {"unit": key} | ({"person": chosen.login} if chosen else {})
    return render_template(
        "day/unit.html",
        asked=asked,
        newest=i18n.local(clock.now()).date(),
        unit=key,
        unit_name=names.get(key, {}),
        units=[(one, names[one]) for one in names if one in reach],
        chosen=chosen,
        lines=lines,
        overloaded=[line for line in lines if line.load.overloaded],
        figures=_figures(counted, asked, "day.unit", more),
        done=_lines(done),
        heading=_heading(asked),
        total=_held(loads, chosen)
        if asked.show == day.HELD
        else _total(counted[asked.span], asked.show),
        size=day.PAGE,
        rate=rate(counted[day.MONTH]),
        rate_of=rate,
        may_open=may(actor, "case.read"),
        now=clock.now(),
    )


def rate(counted: Counts) -> str:
    """`92.7%（41 件中 38 件）`; that there is none without a task that had a limit."""
    if not counted.limited:
        return str(_("没有带时限的"))
    share = f"{100 * counted.on_time / counted.limited:.1f}"
    told: str = _(
        "%(share)s%%（%(all)s 件中 %(some)s 件）",
        share=share,
        all=i18n.count(counted.limited),
        some=i18n.count(counted.on_time),
    )
    return told


def reach_of(actor: Actor) -> frozenset[str]:
    """The units whose people this head looks at."""
    return frozenset().union(*(actor.scope.get(role, frozenset()) for role in HEADS))


def _unit_asked(reach: frozenset[str], actor: Actor, names: Mapping[str, Mapping[str, str]]) -> str:
    """The unit in the address, else one's own, else the first one may look at."""
    wanted = request.args.get("unit", "")[:64]
    if wanted:
        require(wanted in reach, "The unit is not among yours.")
        return wanted
    own = [key for key in (*actor.units, *names) if key in reach]
    if not own:
        raise NotFound("No unit.")
    return own[0]


def _person_asked(people: Mapping[UUID, Load]) -> Load | None:
    wanted = request.args.get("person", "")[:64]
    if not wanted:
        return None
    found = next((load for load in people.values() if load.login == wanted), None)
    if found is None:
        raise NotFound("No such person in this unit.")
    return found


def _asked(held: str = day.FINISHED) -> Asked:
    """held: the name of the list of what is in hand, where the page has one."""
    today = i18n.local(clock.now()).date()
    try:
        on = min(date.fromisoformat(request.args.get("on", "")[:10]), today)
    except ValueError:
        on = today
    span, show = request.args.get("span", ""), request.args.get("show", "")
    page = request.args.get("page", "1")
    return Asked(
        on=on,
        span=span if span in day.SPANS else day.DAY,
        show=show if show in {day.ON_TIME, day.LATE, day.NO_LIMIT, held} else day.FINISHED,
        page=min(max(int(page), 1), _LONGEST_PAGE) if page.isdecimal() and len(page) < 6 else 1,
    )


def _figures(
    counted: Mapping[str, Counts], asked: Asked, endpoint: str, more: Mapping[str, Any]
) -> list[dict[str, object]]:
    """The figures of the day and of the month, each a link to exactly its tasks."""
    told = []
    for span, name in ((day.DAY, _("当天")), (day.MONTH, _("30 天"))):
        found = counted[span]
        for show, label, value, state in (
            (day.FINISHED, _("办完"), found.finished, ""),
            (day.ON_TIME, _("按时"), found.on_time, ""),
            (day.LATE, _("超期"), found.late, "late" if span == day.DAY and found.late else ""),
        ):
            note = _("%(n)s 件带时限的里", n=i18n.count(found.limited))
            if show == day.FINISHED:
                note = _("%(n)s 件没有时限", n=i18n.count(found.no_limit))
            url = url_for(endpoint, on=asked.on.isoformat(), span=span, show=show, **more)
            told.append(
                {
                    "label": _("%(what)s（%(span)s）", what=label, span=name),
                    "value": i18n.count(value),
                    "note": note,
                    "state": state,
                    "url": f"{url}#done",
                }
            )
    return told


def _waiting(found: day.Waiting) -> list[dict[str, object]]:
    return [
        {
            "label": _("手上的"),
            "value": i18n.count(found.open),
            "note": _(
                "%(late)s 件超期，%(today)s 件今天到期", late=found.overdue, today=found.today
            ),
            "state": "late" if found.overdue else "soon" if found.today else "",
            "url": url_for("inbox.index", view="mine"),
        }
    ]


def _lines(done: Sequence[day.Done]) -> list[tuple[day.Done, clocks.Badge | None]]:
    return [
        (one, clocks.settled(one.closed_at, one.settled_as) if one.closed_at else None)
        for one in done
    ]


def _held(loads: Sequence[Load], chosen: Load | None) -> int:
    return chosen.open if chosen else sum(load.open for load in loads)


def _heading(asked: Asked) -> str:
    what = {
        day.FINISHED: _("办完的"),
        day.ON_TIME: _("按时办完的"),
        day.LATE: _("超期办完的"),
        day.NO_LIMIT: _("没有时限的"),
        day.HELD: _("手上的"),
    }[asked.show]
    if asked.show == day.HELD:
        return str(what)
    if asked.span == day.DAY:
        return str(_("%(what)s：%(on)s", what=what, on=i18n.day(asked.on)))
    return str(_("%(what)s：到 %(on)s 的 30 天", what=what, on=i18n.day(asked.on)))


def _total(counted: Counts, show: str) -> int:
    return {
        day.FINISHED: counted.finished,
        day.ON_TIME: counted.on_time,
        day.LATE: counted.late,
        day.NO_LIMIT: counted.no_limit,
    }[show]


def _sum(several: Iterable[Counts]) -> Counts:
    rows = list(several)
    return Counts(
        sum(one.finished for one in rows),
        sum(one.limited for one in rows),
        sum(one.on_time for one in rows),
    )
