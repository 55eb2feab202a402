"""An operator's acts over the API: what failed, several at once, a variable, a move."""

import pytest
from sqlalchemy import select, update

from engine.db import reading, transaction
from engine.models import City, Incident, Instance, Message, Unit
from tests.story import Story
from tests.web.api.conftest import Api

OPERATOR = "guan.li"
UNIT = "utilities_bureau"


@pytest.fixture
def stopped(story: Story) -> list[str]:
    """Two cases of which a ladder cannot start; the ids of their incidents."""
    for place in range(2):
        story.receives(name=f"市民{place}", phone=f"1380000{place:04d}")
        story.goes_through("complete_record", "screen", "dispatch")
    with transaction(story.sessions) as session:
        session.execute(update(Unit).where(Unit.key == UNIT).values(active=False))
        session.execute(update(City).values(organisation_revision=City.organisation_revision + 1))
    story.passes(days=8)
    with reading(story.sessions) as session:
        return [str(key) for key in session.scalars(select(Incident.id).order_by(Incident.id))]


def test_what_failed_is_listed_with_its_causes(api: Api, stopped: list[str]) -> None:
    page = api.get("/incidents", by=OPERATOR).get_json()
    assert {one["id"] for one in page["items"]} == set(stopped)
    assert [cause["number"] for cause in page["causes"]] == [2]
    assert page["items"][0]["reason"].startswith("unit: expected a unit")
    assert api.get("/incidents?source=message", by=OPERATOR).get_json()["total"] == 0
    assert api.get("/incidents", by="du.cheng").status_code == 403


def test_exactly_the_named_are_tried_again_with_a_result_each(
    api: Api, story: Story, stopped: list[str]
) -> None:
    body = {"act": "retry", "incidents": [stopped[0]], "remark": "单位恢复了"}
    first = api.post("/incidents/batches", body, by=OPERATOR, key="once")
    assert first.get_json()["items"] == [{"incident": stopped[0], "result": "done"}]
    again = api.post("/incidents/batches", body, by=OPERATOR, key="once")
    assert again.get_json() == first.get_json(), "a repeat does nothing twice"
    both = {"act": "skip", "incidents": stopped, "remark": "不督办"}
    told = api.post("/incidents/batches", both, by=OPERATOR).get_json()["items"]
    assert [one["result"] for one in told] == ["settled", "done"]
    for wrong in ({**both, "remark": ""}, {**both, "incidents": []}):
        assert api.post("/incidents/batches", wrong, by=OPERATOR).status_code == 422
    story.worker.drain()
    assert story.chain_is_whole()


def test_a_variable_is_put_right(api: Api, story: Story, stopped: list[str]) -> None:
    path = f"/incidents/{stopped[1]}/correct"
    body = {"name": "opinion", "before": "accept", "after": "refuse", "remark": "登记错了"}
    for wrong in ({"after": "nonsense"}, {"after": [1]}, {"name": "opinoin"}, {"remark": ""}):
        assert api.post(path, body | wrong, by=OPERATOR).status_code == 422, wrong
    assert api.post(path, body | {"before": "duplicate"}, by=OPERATOR).status_code == 409
    assert api.post(path, body, by=OPERATOR).get_json() == {"name": "opinion"}
    assert "variable.corrected" in story.events()


def test_a_move_is_looked_at_and_done(api: Api, story: Story) -> None:
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    with reading(story.sessions) as session:
        path = f"/instances/{session.scalars(select(Instance.id)).one()}"
    stands = api.get(path, by=OPERATOR).get_json()
    token = {one["element"]: one["token"] for one in stands["movable"]}["handling"]
    targets = api.get(f"{path}?token={token}", by=OPERATOR).get_json()["targets"]
    assert (targets["transfer"], targets["handling"]) == (None, "same")
    seen = api.get(f"{path}/move?token={token}&to=transfer", by=OPERATOR).get_json()
    assert (seen["closes"], seen["opens"]) == (["contact_citizen"], ["dispatch"])
    assert [clock["limit"] for clock in seen["ends"]] == ["handling"]
    body = {"token": token, "to": "transfer", "revision": seen["revision"], "remark": "派错了"}
    assert api.post(f"{path}/move", body | {"remark": ""}, by=OPERATOR).status_code == 422
    assert api.post(f"{path}/move", body | {"to": "sign"}, by=OPERATOR).status_code == 422
    assert api.post(f"{path}/move", body | {"revision": 0}, by=OPERATOR).status_code == 409
    assert api.post(f"{path}/move", body, by="du.cheng").status_code == 403
    done = api.post(f"{path}/move", body, by=OPERATOR).get_json()
    assert (done["case"], done["stage"], len(done["opened"])) == (story.number, "transfer", 1)
    assert story.waiting_for == {"dispatch"}


def test_a_message_that_reached_nobody_is_sent_again(api: Api, story: Story) -> None:
    story.receives()
    with transaction(story.sessions) as session:
        session.add(
            Message(
                target_id=story.received.contact_id,
                case_id=story.received.case_id,
                name="cured",
                payload={},
                sent_at=story.clock.at,
            )
        )
    story.worker.drain()
    [letter] = api.get("/messages", by=OPERATOR).get_json()["items"]
    assert (letter["name"], letter["over"], letter["case"]) == ("cured", True, story.number)
    path = f"/messages/{letter['id']}/retry"
    assert api.post(path, {"remark": "再送"}, by=OPERATOR).get_json() == {"message": letter["id"]}
    assert api.post(path, {}, by=OPERATOR).status_code == 409
    assert api.post(path, {}, by="li.zhi").status_code == 403
