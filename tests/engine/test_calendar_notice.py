"""The seeded calendar, and notices of new years as files."""

import json
from datetime import date, timedelta
from itertools import pairwise

import chinese_calendar
import pytest

from engine.calendar_notice import MOST_BYTES, by_date, parse_notice, seed_days
from engine.errors import InvalidInput

NOTICE_2027 = """date,working,name,name_en
2027-01-01,false,元旦,New Year's Day
2027-02-05,否,春节,
2027/2/6,0,春节,Spring Festival
2027-02-14,true,春节,Spring Festival
"""


@pytest.fixture(scope="module")
def seed():
    return by_date(seed_days())


def refused(text, filename="2027.csv"):
    with pytest.raises(InvalidInput) as caught:
        parse_notice(text, filename)
    return caught.value


def test_the_seed_has_every_day_of_every_year_and_agrees_with_the_package(seed):
    days = sorted(seed)
    assert days[0] == date(2004, 1, 1)
    assert days[-1] >= date(2026, 12, 31)
    assert all(b - a == timedelta(days=1) for a, b in pairwise(days))
    assert all(seed[on].working == chinese_calendar.is_workday(on) for on in days)


def test_every_seeded_day_is_official_and_names_its_source(seed):
    assert all(not day.provisional and str(on.year) in day.source for on, day in seed.items())


def test_seeded_holidays_are_named_in_two_languages(seed):
    assert (seed[date(2026, 10, 1)].name_zh, seed[date(2026, 10, 1)].name_en) == (
        "国庆节",
        "National Day",
    )
    assert seed[date(2026, 9, 25)].name_zh == "中秋节"
    assert all(day.name_zh for on, day in seed.items() if on.weekday() < 5 and not day.working)
    assert all(day.name_zh for on, day in seed.items() if on.weekday() >= 5 and day.working)


def test_make_up_days_of_the_domain_are_worked(seed):
    weekends = {
        2018: "02-11 02-24 04-08 04-28 09-29 09-30 12-29",
        2024: "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
        2025: "01-26 02-08 04-27 09-28 10-11",
        2026: "01-04 02-14 02-28 05-09 09-20 10-10",
    }
    for year, days in weekends.items():
        found = [
            f"{on:%m-%d}"
            for on, day in sorted(seed.items())
            if on.year == year and on.weekday() >= 5 and day.working
        ]
        assert found == days.split()


def test_feasts_of_no_notice_are_worked(seed):
    assert seed[date(2025, 12, 25)].working  # Christmas, a Thursday
    assert seed[date(2024, 2, 14)].name_zh == "春节"  # St Valentine's: off for another reason


def test_a_notice_makes_all_days_of_its_year_official():
    rows = parse_notice(NOTICE_2027, "2027.csv")
    days = by_date(rows)
    assert len(rows) == 365
    assert [row.on for row in rows] == sorted(days)
    assert not days[date(2027, 1, 1)].working
    assert days[date(2027, 1, 1)].name_en == "New Year's Day"
    assert not days[date(2027, 2, 5)].working
    assert not days[date(2027, 2, 6)].working
    assert days[date(2027, 2, 14)].working
    assert days[date(2027, 2, 15)].working
    assert not days[date(2027, 2, 20)].working
    assert all(not day.provisional and "2027.csv" in day.source for day in days.values())


def test_csv_as_a_spreadsheet_saves_it_and_json_say_the_same():
    items = [
        {"date": "2027-01-01", "working": False, "name": "元旦", "name_en": "New Year's Day"},
        {"date": "2027-02-05", "working": "否", "name": "春节"},
        {"date": "2027-02-06", "working": False, "name": "春节", "name_en": "Spring Festival"},
        {"date": "2027-02-14", "working": True, "name": "春节", "name_en": "Spring Festival"},
    ]
    spreadsheet = "\ufeff" + NOTICE_2027.replace("\n", "\r\n") + "\r\n,,,\r\n"
    from_csv = by_date(parse_notice(spreadsheet, "n"))
    from_json = by_date(parse_notice(json.dumps(items), "n.JSON"))
    assert {on: (day.working, day.name_zh, day.name_en) for on, day in from_csv.items()} == {
        on: (day.working, day.name_zh, day.name_en) for on, day in from_json.items()
    }


