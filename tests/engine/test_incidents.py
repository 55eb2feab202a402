"""A failed step stops itself and nothing else, until an operator lets it run again."""

import pytest
from sqlalchemy import select, update

from engine import history
from engine.commands import deployments, incidents, supervisions
from engine.db import reading, transaction
from engine.errors import Conflict, NotAllowed, NotFound, StepFailed
from engine.history import Entry
from engine.models import (
    City,
    Incident,
    Instance,
    Message,
    Unit,
)
from tests.databases import WORKFLOWS
from tests.story import BODY

PHONE = "13900005678"


@pytest.fixture
def operator(story):
    return story.with_role("administrator")


@pytest.mark.both
@pytest.mark.story
def test_a_ladder_against_a_unit_that_is_gone_is_an_incident_and_the_others_go_on(story):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    failing = story.received
    story.receives(name="李先生", phone=PHONE).goes_through("complete_record", "screen")
    story.does("dispatch", unit="housing_bureau")
    other = story.received
    _close(story.sessions, "utilities_bureau")
    story.passes(days=8)

    [incident] = _incidents(story.sessions)
    assert (incident.source, incident.case_id) == ("deadline", failing.case_id)
    assert incident.element, "the element is named"
    assert "utilities_bureau" in incident.reason, "what was found"
    assert BODY not in incident.reason
    assert incident.resolved_at is None
    assert [row.cause for row in story.supervisions()] != [], "the other case's ladder runs"
    assert "deadline.overdue" in story.events()

    story.received = failing
    assert not story.supervisions()
    assert "deadline.overdue" not in story.events(), "nothing was half-written"
    assert story.chain_is_whole()
    held = [row for row in story.deadlines() if row.incident_id is not None]
    assert held, "what failed is held"
    assert {row.claimed_until for row in held} == {None}
    story.passes(days=5)
    assert len(_incidents(story.sessions)) == 1, "and not tried again by itself"
    story.received = other
    assert story.chain_is_whole()


@pytest.mark.both
@pytest.mark.story
def test_once_put_right_a_retry_lets_it_run(story, operator):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    _close(story.sessions, "utilities_bureau")
    story.passes(days=8)
    [incident] = _incidents(story.sessions)

    _retry(story, incident, operator)
    story.worker.drain()
    first, second = _incidents(story.sessions)
    assert first.resolved_at is not None
    assert first.resolved_by == operator.id
    assert second.resolved_at is None, "the cause is still there: a new incident"

    _open(story.sessions, "utilities_bureau")
    _retry(story, second, operator)
    story.worker.drain()
    assert "phone" in story.waiting_for
    assert len(_incidents(story.sessions)) == 2
    assert [row.status for row in story.supervisions()] == ["open"] * len(story.supervisions())
    assert not [row for row in story.deadlines() if row.incident_id is not None]
    assert story.events().count("deadline.overdue") == len(
        [row for row in story.deadlines() if "due" in row.fired]
    )
    assert story.chain_is_whole()
    kinds = [kind for kind in story.events() if kind.startswith("incident.")]
    assert kinds == ["incident.opened", "incident.retried", "incident.opened", "incident.retried"]


@pytest.mark.both
@pytest.mark.story
def test_a_ladder_that_cannot_start_holds_its_messages_in_order(story, operator):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    _deploy_supervision(story.sessions, b"6 // case.bounces == 1")
    story.supervises("order")
    [incident] = _incidents(story.sessions)
    assert (incident.source, incident.case_id) == ("message", story.received.case_id)
    assert incident.instance_id is None, "the instance is not there yet"
    [ladder] = story.supervisions()
    assert ladder.status == "open"

    with transaction(story.sessions) as session:
        supervisions.cure(session, ladder.id, by=story.with_role("supervisor"))
    story.worker.drain()
    assert [_told(row) for row in _messages(story, ladder.id)] == ["start: held", "cured: waiting"]

    story.receives(name="李先生", phone=PHONE).goes_through("complete_record", "screen", "dispatch")
    story.does("sign")
    assert "contact_citizen" in story.waiting_for, "other cases feel nothing"

    _deploy_supervision(story.sessions, b'rung == "order"')
    _retry(story, incident, operator)
    story.worker.drain()
    assert [_told(row) for row in _messages(story, ladder.id)] == [
        "start: delivered",
        "cured: delivered",
    ]
    assert len(_incidents(story.sessions)) == 1


