"""What an operator does: several at once, a variable put right, a step passed, a token moved."""

import dataclasses
from uuid import UUID

import pytest
from sqlalchemy import select, update

from engine import deployed
from engine.bpmn.variables import Present
from engine.commands import batches, corrections, deployments, incidents, moves
from engine.commands.incidents import cause_of
from engine.db import reading, transaction
from engine.errors import Conflict, InvalidInput, NotAllowed, NotFound
from engine.models import City, HistoryEvent, Incident, Instance, Message, Unit
from engine.queries import batches as done
from engine.queries import incidents as seen
from engine.queries.incidents import Asked
from tests.databases import WORKFLOWS
from tests.racing import failures, together

UNIT = "utilities_bureau"


@pytest.fixture
def operator(story):
    return story.with_role("administrator")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("unit: expected a unit of the organisation, found roads",
         "unit: expected a unit of the organisation, found housing_bureau"),
        ("`6 // case.bounces`: division by zero", "`7 // case.repeats`: division by zero"),
        ("2000 steps without a wait", "1500 steps without a wait"),
        ("decision ladder: row 3: too long", "decision ladder: row 12: too long"),
    ],
)  # fmt: skip
def test_reasons_that_differ_in_numbers_and_names_have_one_cause(one, other):
    assert cause_of(one) == cause_of(other)
    assert cause_of(one) != cause_of("no row fits and there is no default")


@pytest.mark.both
@pytest.mark.story
def test_the_same_cause_is_one_group_and_the_selected_are_tried_again(story, operator):
    numbers = _stopped(story, 3)
    with reading(story.sessions) as session:
        found = seen.listed(session, operator, Asked())
    [group] = found.groups
    assert (group.number, found.total, group.process) == (3, 3, "appeal")
    assert {one.case_number for one in found.failures} == set(numbers)
    _open(story.sessions, UNIT)
    chosen = [one.id for one in found.failures[:2]]
    left = found.failures[2]
    key = _batch(story, operator, "retry", chosen)
    batches.run(story.sessions, key, by=operator)
    story.worker.drain()
    with reading(story.sessions) as session:
        assert _results(session, operator, key) == ["done", "done"]
        still = seen.listed(session, operator, Asked())
        assert [one.id for one in still.failures] == [left.id], "exactly what was selected"
        settled = seen.listed(session, operator, Asked(state="settled"))
        assert {one.remark for one in settled.failures} == {"单位恢复了"}
    assert story.chain_is_whole()


@pytest.mark.slow
def test_one_that_cannot_be_done_hinders_no_other(story, operator):
    _stopped(story, 3)
    with reading(story.sessions) as session:
        keys = [one.id for one in seen.listed(session, operator, Asked()).failures]
    key = _batch(story, operator, "retry", keys)
    with transaction(story.sessions) as session:
        incidents.retry(session, keys[1], by=operator)
    batches.run(story.sessions, key, by=operator)
    batches.run(story.sessions, key, by=operator)
    with reading(story.sessions) as session:
        assert sorted(_results(session, operator, key)) == ["done", "done", "settled"]
    story.worker.drain()
    with reading(story.sessions) as session:
        again = seen.listed(session, operator, Asked())
        assert again.total == 3, "the cause is still there: each is a new one, once"


@pytest.mark.slow
def test_a_batch_run_by_two_at_once_does_each_once(story, operator):
    _stopped(story, 3)
    with reading(story.sessions) as session:
        keys = [one.id for one in seen.listed(session, operator, Asked()).failures]
    key = _batch(story, operator, "retry", keys)
    run = [lambda: batches.run(story.sessions, key, by=operator)] * 3
    assert not failures(together(run))
    with reading(story.sessions) as session:
        assert _results(session, operator, key) == ["done"] * 3
        assert {one.retries for one in session.scalars(select(Incident))} == {1}


