"""Numbers for people: gaps allowed, duplicates not."""

import pytest

from engine import numbers
from engine.commands import cases
from engine.db import reading, transaction
from tests.racing import failures, together


@pytest.mark.both
def test_each_series_counts_from_one(sessions):
    with transaction(sessions) as session:
        assert [numbers.next_in(session, "GL-1-") for _ in range(3)] == [1, 2, 3]
        assert numbers.next_in(session, "GL-2-") == 1
        assert numbers.allocate(session, "GL-1-") == "GL-1-4"
        assert numbers.last_of(session, "GL-3-") == 0, "asking takes none"
        assert numbers.next_in(session, "GL-3-") == 1


@pytest.mark.both
def test_many_numbers_are_taken_at_once_when_the_first_is_asked_for(sessions):
    with transaction(sessions) as session:
        waiting = numbers.running(session, "GL-1-", 3)
        assert numbers.next_in(session, "GL-1-") == 1
        assert list(waiting) == ["GL-1-000002", "GL-1-000003", "GL-1-000004"]
        assert numbers.next_in(session, "GL-1-", 10) == 5
        assert numbers.next_in(session, "GL-1-") == 15


@pytest.mark.both
def test_what_is_rolled_back_gives_no_number_twice(sessions):
    with pytest.raises(ZeroDivisionError), transaction(sessions) as session:
        numbers.next_in(session, "A")
        raise ZeroDivisionError
    assert [_take(sessions) for _ in range(2)] == [1, 2]


@pytest.mark.both
def test_many_at_once_get_a_number_each(sessions):
    results = together([lambda: [_take(sessions) for _ in range(10)] for _ in range(6)])
    assert not failures(results)
    assert sorted(number for taken in results for number in taken) == list(range(1, 61))
    with reading(sessions) as session:
        assert numbers.last_of(session, "A") == 60


@pytest.mark.both
def test_cases_received_at_once_have_numbers_of_their_own(story, sessions, vault):
    def receive(number):
        with transaction(sessions) as session:
            said = cases.Said("web", f"路灯 {number}", "第三盏路灯不亮。")
            return cases.receive(session, vault, "gl-jindianzi", said)

    results = together([lambda n=n: receive(n) for n in range(6)])
    assert not failures(results)
    assert sorted(one.number for one in results) == [f"GL-20261102-{n:06d}" for n in range(1, 7)]
    assert len({one.code for one in results}) == 6


def _take(sessions):
    with transaction(sessions) as session:
        return numbers.next_in(session, "A")
