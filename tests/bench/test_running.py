"""The benchmarks that need many cases or processes of their own, each at its smallest."""

import json
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import func, select

from engine.bench import city, databases, firing, growth, hands, timers, workers
from engine.bench.city import ROAD, Straight
from engine.bench.hands import Listing
from engine.db import connect, reading
from engine.errors import HuiyinError
from engine.models import Case, Deadline, HistoryEvent, UserTask
from tests.databases import server as named_server

DUE = 30


@pytest.fixture
def outside():
    """A folder for a server of the benchmark's own: pytest closes its folders to other users."""
    with tempfile.TemporaryDirectory(prefix="hyb") as folder:
        yield Path(folder)


def test_a_straight_case_goes_through_all_stages(templates, tmp_path):
    with templates["sqlite"].copy(tmp_path) as url, city.opened(url) as here:
        case = Straight.received(here)
        assert [act.element for act in case.to_the_end()] == list(ROAD)
        with reading(here.sessions) as session:
            row = session.get_one(Case, case.case_id)
            open_tasks = session.scalar(select(func.count()).where(UserTask.closed_at.is_(None)))
        assert (row.status, row.stage, open_tasks) == ("closed", "supervision", 0)


@pytest.mark.slow
def test_what_fired_is_read_from_the_facts(templates, tmp_path):
    with templates["sqlite"].copy(tmp_path) as url, city.opened(url) as here:
        firing.prepare(here, url, DUE)
        with hands.hands(1, hands.worker, url) as ours:
            told = firing.together(here.sessions, DUE, ours, 60)
            again = firing.together(here.sessions, 10, ours, 60)
        with reading(here.sessions) as session:
            events = session.execute(
                select(HistoryEvent.stream, func.count())
                .where(HistoryEvent.kind == firing.OVERDUE)
                .group_by(HistoryEvent.stream)
            ).all()
            waiting = session.scalar(select(func.count()).where(Deadline.next_at.is_not(None)))
    assert (told.due, told.twice, told.lost, len(told.lags)) == (DUE, 0, 0, DUE)
    assert (again.due, again.twice, again.lost) == (10, 0, 0)
    assert 0 <= told.lags[0] <= told.lag_p99 <= told.seconds
    assert sorted(count for _, count in events) == [1] * (DUE - 10) + [2] * 10, "both rounds"
    assert waiting == 0


def test_what_does_not_fire_counts_as_lost(templates, tmp_path):
    with templates["sqlite"].copy(tmp_path) as url, city.opened(url) as here:
        firing.prepare(here, url, 5)
        told = firing.together(here.sessions, 5, [], 0)
    assert (told.due, told.lost, told.twice, told.per_s) == (5, 5, 0, 0.0)


def test_without_a_server_it_is_said_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(databases, "_WHEEL", "no_such_package")
    with pytest.raises(HuiyinError, match="--database-url"), databases.on_server(tmp_path):
        pass


@pytest.mark.slow
@pytest.mark.parametrize("server", [None, ""], ids=["sqlite", "postgresql"])
def test_timers(shaped, outside, server):
    told = []
    result = timers.run(outside, DUE, server=server, tell=told.append)
    shaped("timers", result)
    assert (result["due"], result["twice"], result["lost"]) == (DUE, 0, 0)
    assert result["killed"]["due"] == DUE
    assert min(result["seconds"], result["lag_p99_s"], result["library"]["per_s"]) > 0
    assert result["conditions"]["settings"]["workers"] == (1 if server is None else 2)
    assert not list(outside.iterdir())


@pytest.mark.slow
def test_growth(shaped, tmp_path):
    result = growth.run(tmp_path, 300, few=30, pattern=10, measured=1, tell=lambda _text: None)
    shaped("growth", result)
    assert result["cases"] >= 300 > result["few"] >= 30
    assert result["completions"] == len(ROAD)
    assert result["ratio"] == pytest.approx(result["many_ms"] / result["few_ms"], rel=0.01)
    assert result["fill"]["rows"] > result["cases"] * 10
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_workers(shaped, tmp_path):
    told = []
    result = workers.run(tmp_path, DUE, 1, seconds=2, server=named_server(), tell=told.append)
    shaped("workers", result)
    assert (result["twice"], result["lost"]) == (0, 0)
    assert result["ratio"] == pytest.approx(result["two_per_s"] / result["one_per_s"], rel=0.05)
    assert {"one_per_s", "two_per_s", "ratio"} == set(result["whole_cases"])
    assert json.dumps(result)


@pytest.mark.slow
def test_workers_that_claim_nothing_lose_nothing_either(templates, tmp_path):
    with templates["postgresql"].copy(tmp_path) as url:
        sessions = connect(url)
        with city.opened(url) as here:
            firing.prepare(here, url, DUE)
        with hands.hands(2, hands.worker, url, Listing) as naive:
            told = firing.together(sessions, DUE, naive, 60)
        sessions.kw["bind"].dispose()
    assert (told.twice, told.lost) == (0, 0), "read again under the lock"
