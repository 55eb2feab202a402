"""One's own password (换密码): asked for after an administrator gave one, and at any time."""

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.commands import people
from engine.errors import InvalidInput
from web import auth, navigation
from web.administration import fault_links
from web.permitted import permitted
from web.request import current_person, reading, transaction

blueprint = Blueprint("password", __name__)


@blueprint.get("/password")
@permitted("inbox")
def index() -> ResponseReturnValue:
    """Ask for the old one and a new one."""
    return _page({})


@blueprint.post("/password")
@permitted("inbox")
def change() -> ResponseReturnValue:
    """Change it; every other session of the person ends."""
    actor, form = current_person(), request.form
    new = form.get("new", "")
    found: dict[str, str] = {}
    with reading() as session:
        if not people.matches(session, actor.login, form.get("old", "")):
            found["old"] = str(_("现在的密码不对。"))
    hashed = ""
    try:
        hashed = people.hash_password(new)
    except InvalidInput:
        found["new"] = str(_("新密码要 8 到 200 个字符。"))
    if new != form.get("again", ""):
        found["again"] = str(_("两遍不一样。"))
    if found:
        return _page(found), 422
    with transaction() as session:
        people.change_password(session, actor.id, hashed)
    auth.enter(actor.id)
    flash(_("换好了。"))
    return redirect(navigation.home(), code=303)


def _page(found: dict[str, str]) -> str:
    with reading() as session:
        issued = people.is_issued(session, current_person().id)
    return render_template(
        "sign_in/password.html", issued=issued, faults=found, fault_links=fault_links(found)
    )
