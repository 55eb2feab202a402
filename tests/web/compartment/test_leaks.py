"""A sealed case leaves no trace in figures, logs, notices and errors, nor with who sealed it."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from apiflask import APIFlask

from engine.errors import StepFailed
from engine.identity import Vault
from tests.story import Story
from tests.web.compartment import asking
from tests.web.compartment import scene as scenes
from tests.web.compartment.asking import MISSING, OPEN, Person
from tests.web.compartment.personas import ACCUSED, CITIZEN, COMPARTMENT, PERSONAS, SEEING, STAFF
from tests.web.compartment.scene import SAID, SOURCE, Scene
from tests.web.staff import Officer, office

TABLE = asking.rows()
OUTSIDE = [persona for persona in PERSONAS if persona not in SEEING]
# What is the same whatever happens.
FIXED = (
    "/static/",
    "/api/v1/openapi.json",
    "/accessibility",
    "/healthz",
    "/papers/templates",
    "/privacy",
    "/readyz",
    "/sign-in",
    "/submit",
    ".bpmn",
    "/xml",
)
# Every persona makes itself a token of the API, which is one more each time.
GROWING = ("/admin/tokens",)
# Pages about nothing in particular: lists, counters, figures, drawings with live counts.
LISTS = [
    request
    for request in TABLE
    if request.startswith("GET ")
    and not asking.names_a_case(request)
    and not any(part in request for part in (*FIXED, *GROWING))
]


def _shown(app: APIFlask, scene: Scene) -> Iterator[tuple[str, str, str]]:
    """Every list as every outsider reads it."""
    for persona in OUTSIDE:
        app.extensions.pop("huiyin.numbers", None)  # the portal's, kept for ten minutes
        person = Person(app, scene, persona)
        for request in LISTS:
            if TABLE[request][persona] == OPEN:
                yield persona, request, person.sends(request, MISSING).without(MISSING)


@pytest.mark.slow
def test_another_sealed_case_changes_no_list_and_no_count(app: APIFlask, scene: Scene) -> None:
    before = list(_shown(app, scene))
    assert len(before) > 10 * len(OUTSIDE)
    added = scenes.late(scene.story, scene.home, "second", failed=False)
    after = {(persona, request): text for persona, request, text in _shown(app, scene)}
    for persona, request, text in before:
        assert after[persona, request] == text, f"{persona}: {request}"
    inspector = Person(app, scene, "inspector")
    assert added.received.number in inspector.sends("GET /cases", MISSING).text, (
        "it is there for its own"
    )


def test_a_notice_about_it_tells_its_number_and_nothing_else(scene: Scene) -> None:
    lines = [json.loads(line) for line in scene.story.journal.read_text("utf-8").splitlines()]
    sealed_at = {one.number: one.sealed_at for one in scene.subjects.values()}
    for line in lines:
        at = sealed_at.get(line["payload"].get("case"))
        if at is not None and datetime.fromisoformat(line["written_at"]) > at:
            assert line["recipient"] in {"citizen", f"unit:{COMPARTMENT}"}
            assert set(line["payload"]) == {"case"}
    told = "\n".join(map(str, lines))
    assert [word for word in scene.words if word in told] == []


def test_an_entry_sent_again_is_known_and_its_number_is_not_told(
    app: APIFlask, scene: Scene
) -> None:
    one = scene.subjects["late"]
    for persona in ("intake", "screener", "media_screener", "double_post"):
        answer = Person(app, scene, persona).sends("POST /api/v1/contacts", one)
        assert answer.status == 409
        assert "taken in before" in answer.text
        assert one.number not in answer.text
    told = Person(app, scene, "compartment").sends("POST /api/v1/contacts", one)
    assert json.loads(told.text)["case"] == one.number
    assert SOURCE not in told.text


def test_everybody_of_the_table_can_sign_in_and_the_office_has_work(
    app: APIFlask, scene: Scene
) -> None:
    for persona in STAFF:
        assert Person(app, scene, persona).sends("GET /start", MISSING).status == 200
    handler = Person(app, scene, "accused_handler")
    assert scene.ordinary in handler.sends("GET /cases", MISSING).text, "its list is not empty"


def test_its_citizen_learns_that_it_was_handed_on_and_nothing_else(
    app: APIFlask, scene: Scene
) -> None:
    citizen = Person(app, scene, CITIZEN)
    for one in scene.subjects.values():
        answer = citizen.sends("GET /track/case", one)
        assert answer.read(one.marks) == [one.number]
        for name in ("城市管理局", "纪检", "青岛日报", "热线"):
            assert name not in answer.text.partition("<main")[2].partition("</main>")[0], name


def test_who_hands_it_over_is_told_so_and_sees_it_no_more(
    story: Story, tmp_path: Path, vault: Vault
) -> None:
    said = SAID["second"]
    story.receives("qd-sanwo-5", channel="newspaper", **said)
    story.does("complete_record", by="bo.tao", title=said["title"], category="conduct")
    task = story.task("first_screen")
    screener = Officer(office(story.sessions, tmp_path, vault), "bo.tao")
    assert said["title"] in screener.opens(f"/tasks/{task.id}").text
    chosen = {"opinion": "accept", "topic": "traffic", "route": "discipline"}
    answer = screener.fills(**chosen, accused_unit=ACCUSED, then="stay")
    assert answer.status_code == 303
    assert story.number not in answer.location
    screener.follows()
    assert "已移交" in screener.text
    assert said["title"] not in screener.page.text
    assert story.number not in screener.page.text
    for path in (f"/cases/{story.number}", f"/tasks/{task.id}"):
        assert screener.opens(path).status_code == 404


def test_a_step_that_fails_is_logged_without_its_reason(
    app: APIFlask, caplog: pytest.LogCaptureFixture
) -> None:
    error = StepFailed("sign", f"unit: expected a unit, found {ACCUSED}")
    with app.test_request_context("/inbox"):
        app.handle_user_exception(error)
    (line,) = [record.getMessage() for record in caplog.records]
    assert line == "step-failed at sign"
