"""The sign-in page of staff, and signing out."""

from datetime import timedelta
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from limits import parse

from engine.commands import people
from web import auth, i18n, navigation
from web.permitted import public
from web.request import reading, signed_in, transaction
from web.security import closed_until, limiter

blueprint = Blueprint("sign_in", __name__)

# Failures in a row from one address, and for one name, also a name nobody has: the answer must
# not tell who exists. The engine counts a login's failures as well, over all processes.
_FAILURES = parse("5 per 5 minutes")
_ROUND_UP = timedelta(seconds=59)  # the time is told in whole minutes


@blueprint.get("/sign-in")
@public
def index() -> ResponseReturnValue:
    """Ask for name and password."""
    if signed_in():
        return redirect(navigation.home())
    return _page()


@blueprint.post("/sign-in")
@public
def enter() -> ResponseReturnValue:
    """Sign in; the answer to an unknown name is that to a wrong password."""
    login = request.form.get("username", "").strip()[:64]
    until = closed_until(_FAILURES, _keys(login))
    if until is None:
        with reading() as session:
            matched = people.matches(session, login, request.form.get("password", ""))
        with transaction() as session:
            person, refused = people.signed_in(session, login, matched)
        if person is not None:
            return _welcome(person.id, login, issued=person.password_issued)
        for key in _keys(login):
            limiter.limiter.hit(_FAILURES, *key)
        until = (refused.until if refused else None) or closed_until(_FAILURES, _keys(login))
    fault = (
        _("连错 5 次了。%(at)s 以后再试。", at=i18n.time_of_day(until + _ROUND_UP))
        if until
        else _("用户名或密码不对。连错 5 次要等 5 分钟。")
    )
    return _page(login=login, fault=fault), 429 if until else 422


@blueprint.post("/sign-out")
@public
def leave() -> ResponseReturnValue:
    """Sign out."""
    auth.leave()
    return redirect(navigation.portal_home(), code=303)


def _page(login: str = "", fault: str = "") -> str:
    aim = navigation.local_path(request.values.get("next"))
    return render_template(
        "sign_in/show.html",
        login=login,
        fault=fault,
        fault_links=[("pw", fault)] if fault else [],
        aim=aim,
    )


def _welcome(person_id: UUID, login: str, *, issued: bool) -> ResponseReturnValue:
    for key in _keys(login):
        limiter.limiter.clear(_FAILURES, *key)
    auth.enter(person_id)
    if issued:
        return redirect(url_for("password.index"), code=303)
    aim = navigation.local_path(request.form.get("next"))
    return redirect(aim or navigation.home(), code=303)


def _keys(login: str) -> tuple[tuple[str, str], ...]:
    return ("sign-in from", request.remote_addr or ""), ("sign-in as", login.lower())
