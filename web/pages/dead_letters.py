"""Dead letters (死信): messages that reached nobody, sent once more by hand."""

from uuid import UUID

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine.commands import dead_letters as sending
from engine.errors import Conflict
from engine.queries import dead_letters
from web.permitted import permitted
from web.request import current_person, once, reading

blueprint = Blueprint("dead_letters", __name__, url_prefix="/operations/messages")


@blueprint.get("")
@permitted("operations")
def index() -> ResponseReturnValue:
    """The messages that failed or for which nobody waited."""
    return _list()


@blueprint.post("/<uuid:message_id>/retry")
@permitted("operations")
def retry(message_id: UUID) -> ResponseReturnValue:
    """Send one of them once more."""
    actor, remark = current_person(), request.form.get("remark", "")

    def act(session: Session) -> str:
        sending.deliver_again(session, message_id, by=actor, remark=remark)
        return url_for("dead_letters.index")

    try:
        answer = once(act)
    except Conflict:
        return _list(note=_("这一条已经有人再送过了。")), 409
    flash(_("再送一次：后台几秒内送到。还是没有人等，会回到这里。"))
    return answer


def _list(*, note: str = "") -> str:
    with reading() as session:
        letters = dead_letters.dead_letters(session, current_person())
    return render_template("incidents/messages.html", letters=letters, note=note, names=_names())


def _names() -> dict[str, str]:
    """What the messages of the shipped diagrams are called."""
    return {
        "start": _("开始"),
        "cured": _("督办事由已消除"),
        "matter_answered": _("主件已答复"),
        "matter_undone": _("主件没有办成"),
        "supervision_closed": _("督办已了结"),
        "case_answered": _("诉求已答复"),
    }
