"""`demo`: offices played through the real commands, the figures of it, and what is refused."""

import re
import time
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from engine import clock
from engine.commands import heartbeats
from engine.db import connect, reading, transaction
from engine.identity import Vault
from engine.models import (
    Case,
    Contact,
    Deadline,
    Incident,
    Person,
    Supervision,
    UserTask,
)
from engine.permissions import may_do
from engine.playing import demo, memory
from engine.playing.cast import Wanted
from engine.playing.plots import PLOTS
from engine.queries import people

CHINA = ZoneInfo("Asia/Shanghai")
_AT_NO_DESK = {"custodian", "designer", "administrator"}
SMALL = ("demo", "--cases", "45", "--days", "20", "--until", "2026-06-30")


def test_a_demo_ends_in_balance_and_is_told_the_same_again(cli, sessions):
    told = cli.well(*SMALL)
    assert "演示 Demo: 45 cases, 20 days until the end of 2026-06-30, seed 1" in told
    parts = re.search(r"open \+ closed: (\d+) = (\d+) \+ (\d+) \+ (\d+) \+ (\d+): .*holds", told)
    received, *rest = map(int, parts.groups())
    assert received == sum(rest) >= 45
    for section in ("Four counters", "by stage", "Limits", "Supervision", "Callbacks", "Outcomes"):
        assert section in told
    assert "met " in told
    assert re.search(r"^ +0  故障 Incidents$", told, re.M)
    with reading(sessions) as session:
        before = session.scalar(select(func.count(UserTask.id)))
    again = cli(*SMALL)
    assert (again.exit_code, again.stdout) == (0, told)
    assert "played already" in again.stderr
    assert cli.well("demo", "--cases", "45", "--days", "20") == told, "its own last day will do"
    with reading(sessions) as session:
        assert session.scalar(select(func.count(UserTask.id))) == before
    assert "BROKEN" not in cli.well("verify")


@pytest.mark.slow
def test_the_same_seed_tells_the_same_on_a_fresh_home_and_another_seed_does_not(empty, tmp_path):
    homes = [{"HUIYIN_HOME": str(tmp_path / name)} for name in ("a", "b", "c")]
    one, two = (empty.well(*SMALL, **home) for home in homes[:2])
    other = empty.well(*SMALL, "--seed", "2", **homes[2])
    assert one == two
    assert one != other.replace("seed 2", "seed 1")
    sessions = connect(f"sqlite:///{tmp_path / 'a' / 'huiyin.db'}")
    with reading(sessions) as session:
        assert session.scalar(select(func.count(Person.id))) > 30
        assert {"GL", "QD"} == {n[:2] for n in session.scalars(select(Case.number))}
    sessions.kw["bind"].dispose()


@pytest.mark.slow
@pytest.mark.both
def test_the_leading_cases_stand_at_every_stage(cli, story, sessions):
    story.clock.set(datetime(2026, 11, 19, 11, 20, tzinfo=CHINA))
    wanted = len(PLOTS)
    cli.well("demo", "--cases", str(wanted))
    assert clock.now() == story.clock.at, "the clock is where it was"
    with reading(sessions) as session:
        stages = set(session.scalars(select(Case.stage).where(Case.status == "open")))
        assert stages == {"screening", "transfer", "handling", "feedback", "supervision"}
        assert set(session.scalars(select(Case.status))) == {"open", "closed", "refused", "merged"}
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
        assert {"open", "cured"} <= set(session.scalars(select(Supervision.status)))
        texts = session.scalars(select(Case.body)).all()
        assert len(set(texts)) == wanted
        assert all("English summary: " in text for text in texts)
    assert "BROKEN" not in cli.well("verify")


@pytest.mark.slow
def test_a_large_demo_gives_everybody_something_to_do(cli, story, sessions):
    story.clock.set(datetime(2026, 11, 19, 11, 20, tzinfo=CHINA))
    told = cli("demo")
    assert told.exit_code == 0, told.output
    idle = set()
    with reading(sessions) as session:
        tasks = session.scalars(select(UserTask).where(UserTask.status == "open")).all()
        for key in session.scalars(select(Person.id)):
            person = people.actor(session, key)
            if person.roles - _AT_NO_DESK and not any(may_do(person, task) for task in tasks):
                idle.add(person.login)
        running = select(func.count(Deadline.id)).where(
            Deadline.settled_at.is_(None), Deadline.due_at > clock.now()
        )
        assert session.scalar(running) > 100
        assert session.scalar(select(func.count(Case.id)).where(Case.sealed))
        assert session.scalar(select(func.count(Case.id)).where(Case.confidential))
    # A supervisor of a bureau within, and its leader, have nothing unless it runs a case.
    assert idle <= {"cheng.du", "cheng.ling"}


