"""Rulings kept as precedents (先例): whose duty what is, with ground and case; taken back here."""

from uuid import UUID

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine.commands import precedents
from engine.errors import Conflict, InvalidAnswers
from engine.queries import precedents as kept
from web import i18n
from web.permitted import permitted
from web.request import current_person, once, reading

blueprint = Blueprint("precedents", __name__, url_prefix="/precedents")


@blueprint.get("")
@permitted("precedent.read")
def index() -> str:
    """Those in force; those taken back on request."""
    return _page()


@blueprint.post("/<uuid:precedent_id>/withdrawal")
@permitted("precedent.withdraw")
def withdraw(precedent_id: UUID) -> ResponseReturnValue:
    """Take one back, with the reason; cases that it sent somewhere stay where they are."""
    reason = request.form.get("reason", "")

    def work(session: Session) -> str:
        precedents.withdraw(session, precedent_id, reason, by=current_person())
        return url_for("precedents.index")

    try:
        answer = once(work)
    except InvalidAnswers as error:
        said = i18n.pick(next(iter(error.fields.values())))
        return _page(wrong=precedent_id, reason=reason, fault=said), 422
    except Conflict:
        return _page(note=_("这条先例刚才已经撤下了。")), 409
    flash(_("撤下了。以后的件不再照它派，已经派出去的不变。"), "ok")
    return answer


def _page(wrong: UUID | None = None, reason: str = "", fault: str = "", note: str = "") -> str:
    withdrawn = request.args.get("view") == "withdrawn"
    with reading() as session:
        every = kept.listed(session, current_person(), withdrawn=withdrawn)
    listed = [one for one in every if (one.withdrawn_at is not None) == withdrawn]
    return render_template(
        "precedents/index.html",
        listed=listed,
        offices=len({i18n.pick(one.office) for one in listed}),
        withdrawn=withdrawn,
        tabs=[
            {
                "label": _("在用的"),
                "url": url_for("precedents.index"),
                "current": not withdrawn,
            },
            {
                "label": _("撤下的"),
                "url": url_for("precedents.index", view="withdrawn"),
                "current": withdrawn,
            },
        ],
        wrong=wrong,
        reason=reason,
        fault=fault,
        fault_links=[(f"why-{wrong}", fault)] if fault else [],
        note=note,
        longest=precedents.LONGEST_REASON,
    )
