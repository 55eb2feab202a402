"""The supervision board, the start of a ladder, and one ladder (监督)."""

from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine import clock
from engine.boards.states import State
from engine.commands import supervisions
from engine.errors import Conflict, InvalidInput
from engine.permissions import may
from engine.queries import board as boards
from engine.queries import board_list, case_file, grounds, promised, unit_ladders
from engine.queries import supervisions as ladders
from engine.queries.board_list import Filters
from engine.queries.grounds import Ground
from engine.queries.open_clocks import Clock
from engine.queries.supervisions import Climb
from web import (
    board_words,
    clocks,
    i18n,
    navigation,
    paper_words,
    promise_words,
    rule_words,
    timeline,
)
from web import ladders as words
from web.permitted import permitted
from web.request import current_person, once, reading

blueprint = Blueprint("supervision", __name__)


@blueprint.get("/supervision")
@permitted("supervision.read")
def index() -> ResponseReturnValue:
    """The board; a page that asks how it stands now gets the parts that may have changed."""
    filters, actor = _filters(), current_person()
    with reading() as session:
        board = boards.board(session, actor, filters)
    again = "HX-Request" in request.headers
    badges = {
        row.number: clocks.badge_of(
            row.clock, board.calendar, row.hours, short=True, url=_ask_url(row.number, row.clock)
        )
        for row in board.rows
        if row.clock is not None
    }
    asked = {
        "unit": filters.unit,
        "category": filters.category,
        "limit": filters.limit,
        "state": filters.state,
        "rung": filters.rung,
    }
    return render_template(
        "supervision/_now.html" if again else "supervision/index.html",
        board=board,
        filters=filters,
        figures=board_words.figures(board),
        ageing=board_words.ageing(board),
        course=board_words.course(board.days, "week" if request.args.get("by") == "week" else ""),
        badges=badges,
        chosen=board_words.chosen(board, asked),
        states=board_words.LISTED,
        starts=words.STARTS,
        words=words,
        page_size=board_list.PAGE,
        may_start=may(actor, "supervision.start"),
        here=navigation.url_with(had=None),
        had=request.args.get("had", ""),
        counts={"supervision": board.counts.overdue} if not filters.unit else {},
        late_counts=("supervision",),
    )


@blueprint.get("/supervision/cases/<number>")
@permitted("supervision.read")
def consider(number: str) -> ResponseReturnValue:
    """The rule and the evidence, and what may be started; a fragment for the dialog."""
    with reading() as session:
        ground = grounds.ground(session, current_person(), number, request.args.get("limit", ""))
    return _ask_page(ground, rung=request.args.get("rung", ""))


@blueprint.post("/supervision/cases/<number>")
@permitted("supervision.start")
def ask(number: str) -> ResponseReturnValue:
    """Start a ladder; without a reason, it says the rule and the evidence by itself."""
    actor, rung = current_person(), request.form.get("rung", "")
    limit, said = request.form.get("limit", ""), request.form.get("reason")
    with reading() as session:
        ground = grounds.ground(session, actor, number, limit)
    if said is not None and not said.strip():
        return _ask_page(ground, rung=rung, said=said, fault=_("写一句为什么督办。")), 422
    if said is not None and len(said) > words.LONGEST_REASON:
        fault = _("最多 %(n)d 个字，现在 %(m)d 个。", n=words.LONGEST_REASON, m=len(said))
        return _ask_page(ground, rung=rung, said=said, fault=fault), 422
    if rung not in words.STARTS:
        raise InvalidInput("rung", "phone, order or interview", rung[:40])

    def start(session: Session) -> str:
        reason = said if said is not None else words.reason(ground)
        key = supervisions.ask(
            session, number, rung, reason, by=actor, unit=ground.unit_key or None
        )
        opened = url_for("supervision.show", number=ladders.number_of(session, key))
        return navigation.local_path(request.form.get("back")) or opened

    try:
        answer = once(start)
    except Conflict:
        with reading() as session:
            ground = grounds.ground(session, actor, number, limit)
        return _ask_page(ground, rung=rung, said=said, conflict=True), 409
    flash(_started(number, rung, ground))
    return answer


@blueprint.get("/supervision/<number>")
@permitted("supervision.read")
def show(number: str) -> ResponseReturnValue:
    """One ladder."""
    with reading() as session:
        climb = ladders.ladder(session, current_person(), number)
    return _ladder_page(climb)


