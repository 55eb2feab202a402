"""Finding, reading, claiming and completing user tasks through the API."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from sqlalchemy import select

from engine import clock
from engine.commands import people as persons
from engine.db import Sessions, reading, transaction
from engine.models import Incident, Person, UserTask
from engine.permissions import may_do
from engine.queries import api as queries
from engine.queries import people
from tests.story import Story, answers_for
from tests.web.api.conftest import Api
from tests.web.api.test_door import refused


def record() -> dict[str, Any]:
    return {"answers": answers_for("complete_record", clock.now())}


@pytest.fixture
def first(story: Story) -> str:
    """The path of the first task of a case."""
    return f"/tasks/{story.receives().task('complete_record').id}"


def test_a_task_is_found_read_claimed_and_completed(api: Api, first: str, story: Story) -> None:
    (found,) = api.get("/tasks?view=unclaimed").get_json()["items"]
    assert first == f"/tasks/{found['id']}"
    assert found["case"] == story.number
    assert found["name"]["zh"]
    told = api.get(first).get_json()
    assert told["task"] == found
    assert told["form"]["properties"]["category"]["x-title"]["zh"]
    assert "urban" in told["options"]["pack.categories"]
    assert api.post(f"{first}/claim").get_json()["assignee"] == "li.zhi"
    assert api.get("/tasks?view=mine").get_json()["total"] == 1
    assert api.get("/tasks?view=unclaimed").get_json()["total"] == 0
    answer = api.post(f"{first}/complete", record())
    assert answer.status_code == 200
    done = answer.get_json()
    assert done["case"] == story.number
    assert done["stage"] == story.case.stage
    assert done["ended"] is False
    assert done["opened"] == [str(task.id) for task in story.open_tasks()]
    assert api.get(first).get_json()["task"]["status"] == "completed"


def test_lists_hold_what_one_may_do_and_nothing_else(
    api: Api, story: Story, sessions: Sessions
) -> None:
    story.receives().goes_through("complete_record", "screen", "dispatch")
    story.receives().goes_through("complete_record", "screen")
    story.receives()
    with reading(sessions) as session:
        everything = session.scalars(select(UserTask).where(UserTask.status == "open")).all()
        logins = session.scalars(select(Person.login)).all()
        assert len(everything) >= 3
        seen = 0
        for login in logins:
            actor = people.by_login(session, login)
            mine = {task.id for task in everything if may_do(actor, task)}
            page = queries.tasks(session, actor, "unit")
            assert {task.id for task in page.items} == mine, login
            seen += len(mine)
        assert seen


def test_filters(api: Api, story: Story) -> None:
    story.receives().goes_through("complete_record", "screen", "dispatch")
    handler = story.with_role("handler", "utilities_bureau").login
    (task,) = api.get("/tasks?view=unit&unit=utilities_bureau", by=handler).get_json()["items"]
    assert api.get("/tasks?unit=housing_bureau", by=handler).get_json()["items"] == []
    assert task["due_at"].endswith("+08:00")
    # The plus sign as it is often sent, without being quoted, and as it should be.
    for due in (task["due_at"], quote(task["due_at"])):
        assert api.get(f"/tasks?due_before={due}", by=handler).get_json()["total"] == 0
    later = quote("2027-11-02T09:00:00+08:00")
    assert api.get(f"/tasks?due_before={later}", by=handler).get_json()["total"] == 1
    assert api.get("/tasks?view=overdue", by=handler).get_json()["total"] == 0
    story.passes(days=30)
    assert api.get("/tasks?view=overdue", by=handler).get_json()["total"] >= 1


def test_pages(api: Api, story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "PER_PAGE", 2)
    for _n in range(3):
        story.receives()
    pages = [api.get(f"/tasks?page={n}").get_json() for n in (1, 2, 3)]
    assert [len(page["items"]) for page in pages] == [2, 1, 0]
    assert {(page["pages"], page["total"]) for page in pages} == {(2, 3)}
    assert len({task["id"] for page in pages for task in page["items"]}) == 3


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("view=all", "view"),
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=1e3", "page"),
        ("page=99999999999999999999", "page"),
        ("page=%E0%A5%A7", "page"),
        ("due_before=tomorrow", "due_before"),
        ("due_before=2026-11-02", "due_before"),
        ("due_before=2026-11-02T09:00:00", "due_before"),
        ("due_before=0001-01-01T00:00:00%2B08:00", "due_before"),
        ("colour=red", "colour"),
    ],
)
def test_wrong_filters_are_named(api: Api, query: str, field: str) -> None:
    assert set(refused(api.get(f"/tasks?{query}"), 422)["fields"]) == {field}


def test_a_task_of_another_unit_is_refused(api: Api, first: str) -> None:
    for answer in (
        api.get(first, by="zhu.jian"),
        api.post(f"{first}/claim", by="zhu.jian"),
        api.post(f"{first}/complete", record(), by="zhu.jian"),
    ):
        refused(answer, 403)


def test_a_closed_task_is_a_conflict(api: Api, first: str, story: Story) -> None:
    api.post(f"{first}/complete", record())
    assert refused(api.post(f"{first}/complete", record()), 409)["code"] == "conflict"
    refused(api.post(f"{first}/claim"), 409)


def test_a_task_somebody_else_has_is_a_conflict(api: Api, story: Story, sessions: Sessions) -> None:
    story.receives().does("complete_record")
    path = f"/tasks/{story.task('screen').id}"
    with transaction(sessions) as session:
        persons.add_person(session, "second", "第二人", memberships=[("jdz_office", "screener")])
    assert api.post(f"{path}/claim", by="chu.mi").status_code == 200
    assert api.post(f"{path}/claim", by="chu.mi").status_code == 200
    refused(api.post(f"{path}/claim", by="second"), 409)
    refused(api.post(f"{path}/complete", {"answers": {"opinion": "accept"}}, by="second"), 409)


def test_answers_that_do_not_fit_are_named(api: Api, first: str, story: Story) -> None:
    answers = record()["answers"] | {"category": "nothing of the kind", "colour": "red"}
    told = refused(api.post(f"{first}/complete", {"answers": answers}), 422)
    assert told["code"] == "invalid-answers"
    assert set(told["fields"]) == {"category", "colour"}
    assert story.waiting_for == {"complete_record"}


def test_a_task_nobody_has_is_not_found(api: Api) -> None:
    path = f"/tasks/{uuid4()}"
    for answer in (
        api.get(path), api.post(f"{path}/claim"), api.post(f"{path}/complete", {"answers": {}})
    ):  # fmt: skip
        refused(answer, 404)


def test_a_claim_takes_no_fields(api: Api, first: str) -> None:
    assert set(refused(api.post(f"{first}/claim", {"force": True}), 422)["fields"]) == {"force"}


def test_a_repeat_gets_the_first_answer(api: Api, first: str) -> None:
    done = api.post(f"{first}/complete", record(), key="c1")
    again = api.post(f"{first}/complete", record(), key="c1")
    assert again.status_code == done.status_code == 200
    assert again.get_json() == done.get_json()
    assert again.headers["Idempotent-Replay"] == "true"
    refused(api.post(f"{first}/claim", key="c1"), 409)


def test_two_at_the_same_moment(api: Api, first: str) -> None:
    token = api.token("li.zhi")

    def send(key: str) -> Any:
        client = api.client.application.test_client()
        headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})
        return client.post(f"/api/v1{first}/complete", json=record(), headers=headers)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, ["same", "same", "same", "same"]))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.text for answer in answers}) == 1
    assert send("").status_code == 409


def test_a_step_that_fails_is_told_to_an_operator(
    api: Api, story: Story, sessions: Sessions, files: Callable[[str], dict[str, bytes]]
) -> None:
    """A gateway that divides by the bounces of a case that has none."""
    changed = files("appeal")
    question = b'opinion == "refuse"'
    assert question in changed["process.bpmn"]
    changed["process.bpmn"] = changed["process.bpmn"].replace(
        question, b'opinion == "refuse" or 1 / case.bounces &gt; 3'
    )
    answer = api.deploy("appeal", changed)
    assert answer.status_code == 201, answer.text
    story.receives().does("complete_record")
    path = f"/tasks/{story.task('screen').id}/complete"
    told = refused(api.post(path, {"answers": {"opinion": "accept"}}, by="chu.mi"), 409)
    assert told["code"] == "step-failed"
    assert told["element"]
    with reading(sessions) as session:
        incident = session.scalars(select(Incident)).one()
        assert incident.element == told["element"]
        assert incident.case_id == story.case.id
    assert story.waiting_for == {"screen"}


@pytest.mark.parametrize(
    "odd",
    [
        "2026-11-02T23:59:60Z",
        "0001-01-01T00:00:00+08:00",
        "9999-12-31T23:59:59-12:00",
        "2026-11-02t09:00:00z",
        "2026-11-02 09:00:00Z",
        "2026-11-02T09:00:00.123456789+08:00",
    ],
)
def test_odd_times_are_taken_or_refused_in_words(api: Api, story: Story, odd: str) -> None:
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    task = story.task("contact_citizen")
    answers = answers_for("contact_citizen", clock.now()) | {"contacted_at": odd}
    path = f"/tasks/{task.id}/complete"
    answer = api.post(path, {"answers": answers}, by=story.someone_for(task).login)
    assert answer.status_code in {200, 422}
    if answer.status_code == 422:
        assert set(answer.get_json()["fields"]) == {"contacted_at"}
