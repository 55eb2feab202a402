"""A form sent twice does its work once, and both senders arrive at the same page."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Blueprint, flash, request
from flask.testing import FlaskClient
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.commands import people
from engine.db import Sessions, reading
from engine.errors import Conflict
from engine.models import Person
from tests.web.site import application, csrf
from web.permitted import public
from web.request import once, transaction


@pytest.fixture
def client(sessions: Sessions, tmp_path: Path) -> FlaskClient:
    """A page that adds a person for each time it really works."""
    app = application(sessions, tmp_path)
    page = Blueprint("page", __name__)

    @page.post("/add")
    @public
    def add() -> ResponseReturnValue:
        def work(session: Session) -> str:
            if request.form.get("refuse"):
                raise Conflict
            person = people.add_person(session, f"p{uuid4().hex[:10]}", "新人")
            flash("done")
            return f"/people/{person.login}"

        return once(work)

    app.register_blueprint(page)
    return app.test_client()


def add(client: FlaskClient, **fields: Any) -> Any:
    return client.post("/add", data={"csrf_token": csrf(client), **fields})


def persons(sessions: Sessions) -> int:
    with reading(sessions) as session:
        return session.scalar(select(func.count()).select_from(Person)) or 0


def test_a_repeated_form_goes_where_the_first_one_went(
    client: FlaskClient, sessions: Sessions
) -> None:
    before = persons(sessions)
    first = add(client, request_token="t1", note="a")
    again = add(client, request_token="t1", note="a")
    assert first.status_code == again.status_code == 303
    assert first.location == again.location
    assert persons(sessions) == before + 1


def test_another_form_is_another_deed(client: FlaskClient, sessions: Sessions) -> None:
    before = persons(sessions)
    assert add(client, request_token="t1").location != add(client, request_token="t2").location
    assert add(client).location != add(client).location
    assert persons(sessions) == before + 4


def test_a_used_token_with_other_content_is_refused(
    client: FlaskClient, sessions: Sessions
) -> None:
    add(client, request_token="t1", note="a")
    assert add(client, request_token="t1", note="b").status_code == 409


def test_what_was_refused_may_be_tried_again(client: FlaskClient, sessions: Sessions) -> None:
    before = persons(sessions)
    assert add(client, request_token="t1", refuse="yes").status_code == 409
    assert add(client, request_token="t1").status_code == 303
    assert persons(sessions) == before + 1


def test_two_at_the_same_moment_do_it_once(client: FlaskClient, sessions: Sessions) -> None:
    before = persons(sessions)
    token = csrf(client)
    cookie = client.get_cookie("huiyin")
    assert cookie is not None

    def send(_n: int) -> Any:
        browser = client.application.test_client()
        browser.set_cookie("huiyin", cookie.value)
        return browser.post("/add", data={"csrf_token": token, "request_token": "t1"})

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.location for answer in answers}) == 1
    assert persons(sessions) == before + 1


def test_the_work_is_done_in_one_transaction(client: FlaskClient, sessions: Sessions) -> None:
    before = persons(sessions)
    asked = client.application.test_request_context("/")
    with pytest.raises(RuntimeError), asked, transaction() as session:
        session.add(Person(login="half-done", name_zh="某"))
        session.flush()
        raise RuntimeError
    assert persons(sessions) == before