@blueprint.post("/supervision/<number>/cure")
@permitted("supervision.start")
def cure(number: str) -> ResponseReturnValue:
    """The cause is gone: the ladder ends."""
    actor = current_person()

    def act(session: Session) -> str:
        climb = ladders.ladder(session, actor, number)
        supervisions.cure(session, climb.id, by=actor)
        return url_for("supervision.show", number=number)

    try:
        answer = once(act)
    except Conflict:
        with reading() as session:
            climb = ladders.ladder(session, actor, number)
        return _ladder_page(climb, conflict=True), 409
    flash(_("%(number)s 销号了，几秒内结束。", number=number))
    return answer


def _filters() -> Filters:
    asked = request.args
    state, rung = asked.get("state", ""), asked.get("rung", "")
    page = asked.get("page", "1")
    return Filters(
        unit=asked.get("unit", "")[:64],
        category=asked.get("category", "")[:64],
        limit=asked.get("limit", "")[:64],
        state=state if state in set(State) else "",
        rung=rung if rung in words.SEALS else "",
        page=int(page) if page.isdecimal() and len(page) < 7 else 1,
    )


def _ask_url(number: str, of: Clock | None) -> str:
    return url_for("supervision.consider", number=number, limit=of.limit if of else None)


def _ask_page(
    ground: Ground,
    *,
    rung: str,
    said: str | None = None,
    fault: str = "",
    conflict: bool = False,
) -> str:
    name = "supervision/_ask.html" if request.headers.get("HX-Request") else "supervision/ask.html"
    explained = ground.explained
    return render_template(
        name,
        ground=ground,
        rung=rung if rung in words.STARTS else "phone",
        reason=words.reason(ground) if said is None else said,
        badge=clocks.badge_of(ground.clock, ground.calendar, ground.hours)
        if ground.clock
        else None,
        cells=clocks.calendar_cells(explained, today=i18n.local(clock.now()).date())
        if explained
        else [],
        standing_in_the_way=ground.open_at(rung) if conflict else None,
        conflict=conflict,
        fault=fault,
        fault_links=[("reason", fault)] if fault else [],
        starts=words.STARTS,
        words=words,
        back=navigation.local_path(request.values.get("back")),
        longest=words.LONGEST_REASON,
    )


def _started(number: str, rung: str, ground: Ground) -> Any:
    """What the next page says, with a link."""
    return {
        "text": _(
            "%(number)s：%(what)s开始了，对象是%(unit)s。",
            number=number,
            what=words.STARTS[rung][1],
            unit=i18n.pick(ground.unit),
        ),
        "url": url_for("supervision.index", state=State.SUPERVISED.value),
        "label": _("看督办中的"),
    }


def _ladder_page(climb: Climb, *, conflict: bool = False) -> str:
    today = i18n.local(clock.now()).date()
    with reading() as session:
        file = case_file.opened(session, climb.case_number, current_person())
        papers = paper_words.listed(session, file, ladder=climb.number)
        promises = list(promised.of_ladder(session, climb.id))
        called = promised.called_to(session, climb.id)
        watched = promised.watched(session, climb.id)
        of_unit = unit_ladders.grounds(session, current_person(), climb.number)
    return render_template(
        "supervision/show.html",
        of_unit_grounds=of_unit,
        rule_words=rule_words,
        papers=papers,
        promises=promises,
        called=called,
        watched=watched,
        promise_words=promise_words,
        cause=timeline.cause(file, climb.cause),
        may_notify=climb.open and may(current_person(), "supervision.start"),
        climb=climb,
        conflict=conflict,
        marks=words.marks(climb),
        lines=words.timeline(climb),
        evidence=[
            (
                one.clock,
                clocks.badge_of(one.clock, climb.calendar, climb.hours),
                clocks.calendar_cells(one.explained, today=today),
            )
            for one in climb.evidence
        ],
        task_badge=_task_badge(climb),
        interview=words.details(climb, "interview"),
        commitment=words.details(climb, "commitment"),
        words=words,
        may_cure=climb.open and climb.cured_at is None,
    )


def _task_badge(climb: Climb) -> clocks.Badge | None:
    now = next((rung for rung in climb.rungs if rung.key == climb.standing), None)
    waits = (now.act if climb.task else now.term) if now else None
    if waits is None or not climb.open:
        return None
    return clocks.badge_of(waits, climb.calendar, climb.hours)
