"""A limit that is stopped does not run; what it lost is given back in working days."""

import pytest

from engine.commands import suspensions
from engine.db import transaction
from engine.errors import Conflict, InvalidInput, NotAllowed, NotFound

pytestmark = pytest.mark.both
REASON = "依法需要检测，时间不计入。"


def test_two_days_of_standing_still_move_the_due_time_by_two_working_days(story):
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    before = story.deadlines("handling")[0].due_at
    assert before.isoformat() == "2026-11-09T10:00:00+00:00"
    story.passes(days=1)  # Monday, the day of dispatch, is not counted anyway
    _suspend(story)
    stopped = story.deadlines("handling")[0]
    assert (stopped.due_at, stopped.next_at) == (None, None)
    story.passes(days=2)
    with transaction(story.sessions) as session:
        assert suspensions.resume(session, story.number, "handling", by=_supervisor(story)) == 1
    moved = story.deadlines("handling")[0]
    assert moved.due_at.isoformat() == "2026-11-11T10:00:00+00:00"
    assert story.task("contact_citizen").due_at == story.deadlines("contact")[0].due_at
    assert {"deadline.suspended", "deadline.resumed"} <= set(story.events())
    assert story.chain_is_whole()


def test_a_stopped_limit_starts_no_ladder(story):
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    story.does("contact_citizen")
    _suspend(story)
    story.passes(days=30)
    assert not [row for row in story.supervisions() if row.cause == "handling_overdue"]


def test_only_what_runs_can_be_stopped_and_only_by_the_office_with_a_reason(story):
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    handler = story.with_role("handler", "utilities_bureau")
    for expected, arguments in (
        (NotAllowed, (story.number, "handling", REASON, handler)),
        (InvalidInput, (story.number, "handling", "  ", _supervisor(story))),
        (Conflict, (story.number, "callback", REASON, _supervisor(story))),
        (NotFound, ("GL-19990101-000001", "handling", REASON, _supervisor(story))),
    ):
        number, limit, reason, by = arguments
        with pytest.raises(expected), transaction(story.sessions) as session:
            suspensions.suspend(session, number, limit, reason, by=by)
    with pytest.raises(Conflict), transaction(story.sessions) as session:
        suspensions.resume(session, story.number, "handling", by=_supervisor(story))


def _suspend(story):
    with transaction(story.sessions) as session:
        suspensions.suspend(session, story.number, "handling", REASON, by=_supervisor(story))


def _supervisor(story):
    return story.with_role("supervisor")
