"""Who is signed in: Flask-Login around `engine.permissions.Actor`."""

from uuid import UUID

from flask import Flask, request, session
from flask_login import LoginManager, UserMixin, login_user, logout_user

from engine.errors import NotFound
from engine.permissions import Actor
from engine.queries import people
from web.request import reading
from web.security import SAFE_METHODS, is_machine_path


class SignedIn(UserMixin):
    """The person of a session, loaded once for each request."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.id = f"{actor.id}.{actor.sign_in_round}"

    @property
    def language(self) -> str:
        """The language the person has chosen, or nothing."""
        return self.actor.language


manager = LoginManager()


def init_app(app: Flask) -> None:
    """Install it. The API adds tokens with `manager.request_loader`."""
    manager.init_app(app)
    manager.session_protection = None  # phones change their address; cookies are signed
    manager.user_loader(_load)


def enter(person_id: UUID) -> None:
    """Sign a person in, in a fresh session. Raises `NotFound`."""
    with reading() as db_session:
        actor = people.actor(db_session, person_id)
    session.clear()
    session.permanent = True
    login_user(SignedIn(actor))


def leave() -> None:
    """Sign out."""
    logout_user()
    session.clear()


def _load(person_id: str) -> SignedIn | None:
    # A forged form must not act through the API with somebody's cookie; our own API takes none.
    if request.blueprint == "api" or (is_machine_path() and request.method not in SAFE_METHODS):
        return None
    key, _, entered = person_id.partition(".")
    try:
        with reading() as db_session:
            actor = people.actor(db_session, UUID(key))
    except NotFound:
        return None  # left the office since
    return SignedIn(actor) if str(actor.sign_in_round) == (entered or "0") else None
