"""Rules over many cases that a demo office has made, tried on its past, and switched on.

They are made at the end, when there is a past to try them on; one is on and has come true.
"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.commands import rule_firing, rules
from engine.db import Sessions, reading, transaction
from engine.models import Membership, Person, Role, RuleVersion
from engine.permissions import Actor
from engine.queries import people
from engine.rules.definition import Draft
from engine.worker import Worker


@dataclass(frozen=True)
class Made:
    """A rule of an office. on: why it was switched on; nothing for one that was only tried."""

    office: str
    draft: Draft
    on: str = ""


MADE = (
    Made(
        "jdz_office",
        Draft(
            "一个月超期十件",
            "Ten overdue in a month",
            counts="overdue",
            number="10",
            days="30",
            clock="calendar",
            rung="interview",
            left="0",
        ),
        on="市里要求：一个月超期十件以上的单位，约谈主要负责人。",
    ),
    Made(
        "jdz_office",
        Draft(
            "二十个工作日差评三件",
            "Three bad marks in twenty working days",
            counts="poor",
            number="3",
            days="20",
            clock="working",
            rung="order",
            left="0",
        ),
    ),
    Made(
        "qd_hotline",
        Draft(
            "两周退单三件",
            "Three returns in two weeks",
            counts="returns",
            number="3",
            days="10",
            clock="working",
            rung="phone",
            left="1",
        ),
    ),
)


def make(sessions: Sessions, worker: Worker) -> None:
    """Make the rules of the offices that are there, once, and let those that are on come true."""
    with reading(sessions) as session:
        there = {name["zh"] for name in session.scalars(select(RuleVersion.name))}
        by = {one.office: _supervisor(session, one.office) for one in MADE}
    for one in MADE:
        actor = by[one.office]
        if actor is not None and one.draft.name_zh not in there:
            _make(sessions, one, actor)
    rule_firing.evaluate(sessions)
    while worker.deliver_messages():
        pass


def _make(sessions: Sessions, one: Made, by: Actor) -> None:
    with transaction(sessions) as session:
        key = rules.make(session, one.office, one.draft, by=by)
        rules.keep_trial(session, key, rules.try_out(session, key, by=by), by=by)
        if one.on:
            rules.switch_on(session, key, one.on, by=by)


def _supervisor(session: Session, office: str) -> Actor | None:
    """The first of an office's supervisors, by login; none where there is no such office."""
    login = session.scalar(
        select(Person.login)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.unit_key == office, Membership.role == Role.SUPERVISOR, Person.active)
        .order_by(Person.login)
        .limit(1)
    )
    return people.by_login(session, login) if login is not None else None
