"""Acts of administration for the tests of units and people."""

from datetime import date

import pytest
from sqlalchemy import select

from engine import clock, history
from engine.commands import absences, staffing, units
from engine.commands.staffing import Issued, PersonSaid, Post
from engine.commands.units import UnitSaid
from engine.db import reading, transaction
from engine.errors import InvalidAnswers
from engine.models import HistoryEvent, Person, Watch
from engine.queries import people as seen


def acts(story, act, *args, by="guan.li", **said):
    """One act of administration in a transaction of its own."""
    with transaction(story.sessions) as session:
        return act(session, *args, by=seen.by_login(session, by), **said)


def founded(story, key="market_branch", parent="market_bureau", **said):
    return acts(story, units.found, key, parent, UnitSaid("城南市场监管所", "South branch", **said))


def told(story, stream):
    with reading(story.sessions) as session:
        assert history.broken(session, stream) is None
        return session.scalars(
            select(HistoryEvent.kind).where(HistoryEvent.stream == stream).order_by("seq")
        ).all()


def key_of(story, login):
    with reading(story.sessions) as session:
        return session.scalar(select(Person.id).where(Person.login == login))


def watched(story, person_id):
    return Watch(
        case_id=story.case.id, person_id=person_id, since=clock.now(), told_seq=story.case.chain_seq
    )


def faults(story, act, *args, by="guan.li", **said):
    with pytest.raises(InvalidAnswers) as refused:
        acts(story, act, *args, by=by, **said)
    return refused.value.fields


def takes_on(story, login, name, unit, role="handler", admin="guan.li", **days):
    with transaction(story.sessions) as session:
        return staffing.take_on(
            session,
            login,
            PersonSaid(name),
            Post(unit, role, **days),
            Issued("", "no hash"),
            by=seen.by_login(session, admin),
        ).id


def stands_in(
    story,
    away,
    instead,
    first=date(2026, 11, 2),
    last=date(2026, 11, 4),
    admin="guan.li",
    reason="年假",
):
    with transaction(story.sessions) as session:
        keys = {
            login: session.scalar(select(Person.id).where(Person.login == login))
            for login in (away, instead)
            if login
        }
        by = seen.by_login(session, admin)
        return absences.write_down(
            session, keys[away], keys.get(instead), first, last, reason, by=by
        )