def test_what_is_no_batch_is_refused(story, operator):
    _stopped(story, 1)
    with reading(story.sessions) as session:
        [one] = seen.listed(session, operator, Asked()).failures
    for act, keys, remark in (
        ("retry", [], ""), ("drop", [one.id], ""), ("skip", [one.id], " "),
        ("retry", [UUID(int=place) for place in range(batches.MOST + 1)], ""),
    ):  # fmt: skip
        with pytest.raises(InvalidInput), transaction(story.sessions) as session:
            batches.begin(session, act, keys, by=operator, remark=remark)
    with pytest.raises(NotFound), transaction(story.sessions) as session:
        batches.begin(session, "retry", [story.received.case_id], by=operator, remark="")
    boss = story.with_role("supervisor")
    with pytest.raises(NotAllowed), transaction(story.sessions) as session:
        batches.begin(session, "retry", [one.id], by=boss, remark="")
    with pytest.raises(NotAllowed):
        batches.run(story.sessions, _batch(story, operator, "retry", [one.id]), by=boss)


@pytest.mark.both
@pytest.mark.story
def test_a_service_that_fails_is_passed_over_once(story, operator):
    """The ladder about a unit that is gone is not started, and the case goes on."""
    _stopped(story, 1)
    [incident] = _incidents(story.sessions)
    with pytest.raises(InvalidInput), transaction(story.sessions) as session:
        incidents.skip(session, incident.id, by=operator, remark="")
    for _ in range(2):  # both limits have passed, and each starts a ladder of its own
        [incident] = [one for one in _incidents(story.sessions) if one.resolved_at is None]
        with transaction(story.sessions) as session:
            incidents.skip(session, incident.id, by=operator, remark="单位已撤销，不督办")
        story.worker.drain()
    assert len({one.element for one in _incidents(story.sessions)}) == 2
    assert not [one for one in _incidents(story.sessions) if one.resolved_at is None], "it ran on"
    assert not story.supervisions(), "what the steps were to do was left undone"
    fired = [row for row in story.deadlines() if "due" in row.fired]
    assert story.events().count("deadline.overdue") == len(fired) > 1
    with reading(story.sessions) as session:
        assert session.scalars(select(Instance.skips)).all() == [None], "and only once"
        told = session.scalars(
            select(HistoryEvent).where(HistoryEvent.kind == "incident.skipped")
        ).all()[-1]
    assert (told.by, told.element) == (operator.id, incident.element)
    assert told.payload["remark"] == "单位已撤销，不督办"
    assert story.chain_is_whole()


def test_what_decides_the_way_cannot_be_passed_over(story, operator):
    _deploy_ladder(story, "6 // case.bounces == 1")
    story.receives().goes_through("complete_record", "screen", "dispatch")
    story.supervises("order")
    [incident] = _incidents(story.sessions)
    with pytest.raises(InvalidInput, match="no-way-known"), transaction(story.sessions) as session:
        incidents.skip(session, incident.id, by=operator, remark="跳过")
    with reading(story.sessions) as session:
        one = seen.failure(session, operator, incident.id)
        assert seen.why_not_skipped(session, one) == "no-way-known"
        assert (one.process, one.version > 1) == ("supervision", True), "of what was to start"


@pytest.mark.slow
def test_what_fails_when_a_process_starts_is_passed_over_then(story, operator):
    """The instance is not there yet: the message that starts it says what to pass."""
    _deploy_ladder(story, "6 // case.bounces == 1")
    story.receives().goes_through("complete_record", "screen", "dispatch")
    story.supervises("order")
    [incident] = _incidents(story.sessions)
    element = _a_service(story)
    with transaction(story.sessions) as session:
        session.execute(update(Incident).values(element=element))
    with transaction(story.sessions) as session:
        incidents.skip(session, incident.id, by=operator, remark="不用做")
    with reading(story.sessions) as session:
        [row] = session.scalars(select(Message).where(Message.name == "start")).all()
    assert (row.payload["skips"], row.incident_id) == ([element], None)
    story.worker.drain()
    assert len(_incidents(story.sessions)) == 2, "the gateway before it fails all the same"


