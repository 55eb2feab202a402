"""A state that cannot be read stops its own instance, in words, and nothing is lost."""

from collections.abc import Callable
from pathlib import Path

import pytest
from apiflask import APIFlask
from sqlalchemy import select, update

from engine.bpmn import codec
from engine.db import Sessions, reading, transaction
from engine.identity import Vault
from engine.models import Case, Incident, Instance, TaskStatus, UserTask
from tests.engine.bpmn.keeping import GOLDEN
from tests.story import Story
from tests.web.staff import Officer, office
from web import failed_steps

DAMAGES: dict[str, tuple[Callable[[bytes], bytes], str, str]] = {
    "of a version to come": (
        lambda state: bytes([codec.VERSION + 1]) + state[1:],
        f"version {codec.VERSION + 1}: a newer Huiyin wrote it; upgrade",
        "先升级，再做一次",
    ),
    "cut off": (lambda state: state[:-9], "the state is damaged", "从备份恢复这一件的这一行"),
    "altered": (
        lambda state: state[:40] + b"?" + state[41:],
        "the state is damaged",
        "存下的状态坏了",
    ),
    "of another diagram": (
        lambda _state: (GOLDEN / f"version_{codec.VERSION}" / "stage.state").read_bytes(),
        "the state does not fit its diagram",
        "存下的状态和流程图对不上",
    ),
    "gone": (lambda state: state[:0], "the state is damaged, it is empty", "存下的状态坏了"),
}


@pytest.fixture
def app(sessions: Sessions, story: Story, vault: Vault, tmp_path: Path) -> APIFlask:
    return office(sessions, tmp_path, vault)


@pytest.fixture
def signing(story: Story) -> Story:
    return story.receives().goes_through("complete_record", "screen", "dispatch")


def _state(story: Story) -> bytes:
    with reading(story.sessions) as session:
        query = select(Instance.state).where(Instance.case_id == story.case.id)
        return bytes(session.scalars(query.where(Instance.part == "appeal")).one())


def _write(story: Story, state: bytes) -> None:
    with transaction(story.sessions) as session:
        which = (Instance.case_id == story.case.id, Instance.part == "appeal")
        session.execute(update(Instance).where(*which).values(state=state))


def _incidents(story: Story) -> list[Incident]:
    with reading(story.sessions) as session:
        return list(session.scalars(select(Incident).order_by(Incident.id)))


def _unchanged(story: Story) -> tuple[object, ...]:
    """What must be as it was: the instance, its facts and its open tasks."""
    with reading(story.sessions) as session:
        [instance] = session.scalars(select(Instance).where(Instance.case_id == story.case.id))
        tasks = select(UserTask.id).where(UserTask.case_id == story.case.id)
        opened = session.scalars(tasks.where(UserTask.status == TaskStatus.OPEN)).all()
        return instance.state, instance.revision, session.get_one(Case, story.case.id).facts, opened


@pytest.mark.parametrize("damage", DAMAGES)
def test_whoever_completes_its_task_is_told_and_an_operator_too(
    app: APIFlask, signing: Story, damage: str
) -> None:
    harm, reason, words = DAMAGES[damage]
    good = _state(signing)
    _write(signing, harm(good))
    before = _unchanged(signing)
    officer = Officer(app, "shui.dian")
    officer.opens(f"/tasks/{signing.task('sign').id}")
    for _ in range(3):
        officer.fills(signing="sign")
        assert officer.page.status_code == 500
        assert "流程停在一步上，管理员已收到" in officer.text
    assert _unchanged(signing) == before
    [incident] = _incidents(signing)
    assert reason in incident.reason
    assert (incident.source, incident.case_id) == ("task", signing.case.id)

    operator = Officer(app, "guan.li")
    operator.opens(f"/operations/incidents/{incident.id}")
    assert words in operator.text

    _write(signing, good)
    officer.fills(signing="sign")
    assert officer.page.status_code == 303
    assert "contact_citizen" in signing.waiting_for
    assert signing.chain_is_whole()


def test_its_deadlines_are_held_by_one_incident_and_other_cases_feel_nothing(
    story: Story,
) -> None:
    story.receives().goes_through("complete_record", "screen", "dispatch")
    failing, good = story.received, _state(story)
    story.receives(name="李先生", phone="13900005678")
    story.goes_through("complete_record", "screen", "dispatch")
    other = story.received
    story.received = failing
    _write(story, bytes([codec.VERSION + 1]) + good[1:])
    before = _unchanged(story)[0]
    for _ in range(20):
        story.clock.advance(hours=12)
        story.worker.drain()
    found = _incidents(story)
    assert {incident.case_id for incident in found} == {story.case.id}
    assert len(found) <= len(story.deadlines()), "each deadline once, and never tried by itself"
    assert _unchanged(story)[0] == before
    story.received = other
    assert "deadline.overdue" in story.events()
    assert story.chain_is_whole()


def test_a_state_that_would_grow_too_large_is_told_in_chinese(app: APIFlask) -> None:
    with app.test_request_context("/"):
        told = failed_steps.words("the state grows beyond 16777216 bytes; go over shorter lists")
    assert told == "状态会超过 16777216 字节。把要逐项办的清单分短"
