"""Budgets of working days, calendar days and hours: when they run out, and why."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.calendar_notice import by_date, parse_notice, seed_days
from engine.errors import InvalidInput
from engine.working_time import (
    Budget,
    Calendar,
    Day,
    OfficeHours,
    before,
    due,
    explain,
    next_office_moment,
    remaining,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAYS = {on: day for on, day in by_date(seed_days()).items() if on.year >= 2017}
CALENDAR = Calendar(DAYS)
HOURS = OfficeHours()
SAME_DAY = OfficeHours(start_rule="same_day_before_cutoff", cutoff=time(16))


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def local(instant):
    return f"{instant.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def falls(start, budget, *, calendar=CALENDAR, hours=HOURS, pauses=(), extended=None):
    found = due(
        at(start),
        Budget.parse(budget),
        calendar,
        hours,
        suspensions=[(at(a), at(b) if b else None) for a, b in pauses],
        extended=Budget.parse(extended) if extended else None,
    )
    return local(found.at) if found.at else None


def on_day(instant):
    return instant.astimezone(SHANGHAI).date()


# --- what the law and the notices say


@pytest.mark.parametrize(
    ("received", "budget", "last"),
    [
        ("2018-08-24", "3 WD", "2018-08-29"),
        ("2018-08-24", "5 WD", "2018-08-31"),
        ("2018-09-20", "5 WD", "2018-09-28"),
        ("2018-09-28", "3 WD", "2018-10-08"),
        ("2020-01-22", "5 WD", "2020-02-06"),
        ("2024-09-30", "5 WD", "2024-10-12"),
        ("2024-04-26", "5 WD", "2024-05-07"),
        ("2025-12-31", "1 WD", "2026-01-04"),
        ("2026-01-01", "1 WD", "2026-01-04"),
        ("2026-02-13", "5 WD", "2026-02-27"),
        ("2026-09-30", "5 WD", "2026-10-13"),
    ],
)
@pytest.mark.parametrize("clock", ["00:00", "09:00", "18:01", "23:59"])
def test_due_at_close_of_the_last_working_day(received, budget, last, clock):
    assert falls(f"{received} {clock}", budget) == f"{last} 18:00"


def test_friday_morning_and_sunday_night_are_due_alike_under_the_next_day_rule():
    assert falls("2026-11-06 09:00", "1 WD") == falls("2026-11-08 23:00", "1 WD")
    assert falls("2026-11-06 09:00", "1 WD") == "2026-11-09 18:00"


def test_a_day_of_receipt_counts_before_the_cutoff_if_the_office_says_so():
    assert falls("2026-11-06 15:59", "1 WD", hours=SAME_DAY) == "2026-11-06 18:00"
    assert falls("2026-11-06 16:00", "1 WD", hours=SAME_DAY) == "2026-11-09 18:00"
    assert falls("2026-11-07 09:00", "2 WD", hours=SAME_DAY) == "2026-11-10 18:00"
    assert falls("2026-11-06 09:00", "3 d", hours=SAME_DAY) == "2026-11-09 18:00"


@pytest.mark.parametrize(
    ("received", "budget", "last"),
    [
        ("2026-11-02 09:00", "15 d", "2026-11-17 18:00"),
        ("2026-11-02 09:00", "5 d", "2026-11-09 18:00"),  # Saturday, so Monday
        ("2026-09-16 09:00", "15 d", "2026-10-08 18:00"),  # National Day, so after the holiday
        ("2026-09-15 09:00", "5 d", "2026-09-20 18:00"),  # a Sunday worked for a holiday
        ("2026-09-25 09:00", "15 d", "2026-10-10 18:00"),  # a Saturday worked for a holiday
    ],
)
def test_calendar_days_move_on_only_if_the_last_is_a_rest_day(received, budget, last):
    assert falls(received, budget) == last


def test_hours_run_from_the_moment_itself_day_and_night():
    assert falls("2026-10-01 23:10", "2 h") == "2026-10-02 01:10"
    assert falls("2026-10-01 23:10", "24 h") == "2026-10-02 23:10"


@pytest.mark.parametrize(
    ("received", "budget", "last"),
    [
        ("2026-11-06 09:00", "1 h office", "2026-11-06 10:00"),
        ("2026-11-06 11:00", "2 h office", "2026-11-06 14:30"),
        ("2026-11-06 11:00", "1 h office", "2026-11-06 12:00"),
        ("2026-11-06 12:30", "1 h office", "2026-11-06 14:30"),
        ("2026-11-06 17:00", "3 h office", "2026-11-09 11:00"),
        ("2026-11-07 03:00", "3 h office", "2026-11-09 12:00"),
        ("2026-10-01 08:00", "1 h office", "2026-10-08 10:00"),
        ("2026-11-06 09:00", "15 h office", "2026-11-09 18:00"),
    ],
)
def test_office_hours_leave_out_lunch_night_and_rest_days(received, budget, last):
    assert falls(received, budget) == last


def test_a_place_may_close_earlier_and_live_in_another_zone():
    hours = OfficeHours.parse("08:30-12:00,14:00-17:30", close="17:30")
    calendar = Calendar(DAYS, ZoneInfo("Asia/Urumqi"))
    found = due(at("2026-11-06 01:00"), Budget(1, "WD"), calendar, hours)
    # 01:00 in Shanghai is still Thursday in Urumqi, so Friday is the first day.
    assert found.at == datetime(2026, 11, 6, 17, 30, tzinfo=calendar.zone)
    assert found.at.tzinfo is UTC


# --- bugs seen in other systems' clocks


def test_a_working_day_is_neither_24_hours_nor_24_office_hours():
    assert falls("2026-11-06 09:00", "1 WD") == "2026-11-09 18:00"
    assert falls("2026-11-06 09:00", "24 h") == "2026-11-07 09:00"
    assert falls("2026-11-06 09:00", "24 h office") == "2026-11-11 10:30"


def test_the_calendar_given_is_the_calendar_used():
    before_notice = Calendar({**DAYS, date(2020, 1, 31): Day(working=True, source="first notice")})
    assert falls("2020-01-22 09:00", "5 WD") == "2020-02-06 18:00"
    assert falls("2020-01-22 09:00", "5 WD", calendar=before_notice) == "2020-02-05 18:00"


def test_a_pause_over_a_weekend_costs_no_working_day():
    assert falls("2026-11-05 09:00", "3 WD") == "2026-11-10 18:00"
    for pause in [
        ("2026-11-06 18:00", "2026-11-09 09:00"),
        ("2026-11-07 00:00", "2026-11-08 23:59"),
        ("2026-11-06 18:30", "2026-11-09 17:59"),
    ]:
        assert falls("2026-11-05 09:00", "3 WD", pauses=[pause]) == "2026-11-10 18:00"


def test_a_pause_costs_as_many_working_days_as_its_dates_are_apart():
    pauses = [("2026-11-06 10:00", "2026-11-11 10:00")]  # Friday to Wednesday
    assert falls("2026-11-05 09:00", "1 WD", pauses=pauses) == "2026-11-11 18:00"
    assert falls("2026-11-05 09:00", "3 WD", pauses=pauses) == "2026-11-13 18:00"
    same_day = [("2026-11-06 09:00", "2026-11-06 17:00")]
    assert falls("2026-11-05 09:00", "1 WD", pauses=same_day) == "2026-11-06 18:00"
    whole_day = [("2026-11-06 09:00", "2026-11-06 18:00")]
    assert falls("2026-11-05 09:00", "1 WD", pauses=whole_day) == "2026-11-09 18:00"


def test_a_pause_over_a_weekend_costs_calendar_days_their_days():
    pauses = [("2026-11-06 18:30", "2026-11-08 19:00")]  # Saturday, Sunday
    assert falls("2026-11-02 09:00", "10 d") == "2026-11-12 18:00"
    assert falls("2026-11-02 09:00", "10 d", pauses=pauses) == "2026-11-16 18:00"  # 14th, rest


def test_a_calendar_day_limit_does_not_end_while_suspended():
    pauses = [("2026-11-07 20:00", "2026-11-09 19:00")]
    assert falls("2026-11-02 09:00", "5 d", pauses=pauses) == "2026-11-10 18:00"
    assert falls("2026-11-02 09:00", "5 d", pauses=[("2026-11-07 20:00", None)]) is None


def test_hours_stand_still_while_suspended():
    pauses = [("2026-11-06 10:00", "2026-11-06 11:30"), ("2026-11-06 09:30", "2026-11-06 10:30")]
    assert falls("2026-11-06 09:00", "2 h", pauses=pauses) == "2026-11-06 13:00"
    assert falls("2026-11-06 09:00", "2 h office", pauses=pauses) == "2026-11-06 14:30"
    friday_night = [("2026-11-06 18:30", "2026-11-09 08:00")]
    assert falls("2026-11-06 17:00", "3 h office", pauses=friday_night) == "2026-11-09 11:00"
    assert falls("2026-11-06 17:00", "3 h", pauses=friday_night) == "2026-11-09 09:30"


def test_a_pause_without_an_end_leaves_no_due_time_unless_it_comes_too_late():
    for budget in ["3 WD", "3 d", "30 h", "10 h office"]:
        assert falls("2026-11-05 09:00", budget, pauses=[("2026-11-05 10:00", None)]) is None
        assert falls("2026-11-05 09:00", budget, pauses=[("2026-12-05 10:00", None)]) == falls(
            "2026-11-05 09:00", budget
        )
    open_due = due(
        at("2026-11-05 09:00"),
        Budget(1, "WD"),
        CALENDAR,
        HOURS,
        suspensions=[(at("2026-11-05 10:00"), None)],
    )
    assert open_due.paused
    assert not open_due.provisional


def test_a_changed_budget_keeps_the_pauses_before_it():
    pauses = [("2026-11-06 10:00", "2026-11-09 10:00")]
    assert falls("2026-11-05 09:00", "3 WD", pauses=pauses) == "2026-11-11 18:00"
    assert falls("2026-11-05 09:00", "5 WD", pauses=pauses) == "2026-11-13 18:00"


def test_a_warning_counts_back_over_the_weekend_in_office_time():
    due_at = at("2026-11-09 09:30")  # Monday
    assert local(before(due_at, Budget.parse("1 h office"), CALENDAR, HOURS)) == "2026-11-06 17:30"
    assert local(before(due_at, Budget.parse("1 h"), CALENDAR, HOURS)) == "2026-11-09 08:30"
    close = at("2026-11-09 18:00")
    assert local(before(close, Budget.parse("1 WD"), CALENDAR, HOURS)) == "2026-11-06 18:00"
    assert local(before(close, Budget.parse("3 h office"), CALENDAR, HOURS)) == "2026-11-09 15:00"
    assert local(before(close, Budget.parse("5 h office"), CALENDAR, HOURS)) == "2026-11-09 11:30"


def test_a_warning_never_falls_into_the_night_or_on_a_rest_day():
    night = at("2026-11-10 03:00")
    assert local(before(night, Budget.parse("1 WD"), CALENDAR, HOURS)) == "2026-11-06 18:00"
    noon = at("2026-11-10 12:45")
    assert local(before(noon, Budget.parse("1 WD"), CALENDAR, HOURS)) == "2026-11-09 12:00"
    monday = at("2026-11-09 18:00")
    assert local(before(monday, Budget.parse("2 d"), CALENDAR, HOURS)) == "2026-11-06 18:00"


def test_a_warning_counts_back_over_a_pause():
    pauses = [(at("2026-11-06 10:00"), at("2026-11-10 10:00"))]
    due_at = due(at("2026-11-04 09:00"), Budget(3, "WD"), CALENDAR, HOURS, suspensions=pauses).at
    assert local(due_at) == "2026-11-11 18:00"
    for budget, expected in [
        ("1 WD", "2026-11-10 18:00"),
        ("2 WD", "2026-11-05 18:00"),
        ("3 d", "2026-11-04 18:00"),
        ("33 h", "2026-11-06 09:00"),
        ("14 h office", "2026-11-10 10:00"),
        ("15 h office", "2026-11-06 09:00"),
    ]:
        warned = before(due_at, Budget.parse(budget), CALENDAR, HOURS, suspensions=pauses)
        assert local(warned) == expected


@pytest.mark.parametrize(
    ("moment", "sent"),
    [
        ("2026-11-06 10:00", "2026-11-06 10:00"),
        ("2026-11-06 12:00", "2026-11-06 13:30"),
        ("2026-11-06 18:00", "2026-11-09 09:00"),
        ("2026-11-06 00:00", "2026-11-06 09:00"),
        ("2026-10-01 10:00", "2026-10-08 09:00"),
        ("2026-10-10 10:00", "2026-10-10 10:00"),
    ],
)
def test_notices_wait_until_the_office_is_open(moment, sent):
    assert local(next_office_moment(at(moment), CALENDAR, HOURS)) == sent


# --- extensions, years without a notice, badges


def test_an_extension_counted_alike_adds_to_the_amount():
    assert falls("2026-11-02 09:00", "5 WD", extended="10 WD") == falls("2026-11-02 09:00", "15 WD")
    # 60 and 30 calendar days are 90 from the start, though the 60th is a rest day.
    assert falls("2026-09-09 09:00", "60 d", extended="30 d") == falls("2026-09-09 09:00", "90 d")
    assert falls("2026-11-06 17:00", "1 h office", extended="2 h office") == "2026-11-09 11:00"


def test_an_extension_of_another_kind_runs_from_the_first_due_time():
    assert falls("2026-11-02 09:00", "5 WD", extended="3 d") == "2026-11-12 18:00"
    assert falls("2026-11-02 09:00", "2 h", extended="1 WD") == "2026-11-03 18:00"
    assert falls("2026-11-02 09:00", "2 h", extended="1 WD", hours=SAME_DAY) == "2026-11-03 18:00"
    assert falls("2026-11-02 09:00", "1 WD", extended="3 h office") == "2026-11-04 12:00"
    pauses = [("2026-11-02 10:00", None)]
    assert falls("2026-11-02 09:00", "5 WD", extended="3 d", pauses=pauses) is None


def test_provisional_only_when_a_day_without_a_notice_mattered():
    def provisional(start, budget, calendar=CALENDAR):
        return due(at(start), Budget.parse(budget), calendar, HOURS).provisional

    assert not provisional("2026-12-25 09:00", "4 WD")
    assert provisional("2026-12-25 09:00", "5 WD")
    assert provisional("2026-12-31 09:00", "1 WD")
    assert not provisional("2026-12-25 09:00", "6 d")
    assert provisional("2026-12-25 09:00", "7 d")
    assert not provisional("2026-12-31 23:00", "2 h")
    assert provisional("2026-12-31 17:30", "1 h office")
    assert not provisional("2026-12-31 17:00", "1 h office")
    assert provisional("2016-12-30 09:00", "3 WD")
    assert falls("2026-12-31 09:00", "1 WD") == "2027-01-01 18:00"


def test_an_extended_due_time_stays_provisional_if_its_first_part_was():
    found = due(at("2026-12-31 09:00"), Budget(1, "WD"), CALENDAR, HOURS, extended=Budget(2, "h"))
    assert found.provisional


def test_a_notice_settles_what_was_provisional():
    notice = parse_notice("date,working,name\n2027-01-01,0,元旦\n2027-01-03,1,元旦\n", "2027.csv")
    calendar = Calendar({**DAYS, **by_date(notice)})
    found = due(at("2026-12-31 09:00"), Budget(1, "WD"), calendar, HOURS)
    assert local(found.at) == "2027-01-03 18:00"
    assert not found.provisional


def test_one_provisional_row_in_an_official_year_is_noticed_when_crossed():
    unsure = Day(working=True, source="expected", provisional=True)
    calendar = Calendar({**DAYS, date(2026, 11, 6): unsure})
    for start, expected in [("2026-11-04", False), ("2026-11-05", True), ("2026-11-06", False)]:
        found = due(at(f"{start} 09:00"), Budget(1, "WD"), calendar, HOURS)
        assert found.provisional is expected


def test_what_is_left_for_a_badge():
    close = at("2026-11-10 18:00")
    early = remaining(at("2026-11-06 17:00"), close, CALENDAR, HOURS)
    assert (early.working_days, early.office, early.overdue) == (2, timedelta(hours=16), False)
    last = remaining(at("2026-11-10 11:00"), close, CALENDAR, HOURS)
    assert (last.working_days, last.office, last.overdue) == (0, timedelta(hours=5.5), False)
    assert not remaining(close, close, CALENDAR, HOURS).overdue
    late = remaining(at("2026-11-12 09:00"), close, CALENDAR, HOURS)
    assert (late.working_days, late.office, late.overdue) == (2, timedelta(hours=7.5), True)
    weekend = remaining(at("2026-11-07 09:00"), at("2026-11-08 20:00"), CALENDAR, HOURS)
    assert (weekend.working_days, weekend.office) == (0, timedelta(0))


# --- the explanation


def test_the_explanation_names_every_day():
    told = explain(at("2026-09-30 09:00"), Budget(3, "WD"), CALENDAR, HOURS)
    assert [(f"{step.date:%m-%d}", step.number, step.reason["zh"]) for step in told.days] == [
        ("09-30", None, "收到当日不计"),
        *[(f"10-0{n}", None, "国庆节") for n in range(1, 8)],
        ("10-08", 1, "工作日"),
        ("10-09", 2, "工作日"),
        ("10-10", 3, "调休上班"),
    ]
    assert told.days[1].reason["en"] == "National Day"
    assert local(told.due.at) == "2026-10-10 18:00"


def test_the_explanation_names_pauses_moves_and_days_off():
    strike = Day(working=False, source="市政府通知")
    nameless = Day(working=False)
    calendar = Calendar({**DAYS, date(2026, 11, 9): strike, date(2026, 11, 10): nameless})
    pauses = [(at("2026-11-05 10:00"), at("2026-11-06 10:00"))]
    told = explain(at("2026-11-02 09:00"), Budget(4, "d"), calendar, HOURS, suspensions=pauses)
    assert [(step.counts, step.reason["zh"]) for step in told.days] == [
        (False, "收到当日不计"),
        (True, "自然日"),
        (True, "自然日"),
        (False, "下班时处于暂停，不计"),
        (True, "自然日"),
        (True, "自然日"),
        (False, "周末"),
        (False, "市政府通知"),
        (False, "休息日"),
        (False, "末日为休息日或暂停，顺延至本日"),
    ]
    told = explain(
        at("2026-11-05 09:00"),
        Budget(2, "WD"),
        calendar,
        HOURS,
        suspensions=[(at("2026-11-06 10:00"), None)],
    )
    assert told.due.at is None
    assert [step.date.day for step in told.days] == [5, 6]


def test_the_explanation_of_hours_tells_on_which_days_they_ran():
    told = explain(at("2026-11-06 17:00"), Budget(3, "h", office=True), CALENDAR, HOURS)
    assert [(step.counts, step.reason["zh"]) for step in told.days] == [
        (True, "按办公时间计算"),
        (False, "周末"),
        (False, "周末"),
        (True, "按办公时间计算"),
    ]
    pauses = [(at("2026-11-06 18:00"), at("2026-11-08 00:00"))]
    told = explain(at("2026-11-06 17:00"), Budget(3, "h"), CALENDAR, HOURS, suspensions=pauses)
    assert [step.counts for step in told.days] == [True, False, True]
    told = explain(
        at("2026-11-06 17:00"),
        Budget(3, "h"),
        CALENDAR,
        HOURS,
        suspensions=[(at("2026-11-06 18:00"), None)],
    )
    assert [(step.date.day, step.counts) for step in told.days] == [(6, True)]


def test_the_explanation_of_an_extension_goes_on_after_the_first_due_day():
    told = explain(
        at("2026-11-02 09:00"), Budget(2, "WD"), CALENDAR, HOURS, extended=Budget(3, "d")
    )
    assert [step.date.day for step in told.days] == [2, 3, 4, 5, 6, 7, 8, 9]
    assert [step.number for step in told.days] == [None, 1, 2, 1, 2, 3, None, None]
    told = explain(
        at("2026-11-02 09:00"), Budget(2, "WD"), CALENDAR, HOURS, extended=Budget(2, "h")
    )
    assert [step.date.day for step in told.days] == [2, 3, 4]


# --- what is refused


@pytest.mark.parametrize("text", ["5 WD", "15 d", "2 h", "3 h office"])
def test_a_budget_is_written_as_it_was_read(text):
    assert str(Budget.parse(text)) == text
    assert Budget.parse(f" {text.replace(' ', '', 1)} ") == Budget.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "5", "WD", "0 WD", "-1 d", "5 wd", "1.5 h", "P1D", "5 dd", "１ WD", "5 WD\n5 WD"),
        *("3 WD office", "99999 WD", "8761 h", "1000000 d"),
    ],
)
def test_what_is_no_budget_is_refused(text):
    with pytest.raises(InvalidInput):
        Budget.parse(text)


def test_budgets_counted_alike_add_up():
    assert Budget(5, "WD") + Budget(10, "WD") == Budget(15, "WD")
    with pytest.raises(ValueError, match="counted alike"):
        Budget(5, "h") + Budget(5, "h", office=True)


@pytest.mark.parametrize(
    "faulty",
    [
        {"segments": ()},
        {"segments": ((time(9), time(9)),)},
        {"segments": ((time(9), time(12)), (time(11), time(18)))},
        {"close": time(8)},
        {"cutoff": time(19)},
        {"start_rule": "whenever"},
    ],
)
def test_impossible_office_hours_are_refused(faulty):
    with pytest.raises(InvalidInput):
        OfficeHours(**faulty)


@pytest.mark.parametrize("text", ["", "09:00", "9-12", "09:00-24:00", "09:00-12:00;13:00-18:00"])
def test_office_hours_are_read_strictly(text):
    with pytest.raises(InvalidInput):
        OfficeHours.parse(text)


def test_times_without_a_zone_and_pauses_running_backwards_are_refused():
    naive, aware = datetime(2026, 11, 6, 9), at("2026-11-06 09:00")  # noqa: DTZ001
    for budget in [Budget(1, "WD"), Budget(1, "h", office=True), Budget(1, "h")]:
        with pytest.raises(ValueError, match="zone"):
            due(naive, budget, CALENDAR, HOURS)
        with pytest.raises(ValueError, match="zone"):
            before(naive, budget, CALENDAR, HOURS)
        for pause in [(naive, None), (aware, naive), (aware, aware - timedelta(seconds=1))]:
            with pytest.raises(ValueError, match=r"suspension|zone"):
                due(aware, budget, CALENDAR, HOURS, suspensions=[pause])


# --- laws


law = settings(deadline=None, max_examples=150)  # a busy machine breaks no law
SINCE = datetime(2017, 1, 1, tzinfo=UTC)
instants = st.integers(0, 11 * 365 * 24 * 60).map(
    lambda minutes: SINCE + timedelta(minutes=minutes)
)
office_hours = st.sampled_from([HOURS, SAME_DAY, OfficeHours.parse("08:00-17:00", "17:00")])
working = st.integers(1, 80).map(lambda n: Budget(n, "WD"))
daily = st.integers(1, 120).flatmap(lambda n: st.sampled_from([Budget(n, "WD"), Budget(n, "d")]))
budgets = st.integers(1, 120).flatmap(
    lambda n: st.sampled_from(
        [Budget(n, "WD"), Budget(n, "d"), Budget(n, "h"), Budget(n, "h", office=True)]
    )
)


@st.composite
def paused_starts(draw, *, may_stay_open=False):
    """A start, and up to four pauses near it; the last may have no end."""
    start = draw(instants)
    pauses = []
    for _ in range(draw(st.integers(0, 4))):
        begin = start + timedelta(minutes=draw(st.integers(-3_000, 60_000)))
        pauses.append((begin, begin + timedelta(minutes=draw(st.integers(0, 20_000)))))
    if may_stay_open and draw(st.booleans()):
        pauses.append((start + timedelta(minutes=draw(st.integers(-3_000, 60_000))), None))
    return start, draw(st.permutations(pauses))


@law
@given(instants, instants, budgets, office_hours)
def test_who_comes_later_is_never_due_earlier(one, other, budget, hours):
    first, second = sorted([one, other])
    assert due(first, budget, CALENDAR, hours).at <= due(second, budget, CALENDAR, hours).at


@law
@given(paused_starts(), budgets, office_hours)
def test_a_larger_budget_is_never_due_earlier(paused, budget, hours):
    start, pauses = paused
    shorter = due(start, budget, CALENDAR, hours, suspensions=pauses).at
    longer = due(
        start, budget + Budget(1, budget.unit, budget.office), CALENDAR, hours, suspensions=pauses
    ).at
    if budget.unit == "d":
        assert start < shorter <= longer
    else:
        assert start < shorter < longer


@law
@given(instants, working, working, office_hours)
def test_working_days_add_up(start, some, more, hours):
    first = due(start, some, CALENDAR, hours)
    both = due(start, some + more, CALENDAR, hours)
    assert due(first.at, more, CALENDAR, hours).at == both.at
    assert both.provisional or not first.provisional


@law
@given(paused_starts(), budgets, budgets)
def test_an_extension_never_shortens_and_hours_add_up(paused, budget, extra):
    start, pauses = paused
    plain = due(start, budget, CALENDAR, HOURS, suspensions=pauses).at
    extended = due(start, budget, CALENDAR, HOURS, suspensions=pauses, extended=extra).at
    assert extended >= plain
    if budget.same_kind(extra) and budget.unit != "d":
        assert extended == due(plain, extra, CALENDAR, HOURS, suspensions=pauses).at


@law
@given(paused_starts(may_stay_open=True), daily, office_hours)
def test_days_end_at_close_of_business_on_a_working_day_that_is_not_suspended(
    paused, budget, hours
):
    start, pauses = paused
    found = due(start, budget, CALENDAR, hours, suspensions=pauses).at
    if found is None:
        return
    assert CALENDAR.day(on_day(found)).working
    assert found.astimezone(SHANGHAI).time() == hours.close
    assert not any(a < found and (b is None or found <= b) for a, b in pauses)


@law
@given(paused_starts(), budgets, office_hours)
def test_pauses_never_make_it_earlier_and_their_order_and_cut_do_not_matter(paused, budget, hours):
    start, pauses = paused
    plain = due(start, budget, CALENDAR, hours).at
    found = due(start, budget, CALENDAR, hours, suspensions=pauses).at
    assert found >= plain
    pieces = [piece for a, b in pauses for piece in [(a + (b - a) / 2, b), (a, a + (b - a) / 2)]]
    assert due(start, budget, CALENDAR, hours, suspensions=pieces).at == found
    later = (found, found + timedelta(days=9))
    assert due(start, budget, CALENDAR, hours, suspensions=[*pauses, later]).at == found


@law
@given(paused_starts(), st.integers(1, 120), office_hours)
def test_hours_run_their_amount_outside_of_pauses(paused, amount, hours):
    start, pauses = paused
    found = due(start, Budget(amount, "h"), CALENDAR, hours, suspensions=pauses).at
    stops = sorted({start, found, *(edge for pause in pauses for edge in pause)})
    live = sum(
        (
            b - a
            for a, b in pairwise(stops)
            if start <= a and b <= found and not any(p <= a and b <= q for p, q in pauses)
        ),
        timedelta(0),
    )
    assert live == timedelta(hours=amount)


@law
@given(instants, st.integers(1, 60), office_hours)
def test_office_hours_run_their_amount_within_segments(start, amount, hours):
    found = due(start, Budget(amount, "h", office=True), CALENDAR, hours).at
    left = remaining(start, found, CALENDAR, hours)
    assert left.office == timedelta(hours=amount)
    clock_time = found.astimezone(SHANGHAI).time()
    assert CALENDAR.day(on_day(found)).working
    assert any(begin < clock_time <= end for begin, end in hours.segments)


@law
@given(paused_starts(), budgets, st.integers(1, 40))
def test_counting_back_undoes_counting_on(paused, budget, rung):
    start, pauses = paused
    if budget.unit == "d":  # Moved rest days cannot be undone.
        budget = Budget(budget.amount, "WD")
    warning = Budget(rung, budget.unit, budget.office)
    longer = due(start, budget + warning, CALENDAR, HOURS, suspensions=pauses).at
    warned = before(longer, warning, CALENDAR, HOURS, suspensions=pauses)
    assert warned < longer
    assert due(warned, warning, CALENDAR, HOURS, suspensions=pauses).at == longer


@law
@given(instants, daily, office_hours)
def test_a_warning_lies_in_office_time(due_at, budget, hours):
    warned = before(due_at, budget, CALENDAR, hours).astimezone(SHANGHAI)
    assert CALENDAR.day(warned.date()).working
    assert any(begin <= warned.time() <= end for begin, end in hours.segments)


@law
@given(paused_starts(may_stay_open=True), budgets, st.none() | budgets, office_hours, st.booleans())
def test_the_explanation_agrees_with_the_due_time(paused, budget, extra, hours, blank):
    start, pauses = paused
    calendar = Calendar({}) if blank else CALENDAR
    told = explain(start, budget, calendar, hours, suspensions=pauses, extended=extra)
    assert told.due == due(start, budget, calendar, hours, suspensions=pauses, extended=extra)
    dates = [step.date for step in told.days]
    assert dates[0] == on_day(start)
    assert all(b - a == timedelta(days=1) for a, b in pairwise(dates))
    for step in told.days:
        assert step.working == calendar.day(step.date).working
        assert step.reason["zh"]
        assert step.reason["en"]
    if told.due.at is None:
        assert any(b is None and on_day(a) <= max(dates[-1], on_day(start)) for a, b in pauses)
        return
    assert dates[-1] == on_day(told.due.at)
    counted = [step.number for step in told.days if step.counts and step.number]
    if extra is None and budget.unit != "h":
        assert counted == list(range(1, budget.amount + 1))
    if budget.unit == "WD" and extra is None:
        looked_at = told.days if told.days[0].reason["zh"] != "收到当日不计" else told.days[1:]
        assert told.due.provisional == any(step.provisional for step in looked_at)
        assert all(step.working for step in told.days if step.counts)
    if blank and (extra or budget).unit != "h":
        assert told.due.provisional


@law
@given(instants, instants, office_hours)
def test_what_is_left_adds_up_over_any_moment_between(one, other, hours):
    first, last = sorted([one, other])
    middle = first + (last - first) / 3
    whole = remaining(first, last, CALENDAR, hours)
    parts = [remaining(first, middle, CALENDAR, hours), remaining(middle, last, CALENDAR, hours)]
    assert whole.working_days == sum(part.working_days for part in parts)
    assert whole.office == sum((part.office for part in parts), timedelta(0))
