"""Working together on a case: notes for colleagues, opinions of other units, watching, presence."""

from collections.abc import Mapping
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine import involved
from engine.commands import colleagues, notes, opinions, watching
from engine.errors import Conflict, InvalidAnswers
from engine.permissions import require
from engine.queries import case_file
from engine.queries.case_file import File
from web import i18n, ledgers, together
from web.permitted import permitted
from web.request import current_person, once, reading

blueprint = Blueprint("together", __name__, url_prefix="/cases")


@blueprint.get("/<number>/notes")
@permitted("case.read")
def notes_page(number: str) -> str:
    """All notes of a case, and the form for one more with everybody who may be mentioned."""
    return _notes(number)


@blueprint.post("/<number>/notes")
@permitted("case.read")
def write_note(number: str) -> ResponseReturnValue:
    """Write a note; `pick` shows the colleagues first and keeps what was typed."""
    text, mentions = request.form.get("text", ""), request.form.getlist("mention")
    if request.form.get("pick"):
        return _notes(number, text=text, mentions=mentions)

    def work(session: Session) -> str:
        notes.write(session, number, text, by=current_person(), mentions=mentions[:100])
        return _back(number, "notes")

    try:
        return once(work)
    except InvalidAnswers as error:
        faults = {name: i18n.pick(words) for name, words in error.fields.items()}
        return _notes(number, text=text, mentions=mentions, faults=faults), 422


@blueprint.get("/<number>/opinions")
@permitted("opinion.ask")
def opinion_form(number: str) -> str:
    """The form that asks another unit."""
    return _opinion_form(number)


@blueprint.post("/<number>/opinions")
@permitted("opinion.ask")
def ask_opinion(number: str) -> ResponseReturnValue:
    """Ask a unit; a refusal keeps what was written."""
    unit, question = request.form.get("unit", ""), request.form.get("question", "")

    def work(session: Session) -> str:
        opinions.ask(session, number, unit, question, by=current_person())
        return _back(number, "opinions")

    try:
        answer = once(work)
    except InvalidAnswers as error:
        faults = {name: i18n.pick(words) for name, words in error.fields.items()}
        return _opinion_form(number, unit=unit, question=question, faults=faults), 422
    except Conflict:
        flash(_("这一件已经办结，不再征求意见。"), "soon")
        return redirect(url_for("case.index", number=number), code=303)
    flash(_("已经问了，到期前对方会收到提醒；这一件照常往下办。"), "ok")
    return answer


@blueprint.post("/<number>/opinions/<uuid:opinion_id>/withdrawal")
@permitted("opinion.ask")
def withdraw_opinion(number: str, opinion_id: UUID) -> ResponseReturnValue:
    """Take a question back."""

    def work(session: Session) -> str:
        opinions.withdraw(session, number, opinion_id, by=current_person())
        return url_for("case.index", number=number, _anchor="opinions")

    try:
        answer = once(work)
    except Conflict:
        flash(_("对方刚回复了，或者已经撤回；看下面。"), "soon")
        return redirect(url_for("case.index", number=number, _anchor="opinions"), code=303)
    flash(_("已撤回，对方不用再回复。"), "ok")
    return answer


@blueprint.post("/<number>/watch")
@permitted("case.read")
def watch(number: str) -> ResponseReturnValue:
    """Be told what happens to the case."""

    def work(session: Session) -> str:
        watching.watch(session, number, by=current_person())
        flash(_("已关注。这一件有进展就通知您。"), "message")
        return _back(number)

    return once(work)


@blueprint.post("/<number>/unwatch")
@permitted("case.read")
def unwatch(number: str) -> ResponseReturnValue:
    """Be told no more."""

    def work(session: Session) -> str:
        watching.unwatch(session, number, by=current_person())
        return _back(number)

    return once(work)


@blueprint.post("/<number>/presence")
@permitted("case.read")
def here(number: str) -> str:
    """A page of the case says that it is still open; who else is there comes back."""
    with reading() as session:
        file = case_file.opened(session, number, current_person())
        shown = together.panel(session, file)
    together.beat(shown)
    return render_template("together/_present.html", joint=shown)


def _notes(
    number: str,
    *,
    text: str = "",
    mentions: list[str] | None = None,
    faults: Mapping[str, str] | None = None,
) -> str:
    with reading() as session:
        file = case_file.opened(session, number, current_person())
        require(not file.only_asked, "The case belongs to other units.")
        shown = together.panel(session, file)
        units = involved.units_of(session, file.case.id, file.facts)
        people = colleagues.of_case(session, file.case, units)
    told = faults or {}
    return render_template(
        "together/notes.html",
        file=file,
        case=file.case,
        joint=shown,
        people=[one for one in people if one.id != current_person().id],
        text=text,
        mentions=mentions or [],
        faults=told,
        fault_links=_links(told, {"text": "text", "mentions": "mentions"}),
        longest=notes.LONGEST,
        task=_task(),
    )


def _opinion_form(
    number: str,
    *,
    unit: str = "",
    question: str = "",
    faults: Mapping[str, str] | None = None,
) -> str:
    with reading() as session:
        file = case_file.opened(session, number, current_person())
        require(
            opinions.asks_for(current_person(), file.case) is not None,
            "Its own unit or its office may ask for an opinion.",
        )
    told = faults or {}
    limit = file.pack.limits.get("opinion")
    return render_template(
        "together/ask.html",
        file=file,
        case=file.case,
        units=[(key, file.units[key]) for key in file.units if key in _askable(file)],
        unit=unit,
        question=question,
        faults=told,
        fault_links=_links(told, {"unit": "unit", "question": "question"}),
        longest=opinions.LONGEST,
        budget=ledgers.budget_words(limit.budget) if limit else "",
        task=_task(),
    )


def _askable(file: File) -> frozenset[str]:
    own = {file.case.unit_key, file.case.office_key}
    return frozenset(file.active_units - own)


def _links(faults: Mapping[str, str], ids: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(ids[name], words) for name, words in faults.items() if name in ids]


def _task() -> str:
    """The task from whose page the form was opened, as it is named in an address; or nothing."""
    try:
        return str(UUID(request.values.get("task", "")))
    except ValueError:
        return ""


def _back(number: str, anchor: str | None = None) -> str:
    if _task():
        return url_for("task.index", task_id=_task(), _anchor=anchor)
    return url_for("case.index", number=number, _anchor=anchor)
