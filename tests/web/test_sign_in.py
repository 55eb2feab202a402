"""Staff sign in by name and password, are slowed when they miss, and leave again."""

from pathlib import Path

import pytest
from flask import Blueprint
from flask.testing import FlaskClient
from sqlalchemy import update

from engine.clock import Held
from engine.commands import people
from engine.db import Sessions, reading, transaction
from engine.models import Person
from engine.queries import people as persons
from tests.databases import PASSWORD
from tests.web.site import application, csrf, post, sign_in
from web.permitted import permitted
from web.request import current_person
from web.security import limiter

WRONG = "用户名或密码不对。连错 5 次要等 5 分钟。"
HANDLER = "cheng.xiaoman"


@pytest.fixture
def login(sessions: Sessions) -> str:
    """Somebody with a password of their own."""
    with transaction(sessions) as session:
        people.add_person(
            session,
            HANDLER,
            "承小满",
            name_en="Cheng Xiaoman",
            password=PASSWORD,
            memberships=[("utilities_bureau", "handler")],
        )
    return HANDLER


@pytest.fixture
def client(sessions: Sessions, held: Held, tmp_path: Path) -> FlaskClient:
    """A browser, and a page that says who is there."""
    app = application(sessions, tmp_path)
    inside = Blueprint("inside", __name__)

    @inside.get("/inside")
    @permitted("inbox")
    def show() -> str:
        return current_person().login

    app.register_blueprint(inside)
    return app.test_client()


def test_right_password_opens_the_house(client: FlaskClient, login: str) -> None:
    assert sign_in(client, login).status_code == 303
    assert client.get("/inside").text == login


def test_a_page_asked_for_before_is_opened_after(client: FlaskClient, login: str) -> None:
    sent = client.get("/inside?view=late")
    assert sent.status_code == 303
    assert sent.location == "/sign-in?next=/inside?view%3Dlate"
    back = post(
        client,
        "/sign-in",
        sent.location,
        username=login,
        password=PASSWORD,
        next="/inside?view=late",
    )
    assert back.location == "/inside?view=late"


@pytest.mark.parametrize(
    "aim",
    [
        "https://example.org/",
        "//example.org/",
        "/\\example.org",
        "/a\\b",
        "javascript:alert(1)",
        "inside",
        "/in\nside",
        "/%0d%0a\r\n",
    ],
)
def test_next_leads_nowhere_outside(client: FlaskClient, login: str, aim: str) -> None:
    answer = post(client, "/sign-in", username=login, password=PASSWORD, next=aim)
    assert answer.location in {"/", "/start"}, "home, and nowhere else"


def test_unknown_name_and_wrong_password_get_the_same_answer(
    client: FlaskClient, login: str
) -> None:
    known = post(client, "/sign-in", username=login, password="not this one")
    unknown = post(client, "/sign-in", username="nobody.here", password="not this one")
    assert known.status_code == unknown.status_code == 422
    assert WRONG in known.text
    assert WRONG in unknown.text
    assert "<title>错误：" in known.text
    assert client.get("/inside").status_code == 303


@pytest.mark.parametrize("name", [HANDLER, "nobody.here"])
def test_five_misses_in_a_row_make_one_wait(client: FlaskClient, login: str, name: str) -> None:
    answers = [sign_in(client, name, "not this one") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [422, 422, 422, 422, 429, 429]
    assert "连错 5 次了。09:05 以后再试。" in answers[-1].text
    assert sign_in(client, login).status_code == 429


def test_the_wait_is_for_the_name_wherever_it_comes_from(client: FlaskClient, login: str) -> None:
    for n in range(5):
        token = csrf(client)
        client.post(
            "/sign-in",
            data={"csrf_token": token, "username": login, "password": "not this one"},
            environ_base={"REMOTE_ADDR": f"192.0.2.{n}"},
        )
    assert sign_in(client, login).status_code == 429


def test_the_engine_keeps_the_wait_when_a_process_forgets(
    client: FlaskClient, login: str, held: Held
) -> None:
    for _ in range(5):
        sign_in(client, login, "not this one")
    with client.application.app_context():
        limiter.reset()
    assert sign_in(client, login).status_code == 429
    with client.application.app_context():
        limiter.reset()
    held.advance(minutes=5, seconds=1)
    assert sign_in(client, login).status_code == 303


def test_a_success_forgets_the_misses(client: FlaskClient, login: str) -> None:
    for _ in range(4):
        sign_in(client, login, "not this one")
    assert sign_in(client, login).status_code == 303
    post(client, "/sign-out", "/nowhere")
    assert sign_in(client, login, "not this one").status_code == 422


def test_without_the_forms_token_nothing_happens(client: FlaskClient, login: str) -> None:
    sent = client.post("/sign-in", data={"username": login, "password": PASSWORD})
    assert sent.status_code == 400
    assert client.get("/inside").status_code == 303


def test_signing_out_needs_a_form_and_ends_it(client: FlaskClient, login: str) -> None:
    sign_in(client, login)
    assert client.get("/sign-out").status_code == 405
    assert client.get("/inside").text == login
    assert post(client, "/sign-out", "/nowhere").status_code == 303
    assert client.get("/inside").status_code == 303


def test_who_has_left_the_office_is_out_at_once(
    client: FlaskClient, login: str, sessions: Sessions
) -> None:
    sign_in(client, login)
    with transaction(sessions) as session:
        session.execute(update(Person).where(Person.login == login).values(active=False))
    assert client.get("/inside").status_code == 303


def test_the_cookie_is_new_after_signing_in_and_kept_from_scripts(
    client: FlaskClient, login: str
) -> None:
    before = client.get_cookie("huiyin")
    csrf(client)
    before = client.get_cookie("huiyin")
    sign_in(client, login)
    after = client.get_cookie("huiyin")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    assert after.http_only
    assert after.same_site == "Lax"
    assert not after.secure


def test_the_persons_language_is_spoken(
    client: FlaskClient, login: str, sessions: Sessions
) -> None:
    with transaction(sessions) as session:
        people.set_language(session, persons.by_login(session, login).id, "en")
    assert '<html lang="zh-CN">' in client.get("/sign-in").text
    sign_in(client, login)
    page = client.get("/nowhere").text
    assert '<html lang="en">' in page
    assert "Cheng Xiaoman" in page


def test_whoever_is_signed_in_needs_no_sign_in_page(client: FlaskClient, login: str) -> None:
    sign_in(client, login)
    assert client.get("/sign-in").status_code == 302


def test_failures_are_counted_in_the_database(
    client: FlaskClient, login: str, sessions: Sessions
) -> None:
    sign_in(client, login, "not this one")
    with reading(sessions) as session:
        person = session.get(Person, persons.by_login(session, login).id)
        assert person is not None
        assert person.failed_sign_ins == 1


@pytest.mark.parametrize("asked", [{"HX-Request": "true"}, {"Sec-Fetch-Mode": "cors"}])
def test_what_a_script_asks_for_takes_back_nothing_of_the_session(
    client: FlaskClient, login: str, asked: dict[str, str]
) -> None:
    assert sign_in(client, login).status_code == 303
    assert "Set-Cookie" in client.get("/password").headers, "a page renews the session"
    beside = client.get("/password", headers=asked)
    assert beside.status_code == 200
    assert "Set-Cookie" not in beside.headers
