"""Ledgers: what is due when, which rungs fire, how a promise ends."""

from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import ledger, packs
from engine.commands import supervisions, suspensions
from engine.db import transaction
from engine.facts import defaults
from engine.ledger import CANCELLED, DUE_RUNG, LATE, MET, Terms
from engine.working_time import Calendar
from tests.databases import WORKFLOWS

CHINA = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=CHINA)
GUILIN = Terms(packs.load(WORKFLOWS / "packs" / "gl-jindianzi"), Calendar({}, CHINA))
BASE = Terms(packs.load(WORKFLOWS / "packs" / "base-12345"), Calendar({}, CHINA))


def opened(limit, *, terms=BASE, clock=None, now=MONDAY, **facts):
    return ledger.opened(
        terms,
        limit=limit,
        clock=clock,
        facts=defaults() | facts,
        element="handle",
        instance_id=uuid4(),
        case_id=uuid4(),
        unit_key=None,
        host=uuid4(),
        token=None,
        now=now,
    )


def at(day, hour, minute=0):
    return datetime(2026, 11, day, hour, minute, tzinfo=CHINA)


# When ------------------------------------------------------------------------------------------


def test_a_ledger_has_the_budget_and_clock_of_its_limit():
    row = opened("handling")
    assert (row["budget"], row["clock"], row["due_at"]) == ("5 WD", "unit", at(9, 18))
    assert opened("contact", terms=GUILIN)["clock"] == "citizen"
    assert opened("contact", terms=GUILIN, clock="unit")["clock"] == "unit", "the diagram's word"


def test_a_text_that_names_no_limit_is_a_budget_of_the_unit():
    row = opened("2 h")
    assert (row["budget"], row["clock"], row["due_at"]) == ("2 h", "unit", at(2, 11))
    assert (row["rungs"], row["next_at"]) == ([], at(2, 11))


def test_a_decision_gives_the_budget_unless_the_city_states_its_own():
    assert opened("contact", contact_limit="2 h")["due_at"] == at(2, 11)
    assert opened("contact", terms=GUILIN, contact_limit="2 h")["due_at"] == at(9, 18)
    assert opened("handling", handling_limit="")["budget"] == "5 WD"


def test_without_a_notice_for_the_year_the_due_time_is_provisional():
    assert opened("handling")["provisional"]


# Rungs -----------------------------------------------------------------------------------------


def test_rungs_come_before_the_due_time_in_order():
    row = opened("handling")
    assert [rung["name"] for rung in row["rungs"]] == ["remind", "yellow"]
    assert _rungs(row) == [at(5, 18), at(6, 18)]
    assert row["next_at"] == at(5, 18)


@pytest.mark.parametrize(
    ("budget", "names"),
    [
        ("3 WD", ["remind", "yellow"]),
        ("2 WD", ["remind", "yellow"]),
        ("1 WD", ["yellow"]),
        ("2 h", []),
        ("60 d", ["remind", "yellow"]),
    ],
)
def test_a_rung_longer_than_the_whole_budget_is_left_out(budget, names):
    row = opened("handling", handling_limit=budget)
    assert [rung["name"] for rung in row["rungs"]] == names
    assert all(row["started_at"] < moment < row["due_at"] for moment in _rungs(row))
    assert row["next_at"] == min([*_rungs(row), row["due_at"]])


def test_a_rung_counted_from_the_beginning():
    row = opened("contact", terms=GUILIN)
    assert _rungs(row) == [at(5, 18)], "three working days are over"


def test_rungs_fire_once_each_and_in_time_order():
    row = opened("handling")
    assert ledger.due_rungs(row, at(5, 17, 59)) == []
    assert ledger.due_rungs(row, at(5, 18)) == ["remind"]
    ledger.fire(row, ["remind"])
    assert row["next_at"] == at(6, 18)
    assert ledger.due_rungs(row, at(5, 18)) == []
    assert ledger.due_rungs(row, at(20, 9)) == ["yellow", DUE_RUNG], "a worker that slept"
    ledger.fire(row, ["yellow", DUE_RUNG])
    ledger.fire(row, ["yellow"])
    assert row["fired"] == ["remind", "yellow", DUE_RUNG]
    assert row["next_at"] is None
    assert ledger.due_rungs(row, at(30, 9)) == []


def test_what_is_settled_or_suspended_fires_nothing():
    row = opened("handling")
    ledger.settle(row, at(3, 9))
    assert ledger.due_rungs(row, at(30, 9)) == []
    assert ledger.next_at(row) is None
    row = opened("handling")
    ledger.derive(BASE, row, [(at(3, 9), None)])
    assert (row["due_at"], row["rungs"], row["next_at"]) == (None, [], None)
    assert ledger.due_rungs(row, at(30, 9)) == []


# Moving ----------------------------------------------------------------------------------------


def test_an_extension_moves_due_time_and_warnings():
    row = opened("handling")
    row["extended"] = "5 WD"
    assert ledger.derive(BASE, row), "it moved"
    assert row["due_at"] == at(16, 18)
    assert _rungs(row) == [at(12, 18), at(13, 18)]
    assert not ledger.derive(BASE, row), "a second time it did not"


@pytest.mark.parametrize(
    ("extended", "pauses", "due"),
    [
        ("", [(at(3, 10), at(5, 10))], at(11, 18)),
        ("5 WD", [(at(3, 10), at(5, 10))], at(18, 18)),
        ("5 WD", [(at(3, 10), at(5, 10)), (at(10, 10), at(11, 10))], at(19, 18)),
        ("5 WD", [(at(3, 10), at(5, 10)), (at(4, 10), at(5, 10))], at(18, 18)),
        ("2 h", [(at(3, 10), at(5, 10))], at(11, 20)),
    ],
)
def test_extension_and_suspension_add_up(extended, pauses, due):
    row = opened("handling")
    row["extended"] = extended
    ledger.derive(BASE, row, pauses)
    assert row["due_at"] == due