def test_a_demo_is_not_mixed_with_cases_of_an_office(cli, tmp_path):
    path = tmp_path / "letters.csv"
    path.write_text("编号,内容\n1,路灯不亮\n", "utf-8")
    cli.well("import", str(path), "--pack", "gl-jindianzi")
    refused = cli(*SMALL)
    assert refused.exit_code == 1
    assert "1 contacts of its own" in refused.stderr
    assert refused.stdout == ""


@pytest.mark.slow
def test_a_home_holds_one_demo(cli, sessions):
    cli.well("demo", "--cases", "3", "--until", "2026-06-30")
    for other in (
        ("--cases", "4"),
        ("--cases", "3", "--seed", "2"),
        ("--cases", "3", "--days", "9"),
    ):
        refused = cli("demo", *other)
        assert refused.exit_code == 1
        assert "holds another demo: 3 cases, 30 days" in refused.stderr
    assert cli("demo", "--cases", "3", "--until", "2026-06-29").exit_code == 1
    with transaction(sessions) as session:
        session.execute(update(Contact).values(source="letters"))
    assert "of its own" in cli("demo", "--cases", "3").stderr


def test_a_demo_of_an_earlier_version_is_left_alone(cli, story, sessions):
    story.receives()
    with transaction(sessions) as session:
        session.execute(update(Contact).values(source=memory.SOURCE, source_id="0"))
    refused = cli("demo", "--cases", "3")
    assert refused.exit_code == 1
    assert "earlier version" in refused.stderr


def test_a_demo_waits_for_no_worker_of_another_clock(cli, story, sessions):
    with transaction(sessions) as session:
        heartbeats.beat(session, "somebody", 0)
    refused = cli("demo", "--cases", "3")
    assert refused.exit_code == 1
    assert "worker" in refused.stderr
    story.clock.set(clock.now() + timedelta(minutes=1))
    assert cli("demo", "--cases", "3").exit_code == 0


@pytest.mark.slow
def test_a_demo_that_was_cut_short_is_carried_on(cli, sessions):
    def cut(_day, cases):
        if cases:
            raise KeyboardInterrupt

    vault = Vault.at(Path(cli.settings["HUIYIN_HOME"]))
    end = datetime(2026, 7, 1, tzinfo=CHINA)
    with pytest.raises(KeyboardInterrupt):
        demo.play(sessions, vault, _Nowhere(), Wanted(8, 30, 1, end), cut)
    refused = cli("demo", "--cases", "5", "--until", "2026-06-30")
    assert refused.exit_code == 1, "another one is not begun in its place"
    on = cli("demo", "--cases", "8", "--until", "2026-06-30")
    assert on.exit_code == 0
    assert "carried on" in on.stderr
    assert "closed: 8 = " in on.stdout
    with reading(sessions) as session:
        assert demo.held(session).ended


class _Nowhere:
    def send(self, notice):
        pass


def test_a_balance_that_fails_ends_with_1(cli, sessions):
    cli.well("demo", "--cases", "3", "--until", "2026-06-30")
    with transaction(sessions) as session:
        session.execute(update(Case).values(status="lost"))
    failed = cli("demo", "--cases", "3")
    assert failed.exit_code == 1
    assert "BROKEN" in failed.stdout
    assert "balance does not hold" in failed.stderr


@pytest.mark.parametrize(
    "words", [("--cases", "0"), ("--days", "0"), ("--until", "soon"), ("--seed", "x")]
)
def test_numbers_that_are_none_are_usage(cli, words):
    assert cli("demo", *words).exit_code == 2


@pytest.mark.slow
def test_two_thousand_cases_of_sixty_days_end_in_balance_in_three_minutes(empty, tmp_path):
    words = ("--cases", "2000", "--days", "60", "--seed", "1", "--until", "2026-06-30")
    told, took = [], []
    for name in ("one", "two"):
        began = time.process_time()
        told.append(empty.well("demo", *words, HUIYIN_HOME=str(tmp_path / name)))
        took.append(time.process_time() - began)
    assert told[0] == told[1]
    assert "holds" in told[0]
    assert min(took) < 180
