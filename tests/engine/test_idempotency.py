"""Asking twice does it once: by key, by task, by thread."""

from uuid import uuid4

import pytest
from sqlalchemy import func, select

from engine.commands import cases, idempotency, people, tasks
from engine.commands.cases import Said
from engine.db import reading, transaction
from engine.errors import Conflict, InvalidInput
from engine.models import Case, HistoryEvent, Slip
from tests.racing import failures, together
from tests.story import answers_for

pytestmark = pytest.mark.both
ASKED = {"title": "路灯", "body": "不亮"}


def test_the_same_key_and_request_get_the_first_answer(sessions, held):
    request = idempotency.digest(ASKED)
    with transaction(sessions) as session:
        assert idempotency.answered(session, "wang", "k1", request) is None
        idempotency.keep(session, "wang", "k1", request, {"number": "GL-1", "列": [1, None]})
    with reading(sessions) as session:
        first = idempotency.answered(session, "wang", "k1", request)
    assert first == {"number": "GL-1", "列": [1, None]}


def test_the_same_key_for_something_else_is_a_conflict(sessions, held):
    _keep(sessions, "wang", "k1")
    other = idempotency.digest(ASKED | {"body": "亮了"})
    with pytest.raises(Conflict), reading(sessions) as session:
        idempotency.answered(session, "wang", "k1", other)


def test_keys_are_everybody_s_own(sessions, held):
    _keep(sessions, "wang", "k1")
    with reading(sessions) as session:
        request = idempotency.digest(ASKED)
        assert idempotency.answered(session, "li", "k1", request) is None
        assert idempotency.answered(session, "wang", "k2", request) is None
    _keep(sessions, "li", "k1")


def test_a_request_is_the_same_whatever_the_order_of_its_fields(sessions, held):
    _keep(sessions, "wang", "k1")
    same = idempotency.digest(dict(reversed(ASKED.items())))
    with reading(sessions) as session:
        assert idempotency.answered(session, "wang", "k1", same) == {}
    assert idempotency.digest(ASKED) != idempotency.digest([ASKED])
    assert idempotency.digest({"a": 1}) != idempotency.digest({"a": "1"})


@pytest.mark.parametrize("key", ["", "k" * 81, "钥匙", "a\nb", "a\x00b", "a\x7f"])
def test_what_is_no_key_is_refused(sessions, held, key):
    for act in (
        lambda session: idempotency.answered(session, "wang", key, b""),
        lambda session: idempotency.keep(session, "wang", key, bytes(32), {}),
    ):
        with pytest.raises(InvalidInput) as caught, transaction(sessions) as session:
            act(session)
        assert caught.value.field == "Idempotency-Key"


def test_the_longest_key_of_a_person_has_room(sessions, held):
    _keep(sessions, str(uuid4()), "k" * idempotency.LONGEST_KEY)


def test_old_answers_are_forgotten_and_young_ones_kept(sessions, held):
    _keep(sessions, "wang", "old")
    held.advance(days=30)
    _keep(sessions, "wang", "young")
    with transaction(sessions) as session:
        assert idempotency.forget_old(session) == 0, "thirty days are not over"
    held.advance(seconds=1)
    with transaction(sessions) as session:
        assert idempotency.forget_old(session) == 1
    asked = idempotency.digest(ASKED)
    with reading(sessions) as session:
        assert idempotency.answered(session, "wang", "old", asked) is None
        assert idempotency.answered(session, "wang", "young", asked) is not None


def test_of_two_at_once_one_executes(sessions, vault, held):
    request = idempotency.digest(ASKED)

    def ask():
        with transaction(sessions) as session:
            known = idempotency.answered(session, "wang", "k1", request)
            if known is not None:
                return known["number"]
            said = Said("web", "路灯", "不亮")
            number = cases.receive(session, vault, "gl-jindianzi", said).number
            idempotency.keep(session, "wang", "k1", request, {"number": number})
            return number

    results = together([ask] * 4)
    assert {type(error) for error in failures(results)} <= {Conflict}
    told = {result for result in results if isinstance(result, str)}
    with reading(sessions) as session:
        assert session.scalars(select(Case.number)).all() == list(told)
        answer = idempotency.answered(session, "wang", "k1", request)
    assert answer == {"number": told.pop()}, "and whoever met a conflict finds this answer"


def test_a_command_that_failed_keeps_no_answer(sessions, held):
    request = idempotency.digest(ASKED)
    with pytest.raises(ZeroDivisionError), transaction(sessions) as session:
        idempotency.keep(session, "wang", "k1", request, {})
        raise ZeroDivisionError
    with reading(sessions) as session:
        assert idempotency.answered(session, "wang", "k1", request) is None


def test_of_several_threads_at_one_task_exactly_one_wins(story):
    story.receives().goes_through("complete_record", "screen")
    task = story.task("dispatch")
    by = story.someone_for(task)
    answers = answers_for("dispatch", story.clock.at)

    def complete():
        with transaction(story.sessions) as session:
            return tasks.complete(session, task.id, answers, by=by)

    results = together([complete] * 4)
    assert [type(error) for error in failures(results)] == [Conflict] * 3
    with reading(story.sessions) as session:
        slips = session.scalar(select(func.count()).select_from(Slip))
        done = session.scalar(
            select(func.count())
            .select_from(HistoryEvent)
            .where(HistoryEvent.kind == "task.completed", HistoryEvent.element == "dispatch")
        )
    assert (slips, done) == (1, 1)
    assert story.chain_is_whole()


def test_two_tasks_of_one_case_done_at_once_are_both_done(story):
    story.receives().does("complete_record")
    story.does("screen", co_units=["housing_bureau", "police_bureau"])
    story.goes_through("dispatch", "sign", "contact_citizen")
    pending = [
        (task.id, answers_for(task.element, story.clock.at), story.someone_for(task))
        for task in story.open_tasks()
    ]
    assert len(pending) == 3

    def complete(task_id, answers, by):
        with transaction(story.sessions) as session:
            return tasks.complete(session, task_id, answers, by=by)

    results = together([lambda one=one: complete(*one) for one in pending])
    assert not failures(results), "they queue; none is told to come again"
    assert story.waiting_for == {"write_answer"}
    assert story.chain_is_whole()


def test_of_two_who_claim_at_once_one_has_it(story):
    story.receives()
    task = story.task("complete_record")
    by = story.someone_for(task)
    others = [by, story.actor(_second(story, task))]

    def claim(actor):
        with transaction(story.sessions) as session:
            tasks.claim(session, task.id, by=actor)

    results = together([lambda actor=actor: claim(actor) for actor in others])
    assert [type(error) for error in failures(results)] == [Conflict]
    owner = others[results.index(None)]
    assert story.task("complete_record").assignee_id == owner.id


def _second(story, task):
    role = task.roles.strip(",").split(",")[0]
    with transaction(story.sessions) as session:
        people.add_person(session, "second", "第二人", memberships=[(task.unit_key, role)])
    return "second"


def _keep(sessions, scope, key):
    with transaction(sessions) as session:
        idempotency.keep(session, scope, key, idempotency.digest(ASKED), {})
