"""The supervision board, the start of a ladder, and one ladder (监督)."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session

from engine.commands import supervisions
from engine.errors import Conflict, InvalidInput, NotFound
from engine.permissions import may
from engine.queries import board as boards
from engine.queries import supervisions as ladders
from engine.queries.board import Board, Filters
from engine.queries.open_clocks import State
from engine.queries.supervisions import Climb, Ground
from web import clocks, i18n, navigation
from web import ladders as words
from web.permitted import permitted
from web.request import current_person, once, reading

blueprint = Blueprint("supervision", __name__)

STATES = {
    State.OVERDUE: lazy_gettext("超期"),
    State.TODAY: lazy_gettext("今天到期"),
    State.SOON: lazy_gettext("最后一个工作日"),
    State.UNCONTACTED: lazy_gettext("没联系市民"),
    State.UNANSWERED: lazy_gettext("没答复"),
    State.UNCALLED: lazy_gettext("没回访"),
    State.RETURNED: lazy_gettext("退两次"),
    State.SUPERVISED: lazy_gettext("督办中"),
}


@blueprint.get("/supervision")
@permitted("supervision.read")
def index() -> ResponseReturnValue:
    """The board."""
    filters = _filters()
    with reading() as session:
        board = boards.board(session, current_person(), filters)
    badges = {
        row.number: clocks.badge_of(
            row.clock, board.calendar, row.hours, short=True, url=_ask_url(row.number, row.clock)
        )
        for row in board.rows
        if row.clock is not None
    }
    return render_template(
        "supervision/index.html",
        board=board,
        filters=filters,
        figures=_figures(board),
        badges=badges,
        chosen=_chosen(board, filters),
        states=STATES,
        starts=words.STARTS,
        words=words,
        page_size=boards.PAGE,
        may_start=may(current_person(), "supervision.start"),
        here=navigation.url_with(),
        counts={"supervision": board.counts.overdue} if not filters.unit else {},
        late_counts=("supervision",),
    )


@blueprint.get("/supervision/cases/<number>")
@permitted("supervision.read")
def consider(number: str) -> ResponseReturnValue:
    """The rule and the evidence, and what may be started; a fragment for the dialog."""
    with reading() as session:
        ground = ladders.ground(session, current_person(), number, request.args.get("limit", ""))
    return _ask_page(ground, rung=request.args.get("rung", ""))


@blueprint.post("/supervision/cases/<number>")
@permitted("supervision.start")
def ask(number: str) -> ResponseReturnValue:
    """Start a ladder; without a reason, it says the rule and the evidence by itself."""
    actor, rung = current_person(), request.form.get("rung", "")
    limit, said = request.form.get("limit", ""), request.form.get("reason")
    with reading() as session:
        ground = ladders.ground(session, actor, number, limit)
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
            ground = ladders.ground(session, actor, number, limit)
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
