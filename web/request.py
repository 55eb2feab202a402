"""What a view may ask about the request it serves."""

import hashlib
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import IO, Any
from zoneinfo import ZoneInfo

from flask import current_app, redirect, request
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response

from engine import db
from engine.commands import idempotency
from engine.db import Given
from engine.errors import Conflict
from engine.identity import Vault
from engine.permissions import Actor
from engine.settings import Settings


@dataclass
class Installation:
    """What the application was put together from; `app.extensions["huiyin"]`.

    vault: opens identities. cities: what the roots of the organisation are called, by key, each
    {"zh", "en"}, once they have been read.
    """

    sessions: db.Sessions
    settings: Settings
    zone: ZoneInfo
    vault: Vault
    cities: dict[str, dict[str, str]] | None = None


def installation() -> Installation:
    """The parts of the running application."""
    parts: Installation = current_app.extensions["huiyin"]
    return parts


def transaction() -> AbstractContextManager[Session]:
    """A session that writes; close it before the response is built."""
    return db.transaction(installation().sessions)


def written(act: Callable[[Session], Given]) -> Given:
    """What `act` gives in one transaction; once more if it crossed another."""
    return db.written(installation().sessions, act)


def reading() -> AbstractContextManager[Session]:
    """A session that only reads."""
    return db.reading(installation().sessions)


def signed_in() -> Actor | None:
    """Who is signed in, or None."""
    return current_user.actor if current_user.is_authenticated else None


def current_person() -> Actor:
    """Who is signed in. Raises 401 if nobody is."""
    actor = signed_in()
    if actor is None:
        raise Unauthorized
    return actor


def request_token() -> str:
    """A fresh token for a form, so that posting it twice does its work once."""
    return secrets.token_urlsafe(16)


def once(work: Callable[[Session], str]) -> Response:
    """Do `work` in one transaction and go to the address it gives.

    A form posted again (same `request_token`, same content) goes there again without doing the
    work twice. What `work` raises is the view's to answer.
    """
    answer = first_answer(lambda session: {"location": work(session)})
    return redirect(answer["location"], code=303)


def first_answer(work: Callable[[Session], dict[str, Any]]) -> dict[str, Any]:
    """What `work` gave, as JSON, the first time this form was posted; see `once`.

    Raises `Conflict` if the form's token was used for other content.
    """
    who = signed_in()
    scope = str(who.id) if who else "portal"
    key = request.form.get("request_token") or request_token()
    asked = idempotency.digest(_content())

    def act(session: Session) -> dict[str, Any]:
        _rewind_files()
        first = idempotency.answered(session, scope, key, asked)
        if first is None:
            first = work(session)
            idempotency.keep(session, scope, key, asked, first)
        return first

    try:
        return written(act)
    except Conflict:
        # The same form at the same moment: the other one may have done it.
        with reading() as session:
            first = idempotency.answered(session, scope, key, asked)
        if first is None:
            raise
        return first


def _rewind_files() -> None:
    for name in request.files:
        for file in request.files.getlist(name):
            file.stream.seek(0)


def _digest_of(stream: IO[bytes]) -> str:
    digest = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
    stream.seek(0)
    return digest


def _content() -> list[object]:
    tokens = {"csrf_token", "request_token"}
    fields = [[name, texts] for name, texts in request.form.lists() if name not in tokens]
    files = [
        [name, file.filename or "", _digest_of(file.stream)]
        for name, file in request.files.items(multi=True)
    ]
    return [request.path, fields, files]
