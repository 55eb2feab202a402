"""One clock for the whole process."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest

from engine import clock

NOON = datetime(2026, 9, 30, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def machine_time_afterwards():
    yield
    clock.use(clock.system)


def test_the_machine_gives_the_time_unless_told_otherwise():
    earliest = clock.system()
    assert earliest <= clock.now() <= clock.system()
    assert clock.now().utcoffset() == timedelta(0)


def test_a_held_clock_stands_still_and_moves_when_told():
    with clock.held(NOON) as held:
        assert clock.now() == clock.now() == held.at == NOON
        held.advance(days=2, hours=1)
        assert clock.now() == NOON + timedelta(days=2, hours=1)
        held.set(NOON - timedelta(days=1))
        assert clock.now() == NOON - timedelta(days=1)


def test_every_thread_sees_the_held_clock():
    with clock.held(NOON) as held, ThreadPoolExecutor(2) as threads:
        assert threads.submit(clock.now).result() == NOON
        held.advance(hours=3)
        assert threads.submit(clock.now).result() == NOON + timedelta(hours=3)


def test_leaving_gives_back_the_source_before_also_after_an_error():
    clock.use(lambda: NOON)
    with pytest.raises(KeyError), clock.held(NOON + timedelta(days=9)):
        raise KeyError
    assert clock.now() == NOON
    with clock.held(NOON + timedelta(days=1)):
        with clock.held(NOON + timedelta(days=2)):
            assert clock.now() == NOON + timedelta(days=2)
        assert clock.now() == NOON + timedelta(days=1)


def test_a_rehearsal_runs_on_beside_the_machine():
    clock.use(lambda: clock.system() + timedelta(days=100))
    ahead = clock.now() - clock.system()
    assert timedelta(days=99, hours=23) < ahead <= timedelta(days=100)


def test_any_zone_comes_out_as_utc():
    clock.use(lambda: datetime(2026, 9, 30, 20, tzinfo=timezone(timedelta(hours=8))))
    assert clock.now() == NOON
    assert clock.now().tzinfo is UTC


def test_a_time_without_a_zone_is_refused():
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(ValueError, match="time zone"), clock.held(naive):
        pass
    with clock.held(NOON) as held, pytest.raises(ValueError, match="time zone"):
        held.set(naive)
    clock.use(lambda: naive)
    with pytest.raises(ValueError, match="time zone"):
        clock.now()
