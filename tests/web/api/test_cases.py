"""What a case tells through the API, and starting a supervision about it."""

import pytest

from tests.story import Story
from tests.web.api.conftest import Api
from tests.web.api.test_door import refused


@pytest.fixture
def handling(story: Story) -> Story:
    """A case that waits for the utilities bureau."""
    return story.receives().goes_through("complete_record", "screen", "dispatch", "sign")


def test_the_facts_of_a_case(api: Api, handling: Story) -> None:
    told = api.get(f"/cases/{handling.number}").get_json()
    assert told["number"] == handling.number
    assert told["stage"] == handling.case.stage
    assert told["status"] == "open"
    assert told["unit"] == "utilities_bureau"
    assert told["received_at"] == "2026-11-02T09:00:00+08:00"
    assert {task["element"] for task in told["tasks"]} == handling.waiting_for
    assert len(told["deadlines"]) == len(handling.deadlines())
    running = [clock for clock in told["deadlines"] if clock["state"] == "running"]
    assert running
    assert all(clock["due_at"].endswith("+08:00") for clock in running)
    assert {clock["state"] for clock in told["deadlines"]} <= {"running", "met", "cancelled"}


def test_a_passed_limit_is_overdue(api: Api, handling: Story) -> None:
    handling.passes(days=60)
    told = api.get(f"/cases/{handling.number}").get_json()
    assert "overdue" in {clock["state"] for clock in told["deadlines"]}


def test_a_unit_sees_its_own_cases_only(api: Api, handling: Story) -> None:
    mine = handling.with_role("handler", "utilities_bureau").login
    assert api.get(f"/cases/{handling.number}", by=mine).status_code == 200
    other = handling.with_role("handler", "housing_bureau").login
    assert other != mine
    refused(api.get(f"/cases/{handling.number}", by=other), 403)
    refused(api.get(f"/cases/{handling.number}", by="guan.li"), 403)


def test_an_unknown_number_is_not_found(api: Api) -> None:
    refused(api.get("/cases/GL-20261102-999999"), 404)
    refused(api.get(f"/cases/{'9' * 5000}"), 404)


def test_a_supervisor_starts_a_ladder(api: Api, handling: Story) -> None:
    answer = api.post(
        f"/cases/{handling.number}/supervisions",
        {"rung": "order", "reason": "多次催促未果。"},
        by="du.cheng",
        key="s1",
    )
    assert answer.status_code == 201
    (made,) = handling.supervisions()
    assert answer.get_json() == {"supervision": str(made.id), "number": made.number}
    again = api.post(
        f"/cases/{handling.number}/supervisions",
        {"rung": "order", "reason": "多次催促未果。"},
        by="du.cheng",
        key="s1",
    )
    assert again.get_json() == answer.get_json()
    assert again.headers["Idempotent-Replay"] == "true"
    assert len(handling.supervisions()) == 1


def test_a_supervision_is_refused_in_words(api: Api, handling: Story) -> None:
    path = f"/cases/{handling.number}/supervisions"
    asked = {"rung": "order", "reason": "多次催促未果。"}
    assert set(refused(api.post(path, asked | {"rung": "whip"}, by="du.cheng"), 422)["fields"]) == {
        "rung"
    }
    assert refused(api.post(path, asked | {"reason": " "}, by="du.cheng"), 422)["field"] == "reason"
    assert api.post(path, asked, by="du.cheng").status_code == 201
    refused(api.post(path, asked, by="du.cheng"), 409)
    refused(api.post("/cases/GL-1/supervisions", asked, by="du.cheng"), 404)
    refused(api.post(path, asked), 403)
