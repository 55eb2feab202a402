"""Every error has an answer: a page with a way on, or a problem document."""

import errno
import logging
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, request
from flask.testing import FlaskClient
from flask_babel import force_locale

from engine import errors
from engine.clock import now
from engine.db import Sessions
from tests.web.site import application, csrf
from web.permitted import public
from web.problems import HTTP_PROBLEMS, PROBLEMS, problem_of

SECRET = "第三盏路灯不亮"


class _Fault:
    def as_dict(self) -> dict[str, Any]:
        return {"rule": "roles", "element": "sign"}


SAMPLES: dict[str, errors.HuiyinError] = {
    "HuiyinError": errors.HuiyinError(),
    "NotFound": errors.NotFound("No such case."),
    "NotAllowed": errors.NotAllowed(),
    "Conflict": errors.Conflict(assignee_id="x"),
    "Crossed": errors.Crossed(),
    "InvalidInput": errors.InvalidInput("title", "1 to 200 characters"),
    "InvalidAnswers": errors.InvalidAnswers({"what": {"zh": "还没有填。", "en": "Fill in."}}),
    "InvalidDiagram": errors.InvalidDiagram([_Fault()]),
    "InvalidPack": errors.InvalidPack(),
    "StepFailed": errors.StepFailed("assign_unit", "no row matches"),
    "UnknownState": errors.UnknownState(),
    "SignInRefused": errors.SignInRefused(now()),
    "TooMany": errors.TooMany(),
    "TooLarge": errors.TooLarge(),
    "Unavailable": errors.Unavailable("full"),
}


def _kinds(kind: type[errors.HuiyinError] = errors.HuiyinError) -> list[type[errors.HuiyinError]]:
    return [kind, *(found for below in kind.__subclasses__() for found in _kinds(below))]


@pytest.fixture
def client(sessions: Sessions, tmp_path: Path) -> FlaskClient:
    app = application(sessions, tmp_path)
    broken = Blueprint("broken", __name__)

    @broken.get("/raise/<kind>")
    @broken.get("/api/v1/raise/<kind>", endpoint="api")
    @public
    def fail(kind: str) -> str:
        if kind == "unforeseen":
            raise KeyError(SECRET)
        if kind == "disk":
            raise OSError(errno.ENOSPC, SECRET)
        raise SAMPLES[kind]

    @broken.post("/take")
    @broken.post("/api/v1/take", endpoint="api_take")
    @public
    def take() -> str:
        return str(len(request.form))

    app.register_blueprint(broken)
    return app.test_client()


def test_the_table_is_whole() -> None:
    kinds = [kind for kind in _kinds() if kind.__module__ == "engine.errors"]
    assert {kind.__name__ for kind in kinds} == {kind.__name__ for kind in PROBLEMS}
    assert {kind.__name__ for kind in kinds} == set(SAMPLES)
    for kind in kinds:
        problem = PROBLEMS[kind]
        assert 400 <= problem.status < 600
        assert str(problem.title)
        assert str(problem.advice)


def test_a_kind_of_its_own_falls_back_to_the_one_above() -> None:
    class Elsewhere(errors.Conflict):
        """Something in between."""

    assert problem_of(Elsewhere()) is PROBLEMS[errors.Conflict]


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_a_person_gets_a_page_with_a_way_on(client: FlaskClient, kind: str) -> None:
    problem = PROBLEMS[type(SAMPLES[kind])]
    answer = client.get(f"/raise/{kind}")
    assert answer.status_code == problem.status
    assert answer.mimetype == "text/html"
    with client.application.test_request_context(), force_locale("zh_Hans_CN"):
        assert f"<h1>{problem.title}</h1>" in answer.text
        assert str(problem.advice) in answer.text
    assert '<a class="btn btn--primary" href=' in answer.text
    english = client.get(f"/raise/{kind}", headers={"Accept-Language": "en"}).text
    assert '<html lang="en">' in english
    assert f"<h1>{problem.title}" not in english


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_a_machine_gets_a_problem_document(client: FlaskClient, kind: str) -> None:
    sample = SAMPLES[kind]
    answer = client.get(f"/api/v1/raise/{kind}")
    told = answer.get_json()
    assert answer.mimetype == "application/problem+json"
    assert answer.status_code == told["status"] == PROBLEMS[type(sample)].status
    assert told["type"] == f"urn:huiyin:problem:{sample.code}"
    assert told["code"] == sample.code
    assert told["title"]
    assert told["detail"] == sample.message
    assert set(sample.details) <= set(told)


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
def test_what_passes_by_itself_says_when_to_ask_again(client: FlaskClient, prefix: str) -> None:
    for kind in ("Unavailable", "disk"):
        answer = client.get(f"{prefix}/raise/{kind}")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert SECRET not in answer.text


def test_the_errors_own_details_are_told(client: FlaskClient) -> None:
    told = client.get("/api/v1/raise/InvalidAnswers").get_json()
    assert told["fields"] == {"what": {"zh": "还没有填。", "en": "Fill in."}}
    told = client.get("/api/v1/raise/InvalidDiagram").get_json()
    assert told["faults"] == [{"rule": "roles", "element": "sign"}]


@pytest.mark.parametrize("path", ["/raise/unforeseen", "/api/v1/raise/unforeseen"])
def test_an_unforeseen_error_shows_a_reference_and_nothing_else(
    client: FlaskClient, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = client.get(path)
    assert answer.status_code == 500
    assert SECRET not in answer.text
    assert "Traceback" not in answer.text
    assert "KeyError" not in answer.text
    logged = [r for r in caplog.records if r.message.startswith("unforeseen error")]
    reference = logged[0].message.split()[-1]
    assert reference in answer.text
    assert logged[0].exc_info


def test_an_error_page_that_fails_too_is_a_plain_sentence(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(client.application.jinja_env.globals, "office")
    answer = client.get("/raise/unforeseen")
    assert answer.status_code == 500
    assert answer.mimetype == "text/plain"
    assert "我们出错了" in answer.text


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
def test_http_errors_are_answered_likewise(client: FlaskClient, prefix: str) -> None:
    missing = client.get(f"{prefix}/nowhere")
    assert missing.status_code == 404
    wrong = client.get(f"{prefix}/take")
    assert wrong.status_code == 405
    assert "POST" in wrong.headers["Allow"]
    token = csrf(client)
    long = {"csrf_token": token} | {f"field{n}": "x" for n in range(600)}
    many = client.post(f"{prefix}/take", data=long, content_type="multipart/form-data")
    assert many.status_code == 413
    client.application.config["MAX_CONTENT_LENGTH"] = 1000
    big = client.post(f"{prefix}/take", data={"csrf_token": token, "a": "x" * 2000})
    assert big.status_code == 413
    for answer in (missing, wrong, many, big):
        expected = "application/problem+json" if prefix else "text/html"
        assert answer.mimetype == expected
    if not prefix:
        assert str(HTTP_PROBLEMS[404].status) == "404"
        assert "没有这一页" in missing.text
        assert "内容太大" in big.text
