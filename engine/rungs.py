"""Rungs of a limit (时限台阶): reminders and the due time itself, each fired once.

They fire in whichever command first comes upon them: the worker's, or a person's who was a
moment faster; so the ledger and the history say the same.
"""

from engine import ledger
from engine.ledger import Row
from engine.work import Work


def fire_due(work: Work) -> int:
    """Fire every rung of the instance's ledgers that is due; how many.

    A limit that passes sets the fact that its pack names (`Limit.overdue`).
    """
    fired = sum(_fire(work, row) for row in work.own_deadlines())
    for row in work.own_deadlines():
        limit = ledger.limit_of(work.terms.pack, row["limit"])
        if limit is not None and limit.overdue and ledger.DUE_RUNG in row["fired"]:
            work.facts[limit.overdue] = True
    return fired


def _fire(work: Work, row: Row) -> int:
    due = ledger.due_rungs(row, work.now)
    if not due:
        return 0
    ledger.fire(row, due)
    for rung in due:
        kind = "deadline.overdue" if rung == ledger.DUE_RUNG else "deadline.warned"
        due_at = row["due_at"].isoformat()
        work.note(kind, row["element"], limit=row["limit"], rung=rung, due=due_at)
        if row["unit_key"] and ledger.is_duty(row):
            work.notify(kind, f"unit:{row['unit_key']}", {"limit": row["limit"], "due": due_at})
    return len(due)