def test_a_notice_may_move_days_across_new_year():
    rows = parse_notice(
        "date,working,name\n2018-12-29,1,元旦\n2018-12-31,0,元旦\n2019-01-01,0,元旦\n", "2019.csv"
    )
    assert [(row.on, row.working) for row in rows[:3]] == [
        (date(2018, 12, 29), True),
        (date(2018, 12, 31), False),
        (date(2019, 1, 1), False),
    ]
    assert len(rows) == 2 + 365


def test_several_years_are_taken_only_whole(seed):
    whole = [
        {"date": str(on), "working": day.working, "name": day.name_zh}
        for on, day in seed.items()
        if on.year in {2024, 2026}
    ]
    rows = parse_notice(json.dumps(whole), "years.json")
    assert len(rows) == 366 + 365
    assert {row.on: row.working for row in rows} == {
        on: day.working for on, day in seed.items() if on.year in {2024, 2026}
    }
    error = refused(json.dumps(whole[1:]), "years.json")
    assert "24-31 December" in error.expected
    assert error.field == "years.json, item 1, date"


@pytest.mark.parametrize(
    ("text", "field", "found"),
    [
        ("", "2027.csv", "none"),
        ("date,working,name\n", "2027.csv", "none"),
        ("day,working,name\n2027-01-01,0,x\n", "2027.csv, line 1", "day, working, name"),
        ("date,working\n2027-01-01,0\n", "2027.csv, line 1", "date, working"),
        ("date,working,name,name\n", "2027.csv, line 1", "name, name"),
        ("date,working,name\n2027-02-30,0,x\n", "2027.csv, line 2, date", "2027-02-30"),
        ("date,working,name\n\n1.1.2027,0,x\n", "2027.csv, line 3, date", "1.1.2027"),
        ("date,working,name\n20270-1-1,0,x\n", "2027.csv, line 2, date", "20270-1-1"),
        ("date,working,name\n1999-01-01,0,x\n", "2027.csv, line 2, date", "1999-01-01"),
        ("date,working,name\n2027-01-01,maybe,x\n", "2027.csv, line 2, working", "maybe"),
        ("date,working,name\n2027-01-01,0\n", "2027.csv, line 2", "2"),
        ("date,working,name\n2027-01-01,0,a,b\n", "2027.csv, line 2", "4"),
        ("date,working,name\n2027-01-01,0," + "长" * 41, "2027.csv, line 2, name", "长"),
        ("date,working,name\n2027-01-01,0,a\x07\n", "2027.csv, line 2, name", "x07"),
        ('date,working,name\n2027-01-01,0,"x"y\n', "2027.csv, line 2", "expected"),
        ("date,working,name\n2027-01-04,1,x\n", "2027.csv, line 2, working", "a Monday"),
        ("date,working,name\n2027-01-01,0,a\n2027-01-01,0,b", "2027.csv, line 3, date", "01-01"),
        ("date,working,name\n2027-01-01,0,a\n2028-01-01,0,b", "2027.csv, line 2, date", "2027"),
        ("date,working,name\n2027-12-23,0,a\n2028-01-01,0,b", "2027.csv, line 2, date", "2027"),
        ("date,working,name\n2026-12-31,0,a\n2028-01-01,0,b", "2027.csv, line 2, date", "2026"),
    ],
)
def test_a_faulty_notice_is_refused_with_its_place(text, field, found):
    error = refused(text)
    assert error.field == field
    assert found in error.found
    assert error.expected


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("[{]", "n.json, line 1, column 3"),
        ("{}", "n.json"),
        ("[1]", "n.json, item 1"),
        ('[{"date": "2027-01-01"}]', "n.json, item 1"),
        ('[{"date": 20270101, "working": false, "name": ""}]', "n.json, item 1, date"),
        ('[{"date": "2027-01-01", "working": 0, "name": ""}]', "n.json, item 1, working"),
        ('[{"date": "2027-01-01", "working": false, "name": 1}]', "n.json, item 1, name"),
        ("[" * 100_000, "n.json"),
        ("9" * 5_000, "n.json"),
    ],
)
def test_a_faulty_list_is_refused_with_its_place(text, field):
    assert refused(text, "n.json").field == field


def test_too_large_a_file_is_refused_unread():
    error = refused("年" * (MOST_BYTES // 3 + 1))
    assert error.found == str((MOST_BYTES // 3 + 1) * 3)
