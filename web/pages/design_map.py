"""The living map (运行地图): a deployed diagram with what the cases of a period did on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine.errors import InvalidInput, NotFound
from engine.permissions import may
from engine.queries import living_map, living_map_cases
from engine.queries.living_map import Asked, Drawing, Ground, Numbers, Period
from engine.traces import months
from engine.traces.tally import NO_CATEGORY, PROCESS
from web import i18n, inbox_filter, map_words
from web.case_words import STATUS
from web.permitted import permitted
from web.request import current_person, reading

blueprint = Blueprint("design_map", __name__, url_prefix="/design/map")

_OFFERED = 24  # months to choose from
_USUAL = 3  # months that are looked at first


@dataclass(frozen=True)
class _View:
    """What was asked for, as the address says it."""

    asked: Asked
    first: Period
    second: Period | None
    by: str

    def kept(self) -> dict[str, Any]:
        """The arguments by which it is asked for again."""
        told = {
            "from": self.first.first,
            "to": self.first.last,
            "unit": self.asked.unit,
            "category": self.asked.category,
            "by": self.by,
        }
        if self.second is not None:
            told |= {"from2": self.second.first, "to2": self.second.last}
        return {name: value for name, value in told.items() if value}


@blueprint.get("/<key>")
@permitted("design.map")
def index(key: str) -> ResponseReturnValue:
    """The drawing with its numbers, and beside it the same in words."""
    fault = ""
    with reading() as session:
        over = living_map.ground(session, current_person())
        try:
            view = _view(key, over, request.args)
        except InvalidInput as error:
            fault = _fault(error)
            view = _view(key, over, {})
        first, second, drawn = _read(session, over, view)
    page = render_template(
        "design/map.html",
        fault=fault,
        view=view,
        kept=view.kept(),
        over=over,
        first=first,
        second=second,
        drawn=drawn,
        words=map_words,
        measures=map_words.MEASURES,
        months=_months(over),
        period=_period,
        PROCESS=PROCESS,
        NO_CATEGORY=NO_CATEGORY,
        may_list=may(current_person(), "supervision.read"),
        xml_url=url_for("definitions.xml", key=drawn.key, version=drawn.version),
        state_url=url_for("design_map.state", key=key, **view.kept()),
    )
    return page, 422 if fault else 200


@blueprint.get("/<key>/state.json")
@permitted("design.map")
def state(key: str) -> ResponseReturnValue:
    """What stands at the elements, for the drawing."""
    with reading() as session:
        over = living_map.ground(session, current_person())
        view = _view(key, over, request.args)
        first, second, drawn = _read(session, over, view)
    heat = map_words.heat(drawn, first, second, view.by, over.hours)
    if may(current_person(), "supervision.read"):
        for element, told in heat.items():
            told["url"] = url_for("design_map.cases", key=key, element=element, **view.kept())
    return {"heat": heat}


@blueprint.get("/<key>/cases")
@permitted("supervision.read")
def cases(key: str) -> ResponseReturnValue:
    """The cases that a number counts. `of=2`: of the period it is compared with."""
    element, only = request.args.get("element", PROCESS)[:64], request.args.get("only", "")
    if only and only not in living_map_cases.ONLY:
        raise InvalidInput("only", "late, now or again", only[:20])
    page = inbox_filter.page_number(request.args)
    with reading() as session:
        over = living_map.ground(session, current_person())
        view = _view(key, over, request.args)
        other = view.second if request.args.get("of") == "2" else None
        period = other or view.first
        told = living_map.numbers(session, over, view.asked, period)
        drawn = living_map.drawing(session, key, [told])
        step = next((one for one in (*drawn.steps(), *drawn.gone) if one.element == element), None)
        if step is None and element != PROCESS:
            raise NotFound("No such element.")
        total = living_map_cases.total(told.of(element), only)
        lines = living_map_cases.page(session, over, view.asked, period, element, only, page, total)
    return render_template(
        "design/map_cases.html",
        view=view,
        kept=view.kept(),
        over=over,
        drawn=drawn,
        step=step,
        words=map_words,
        only=only,
        period=_period(period),
        lines=lines,
        total=total,
        page=page,
        size=living_map_cases.PAGE,
        statuses=STATUS,
        NO_CATEGORY=NO_CATEGORY,
    )


def _read(session: Session, over: Ground, view: _View) -> tuple[Numbers, Numbers | None, Drawing]:
    first = living_map.numbers(session, over, view.asked, view.first)
    second = None
    if view.second is not None:
        second = living_map.numbers(session, over, view.asked, view.second)
    told = [first] if second is None else [first, second]
    return first, second, living_map.drawing(session, view.asked.process, told)


def _view(key: str, over: Ground, told: Mapping[str, str]) -> _View:
    """What these arguments ask for. Raises `InvalidInput` in the name of one of them."""
    now = over.this_month()
    last = months.checked("to", told.get("to") or now)
    usual = min(months.later(now, 1 - _USUAL), last)
    first = months.checked("from", told.get("from") or usual)
    second = None
    if told.get("from2") or told.get("to2"):
        begin = months.checked("from2", told.get("from2") or told.get("to2", ""))
        second = _checked("2", begin, months.checked("to2", told.get("to2") or begin))
    by, unit = told.get("by", "median"), told.get("unit", "")[:64]
    if by not in map_words.MEASURES:
        raise InvalidInput("by", ", ".join(map_words.MEASURES), by[:20])
    return _View(
        Asked(key[:64], unit, told.get("category", "")[:64]), _checked("", first, last), second, by
    )


def _fault(error: InvalidInput) -> str:
    """What is wrong with what was asked for, in words."""
    if error.field == "by":
        return str(_("没有这种颜色，下面按用时上色。"))
    name = _("和它比的时期") if error.field.endswith("2") else _("时期")
    usual = _(
        "%(name)s从一个月到同月或以后，最多 %(n)d 个月，写成 2026-11 这样；下面是最近的。",
        name=name,
        n=months.MOST,
    )
    return str(usual)


def _checked(which: str, first: str, last: str) -> Period:
    if last < first:
        raise InvalidInput(f"to{which}", f"a month not before {first}", last)
    if months.later(first, months.MOST) <= last:
        raise InvalidInput(f"from{which}", f"at most {months.MOST} months", f"{first} to {last}")
    return Period(first, last)


def _months(over: Ground) -> dict[str, str]:
    now = over.this_month()
    return {one: _named(one) for one in (months.later(now, -back) for back in range(_OFFERED))}


def _named(month: str) -> str:
    return i18n.month(date.fromisoformat(f"{month}-01"))


def _period(period: Period) -> str:
    if period.first == period.last:
        return _named(period.first)
    return str(_("%(first)s到%(last)s", first=_named(period.first), last=_named(period.last)))