@pytest.mark.both
@pytest.mark.story
def test_a_state_that_cannot_be_read_is_an_incident_without_its_content(story, operator):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    with reading(story.sessions) as session:
        good = session.scalars(select(Instance.state)).one()
    _set_state(story.sessions, b"\xff" + good)
    story.passes(days=8)
    [incident] = _incidents(story.sessions)
    assert "found version 255" in incident.reason
    assert incident.element == ""
    _set_state(story.sessions, good)
    _retry(story, incident, operator)
    story.worker.drain()
    assert "phone" in story.waiting_for


def test_a_person_whose_task_fails_is_told_and_nothing_is_written(story):
    _deploy(story.sessions, "appeal", b'mode == "pull"', b"6 // case.bounces == 1")
    story.receives().goes_through("complete_record", "screen")
    task = story.task("dispatch")
    before = story.events()
    with pytest.raises(StepFailed) as caught:
        story.does("dispatch")
    assert caught.value.element
    assert BODY not in str(caught.value)
    assert story.waiting_for == {"dispatch"}
    assert story.events() == before
    assert not _incidents(story.sessions), "the person was told"
    assert task.id == story.task("dispatch").id


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_an_incident_waits_for_nobody_who_writes_the_system_s_history(story):
    """It stands in its own case's history, so that a batch of them queues behind no other."""
    for number in range(3):
        story.receives(name=f"市民{number}", phone=f"1380000{number:04d}")
        story.goes_through("complete_record", "screen", "dispatch")
    _close(story.sessions, "utilities_bureau")
    story.clock.advance(days=8)
    with transaction(story.sessions) as session:
        history.record(session, "system", [Entry("calendar.imported", story.clock.at)])
        assert story.worker.fire_deadlines() == 3
        assert len({one.case_id for one in _incidents(story.sessions)}) == 3
    assert story.chain_is_whole()
    assert "incident.opened" in story.events()


def test_only_operators_retry_and_each_incident_once(story, operator):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    _close(story.sessions, "utilities_bureau")
    story.passes(days=8)
    [incident] = _incidents(story.sessions)
    with pytest.raises(NotAllowed):
        _retry(story, incident, story.with_role("supervisor"))
    _retry(story, incident, operator)
    with pytest.raises(Conflict):
        _retry(story, incident, operator)
    with pytest.raises(NotFound), transaction(story.sessions) as session:
        incidents.retry(session, story.received.case_id, by=operator)


def test_an_incident_of_another_kind_is_written_down_as_well(story):
    with transaction(story.sessions) as session:
        key = incidents.record(
            session,
            StepFailed("e" * 100, "r" * 2000),
            source="task",
            source_id=None,
            instance_id=None,
        )
    [incident] = _incidents(story.sessions)
    assert incident.id == key
    assert (len(incident.element), len(incident.reason)) == (64, 1000)


def _incidents(sessions):
    with reading(sessions) as session:
        return list(session.scalars(select(Incident).order_by(Incident.id)))


def _retry(story, incident, by):
    with transaction(story.sessions) as session:
        incidents.retry(session, incident.id, by=by)


def _close(sessions, unit, active=False):
    with transaction(sessions) as session:
        session.execute(update(Unit).where(Unit.key == unit).values(active=active))
        session.execute(update(City).values(organisation_revision=City.organisation_revision + 1))


def _open(sessions, unit):
    _close(sessions, unit, active=True)


def _set_state(sessions, state):
    with transaction(sessions) as session:
        session.execute(update(Instance).where(Instance.part == "appeal").values(state=state))


def _deploy_supervision(sessions, condition):
    """The ladder with this condition; whoever divides by a fact learns what it may be."""
    _deploy(sessions, "supervision", b'rung == "order"', condition)


def _deploy(sessions, key, condition, changed):
    files = deployments.read_folder(WORKFLOWS / key)
    assert condition in files.process
    process = files.process.replace(condition, changed)
    changed = deployments.Files(files.key, process, files.decisions, files.forms)
    with transaction(sessions) as session:
        assert deployments.deploy(session, changed, by="tests").definitions


def _messages(story, target):
    with reading(story.sessions) as session:
        return list(
            session.scalars(select(Message).where(Message.target_id == target).order_by(Message.id))
        )


def _told(row):
    waiting = "held" if row.incident_id else "waiting"
    return f"{row.name}: {row.result or waiting}"
