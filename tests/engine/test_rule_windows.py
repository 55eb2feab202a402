"""In which windows a rule comes true: once in each, none twice, wherever one begins to look."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from engine.rules.definition import Counts, Days, Rule
from engine.rules.windows import Happening, firings, first_day, last_day
from engine.working_time import Calendar, Day

CALENDAR = Calendar({})
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)  # a Monday, noon in Shanghai


def rule(number: int, days: int, clock: Days = Days.CALENDAR) -> Rule:
    return Rule(Counts.OVERDUE, number, days, clock, "interview")


def happened(*days: int, unit: str = "roads", first: int = 0) -> list[Happening]:
    """One case on each of these days, counted from the Monday."""
    return [
        Happening(NOON + timedelta(days=day), UUID(int=first + place), unit)
        for place, day in enumerate(days, start=1)
    ]


def test_it_comes_true_with_the_case_that_makes_enough_and_takes_in_the_whole_window():
    [one] = firings(happened(0, 4, 9, 9, 11), rule(3, 10), CALENDAR)
    assert (one.at, one.from_on, one.until_on) == (
        NOON + timedelta(days=9),
        date(2026, 3, 2),
        date(2026, 3, 11),
    )
    assert [case.int for case in one.cases] == [1, 2, 3, 4], "the fifth came after its last day"


def test_one_day_too_late_is_too_late_and_a_window_slides_along():
    assert firings(happened(0, 5, 10), rule(3, 10), CALENDAR) == []
    [one] = firings(happened(0, 5, 10, 14), rule(3, 10), CALENDAR)
    assert one.from_on == date(2026, 3, 7)


def test_a_case_counts_once_in_a_window():
    same = [Happening(NOON + timedelta(days=day), UUID(int=1), "roads") for day in (0, 1, 2)]
    assert firings(same, rule(2, 10), CALENDAR) == []
    [one] = firings([*same, *happened(3, first=9)], rule(2, 10), CALENDAR)
    assert [case.int for case in one.cases] == [1, 10]


def test_once_per_unit_and_window_and_again_in_the_next():
    many = happened(*range(10))
    assert len(firings(many, rule(3, 30), CALENDAR)) == 1
    assert [one.from_on.day for one in firings(many, rule(3, 5), CALENDAR)] == [2, 7]
    both = firings(many + happened(0, 1, 2, unit="parks"), rule(3, 30), CALENDAR)
    assert {one.unit for one in both} == {"roads", "parks"}


def test_working_days_stretch_over_holidays():
    five = rule(3, 5, Days.WORKING)
    assert last_day(date(2026, 3, 2), five, CALENDAR) == date(2026, 3, 8), "with the weekend"
    assert last_day(date(2026, 3, 5), five, CALENDAR) == date(2026, 3, 11)
    off = Calendar({date(2026, 3, 6): Day(working=False)})
    assert last_day(date(2026, 3, 2), five, off) == date(2026, 3, 9)
    assert firings(happened(0, 1, 7), five, CALENDAR) == []
    assert len(firings(happened(0, 1, 7), five, off)) == 1


@given(
    days=st.lists(st.integers(0, 120), max_size=40),
    number=st.integers(1, 5),
    length=st.integers(1, 40),
    clock=st.sampled_from(Days),
    seen=st.lists(st.integers(0, 120), max_size=4),
)
def test_whoever_looks_now_and_then_sees_what_a_dry_run_sees(days, number, length, clock, seen):
    asked = rule(number, length, clock)
    everything = happened(*sorted(days))
    at_once = firings(everything, asked, CALENDAR)
    for one in at_once:
        assert len(one.cases) >= number
        assert one.until_on == last_day(one.from_on, asked, CALENDAR)
    pairs = pairwise(at_once)
    assert all(one.until_on < later.from_on for one, later in pairs), "no day in two windows"

    done: dict[str, date] = {}
    looked, found = NOON - timedelta(days=1), []
    for day in [*sorted(seen), 121]:
        now = NOON + timedelta(days=day)
        first = first_day(CALENDAR.local(looked).date(), asked, CALENDAR)
        since = [
            one for one in everything if one.at <= now and CALENDAR.local(one.at).date() >= first
        ]
        for one in firings(since, asked, CALENDAR, done):
            found.append((one.at, one.from_on, one.until_on))
            done[one.unit] = one.until_on
        looked = now
    assert found == [(one.at, one.from_on, one.until_on) for one in at_once]
