"""The board counts by SQL what a badge says of each clock, in few statements, within scope."""

from datetime import timedelta

import pytest

from engine import clock, deployed
from engine.boards.states import State
from engine.commands import people
from engine.db import reading, transaction
from engine.errors import NotAllowed
from engine.ledger import NO_DUTY
from engine.queries import board as boards
from engine.queries import grounds, supervisions
from engine.queries.board_list import Filters
from engine.working_time import remaining
from tests.counting import statements
from tests.story import Story

pytestmark = [pytest.mark.both, pytest.mark.story]


def shown(story: Story, **filters: object) -> boards.Board:
    """The board as the office's supervisor sees it."""
    with reading(story.sessions) as session:
        return boards.board(session, story.with_role("supervisor"), Filters(**filters))


def states_told_by_hand(story: Story, number: str) -> set[str]:
    """The clock states of a case, from its ledgers by the working-time functions alone."""
    with reading(story.sessions) as session:
        calendar = deployed.current_calendar(session)
        hours = deployed.pack(session, story.case.pack_id).hours
    now, found = clock.now(), set()
    for row in story.deadlines():
        wait = row.token is not None and row.token == row.host
        if row.settled_at or not row.due_at or wait or row.limit in NO_DUTY:
            continue
        if row.limit.endswith(("_act", "_term")):
            continue  # the ladder's own
        left = remaining(now, row.due_at, calendar, hours)
        if left.overdue:
            found.add(State.OVERDUE)
            continue
        day_and_night = row.budget.endswith(" h")
        rest = row.due_at - now if day_and_night else left.office
        found |= {State.SOON} if rest <= hours.per_day() else set()
        same_day = calendar.local(row.due_at).date() == calendar.local(now).date()
        found |= {State.TODAY} if same_day else set()
    return found


@pytest.mark.slow
def test_the_states_are_those_of_the_badges_at_every_hour(story: Story) -> None:
    story.receives().goes_through("complete_record", "screen")
    seen: set[str] = set()
    for hour in range(24):
        told = states_told_by_hand(story, story.number)
        for state in (State.OVERDUE, State.TODAY, State.SOON):
            listed = shown(story, state=state)
            assert (listed.total == 1) is (state in told), f"{state} after {hour} steps"
            assert listed.counts.of(state) == listed.total
        seen |= told
        if "dispatch" in story.waiting_for and hour == 3:
            story.does("dispatch")
        story.passes(hours=7)
    assert seen == {State.OVERDUE, State.TODAY, State.SOON}


def test_a_case_with_two_clocks_run_out_counts_once(story: Story) -> None:
    story.receives().goes_through("complete_record", "screen", "dispatch").passes(days=8)
    board = shown(story)
    assert board.counts.running == 1
    assert board.counts.overdue == 1
    assert board.units_overdue == 1
    assert [(unit.key, unit.depth) for unit in board.units] == [
        ("guilin", 0),
        ("utilities_bureau", 1),
    ]
    for unit in board.units:
        assert (unit.all.running, unit.all.overdue) == (1, 1)
        assert unit.cells == {"urban": (1, 1)}
    assert {limit for limit in board.limits if shown(story, limit=limit).total} == {
        "contact",
        "handling",
    }
    assert board.rows[0].clock is not None
    assert board.rows[0].clock.name == {"zh": "联系建议人", "en": "Contact with the proposer"}


def test_the_right_to_return_and_the_ladders_own_clocks_are_nobodys_lateness(
    story: Story,
) -> None:
    story.receives().goes_through("complete_record", "screen", "dispatch")
    story.supervises("phone")
    assert "return_window" in {row.limit for row in story.deadlines() if not row.settled_at}
    assert "phone_act" in {row.limit for row in story.deadlines() if not row.settled_at}
    assert {limit for limit in shown(story).limits if shown(story, limit=limit).total} == {
        "contact",
        "handling",
        "sign",
    }


def test_eleven_statements_however_many_cases(story: Story) -> None:
    for _ in range(3):
        story.receives().goes_through("complete_record", "screen", "dispatch")
    story.supervises("order")
    story.passes(days=9)
    actor = story.with_role("supervisor")
    shown(story)  # packs and calendar are known to the process from now on
    with statements(story.sessions) as sent, reading(story.sessions) as session:
        board = boards.board(session, actor, Filters())
    assert board.total == 3
    assert len(sent) == 11, sent


def test_fifty_a_page_overdue_first(story: Story) -> None:
    story.receives()
    oldest = story.number
    story.passes(hours=3)
    for _ in range(51):
        story.receives()
    first, second = shown(story), shown(story, page=2)
    assert (first.total, len(first.rows), len(second.rows)) == (52, 50, 2)
    assert first.rows[0].number == oldest
    assert not {row.number for row in first.rows} & {row.number for row in second.rows}
    assert shown(story, page=99).page == 1, "beyond the end is the first page"


def test_only_the_offices_own_cases(story: Story) -> None:
    story.receives().goes_through("complete_record", "screen", "dispatch").passes(days=9)
    with transaction(story.sessions) as session:
        people.add_person(
            session, "a.stranger", "外人", memberships=[("police_bureau", "supervisor")]
        )
    stranger = story.actor("a.stranger")
    with reading(story.sessions) as session:
        board = boards.board(session, stranger, Filters())
        assert (board.total, board.counts.running, board.units) == (0, 0, ())
        assert not any(board.rungs.values())
        with pytest.raises(NotAllowed):
            grounds.ground(session, stranger, story.number)
        with pytest.raises(NotAllowed):
            supervisions.ladder(session, stranger, story.supervisions()[0].number)


def test_a_ladder_tells_which_rungs_were_done_missed_and_are_to_come(story: Story) -> None:
    story.receives().goes_through("complete_record", "screen", "dispatch")
    story.supervises("order")
    number = story.supervisions()[0].number
    story.does("order")
    story.passes(days=8)

    def rungs() -> dict[str, str]:
        with reading(story.sessions) as session:
            climb = supervisions.ladder(session, story.with_role("leader"), number)
        return {rung.key: rung.state for rung in climb.rungs}

    assert rungs() == {
        "phone": "skipped",
        "order": "done",
        "interview": "now",
        "commitment": "next",
        "criticism": "next",
        "referral": "next",
    }
    story.passes(days=6)
    assert rungs()["interview"] == "missed"
    assert rungs()["commitment"] == "now"


def test_a_ladder_rests_on_the_clock_that_started_it(story: Story) -> None:
    story.receives().goes_through("complete_record", "screen", "dispatch").passes(days=9)
    contact = story.deadlines("contact")[0]
    number = next(s.number for s in story.supervisions() if s.cause == "contact_overdue")
    with reading(story.sessions) as session:
        climb = supervisions.ladder(session, story.with_role("supervisor"), number)
    assert [one.clock.id for one in climb.evidence] == [contact.id]
    days = climb.evidence[0].explained
    assert days.due.at == contact.due_at
    assert days.days[-1].number == 5
    assert climb.asked_at - contact.due_at < timedelta(days=5)
