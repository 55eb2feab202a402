"""Two workers share what is due; one that is killed loses nothing."""

import time

import pytest
from sqlalchemy import func, select, update

from engine.commands import cases
from engine.commands.cases import Said
from engine.db import connect, reading, transaction
from engine.identity import Vault, secret_in
from engine.models import City, Deadline, HistoryEvent
from tests.processes import Office

CASES = 1000
SECONDS = 90


@pytest.mark.slow
@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_thousand_deadlines_due_at_once_fire_once_each_though_a_worker_is_killed(
    database_url, tmp_path
):
    office = Office(tmp_path, database_url)
    sessions = connect(database_url)
    vault = Vault(secret_in(tmp_path, "identity.key"))
    for start in range(0, CASES, 50):
        with transaction(sessions) as session:
            for number in range(start, start + 50):
                said = Said("web", f"路灯 {number}", "第三盏路灯不亮。")
                cases.receive(session, vault, "gl-jindianzi", said)
    with transaction(sessions) as session:
        session.execute(update(City).values(rehearsal_offset=3 * 3600))
    with (
        office.running("worker", HUIYIN_FAULT="after-lease:4") as doomed,
        office.running("worker") as steady,
    ):
        moved = False
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and _overdue(sessions) < CASES:
            assert steady.poll() is None, "the steady worker ended"
            if doomed.poll() is not None and not moved:
                # Its leases end after thirty seconds of the office's time.
                with transaction(sessions) as session:
                    session.execute(update(City).values(rehearsal_offset=3 * 3600 + 60))
                moved = True
            time.sleep(0.2)
        assert doomed.wait(20) == -9
    with reading(sessions) as session:
        per_case = session.execute(
            select(HistoryEvent.stream, func.count())
            .where(HistoryEvent.kind == "deadline.overdue")
            .group_by(HistoryEvent.stream)
        ).all()
        waiting = session.scalar(
            select(func.count()).select_from(Deadline).where(Deadline.next_at.is_not(None))
        )
    assert len(per_case) == CASES, "none lost"
    assert {count for _, count in per_case} == {1}, "none twice"
    assert waiting == 0
    sessions.kw["bind"].dispose()


def _overdue(sessions):
    with reading(sessions) as session:
        return session.scalar(
            select(func.count())
            .select_from(HistoryEvent)
            .where(HistoryEvent.kind == "deadline.overdue")
        )
