"""A rule tried on a year of a demo office: every window it tells is there, and none is missing."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from itertools import combinations
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from engine import clock
from engine.commands import rule_firing, rules
from engine.db import connect, reading, transaction
from engine.identity import Vault
from engine.models import Case, HistoryEvent, Membership, Person, RuleFiring
from engine.playing import demo
from engine.playing.cast import Wanted
from engine.playing.habits import Habit
from engine.queries import people
from engine.rules.definition import Draft

ZONE = ZoneInfo("Asia/Shanghai")
UNTIL = datetime(2026, 7, 1, 18, tzinfo=ZONE)
OFFICE = "jdz_office"
SLOW = Habit((70, 99), late=60, returns=0, fobs=0, yields={"time": 30, "phone": 70})
RULE = Draft("六十天两件", "Two in sixty days", "overdue", "2", "60", "calendar", "order", "0")


class Sheet:
    """Keeps what was sent."""

    def __init__(self):
        self.sent = []

    def send(self, notice):
        self.sent.append(notice)


@pytest.mark.slow
def test_the_dry_run_of_a_year_tells_every_window_and_then_it_fires_once(templates, tmp_path):
    with templates["sqlite"].copy(tmp_path) as url:
        sessions = connect(url)
        wanted = Wanted(90, 360, 7, UNTIL)
        demo.play(sessions, Vault(bytes(range(32))), Sheet(), wanted, everyone=SLOW)
        with clock.held(UNTIL), reading(sessions) as session:
            login = session.scalars(
                select(Person.login)
                .join(Membership, Membership.person_id == Person.id)
                .where(Membership.unit_key == OFFICE, Membership.role == "supervisor")
                .order_by(Person.login)
            ).first()
            by = people.by_login(session, login)
            overdue = _overdue(session)
        with clock.held(UNTIL):
            with transaction(sessions) as session:
                key = rules.make(session, OFFICE, RULE, by=by)
                tried = rules.try_out(session, key, by=by)
                rules.keep_trial(session, key, tried, by=by)
                rules.switch_on(session, key, "试过一年。", by=by)
            told = [_read(one) for one in tried.firings]
            units = {unit for unit, _, _, _ in told}
            assert len(told) > len(units) >= 2, "several units, and some of them more than once"
            for _unit, first, last, cases in told:
                assert last - first == timedelta(days=59)
                assert len(cases) >= 2
                assert all(_within(overdue[case], first, last) for case in cases)
            for unit in units:
                spans = sorted((first, last) for one, first, last, _ in told if one == unit)
                assert all(a[1] < b[0] for a, b in combinations(spans, 2)), "no day in two windows"
            assert rule_firing.evaluate(sessions) >= 1
            assert rule_firing.evaluate(sessions) == 0, "once per unit and window"
            with reading(sessions) as session:
                fired = session.scalars(
                    select(RuleFiring).where(RuleFiring.from_on > date(2026, 5, 2))
                ).all()
                assert len({one.unit_key for one in fired}) == len(fired) >= 1
                assert all(one.until_on >= UNTIL.date() for one in fired)
                assert (
                    session.scalars(
                        select(RuleFiring.id).where(RuleFiring.from_on <= date(2026, 5, 2))
                    ).all()
                    == []
                ), "what was over before it was switched on stays as it was"
        sessions.kw["bind"].dispose()


def _overdue(session):
    """By case the days on which a clock of it ran out, straight from the histories."""
    days = defaultdict(list)
    streams = {f"case:{key.hex}": key for key in session.scalars(select(Case.id))}
    for stream, payload in session.execute(
        select(HistoryEvent.stream, HistoryEvent.payload).where(
            HistoryEvent.kind == "deadline.overdue"
        )
    ):
        due = datetime.fromisoformat(payload["due"]).astimezone(ZONE).date()
        days[streams[stream]].append(due)
    return days


def _read(told):
    return (
        told["unit"],
        date.fromisoformat(told["from_on"]),
        date.fromisoformat(told["until_on"]),
        [UUID(hex=key) for key in told["cases"]],
    )


def _within(days, first, last):
    return any(first <= day <= last for day in days)