@pytest.mark.both
@pytest.mark.story
def test_a_variable_is_put_right_and_the_step_is_done(story, operator):
    """A designer reads a variable with a value nobody foresaw; the operator sets it."""
    _stopped(story, 1)
    [incident] = _incidents(story.sessions)
    with transaction(story.sessions) as session:
        shown = {one.name: one for one in corrections.present(session, incident.id, by=operator)}
    assert shown["opinion"].value == "accept"
    assert shown["opinion"].at
    before = shown["opinion"]
    for wrong in ("nonsense", 7, True):
        with pytest.raises(InvalidInput, match="opinion"):
            _correct(story, incident, before, wrong, operator)
    with pytest.raises(InvalidInput, match="a variable of the diagram"):
        _correct(story, incident, dataclasses.replace(before, name="opinoin"), "x", operator)
    with pytest.raises(InvalidInput, match="remark"):
        _correct(story, incident, before, "refuse", operator, remark=" ")
    with pytest.raises(Conflict):
        _correct(story, incident, dataclasses.replace(before, value="refuse"), "accept", operator)
    _correct(story, incident, before, "refuse", operator)
    with transaction(story.sessions) as session:
        now = {one.name: one for one in corrections.present(session, incident.id, by=operator)}
    assert now["opinion"].value == "refuse"
    with reading(story.sessions) as session:
        told = session.scalars(
            select(HistoryEvent).where(HistoryEvent.kind == "variable.corrected")
        ).one()
    assert (told.by, told.payload["before"], told.payload["after"]) == (
        operator.id, "accept", "refuse",
    )  # fmt: skip
    assert story.chain_is_whole()
    assert [one.resolved_at for one in _incidents(story.sessions)] == [None], "still to be done"


@pytest.mark.both
@pytest.mark.story
def test_a_moved_token_takes_tasks_clocks_and_history_along(story, operator):
    """A case that went to the wrong unit is taken back to the dispatcher."""
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    assert story.waiting_for == {"contact_citizen"}
    promised = {row.id: row.due_at for row in story.deadlines() if row.clock == "citizen"}
    instance = _instance(story)
    stands = _standing(story, instance, operator)
    token = _token(stands, "handling")
    with transaction(story.sessions) as session:
        preview = moves.preview(session, instance, token, "transfer", by=operator)
    assert (preview.closes, preview.opens) == (("contact_citizen",), ("dispatch",))
    assert {clock.limit for clock in preview.ends} == {"handling"}
    assert {clock.element for clock in preview.begins} <= {"dispatch", "transfer"}
    assert (preview.revision, preview.ended) == (stands.revision, False)
    assert story.waiting_for == {"contact_citizen"}, "looking changes nothing"
    running = {row.id for row in story.deadlines() if row.settled_at is None}

    _move(story, instance, token, "transfer", operator, stands.revision)
    assert story.waiting_for == {"dispatch"}
    assert story.case.stage == "transfer"
    ended = [row for row in story.deadlines() if row.id in running and row.settled_at]
    assert [(row.limit, row.settled_as) for row in ended] == [("handling", "cancelled")]
    begun = {row.limit for row in story.deadlines() if row.settled_at is None}
    assert {clock.limit for clock in preview.begins} <= begun
    with reading(story.sessions) as session:
        told = session.scalars(select(HistoryEvent).where(HistoryEvent.kind == "token.moved")).one()
    assert (told.by, told.element) == (operator.id, "handling")
    assert (told.payload["to"], told.payload["remark"]) == ("transfer", "派错了单位，退回重派")
    assert story.chain_is_whole()
    with pytest.raises(Conflict):
        _move(story, instance, token, "transfer", operator, stands.revision)

    story.goes_through("dispatch", "sign")
    after = {row.id: row.due_at for row in story.deadlines() if row.id in promised}
    assert after == promised, "what was promised to the citizen is never reset"
    story.goes_through("contact_citizen", "handle", "write_answer", "review_answer")
    story.goes_through("answer_directly", "callback")
    assert story.case.status == "closed"
    assert story.chain_is_whole()


