"""`import` and `demo`: messages from a file, and the small demo."""

import csv
import os
import re
import stat
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from engine import clock
from engine.db import connect, reading, transaction
from engine.models import Case, Contact, Deadline, Incident, Supervision, UserTask
from tests import faulty_file
from web.cli import demonstrating

PACK = ("--pack", "gl-jindianzi")
BALANCE = re.compile(r"read (\d+) = taken (\d+) \+ already there (\d+) \+ refused (\d+)\n")
TRIAL_DATA = os.environ.get("HUIYIN_TRIAL_DATA", "")
MESSAGES = Path(TRIAL_DATA) / "taidi2020c" / "messages_labelled_raw.csv.gz"
CHINA = ZoneInfo("Asia/Shanghai")


def balance(told: str) -> list[int]:
    found = BALANCE.fullmatch(told)
    assert found, told
    return [int(number) for number in found.groups()]


# import -----------------------------------------------------------------------------------------


def test_import_ends_with_a_balance_and_keeps_what_it_refused(cli, tmp_path, sessions):
    path = tmp_path / "letters.csv"
    expected = faulty_file.write(path, rows=80, seed=3)
    result = cli("import", str(path), *PACK)
    assert result.exit_code == 0
    assert balance(result.stdout) == [
        expected.read,
        expected.taken,
        expected.there,
        expected.refused,
    ]
    refused = tmp_path / "letters.csv.refused.csv"
    with refused.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == expected.refused
    assert all(row["refused_reason"] and int(row["refused_line"]) > 1 for row in rows)
    assert stat.S_IMODE(refused.stat().st_mode) == 0o600
    with reading(sessions) as session:
        assert set(session.scalars(select(Contact.source))) == {"letters"}
    again = balance(cli.well("import", str(path), *PACK))
    assert again[1] == 0
    assert again[0] == again[2] + again[3]


def test_what_was_refused_can_be_mended_and_taken_in_again(cli, tmp_path):
    path = tmp_path / "letters.csv"
    path.write_text("编号,内容,时间\n1,路灯不亮,昨天\n2,水发黄,2019-01-01\n", "utf-8")
    assert balance(cli.well("import", str(path), *PACK)) == [2, 1, 0, 1]
    refused = tmp_path / "letters.csv.refused.csv"
    refused.write_text(refused.read_text("utf-8-sig").replace("昨天", "2019-01-02"), "utf-8")
    assert balance(cli.well("import", str(refused), *PACK)) == [1, 1, 0, 0]
    assert balance(cli.well("import", str(refused), *PACK)) == [1, 0, 1, 0]


def test_import_follows_what_it_is_told(cli, tmp_path, sessions):
    path = tmp_path / "odd.csv"
    path.write_text("A\tB\tC\n甲\t路灯不亮\t李四\n", "utf-8")
    assert "--map body=" in cli("import", str(path), *PACK).stderr
    told = (
        *("--map", "body=B", "--map", "id=A", "--map", "name=C"),
        *("--source", "mail", "--channel", "email", "--by", "li.zhi"),
    )
    assert balance(cli.well("import", str(path), *PACK, *told)) == [1, 1, 0, 0]
    with reading(sessions) as session:
        contact = session.scalars(select(Contact)).one()
    assert (contact.source, contact.source_id, contact.channel) == ("mail", "甲", "email")
    assert contact.entered_by is not None
    assert contact.identity_id is not None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--pack", "no-such-pack"), "no-such-pack"),
        ((*PACK, "--by", "nobody"), "nobody"),
        ((*PACK, "--map", "body"), "FIELD=HEADING"),
        ((*PACK, "--channel", "pigeon"), "phone, "),
    ],
)
def test_import_refuses_in_words_before_it_takes_anything(cli, tmp_path, sessions, words, told):
    path = tmp_path / "f.csv"
    path.write_text("id,body\n1,x\n")
    result = cli("import", str(path), *words)
    assert result.exit_code == 1
    assert told in result.stderr
    with reading(sessions) as session:
        assert session.scalar(select(func.count()).select_from(Contact)) == 0


def test_import_needs_a_pack_and_a_file(cli, tmp_path):
    assert cli("import", str(tmp_path / "none.csv"), *PACK).exit_code == 2
    path = tmp_path / "f.csv"
    path.write_text("id,body\n1,x\n")
    assert cli("import", str(path)).exit_code == 2


