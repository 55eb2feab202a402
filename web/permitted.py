"""Deny by default: a view without a mark is refused, whoever asks."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request
from werkzeug.exceptions import Forbidden

from engine import permissions
from engine.errors import NotAllowed
from web.request import current_person

PUBLIC = "public"
# Flask's own files, and the description of the API: nothing in them belongs to anybody.
OPEN_ENDPOINTS = frozenset({"static", "openapi.spec"})
_MARK = "huiyin_grant"

View = TypeVar("View", bound=Callable[..., Any])


def permitted(grant: str) -> Callable[[View], View]:
    """Mark a view as open to people with this grant (a name of `engine.permissions.GRANTS`).

    The row decides the rest, in the command or query. Put it next to the function.
    """
    if grant not in permissions.GRANTS:
        raise ValueError(f"unknown grant {grant!r}")

    def mark(view: View) -> View:
        setattr(view, _MARK, grant)
        return view

    return mark


def public(view: View) -> View:
    """Mark a view as open to everybody."""
    setattr(view, _MARK, PUBLIC)
    return view


def grant_of(app: Flask, endpoint: str) -> str | None:
    """The mark of an endpoint, or None if it has none."""
    if endpoint in OPEN_ENDPOINTS:
        return PUBLIC
    mark: str | None = getattr(app.view_functions.get(endpoint), _MARK, None)
    return mark


def init_app(app: Flask) -> None:
    """Ask before every view."""
    app.before_request(_ask)


def _ask() -> None:
    if request.endpoint is None:
        return  # no such page: 404 or 405 follows
    grant = grant_of(current_app, request.endpoint)
    if grant is None:
        current_app.logger.error("endpoint %s carries no permission", request.endpoint)
        raise Forbidden
    if grant != PUBLIC and not permissions.may(current_person(), grant):
        raise NotAllowed
