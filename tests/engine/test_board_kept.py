"""The board of a large office: what a worker keeps and counts is what is so, and who may know."""

from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy import func, select, update

from engine import clock
from engine.boards.states import BANDS, MARKS, State
from engine.commands import boards as keeping
from engine.commands import figures
from engine.db import reading, transaction
from engine.models import BoardCase, BoardClock, BoardCount, BoardState, Case
from engine.permissions import Actor
from engine.queries import board as boards
from engine.queries import board_list, board_sight
from engine.queries.board_list import NO_CATEGORY, Filters
from tests.story import Story

pytestmark = [pytest.mark.both, pytest.mark.story]
DISPATCHED = ("complete_record", "screen", "dispatch")


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every office counts as one with many cases."""
    monkeypatch.setattr(board_sight, "LIVE_MOST", -1)


def seen(story: Story, actor: Actor | None = None, **filters: object) -> boards.Board:
    with reading(story.sessions) as session:
        return boards.board(session, actor or story.with_role("supervisor"), Filters(**filters))


def told(board: boards.Board) -> dict[str, object]:
    """What a board says, but for when it was counted."""
    return {
        "states": dict(board.counts.by_state),
        "units": board.units,
        "overdue": board.units_overdue,
        "categories": list(board.categories),
        "rungs": dict(board.rungs),
        "ages": board.ages,
        "rows": [(row.number, row.clock.id if row.clock else None) for row in board.rows],
        "total": board.total,
    }


def an_office_in_which_much_goes_wrong(story: Story) -> None:
    story.receives().goes_through(*DISPATCHED)
    for _ in range(2):
        story.does("sign", signing="return", return_reason="not_our_duty", legal_basis="三定")
        story.does("dispatch", unit="housing_bureau")
    story.receives().goes_through(*DISPATCHED)
    story.receives().goes_through(*DISPATCHED, "sign", "contact_citizen", "handle")
    story.receives().goes_through("complete_record", "screen")
    story.does("dispatch", co_units=["ecology_bureau"])
    story.goes_through("sign", "contact_citizen", "handle")
    story.passes(days=8)
    story.receives().goes_through("complete_record", "screen")
    story.receives().goes_through(*DISPATCHED)
    story.supervises("interview")
    story.receives()


def agree(story: Story, monkeypatch: pytest.MonkeyPatch, asked: list[dict[str, str]]) -> set[int]:
    """That a board says the same of what is kept as of what is so; how long the lists are."""
    keeping.refresh(story.sessions)
    live = [told(seen(story, **one)) for one in asked]
    monkeypatch.setattr(board_sight, "LIVE_MOST", -1)
    for one, before in zip(asked, live, strict=True):
        assert told(seen(story, **one)) == before, one
    return {one["total"] for one in live}


def test_what_is_kept_says_what_is_so(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    an_office_in_which_much_goes_wrong(story)
    asked = [
        {},
        {"state": State.OVERDUE},
        {"state": State.RETURNED},
        {"unit": "utilities_bureau", "category": "urban", "state": State.OVERDUE},
        {"limit": "handling", "state": State.RETURNED},
        {"category": "urban", "rung": "interview"},
    ]
    assert len(agree(story, monkeypatch, asked)) >= 3


def test_a_ladder_about_a_unit_that_helps_is_in_the_list_of_that_unit(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    story.receives().goes_through("complete_record", "screen")
    story.does("dispatch", co_units=["ecology_bureau"])
    story.goes_through("sign", "contact_citizen", "handle").passes(days=8)
    assert {one.target for one in story.supervisions()} >= {"ecology_bureau", "utilities_bureau"}
    asked = [{"unit": "ecology_bureau"}, {"unit": "ecology_bureau", "state": "supervised"}]
    assert agree(story, monkeypatch, [*asked, {"unit": "utilities_bureau"}]) == {1}
    for one in asked:
        board = seen(story, **one)
        assert [row.number for row in board.rows] == [story.number]
        assert board.counts.of(State.SUPERVISED) == 1


@pytest.mark.slow
def test_what_is_kept_says_what_is_so_of_every_figure_and_list(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_office_in_which_much_goes_wrong(story)
    units = ("", "guilin", "housing_bureau", "utilities_bureau", "nowhere")
    asked = [
        *({"unit": unit, "state": state} for unit, state in product(units, ["", *State])),
        *({"unit": unit, "category": "urban", "state": "overdue"} for unit in units),
        *({"unit": unit, "limit": "handling"} for unit in units),
        *({"unit": unit, "rung": "interview"} for unit in units),
    ]
    assert agree(story, monkeypatch, asked) > {0, 1, 2, 3}


@pytest.mark.slow
def test_every_figure_is_the_length_of_its_list(story: Story) -> None:
    an_office_in_which_much_goes_wrong(story)
    board = seen(story)
    for state in State:
        assert seen(story, state=state).total == board.counts.of(state), state
        assert len(seen(story, state=state).rows) == board.counts.of(state), state
    for unit in board.units:
        for category, (running, late) in unit.cells.items():
            for state, number in ((State.RUNNING, running), (State.OVERDUE, late)):
                of = seen(story, unit=unit.key, category=category or NO_CATEGORY, state=state)
                assert (of.total, len(of.rows)) == (number, number)
    for unit in board.units:
        own = seen(story, unit=unit.key)
        assert own.total == len(own.rows)
        for state in (State.SUPERVISED, State.RETURNED, State.OVERDUE):
            of = seen(story, unit=unit.key, state=state)
            assert (of.total, len(of.rows)) == (own.counts.of(state),) * 2, (unit.key, state)
    assert sum(map(sum, board.ages)) == 7, "each case in progress has one age"


def test_changes_are_read_anew_and_nothing_else(story: Story, large: None) -> None:
    story.receives().goes_through(*DISPATCHED)
    first = story.number
    story.receives()
    assert keeping.refresh(story.sessions).cases == 2
    assert keeping.refresh(story.sessions).cases == 0
    story.receives()
    assert seen(story).counts.running == 2, "the newest is counted within the minute"
    assert keeping.refresh(story.sessions).cases == 1
    assert seen(story).counts.running == 3
    story.passes(days=9)
    keeping.refresh(story.sessions)
    overdue = seen(story, state=State.OVERDUE)
    assert first in {row.number for row in overdue.rows}
    assert overdue.counted_at == clock.now()


def test_a_case_that_ended_leaves_the_list_at_once_and_the_count_within_the_minute(
    story: Story, large: None
) -> None:
    story.receives().does("complete_record")
    keeping.refresh(story.sessions)
    assert len(seen(story, state=State.RUNNING).rows) == 1
    story.does("screen", opinion="refuse", refusal_reason="not_our_duty")
    story.does("tell_refusal")
    assert not seen(story, state=State.RUNNING).rows
    keeping.refresh(story.sessions)
    assert seen(story).counts.running == 0
    with reading(story.sessions) as session:
        assert session.scalar(select(func.count()).select_from(BoardCase)) == 0
        assert session.scalar(select(func.count()).select_from(BoardClock)) == 0


def test_one_worker_at_a_time_and_a_dead_ones_turn_ends(story: Story) -> None:
    story.receives()
    keeping.refresh(story.sessions)
    with transaction(story.sessions) as session:
        taken = clock.now() + timedelta(seconds=90)
        session.execute(update(BoardState).values(claimed_until=taken))
    assert keeping.refresh(story.sessions).cases is None
    story.passes(days=1)
    assert keeping.refresh(story.sessions).cases is not None


def test_what_is_kept_from_somebody_is_in_no_shared_row(story: Story, large: None) -> None:
    story.receives().goes_through(*DISPATCHED)
    story.receives().goes_through(*DISPATCHED)
    with transaction(story.sessions) as session:
        about = update(Case).where(Case.number == story.number)
        session.execute(about.values(accused_key="housing_bureau"))
    keeping.refresh(story.sessions)
    with reading(story.sessions) as session:
        assert session.scalar(select(func.count()).select_from(BoardCase)) == 1
        numbers = session.scalars(select(BoardCount.numbers)).one()
    assert numbers["state"][""][State.RUNNING] == 1
    assert seen(story).counts.running == 2, "counted for whoever may know of it"
    assert len(seen(story, state=State.RUNNING).rows) == 2
    supervisor = story.with_role("supervisor")
    accused = Actor(
        id=supervisor.id,
        login=supervisor.login,
        name_zh=supervisor.name_zh,
        units=supervisor.units,
        lineage=supervisor.lineage | {"housing_bureau"},
        scope=supervisor.scope,
    )
    assert seen(story, accused).counts.running == 1
    listed = {row.number for row in seen(story, accused, state=State.RUNNING).rows}
    assert len(listed) == 1
    assert story.number not in listed
    assert sum(seen(story).rungs.values()) == 0


def test_pages_of_two_sources_hold_each_case_once_in_due_order(
    story: Story, large: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board_list, "PAGE", 3)
    apart = []
    for place in range(8):
        story.receives().passes(hours=1)
        if place in {0, 3, 4, 7}:
            apart.append(story.number)
    with transaction(story.sessions) as session:
        about = update(Case).where(Case.number.in_(apart))
        session.execute(about.values(accused_key="housing_bureau"))
    keeping.refresh(story.sessions)
    pages = [seen(story, state=State.RUNNING, page=page) for page in (1, 2, 3)]
    listed = [row.number for page in pages for row in page.rows]
    assert [len(page.rows) for page in pages] == [3, 3, 2]
    assert listed == sorted(listed), "they came in one after the other"


def test_days_tell_what_came_in_ended_and_ran_out(story: Story) -> None:
    assert not seen(story).days, "nobody has counted yet"
    story.receives().goes_through(*DISPATCHED)
    story.passes(days=1)
    story.receives().does("complete_record")
    story.does("screen", opinion="refuse", refusal_reason="not_our_duty")
    story.does("tell_refusal")
    story.passes(days=8)
    figures.refresh(story.sessions)
    keeping.refresh(story.sessions)
    board = seen(story)
    assert len(board.days) == 84
    assert sum(day.received for day in board.days) == 2
    assert sum(day.ended for day in board.days) == 1
    ran_out = [day.on.isoformat() for day in board.days if day.ran_out]
    assert ran_out == ["2026-11-09"], "the fifth working day after"
    assert sum(day.received for day in seen(story, unit="utilities_bureau").days) == 1


def test_the_age_is_counted_in_working_days(story: Story) -> None:
    story.receives()
    bands = []
    for _ in range(12):
        ages = seen(story).ages
        bands.append(next(place for place, age in enumerate(ages) if sum(age)))
        story.passes(days=1)
    # Begun on a Monday: day 5 and 6 are a weekend.
    assert bands == [0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2]
    assert len(seen(story).ages) == len(BANDS) + 1
    assert set(MARKS) < set(State)