@pytest.mark.skipif(
    not MESSAGES.is_file(), reason="HUIYIN_TRIAL_DATA does not name a folder of trial data"
)
def test_real_messages_are_taken_in_with_their_clocks_running(cli, tmp_path, sessions):
    refused = ("--refused", str(tmp_path / "refused.csv"))
    assert balance(cli.well("import", str(MESSAGES), *PACK, *refused)) == [446, 446, 0, 0]
    with reading(sessions) as session:
        stages = session.execute(select(Case.stage, func.count()).group_by(Case.stage)).all()
        assert [tuple(row) for row in stages] == [("screening", 446)]
        running = select(func.count()).where(
            Deadline.settled_at.is_(None), Deadline.due_at > clock.now()
        )
        assert session.scalar(running) == 446
        assert session.scalar(select(func.count()).where(UserTask.status == "open")) == 446
        assert not session.scalar(select(func.count()).where(Case.body.like("%\u3000%")))
    assert balance(cli.well("import", str(MESSAGES), *PACK, *refused)) == [446, 0, 446, 0]


# demo -------------------------------------------------------------------------------------------


@pytest.mark.both
def test_the_demo_shows_every_stage_and_is_played_once(cli, story, sessions):
    story.clock.set(datetime(2026, 11, 19, 11, 20, tzinfo=CHINA))
    assert cli.well("demo") == f"played {demonstrating.CASES}\n"
    assert clock.now() == story.clock.at, "the clock is where it was"
    with reading(sessions) as session:
        stages = set(session.scalars(select(Case.stage).where(Case.status == "open")))
        assert stages == {"screening", "transfer", "handling", "feedback", "supervision"}
        statuses = set(session.scalars(select(Case.status)))
        assert statuses == {"open", "closed", "refused", "merged"}
        waiting = set(session.scalars(select(UserTask.element).where(UserTask.status == "open")))
        assert {
            *("complete_record", "screen", "tell_refusal", "dispatch", "take_up", "rule_unit"),
            *("sign", "contact_citizen", "handle", "co_handle", "approve_extension"),
            *("review_answer", "revise_answer", "reply_publicly", "callback", "spot_check"),
            *("phone", "order", "interview"),
        } <= waiting
        now = clock.now()
        late = select(func.count()).where(UserTask.status == "open", UserTask.due_at < now)
        assert session.scalar(late)
        arrived = session.scalars(select(Case.received_at)).all()
        assert (now - min(arrived)).days >= 14
        assert max(arrived) < now
        assert not session.scalar(select(func.count()).select_from(Incident))
        cured = session.scalars(select(Supervision.status)).all()
        assert {"open", "cured"} <= set(cured)
        texts = session.scalars(select(Case.body)).all()
        assert len(set(texts)) == demonstrating.CASES
        assert all("English summary: " in text for text in texts)
    assert cli.well("demo") == "played 0\n"
    assert "BROKEN" not in cli.well("verify")


def test_the_demo_is_the_same_for_the_same_seed(cli, story, templates, tmp_path):
    story.clock.set(datetime(2026, 11, 19, 11, 20, tzinfo=CHINA))
    other = tmp_path / "other"
    other.mkdir()
    with templates["sqlite"].copy(other) as url:
        again = {"HUIYIN_DATABASE_URL": url}
        assert cli.well("demo", "--cases", "6") == "played 6\n"
        assert cli.well("demo", "--cases", "5", **again) == "played 5\n"
        assert cli.well("demo", "--cases", "6", **again) == "played 1\n"
        first, second = (_told(cli.settings | settings) for settings in ({}, again))
    assert len(first) > 10
    assert [told for told in second if told in first] == second, (
        "but for the sixth, which came late"
    )


def _told(settings: dict[str, str]) -> list[tuple[str, str, datetime]]:
    """What was opened when, case by case."""
    factory = connect(settings["HUIYIN_DATABASE_URL"])
    with reading(factory) as session:
        rows = session.execute(
            select(Case.title, UserTask.element, UserTask.opened_at)
            .join(Case, Case.id == UserTask.case_id)
            .order_by(Case.title, UserTask.opened_at)
        ).all()
    factory.kw["bind"].dispose()
    return [tuple(row) for row in rows]


def test_more_demo_cases_are_ordinary_ones_of_earlier_weeks(cli, story, sessions):
    story.clock.set(datetime(2026, 11, 19, 11, 20, tzinfo=CHINA))
    with transaction(sessions) as session:
        session.execute(update(Contact).values(source=None))
    wanted = demonstrating.CASES + 3
    assert cli.well("demo", "--cases", str(wanted), "--seed", "7") == f"played {wanted}\n"
    with reading(sessions) as session:
        closed = session.scalar(select(func.count()).where(Case.status == "closed"))
        assert closed >= 9
