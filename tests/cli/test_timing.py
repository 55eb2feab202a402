"""`due`, `calendar import`, `clock`: time as the command line tells and moves it."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from engine import clock
from engine.commands import rehearsal
from engine.db import connect, reading, transaction
from engine.models import City
from engine.settings import Settings

REHEARSAL = {"HUIYIN_REHEARSAL": "1"}


# due --------------------------------------------------------------------------------------------


def test_due_explains_each_day_for_a_machine(cli):
    told = json.loads(cli.well("due", "2026-09-28", "contact", "--json"))
    assert set(told) == {"due_at", "provisional", "days"}
    assert told["due_at"] == "2026-10-10T18:00:00+08:00"
    assert told["provisional"] is False
    days = {day["date"]: day for day in told["days"]}
    assert list(days) == sorted(days)
    assert (len(days), len(told["days"])) == (13, 13)
    assert days["2026-09-28"] == {
        "date": "2026-09-28",
        "working": True,
        "counts": False,
        "reason": "收到当日不计",
    }
    assert days["2026-10-01"]["reason"] == "国庆节"
    assert days["2026-10-10"] == {
        "date": "2026-10-10",
        "working": True,
        "counts": True,
        "reason": "调休上班",
    }
    assert sum(day["counts"] for day in told["days"]) == 5


def test_due_shows_a_person_the_same_in_both_languages(cli):
    told = cli.well("due", "2026-09-28T15:20", "5", "WD")
    assert "国庆节" in told
    assert "Worked in exchange for a holiday" in told
    assert told.splitlines()[-1] == "5 WD = 5 WD, from 2026-09-28 15:20: due 2026-10-10 18:00"


def test_due_takes_the_packs_limits_and_says_when_they_are_provisional(cli):
    base = json.loads(cli.well("due", "2026-11-20", "contact", "--json", "--pack", "base-12345"))
    assert base["due_at"] == "2026-11-23T18:00:00+08:00", "the base pack says one working day"
    given = ("due", "2026-11-20", "handling", "--budget", "15 WD", "--json")
    assert json.loads(cli.well(*given))["due_at"] == "2026-12-11T18:00:00+08:00"
    later = cli.well("due", "2027-02-01", "contact")
    assert "Provisional" in later
    hours = json.loads(cli.well("due", "2026-11-20T17:30", "3 h office", "--json"))
    assert hours["due_at"] == "2026-11-23T11:30:00+08:00"


def test_due_needs_no_database(empty, tmp_path):
    told = json.loads(empty.well("due", "2026-09-28", "contact", "--json"))
    assert told["due_at"] == "2026-10-10T18:00:00+08:00"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("2026-09-31", "contact"), "DATE"),
        (("2026-09-28T25:00", "contact"), "DATE"),
        (("2026-09-28", "no_such_limit"), "contact, "),
        (("2026-09-28", "0 WD"), "LIMIT"),
        (("2026-09-28", "contact", "--pack", "no-such-pack"), "no-such-pack"),
    ],
)
def test_due_refuses_in_words(cli, words, told):
    result = cli("due", *words)
    assert result.exit_code == 1
    assert told in result.stderr


# calendar ---------------------------------------------------------------------------------------


def test_calendar_import_lists_the_cases_that_moved(cli, story, tmp_path):
    story.clock.set(datetime(2026, 12, 31, 2, tzinfo=UTC))
    story.receives().goes_through("complete_record", "screen", "dispatch")
    notice = tmp_path / "2027.csv"
    notice.write_text("date,working,name\n2027-01-01,0,元旦\n2027-01-04,0,元旦\n", "utf-8-sig")
    result = cli("calendar", "import", str(notice))
    assert result.exit_code == 0
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    assert [story.number, "contact", "2027-01-07T18:00+08:00", "2027-01-11T18:00+08:00"] in lines
    assert "2027" in result.stderr
    assert cli.well("calendar", "import", str(notice)) == ""


def test_calendar_import_says_where_a_notice_is_wrong(cli, tmp_path):
    notice = tmp_path / "2027.csv"
    notice.write_text("date,working,name\n2027-02-30,0,春节\n")
    result = cli("calendar", "import", str(notice))
    assert (result.exit_code, "line 2" in result.stderr) == (1, True)
    notice.write_bytes("日期".encode("gb18030"))
    assert "UTF-8" in cli("calendar", "import", str(notice)).stderr
    notice.write_bytes(b"x" * 1_000_001)
    assert "1000000" in cli("calendar", "import", str(notice)).stderr
    assert cli("calendar", "import", str(tmp_path / "none.csv")).exit_code == 2


# clock ------------------------------------------------------------------------------------------


@pytest.fixture
def real_time():
    """The machine's clock, and again at the end, whatever a rehearsal installed."""
    clock.use(clock.system)
    yield
    clock.use(clock.system)


def test_the_clock_is_moved_only_in_rehearsal(cli, sessions, real_time):
    for words in (("set", "2027-01-01"), ("advance", "2 h")):
        result = cli("clock", *words)
        assert result.exit_code == 1
        assert "HUIYIN_REHEARSAL=1" in result.stderr
    with reading(sessions) as session:
        assert session.get_one(City, 1).rehearsal_offset == 0
    assert "moved" not in cli.well("clock", "show")


def test_the_clock_is_set_advanced_and_shown(cli, real_time):
    assert cli.well("clock", "set", "2026-12-31T15:00", **REHEARSAL).startswith(
        "2026-12-31T15:00:0"
    )
    assert cli.well("clock", "advance", "30", "min", **REHEARSAL).startswith("2026-12-31T15:3")
    assert cli.well("clock", "advance", "2h", **REHEARSAL).startswith("2026-12-31T17:3")
    assert cli.well("clock", "advance", "5 WD", **REHEARSAL).startswith("2027-01-07T17:3")
    assert cli.well("clock", "advance", "3 d", **REHEARSAL).startswith("2027-01-10T17:3")
    assert "moved by +" in cli.well("clock", "show", **REHEARSAL)
    for step in ("", "0 h", "-2 h", "two days"):
        assert cli("clock", "advance", step, **REHEARSAL).exit_code in {1, 2}
    assert "DATE" in cli("clock", "set", "tomorrow", **REHEARSAL).stderr


def test_every_process_follows_the_row(sessions, database_url, tmp_path, real_time):
    settings = Settings(tmp_path, database_url, rehearsal=True)
    source = rehearsal.Source(connect(database_url))
    assert abs(source() - clock.system()) < timedelta(seconds=5)
    with transaction(sessions) as session:
        rehearsal.move(session, clock.system() + timedelta(days=40), settings)
    source._read_at = float("-inf")  # Fifty milliseconds later.
    assert timedelta(days=39) < source() - clock.system() < timedelta(days=41)
    with transaction(sessions) as session:
        rehearsal.move(session, clock.system(), settings)
    assert source() - clock.system() > timedelta(days=39), "it is read at most every 50 ms"
    source.close()


def test_without_a_database_the_last_time_holds(tmp_path, real_time):
    source = rehearsal.Source(connect(f"sqlite:///{tmp_path / 'none.db'}"))
    assert abs(source() - clock.system()) < timedelta(seconds=5)
    source.close()
    assert rehearsal.follow(Settings(tmp_path, "sqlite://")) is None
