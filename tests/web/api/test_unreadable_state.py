"""A state that cannot be read, told through the API."""

from sqlalchemy import select, update

from engine.db import reading, transaction
from engine.models import Incident, Instance
from tests.story import Story, answers_for
from tests.web.api.conftest import Api


def test_whoever_completes_its_task_is_told_in_words(api: Api, story: Story) -> None:
    story.receives().goes_through("complete_record", "screen", "dispatch")
    with transaction(story.sessions) as session:
        good = bytes(session.scalars(select(Instance.state)).one())
        session.execute(update(Instance).values(state=b"\xff" + good))
    path = f"/tasks/{story.task('sign').id}/complete"
    answers = {"answers": answers_for("sign", story.clock.at)}
    for _ in range(2):
        told = api.post(path, answers, by="shui.dian")
        assert told.status_code == 409
        assert told.get_json()["code"] == "unknown-state"
        assert "found version 255" in told.get_json()["detail"]
    with reading(story.sessions) as session:
        incident = session.scalars(select(Incident)).one()
        assert incident.case_id == story.case.id
    with transaction(story.sessions) as session:
        session.execute(update(Instance).values(state=good))
    assert api.post(path, answers, by="shui.dian").status_code == 200
