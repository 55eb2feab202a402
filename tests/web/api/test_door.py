"""Who may ask, and what may come in: every refusal is a problem document, never a 5xx."""

from typing import Any

import pytest
from sqlalchemy import update

from engine import clock
from engine.commands import people
from engine.db import Sessions, transaction
from engine.models import ApiToken, Person
from tests.databases import PASSWORD
from tests.story import Story
from tests.web.api.conftest import Api
from web.security import limiter


def refused(answer: Any, status: int) -> dict[str, Any]:
    """The problem of an answer."""
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    told: dict[str, Any] = answer.get_json()
    assert told["status"] == status
    assert {"type", "title", "code"} <= set(told)
    return told


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer hy_unknown",
        "Bearer \xff\xfe",
        "Basic bGkuemhpOng=",
        "Basic \xff",
        "Token x",
        "hy_x",
    ],
)
def test_without_a_good_token_nothing_is_told(api: Api, header: str) -> None:
    headers = {"Authorization": header} if header else {}
    answer = api.client.get("/api/v1/tasks", headers=headers)
    refused(answer, 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_token_is_none(api: Api, sessions: Sessions) -> None:
    assert api.get("/tasks").status_code == 200
    with transaction(sessions) as session:
        session.execute(update(ApiToken).values(revoked_at=clock.now()))
    refused(api.get("/tasks"), 401)


def test_who_has_left_has_no_token(api: Api, sessions: Sessions) -> None:
    token_of = api.token("li.zhi")
    assert token_of.startswith("hy_")
    with transaction(sessions) as session:
        session.execute(update(Person).where(Person.login == "li.zhi").values(active=False))
    refused(api.get("/tasks"), 401)


def test_a_cookie_is_no_token(api: Api) -> None:
    with api.client.application.app_context():
        limiter.reset()
    page = api.client.get("/sign-in").text
    form = page.split('name="csrf_token" value="')[1].split('"')[0]
    entered = api.client.post(
        "/sign-in", data={"csrf_token": form, "username": "li.zhi", "password": PASSWORD}
    )
    assert entered.status_code == 303
    refused(api.client.get("/api/v1/tasks"), 401)
    refused(api.client.post("/api/v1/contacts", json={}), 401)


def test_beside_a_cookie_the_token_says_who_asks(api: Api, story: Story) -> None:
    story.receives()
    with api.client.session_transaction() as session:
        session["_user_id"] = str(story.actor("guan.li").id)
    assert api.get("/tasks", by="li.zhi").get_json()["total"] == 1
    assert api.get(f"/cases/{story.number}", by="li.zhi").status_code == 200


@pytest.mark.parametrize(
    ("by", "path"),
    [("zhu.jian", "/contacts"), ("li.zhi", "/cases/X/supervisions"), ("li.zhi", "/deployments")],
)
def test_who_lacks_the_grant_is_refused(api: Api, by: str, path: str) -> None:
    assert refused(api.post(path, {}, by=by), 403)["code"] == "not-allowed"


def test_no_cookie_is_ever_set(api: Api) -> None:
    assert "Set-Cookie" not in api.get("/tasks").headers


BAD = {
    "empty": b"{",
    "not json": b"name=value",
    "not utf-8": b'{"title": "\xff\xfe"}',
    "half a pair": b'{"title": "\\ud800"}',
    "nan": b'{"title": NaN}',
    "infinity": b'{"title": -Infinity}',
    "nul": b'{"title": "a\\u0000b"}',
    "nul in a name": b'{"a\\u0000b": 1}',
    "deep": b'{"body":' + b"[" * 60_000 + b"]" * 60_000 + b"}",
    "a little too deep": b"[" * 30 + b"]" * 30,
    "huge integer": b'{"title": 1' + b"0" * 5000 + b"}",
    "big integer": b'{"title": 18446744073709551617}',
    "huge number": b'{"title": 1e999}',
    "bom": b"\xef\xbb\xbf{}",
}


@pytest.mark.parametrize("kind", sorted(BAD))
def test_what_cannot_be_read_is_refused(api: Api, kind: str) -> None:
    answer = api.post("/contacts", data=BAD[kind], content_type="application/json")
    assert refused(answer, 400)["detail"]


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_another_content_type_is_refused(api: Api, media_type: str) -> None:
    answer = api.post("/contacts", data=b"{}", headers={"Content-Type": media_type})
    assert "application/json" in refused(answer, 415)["detail"]


def test_a_body_has_a_megabyte_at_most(api: Api) -> None:
    answer = api.post("/contacts", {"body": "x" * 1_100_000})
    assert refused(answer, 413)["code"] == "too-large"


def test_a_body_of_unknown_length_too(api: Api) -> None:
    answer = api.post(
        "/contacts",
        data=b'"' + b"x" * 1_100_000 + b'"',
        content_type="application/json",
        headers={"Content-Length": "", "Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    refused(answer, 413)


def test_other_bodies_name_what_is_wrong(api: Api, said: dict[str, Any]) -> None:
    told = refused(api.post("/contacts", said | {"titel": "x", "confidential": "yes"}), 422)
    assert set(told["fields"]) == {"titel", "confidential"}
    assert set(told["fields"]["titel"]) == {"zh", "en"}
    assert "titel" in told["detail"]
    for body in ([], "text", 5, None):
        answer = api.post("/contacts", data=repr(body).replace("'", '"').replace("None", "null"),
                          content_type="application/json")  # fmt: skip
        assert refused(answer, 422)["fields"]
    wrong = {"title": 5, "body": None, "reporter": {"name": [], "age": 3}, "channel": {}}
    told = refused(api.post("/contacts", said | wrong), 422)
    assert set(told["fields"]) == {"title", "body", "reporter.name", "reporter.age", "channel"}


def test_an_empty_body_lacks_what_is_required(api: Api) -> None:
    told = refused(api.post("/contacts"), 422)
    assert set(told["fields"]) == {"pack", "channel", "title", "body"}


@pytest.mark.parametrize("path", ["/cases/%00", "/definitions/a%00b", "/tasks?unit=%00"])
def test_a_nul_in_the_address_is_refused(api: Api, path: str) -> None:
    refused(api.get(path), 400)


@pytest.mark.parametrize(
    "path", ["/nothing", "/tasks/12", "/tasks/00000000-0000-0000-0000-000000000000", "/cases/X"]
)
def test_what_is_not_there_is_not_found(api: Api, path: str) -> None:
    refused(api.get(path), 404)


def test_the_wrong_method_is_refused(api: Api) -> None:
    answer = api.get("/contacts")
    refused(answer, 405)
    assert "POST" in answer.headers["Allow"]


def test_titles_are_in_the_language_asked_for(api: Api) -> None:
    def title(language: str) -> str:
        answer = api.client.get("/api/v1/tasks", headers={"Accept-Language": language})
        return str(answer.get_json()["title"])

    assert title("en").isascii()
    assert not title("zh").isascii()


def test_a_token_is_for_a_person(sessions: Sessions) -> None:
    with transaction(sessions) as session, pytest.raises(Exception, match="nobody"):
        people.new_token(session, "nobody", "x")
