"""Tokens of the API (接口令牌): made and shown once, revoked."""

from uuid import UUID

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine.commands import api_tokens
from engine.errors import InvalidAnswers
from engine.queries import roster
from web import administration
from web.administration import fault_links, faults
from web.permitted import permitted
from web.request import current_person, once, reading, transaction

blueprint = Blueprint("tokens", __name__, url_prefix="/admin/tokens")


@blueprint.get("")
@permitted("admin")
def index() -> ResponseReturnValue:
    """The tokens there are, and the form that makes one."""
    return _page({}, {})


@blueprint.post("")
@permitted("admin")
def make() -> ResponseReturnValue:
    """Make one; it is in this answer and nowhere else."""
    form = administration.typed("name", "login")
    try:
        with transaction() as session:
            token = api_tokens.make(session, form["login"], form["name"], by=current_person())[1]
    except InvalidAnswers as error:
        return _page(form, faults(error)), 422
    return administration.told_once(
        _("新令牌"),
        token,
        _("放进那个系统的设置里：Authorization: Bearer 后面。泄露了就在这里作废。"),
        url_for("tokens.index"),
        _("记好了"),
    )


@blueprint.post("/<uuid:token_id>/revoke")
@permitted("admin")
def revoke(token_id: UUID) -> ResponseReturnValue:
    """End one at once."""

    def work(session: Session) -> str:
        api_tokens.revoke(session, token_id, by=current_person())
        flash(_("作废了，从现在起不能用。"))
        return url_for("tokens.index")

    return once(work)


def _page(values: dict[str, str], found: dict[str, str]) -> str:
    actor = current_person()
    with reading() as session:
        lines = roster.tokens(session, actor)
        colleagues = roster.colleagues(session, actor)
    return render_template(
        "admin/tokens.html",
        lines=lines,
        colleagues=administration.colleagues(colleagues),
        values=values,
        faults=found,
        fault_links=fault_links(found),
    )
