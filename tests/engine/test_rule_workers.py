"""A rule fires once per unit and window: with two workers, a kill -9 in between, a slow lease."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from engine import clock
from engine.db import reading
from engine.models import Message, RuleFiring, Supervision
from tests.databases import ROOT
from tests.engine.test_rules import made, overdue

pytestmark = [pytest.mark.both, pytest.mark.story, pytest.mark.slow]
# One round of a worker of its own, at the test's time; it says how much it did.
ROUND = """
import sys
from datetime import datetime
from engine import clock, faults
from engine.commands import rule_firing
from engine.db import connect
url, at, fault = sys.argv[1:]
faults.arm(fault)
with clock.held(datetime.fromisoformat(at)):
    print(rule_firing.evaluate(connect(url)))
"""


def worker(url, at, fault=""):
    return subprocess.Popen(
        [sys.executable, "-c", ROUND, url, at.isoformat(), fault],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def written(story):
    """Windows, ladders about a unit, and messages that start one."""
    with reading(story.sessions) as session:
        return (
            session.scalar(select(func.count()).select_from(RuleFiring)),
            session.scalar(
                select(func.count()).select_from(Supervision).where(Supervision.scope == "unit")
            ),
            session.scalar(
                select(func.count())
                .select_from(Message)
                .join(Supervision, Supervision.id == Message.target_id)
                .where(Supervision.scope == "unit")
            ),
        )


def stopped(process):
    """Wait until a process was stopped by its fault."""
    for _ in range(200):
        done, status = os.waitpid(process.pid, os.WNOHANG | os.WUNTRACED)
        if done and os.WIFSTOPPED(status):
            return True
        time.sleep(0.1)
    return False


def test_once_with_two_workers_and_a_kill_in_between(story, database_url):
    overdue(story)
    made(story)
    doomed = worker(database_url, clock.now(), "inside-firing")
    doomed.communicate(timeout=60)
    assert doomed.returncode == -signal.SIGKILL
    assert written(story) == (0, 0, 0), "nothing half"
    with worker(database_url, clock.now()) as patient:
        assert patient.communicate(timeout=60)[0] == "0\n", "the dead one's lease still runs"
    later = clock.now() + timedelta(minutes=11)
    both = [worker(database_url, later) for _ in range(2)]
    said = sorted(one.communicate(timeout=60)[0] for one in both)
    assert said == ["0\n", "1\n"]
    assert written(story) == (1, 1, 1)
    story.passes(minutes=12)
    assert written(story) == (1, 1, 1)


def test_once_when_a_worker_is_slower_than_its_lease(story, database_url):
    overdue(story)
    made(story)
    slow = worker(database_url, clock.now(), "inside-firing:1:stop")
    assert stopped(slow), "it stands inside the firing, not committed"
    other = worker(database_url, clock.now() + timedelta(minutes=11))
    time.sleep(2)
    assert other.poll() is None, "the other one has begun on the same window, and waits"
    slow.send_signal(signal.SIGCONT)
    said = sorted(one.communicate(timeout=60)[0] for one in (slow, other))
    assert said == ["0\n", "1\n"]
    assert written(story) == (1, 1, 1)
