"""Taking a joined case out of its matter again (撤销并案)."""

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine.commands import merges
from engine.errors import Conflict, InvalidAnswers
from engine.queries import case_file
from web import i18n
from web.permitted import permitted
from web.request import current_person, once, reading

blueprint = Blueprint("merges", __name__, url_prefix="/cases")


@blueprint.post("/<number>/unmerge")
@permitted("merge.undo")
def undo(number: str) -> ResponseReturnValue:
    """The case goes on by itself; a refusal keeps the reason that was written."""
    actor, reason = current_person(), request.form.get("reason", "")
    with reading() as session:
        file = case_file.opened(session, number, actor)

    def work(session: Session) -> str:
        merges.undo(session, number, reason, by=actor)
        return url_for("case.index", number=number)

    fault, status = "", 422
    try:
        answer = once(work)
    except InvalidAnswers as error:
        fault = i18n.pick(error.fields.get("reason") or next(iter(error.fields.values())))
    except Conflict:
        fault, status = _("这件刚有了新进展，没有撤销；看过再试一次。"), 409
    if fault:
        page = render_template(
            "merges/undo.html",
            case=file.case,
            reason=reason,
            fault=fault,
            fault_links=[("reason", fault)],
        )
        return page, status
    flash(_("撤销了并案：%(number)s 从受理接着办。", number=number), "ok")
    return answer
