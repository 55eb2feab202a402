"""Nothing is open by accident: every route says who may use it, and only forms change things."""

from pathlib import Path

import pytest
from apiflask import APIFlask
from flask import Blueprint

from engine import permissions
from engine.clock import Held
from engine.commands import people
from engine.db import Sessions, transaction
from tests.databases import PASSWORD
from tests.web.site import application, sign_in
from web.permitted import PUBLIC, grant_of, permitted
from web.request import current_person

READS = {"GET", "HEAD", "OPTIONS"}


@pytest.fixture
def app(sessions: Sessions, held: Held, tmp_path: Path) -> APIFlask:
    return application(sessions, tmp_path)


def test_every_route_carries_a_permission(app: APIFlask) -> None:
    marks = {rule.endpoint: grant_of(app, rule.endpoint) for rule in app.url_map.iter_rules()}
    assert marks["sign_in.index"] == PUBLIC
    bare = [endpoint for endpoint, mark in marks.items() if mark is None]
    assert not bare, f"without @permitted or @public: {bare}"
    assert set(marks.values()) <= {PUBLIC, *permissions.GRANTS}


def test_what_changes_something_is_a_post_and_nothing_else(app: APIFlask) -> None:
    for rule in app.url_map.iter_rules():
        methods = set(rule.methods or ())
        assert methods <= READS | {"POST"}, f"{rule} takes {methods}"
        assert not ("POST" in methods and "GET" in methods), f"{rule} reads and changes"


def test_a_view_without_a_mark_is_refused(app: APIFlask) -> None:
    loose = Blueprint("loose", __name__)

    @loose.get("/loose")
    def show() -> str:
        return "nobody asked"

    app.register_blueprint(loose)
    answer = app.test_client().get("/loose")
    assert answer.status_code == 403
    assert "nobody asked" not in answer.text


def test_an_unknown_grant_is_refused_when_the_page_is_written() -> None:
    with pytest.raises(ValueError, match=r"case\.raed"):
        permitted("case.raed")


def test_a_grant_opens_the_door_to_those_who_have_it(app: APIFlask, sessions: Sessions) -> None:
    with transaction(sessions) as session:
        for login, role in (("a.handler", "handler"), ("an.administrator", "administrator")):
            people.add_person(
                session,
                login,
                login,
                password=PASSWORD,
                memberships=[("utilities_bureau", role)],
            )
    room = Blueprint("room", __name__)

    @room.get("/room")
    @room.get("/api/v1/room", endpoint="api")
    @permitted("operations")
    def show() -> str:
        return current_person().login

    app.register_blueprint(room)
    stranger, handler, administrator = (app.test_client() for _ in range(3))
    sign_in(handler, "a.handler")
    sign_in(administrator, "an.administrator")
    assert stranger.get("/room").status_code == 303
    assert stranger.get("/api/v1/room").status_code == 401
    assert handler.get("/room").status_code == 403
    assert handler.get("/api/v1/room").status_code == 403
    assert administrator.get("/room").text == "an.administrator"


def test_a_cookie_alone_changes_nothing_through_the_api(app: APIFlask, sessions: Sessions) -> None:
    with transaction(sessions) as session:
        people.add_person(
            session,
            "a.handler",
            "承办人",
            password=PASSWORD,
            memberships=[("utilities_bureau", "handler")],
        )
    acts = Blueprint("acts", __name__)

    @acts.get("/api/v1/acts")
    @acts.post("/api/v1/acts", endpoint="do")
    @permitted("inbox")
    def act() -> str:
        return current_person().login

    app.register_blueprint(acts)
    client = app.test_client()
    sign_in(client, "a.handler")
    assert client.get("/api/v1/acts").text == "a.handler"
    assert client.post("/api/v1/acts").status_code == 401


def test_the_api_describes_itself(app: APIFlask) -> None:
    answer = app.test_client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.get_json()["info"]["title"] == "Huiyin"
