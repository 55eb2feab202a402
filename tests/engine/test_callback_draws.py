"""Sixty calls a day and a hundred answers: drawn by layers, written down, told from the sample."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from engine import clock, sampling
from engine.commands import callback_capacity, callback_draws, figures, tasks
from engine.commands.callback_capacity import Desk
from engine.commands.cases import newest_pack
from engine.db import reading, table, transaction
from engine.errors import Conflict, InvalidInput, NotAllowed, NotFound
from engine.models import (
    Callback,
    CallbackDraw,
    CallbackLot,
    CallbackStratum,
    Case,
    CaseFigure,
    CaseStatus,
    FigureState,
    HistoryEvent,
    Membership,
    Message,
)
from engine.queries import callback_draws as drawn_so
from engine.queries import callbacks, satisfaction, verifying_numbers
from engine.rates import places, sampled
from engine.rates.counting import Scope, Viewer, counted
from engine.worker import Worker
from tests.conftest import CHINA
from tests.story import TO_THE_ANSWER, answers_for

OFFICE = "jdz_office"
WHY = "只有一个人在打。"


def answered(story, number):
    """So many cases wait for a call; their numbers of case."""
    keys = []
    for place in range(number):
        story.receives(phone=f"1390000{place:04d}").goes_through(*TO_THE_ANSWER)
        keys.append(story.received.case_id)
    return keys


def makes(story, calls):
    with transaction(story.sessions) as session:
        supervisor = story.with_role("supervisor", OFFICE)
        callback_capacity.set_capacity(session, OFFICE, calls, WHY, by=supervisor)


def next_morning(story):
    """The office opens on the next working day, and the worker draws."""
    local = clock.now().astimezone(CHINA)
    story.clock.set((local + timedelta(days=1)).replace(hour=9, minute=1))
    story.worker.draw_callbacks()
    story.worker.drain()


def lots(story):
    with reading(story.sessions) as session:
        return {row.case_id: row.drawn for row in session.scalars(select(CallbackLot))}


def calls(story, case_id, *, by=None, **said):
    """The case's callback is made."""
    with reading(story.sessions) as session:
        number = session.get_one(Case, case_id).number
    story.received = replace(story.received, case_id=case_id, number=number)
    story.does("callback", by=by, **said)


def figure(story, key):
    figures.refresh(story.sessions)
    month = Scope(clock.now() - timedelta(days=40), clock.now() + timedelta(days=1))
    with reading(story.sessions) as session:
        one = places.definitions(session, "gl-jindianzi")[key]
        return (
            counted(session, one, month, Viewer())[0],
            sampled.estimate(session, one, month, Viewer()),
        )


@pytest.mark.both
@pytest.mark.story
def test_who_is_not_drawn_goes_on_without_a_call_and_is_never_counted_as_satisfied(story):
    keys = answered(story, 7)
    makes(story, 4)
    next_morning(story)
    drawn = lots(story)
    assert sorted(drawn.values()) == [False] * 3 + [True] * 4
    assert set(drawn) == set(keys)
    with reading(story.sessions) as session:
        for key in keys:
            case = session.get_one(Case, key)
            assert case.status == (CaseStatus.OPEN if drawn[key] else CaseStatus.CLOSED)
        kinds = session.execute(
            select(HistoryEvent.kind, HistoryEvent.stream).where(
                HistoryEvent.kind == "callback.spared"
            )
        ).all()
    assert {row.stream for row in kinds} == {f"case:{k.hex}" for k, one in drawn.items() if not one}
    marks = iter((5, 5, 5, 1))
    for key in (key for key, one in drawn.items() if one):
        mark = next(marks)
        calls(story, key, satisfaction=mark, result="solved")
    whole, estimate = figure(story, "satisfaction_sampled")
    assert (whole.numerator, whole.denominator) == (3, 4)
    assert whole.excluded == {"not_drawn": 3}
    assert estimate.percent == pytest.approx(75)
    assert (estimate.asked, round(estimate.people)) == (4, 7)
    plain, _none = figure(story, "satisfaction")
    assert (plain.numerator, plain.denominator, plain.excluded) == (3, 4, {"not_drawn": 3})
    assert plain.bounds is None, "who was not drawn was not asked in vain"


@pytest.mark.both
@pytest.mark.story
def test_a_draw_is_written_down_before_anybody_is_called_and_can_be_done_again(story):
    keys = answered(story, 5)
    makes(story, 3)
    next_morning(story)
    with reading(story.sessions) as session:
        row = session.scalars(select(CallbackDraw)).one()
        assert (row.capacity, row.waiting, row.drawn, row.carried) == (3, 5, 3, 0)
        numbers = session.scalars(select(Case.number).where(Case.id.in_(keys))).all()
        assert row.frame_sha256 == sampling.frame_digest(numbers)
        assert session.scalar(select(Callback.id)) is None
        told = session.scalars(
            select(HistoryEvent).where(HistoryEvent.kind == "callbacks.drawn")
        ).one()
        assert told.stream == f"unit:{OFFICE}"
        assert told.payload["seed"] == row.seed
        assert drawn_so.broken(session) == []
    with transaction(story.sessions) as session:
        lot = session.scalars(select(CallbackLot).where(CallbackLot.drawn)).first()
        lot.drawn = False
    with reading(story.sessions) as session:
        assert drawn_so.broken(session) == [row.id]
        told = verifying_numbers.draws(session)
        assert (told.looked_at, told.broken) == (1, 1)


