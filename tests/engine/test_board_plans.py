"""How SQLite finds what a board shows: by what narrows most, whatever an office has of it."""

import pytest

from engine.boards.states import State
from engine.commands import boards as keeping
from engine.db import reading
from engine.queries import board as boards
from engine.queries import board_sight
from engine.queries.board_list import Filters
from tests.counting import asked
from tests.databases import wanted
from tests.story import Story

# Indexes of which one value has nearly every row there is.
WIDE = ("ix_case_office", "ix_case_status_received", "ix_supervision_status")


@pytest.mark.skipif(wanted() != "sqlite", reason="PostgreSQL counts its rows itself")
@pytest.mark.parametrize("state", ["", State.OVERDUE, State.REOPENED, State.SUPERVISED])
def test_of_many_cases_none_is_looked_for_by_what_most_of_them_are(
    story: Story, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    story.receives().goes_through("complete_record", "screen", "dispatch").passes(days=30)
    keeping.refresh(story.sessions)
    monkeypatch.setattr(board_sight, "LIVE_MOST", -1)
    with asked(story.sessions) as sent, reading(story.sessions) as session:
        shown = boards.board(session, story.with_role("supervisor"), Filters(state=state))
    assert shown.counts.overdue == 1
    with reading(story.sessions) as session:
        plans = [
            row.detail
            for statement, given in sent
            for row in session.connection().exec_driver_sql(
                f"EXPLAIN QUERY PLAN {statement}", given
            )
        ]
    wide = [told for told in plans if any(f"INDEX {name} " in told for name in WIDE)]
    # How many are open is asked of no more than the board counts at once.
    assert wide == ["SEARCH case USING INDEX ix_case_office (office_key=? AND status=?)"]
