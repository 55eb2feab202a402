"""Splitting a contact that asks for several things: what was said left, a case for each right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask import session as browser
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine import clock
from engine.commands import cases, splitting
from engine.commands.splitting import FEWEST, MOST, Part
from engine.errors import Conflict, InvalidAnswers, NotFound
from engine.queries import parts, raw_texts
from engine.queries.parts import Whole
from web import i18n, receipts
from web.permitted import permitted
from web.request import current_person, first_answer, installation, reading

blueprint = Blueprint("splitting", __name__, url_prefix="/cases")
Texts = Mapping[str, str]
_FIELDS = ("title", "body", "place", "category")
_DONE = "split"


@dataclass(frozen=True)
class Typed:
    """What stands in the form."""

    parts: Sequence[Part]
    parts_before: int = 0
    faults: Mapping[str, Texts] | None = None
    note: str = ""


@blueprint.get("/<number>/split")
@permitted("contact.split")
def index(number: str) -> str:
    """What was said, cut where its author numbered it."""
    return _page(number, None)


@blueprint.post("/<number>/split")
@permitted("contact.split")
def split(number: str) -> ResponseReturnValue:
    """Make the cases; whatever is refused keeps what was typed."""
    typed = _typed()
    if request.form.get("then") == "more":
        more = Typed([*typed.parts, Part("")][:MOST], typed.parts_before)
        return _page(number, more)
    actor, vault = current_person(), installation().vault

    def work(session: Session) -> dict[str, Any]:
        made = splitting.split(
            session, vault, number, typed.parts, by=actor, parts_before=typed.parts_before
        )
        return {"case": made.case_id.hex, "number": made.number}

    try:
        answer = first_answer(work)
    except InvalidAnswers as error:
        return _page(number, Typed(typed.parts, typed.parts_before, error.fields)), 422
    except Conflict:
        note = _("有人先动了这一件，没有拆。您写的还在下面；先看看它现在的样子。")
        return _page(number, Typed(typed.parts, typed.parts_before, note=note)), 409
    browser[_DONE] = {**answer, "until": (clock.now() + receipts.SHOWN_FOR).isoformat()}
    return redirect(url_for("splitting.done", number=number), code=303)


@blueprint.get("/<number>/split/done")
@permitted("contact.split")
def done(number: str) -> ResponseReturnValue:
    """Number and code of each, to be read out; in this browser, for a while."""
    kept = browser.get(_DONE)
    if (
        kept is None
        or kept["number"] != number
        or datetime.fromisoformat(kept["until"]) < clock.now()
    ):
        return redirect(url_for("case.index", number=number), code=303)
    with reading() as session:
        made = parts.for_citizen(session, installation().vault, UUID(hex=kept["case"]), split=True)
        try:
            task_id = parts.whole(session, number, current_person()).task_id
        except (Conflict, NotFound):
            task_id = None
    return render_template("splitting/done.html", number=number, parts=made, task_id=task_id)


def _typed() -> Typed:
    """As it was posted; NUL is no text."""
    many = min(_count("count"), MOST + 1)
    posted = [
        Part(
            **{
                name: request.form.get(f"{name}-{at}", "")[: cases.LONGEST_RAW].replace("\0", "")
                for name in _FIELDS
            }
        )
        for at in range(1, many + 1)
    ]
    return Typed(posted, _count("parts_before"))


def _count(name: str) -> int:
    text = request.form.get(name, "")
    return int(text) if text.isdecimal() and len(text) <= len(str(MOST * MOST)) else 0


def _page(number: str, typed: Typed | None) -> str:
    with reading() as session:
        try:
            whole = parts.whole(session, number, current_person())
        except Conflict:
            return render_template("splitting/closed.html", number=number)
        raw = raw_texts.of_case(session, whole.file.case.id)
    shown = typed or _first(whole)
    faults = shown.faults or {}
    rows = [*shown.parts, *[Part("")] * (FEWEST - len(shown.parts))]
    return render_template(
        "splitting/index.html",
        file=whole.file,
        case=whole.file.case,
        raw=raw,
        rows=rows,
        parts_before=shown.parts_before,
        task_id=whole.task_id,
        categories=whole.file.pack.names("categories"),
        faults=faults,
        fault_links=[(name, i18n.pick(said)) for name, said in faults.items()],
        note=shown.note,
        most=MOST,
        longest={"title": cases.LONGEST_TITLE, "body": cases.LONGEST_BODY},
    )


def _first(whole: Whole) -> Typed:
    """The text cut by itself; place and category are those of the whole until they are changed."""
    case = whole.file.case
    return Typed(
        [Part(body, "", case.place, case.category) for body in splitting.proposed(case.body)],
        whole.parts,
    )
