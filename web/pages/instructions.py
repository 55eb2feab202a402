"""Leaders' instructions (批示): a unit reports, whoever runs the digest settles."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine.commands import instructions as commands
from engine.digests import content, making
from engine.digests.kinds import Texts
from engine.digests.reading import may
from engine.errors import InvalidAnswers, NotAllowed, NotFound
from engine.queries import digests
from engine.queries import instructions as queries
from web import digest_words as words
from web import i18n
from web.permitted import permitted
from web.request import current_person, once, reading

blueprint = Blueprint("instructions", __name__)
_FIELDS = ("text", "leader", "unit", "due_on")


@blueprint.get("/instructions")
@permitted("instructions.read")
def index() -> str:
    """Those to do, the soonest due first; or those that are done."""
    done = request.args.get("view") == "done"
    with reading() as session:
        told = queries.listed(session, current_person(), done=done)
    return render_template("instructions/index.html", told=told, done=done, words=words)


@blueprint.get("/instructions/<uuid:instruction_id>")
@permitted("instructions.read")
def show(instruction_id: UUID) -> ResponseReturnValue:
    """One, with what the unit says."""
    return _page(instruction_id)


@blueprint.post("/instructions/<uuid:instruction_id>/report")
@permitted("instructions.report")
def report(instruction_id: UUID) -> ResponseReturnValue:
    """Say what the unit did."""
    result = request.form.get("result", "")[:20_000]

    def act(session: Session) -> str:
        commands.report(session, instruction_id, result, by=current_person())
        return url_for("instructions.show", instruction_id=instruction_id)

    try:
        answer = once(act)
    except InvalidAnswers as error:
        return _page(instruction_id, error.fields, {"result": result}), 422
    flash(_("报上去了。"))
    return answer


@blueprint.post("/instructions/<uuid:instruction_id>/done")
@permitted("instructions.give")
def settle(instruction_id: UUID) -> ResponseReturnValue:
    """Say that it is done."""

    def act(session: Session) -> str:
        commands.settle(session, instruction_id, by=current_person())
        return url_for("instructions.show", instruction_id=instruction_id)

    return once(act)


@blueprint.post("/instructions/<uuid:instruction_id>/again")
@permitted("instructions.give")
def give_again(instruction_id: UUID) -> ResponseReturnValue:
    """Give it back to the unit with a word."""
    word = request.form.get("word", "")[:20_000]

    def act(session: Session) -> str:
        commands.give_again(session, instruction_id, word, by=current_person())
        return url_for("instructions.show", instruction_id=instruction_id)

    try:
        return once(act)
    except InvalidAnswers as error:
        return _page(instruction_id, error.fields, {"word": word}), 422


@blueprint.get("/digests/<uuid:digest_id>/instruct")
@permitted("instructions.give")
def ask(digest_id: UUID) -> ResponseReturnValue:
    """The form behind a line of an issued digest."""
    return _form(digest_id, request.args.get("line", "")[:80])


@blueprint.post("/digests/<uuid:digest_id>/instruct")
@permitted("instructions.give")
def give(digest_id: UUID) -> ResponseReturnValue:
    """Write down what a leader wrote on a line."""
    said = {name: request.form.get(name, "")[:5_000] for name in _FIELDS}
    line = request.form.get("line", "")[:80]

    def act(session: Session) -> str:
        told = digests.opened(session, current_person(), digest_id)
        due = _day(said["due_on"])
        key = commands.give(session, told.row, line, said, due, by=current_person())
        return url_for("instructions.show", instruction_id=key)

    try:
        answer = once(act)
    except InvalidAnswers as error:
        return _form(digest_id, line, said, error.fields), 422
    flash(_("交办了，承办单位收到通知。"))
    return answer


def _form(
    digest_id: UUID,
    line: str,
    typed: Mapping[str, str] | None = None,
    faults: Mapping[str, Texts] | None = None,
) -> str:
    actor = current_person()
    with reading() as session:
        told = digests.opened(session, actor, digest_id)
        if not may(actor, "instructions.give", told.row):
            raise NotAllowed("The digest is of another office.")
        units = making.units_of(session, told.row)
    printed = {key: one.told for key, one in told.values.items()}
    lines = list(content.lines(told.row.content, printed))
    found = next((one for one in lines if one.key == line), None)
    if found is None or told.row.number is None:
        raise NotFound("No such line.")
    said = {name: i18n.pick(text) for name, text in (faults or {}).items()}
    return render_template(
        "instructions/give.html",
        told=told,
        line=found,
        units=units,
        values=typed or dict.fromkeys(_FIELDS, ""),
        faults=said,
        fault_links=[(name, said[name]) for name in _FIELDS if name in said],
        longest=commands.LONGEST_TEXT,
        longest_name=commands.LONGEST_LEADER,
        words=words,
    )


def _page(
    instruction_id: UUID,
    faults: Mapping[str, Texts] | None = None,
    typed: Mapping[str, Any] | None = None,
) -> str:
    with reading() as session:
        one = queries.one(session, current_person(), instruction_id)
    said = {name: i18n.pick(text) for name, text in (faults or {}).items()}
    return render_template(
        "instructions/show.html",
        one=one,
        typed=typed or {},
        faults=said,
        fault_links=list(said.items()),
        may_report=one.own and one.row.status != "done",
        may_settle=one.steers and one.row.status == "reported",
        longest=commands.LONGEST_RESULT,
        longest_word=commands.LONGEST_TEXT,
        words=words,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