def test_who_may_move_and_what_is_refused(story, operator):
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    instance = _instance(story)
    stands = _standing(story, instance, operator)
    token = stands.movable[-1].token
    boss = story.with_role("supervisor")
    with pytest.raises(NotAllowed):
        _standing(story, instance, boss)
    with pytest.raises(NotAllowed):
        _move(story, instance, token, "handle", boss, stands.revision)
    with pytest.raises(InvalidInput, match="remark"):
        _move(story, instance, token, "handle", operator, stands.revision, remark="")
    with pytest.raises(InvalidInput, match="target"):
        _move(story, instance, token, "nowhere", operator, stands.revision)
    with pytest.raises(NotFound):
        _standing(story, story.received.case_id, operator)


def test_two_operators_at_once_move_once(story, operator):
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    instance = _instance(story)
    stands = _standing(story, instance, operator)
    token = _token(stands, "contact_citizen")

    def move():
        _move(story, instance, token, "write_answer", operator, stands.revision)

    assert [type(error) for error in failures(together([move] * 3))] == [Conflict] * 2
    assert story.events().count("token.moved") == 1
    assert story.waiting_for == {"write_answer"}


# The office ----------------------------------------------------------------------------------


def _stopped(story, many):
    """So many cases of which a ladder cannot start, as the unit is gone."""
    numbers = []
    for place in range(many):
        story.receives(name=f"市民{place}", phone=f"1380000{place:04d}")
        story.goes_through("complete_record", "screen", "dispatch")
        numbers.append(story.number)
    _close(story.sessions, UNIT)
    story.passes(days=8)
    assert len(_incidents(story.sessions)) == many
    return numbers


def _a_service(story):
    with reading(story.sessions) as session:
        elements = deployed.latest(session, "supervision").specification.elements
    return next(one.id for one in elements.values() if one.kind == "service")


def _token(stands, element):
    return next(one.token for one in stands.movable if one.element == element)


def _batch(story, by, act, keys):
    with transaction(story.sessions) as session:
        return batches.begin(session, act, keys, by=by, remark="单位恢复了")


def _results(session, by, key):
    return [item.result for item in done.batch(session, by, key).items]


def _correct(story, incident, before: Present, after, by, remark="填错了"):
    with transaction(story.sessions) as session:
        corrections.correct(session, incident.id, before, after, by=by, remark=remark)


def _instance(story):
    with reading(story.sessions) as session:
        return session.scalars(
            select(Instance.id).where(
                Instance.case_id == story.received.case_id, Instance.part == "appeal"
            )
        ).one()


def _standing(story, instance, by, token=None):
    with transaction(story.sessions) as session:
        return moves.standing(session, instance, by=by, token=token)


def _move(story, instance, token, target, by, revision, remark="派错了单位，退回重派"):
    with transaction(story.sessions) as session:
        moves.move(session, instance, token, target, by=by, remark=remark, revision=revision)


def _incidents(sessions):
    with reading(sessions) as session:
        return list(session.scalars(select(Incident).order_by(Incident.id)))


def _close(sessions, unit, active=False):
    with transaction(sessions) as session:
        session.execute(update(Unit).where(Unit.key == unit).values(active=active))
        session.execute(update(City).values(organisation_revision=City.organisation_revision + 1))


def _open(sessions, unit):
    _close(sessions, unit, active=True)


def _deploy_ladder(story, condition):
    files = deployments.read_folder(WORKFLOWS / "supervision")
    process = files.process.replace(b'rung == "order"', condition.encode())
    assert process != files.process
    with transaction(story.sessions) as session:
        deployments.deploy(session, dataclasses.replace(files, process=process), by="tests")