@pytest.mark.both
@pytest.mark.story
def test_a_morning_is_drawn_once_also_by_two_workers(story):
    answered(story, 3)
    makes(story, 2)
    local = clock.now().astimezone(CHINA)
    story.clock.set((local + timedelta(days=1)).replace(hour=8, minute=0))
    story.worker.draw_callbacks()
    assert lots(story) == {}, "the office is closed"
    story.clock.set((local + timedelta(days=1)).replace(hour=9, minute=1))
    with reading(story.sessions) as session:
        ((desk, today),) = callback_draws.due(session)
    Worker(story.sessions, story.worker.sender, "other").draw_callbacks()
    first = lots(story)
    with pytest.raises(Conflict), transaction(story.sessions) as session:
        callback_draws.draw(session, desk, today)  # a worker that had looked before
    story.worker.draw_callbacks()
    assert lots(story) == first
    assert len(first) == 3
    with reading(story.sessions) as session:
        spared = session.scalars(select(Message).where(Message.name == "callback_spared")).all()
    assert len(spared) == 1


@pytest.mark.slow
def test_whoever_was_tried_in_vain_is_called_again_whatever_is_drawn(story):
    keys = answered(story, 4)
    in_vain = keys[2]
    calls(
        story,
        in_vain,
        band="morning",
        reached_citizen=False,
        contacted=None,
        result=None,
        satisfaction=None,
    )
    story.passes(hours=5)
    makes(story, 2)
    next_morning(story)
    assert lots(story)[in_vain]
    with reading(story.sessions) as session:
        certain = session.scalars(select(CallbackStratum).where(CallbackStratum.certain)).one()
        assert (certain.waiting, certain.drawn) == (1, 1)


@pytest.mark.slow
def test_those_drawn_before_take_room_and_stand_only_once(story):
    answered(story, 4)
    makes(story, 2)
    next_morning(story)
    first = lots(story)
    fresh = answered(story, 2)
    waiting = [key for key, one in first.items() if one]
    nobody = {"reached_citizen": False, "contacted": None, "result": None, "satisfaction": None}
    calls(story, waiting[0], **nobody)
    next_morning(story)
    assert lots(story) == first, "one waits for its call, one for the next attempt: no room"
    story.passes(hours=5)
    for key in waiting:
        calls(story, key)
    story.clock.advance(minutes=1)
    next_morning(story)
    assert set(lots(story)) == {*first, *fresh}
    assert {key: lots(story)[key] for key in first} == first


def test_while_not_all_can_be_called_the_desk_offers_those_who_were_drawn(story):
    answered(story, 5)
    caller = story.with_role("caller", OFFICE)

    def offered(view):
        with reading(story.sessions) as session:
            found = callbacks.queue(session, story.vault, caller, CHINA, view=view)
            return list(found.entries)

    assert len(offered("now")) == 5, "before there are more than can be called"
    makes(story, 2)
    next_morning(story)
    assert len(offered("now")) == 2
    assert all(one.drawn for one in offered("now"))
    answered(story, 1)
    assert len(offered("now")) == 2, "the new one waits for the next draw"
    assert len(offered("all")) == 3


def test_a_pack_without_a_number_of_calls_has_everybody_called(story):
    with reading(story.sessions) as session:
        assert newest_pack(session, "qd-sanwo-5")[1].calls_a_day is None
        assert newest_pack(session, "gl-jindianzi")[1].calls_a_day == 60
        assert [desk.office for desk in callback_capacity.desks(session)] == [OFFICE]


def test_how_many_calls_is_said_by_the_office_alone_with_a_reason(story):
    supervisor = story.with_role("supervisor", OFFICE)
    with reading(story.sessions) as session:
        desk = Desk(OFFICE, newest_pack(session, "gl-jindianzi")[1])
        today = clock.now().astimezone(CHINA).date()
        assert callback_capacity.calls(session, desk, today) == 60
    makes(story, 20)
    with reading(story.sessions) as session:
        assert callback_capacity.calls(session, desk, today) == 20
        assert callback_capacity.calls(session, desk, today - timedelta(days=1)) == 60
    for number, why, who, error in (
        (0, WHY, supervisor, InvalidInput),
        (5, " ", supervisor, InvalidInput),
        (5, "多" * 501, supervisor, InvalidInput),
        (5, WHY, story.with_role("caller", OFFICE), NotAllowed),
    ):
        with transaction(story.sessions) as session, pytest.raises(error):
            callback_capacity.set_capacity(session, OFFICE, number, why, by=who)
    with transaction(story.sessions) as session, pytest.raises(NotFound):
        callback_capacity.set_capacity(session, "qd_hotline", 5, WHY, by=supervisor)


def test_a_call_by_whoever_handled_the_case_is_no_evidence(story):
    story.receives().goes_through(*TO_THE_ANSWER)
    caller = story.with_role("caller", OFFICE)
    with transaction(story.sessions) as session:
        session.add(Membership(person_id=caller.id, unit_key="utilities_bureau", role="handler"))
    task = story.task("callback")
    with transaction(story.sessions) as session:
        answers = answers_for("callback", clock.now(), satisfaction=5)
        tasks.complete(session, task.id, answers, by=caller)
    story.worker.drain()
    plain, _none = figure(story, "satisfaction")
    assert (plain.denominator, plain.excluded) == (0, {"own_call": 1})
    with reading(story.sessions) as session:
        since = clock.now() - timedelta(days=60)
        assert satisfaction.counted(session, since, clock.now())[""].valid == 0
    check, _none = figure(story, "check_own_call")
    assert (check.numerator, check.denominator) == (1, 1)
    with transaction(story.sessions) as session:
        row = table(Membership)
        session.execute(
            delete(row).where(row.c.person_id == caller.id, row.c.unit_key == "utilities_bureau")
        )
        session.execute(delete(table(CaseFigure)))
        session.execute(delete(table(FigureState)))
    plain, _none = figure(story, "satisfaction")
    assert (plain.numerator, plain.denominator) == (1, 1), "of somebody else it would be"