def test_a_warning_from_the_beginning_stands_still_with_its_ledger():
    row = opened("contact", terms=GUILIN)
    ledger.derive(GUILIN, row, [(at(3, 10), at(10, 10))])
    assert row["due_at"] == at(16, 18), "five working days lost"
    assert _rungs(row) == [at(12, 18)], "three days that ran are over only now"


def test_a_warning_before_the_end_counts_the_days_that_run():
    row = opened("handling")
    ledger.derive(BASE, row, [(at(6, 10), at(11, 10))])
    assert row["due_at"] == at(12, 18)
    assert _rungs(row) == [at(5, 18), at(11, 18)], "one and two days that run before the end"


@given(
    st.integers(1, 10),
    st.integers(0, 10),
    st.lists(st.tuples(st.integers(0, 400), st.integers(1, 200)), max_size=3),
)
def test_more_time_never_makes_a_ledger_due_earlier(budget, extension, pauses):
    row = opened("handling", handling_limit=f"{budget} WD")
    plain = row["due_at"]
    row["extended"] = f"{extension} WD" if extension else ""
    ledger.derive(BASE, row)
    extended = row["due_at"]
    begun = [(MONDAY + timedelta(hours=a), MONDAY + timedelta(hours=a + n)) for a, n in pauses]
    ledger.derive(BASE, row, begun)
    assert plain <= extended <= row["due_at"]
    moments = _rungs(row)
    assert moments == sorted(moments)
    assert all(row["started_at"] < moment < row["due_at"] for moment in moments)
    assert row["next_at"] == min([*moments, row["due_at"]])


# Ending ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "how", "expected"),
    [
        (at(9, 17, 59), None, MET),
        (at(9, 18), None, MET),
        (at(9, 18, 1), None, LATE),
        (at(30, 9), CANCELLED, CANCELLED),
        (at(3, 9), CANCELLED, CANCELLED),
    ],
)
def test_a_promise_is_met_late_or_called_off(now, how, expected):
    row = opened("handling")
    ledger.settle(row, now, how)
    assert (row["settled_at"], row["settled_as"], row["next_at"]) == (now, expected, None)


def test_what_ends_while_it_stands_still_is_met():
    row = opened("handling")
    ledger.derive(BASE, row, [(at(3, 9), None)])
    ledger.settle(row, at(30, 9))
    assert row["settled_as"] == MET


# In the office ---------------------------------------------------------------------------------


@pytest.mark.both
def test_ledgers_of_a_whole_case_end_rightly(story):
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    story.does("contact_citizen")
    story.passes(days=6)  # Sunday
    story.passes(days=2)  # Tuesday: handling was due on Monday
    story.goes_through("handle", "write_answer", "review_answer", "answer_directly", "callback")
    ended = {(row.limit, row.settled_as) for row in story.deadlines()}
    assert ("contact", MET) in ended
    assert ("handling", LATE) in ended
    assert ("handling", MET) not in ended
    assert {row.settled_as for row in story.deadlines() if row.settled_at is None} <= {""}
    for row in story.deadlines():
        if row.settled_as in (MET, LATE):
            late = row.due_at is not None and row.settled_at > row.due_at
            assert (row.settled_as == LATE) is late, row.limit


@pytest.mark.both
def test_an_overdue_ledger_that_is_joined_again_fires_at_once(story):
    """The slip comes back after the citizen's limit has passed: the new unit is late from the
    first moment, and the ladder of the limit starts without waiting for anything."""
    story.receives().goes_through("complete_record", "screen", "dispatch")
    first = story.deadlines("contact")[0]
    story.does("sign", signing="return", return_reason=_reason(story), legal_basis="三定")
    assert story.waiting_for == {"dispatch"}
    [kept] = story.deadlines("contact")
    assert (kept.token, kept.host, kept.settled_at) == (None, None, None), "it runs on alone"
    story.passes(days=9)
    assert not [one for one in story.supervisions() if one.cause == "contact_overdue"]
    story.does("dispatch", unit="housing_bureau")
    [joined] = story.deadlines("contact")
    assert joined.id == first.id
    assert joined.timer_fired
    assert [one.target for one in story.supervisions() if one.cause == "contact_overdue"] == [
        "housing_bureau"
    ]
    assert story.events().count("deadline.overdue") == len(
        [row for row in story.deadlines() if DUE_RUNG in row.fired]
    )
    story.passes(days=1)
    assert len([one for one in story.supervisions() if one.cause == "contact_overdue"]) == 1


@pytest.mark.both
def test_a_limit_extended_and_suspended_is_derived_from_both(story):
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    handler = story.with_role("handler", "utilities_bureau")
    with transaction(story.sessions) as session:
        supervisions.ask_extension(session, story.number, by=handler)
    story.does("request_extension", days=5).does("approve_extension")
    assert story.deadlines("handling")[0].due_at == at(16, 18)
    boss = story.with_role("supervisor")
    story.passes(days=1)
    with transaction(story.sessions) as session:
        suspensions.suspend(session, story.number, "handling", "依法检测。", by=boss)
    story.passes(days=2)
    with transaction(story.sessions) as session:
        suspensions.resume(session, story.number, "handling", by=boss)
    [row] = story.deadlines("handling")
    assert (row.extended, row.due_at) == ("5 WD", at(18, 18))
    assert story.chain_is_whole()


def _rungs(row):
    return [datetime.fromisoformat(rung["at"]) for rung in row["rungs"]]


def _reason(story):
    return GUILIN.pack.items("return_reasons")[0]["key"]
