"""Planning deliveries (送达计划): which notices leave the office, together, by which channel, when.

What comes for one person within a while goes out as one; outside that person's working hours only
what is urgent; and nothing that was read in the office meanwhile.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from engine import clock, deployed
from engine.db import new_key, table
from engine.models import City, Membership, Notice, NoticeSetting, OutboxNotice, Pack, Person
from engine.notice_kinds import OUTSIDE, Channel, channels
from engine.working_time import Calendar, OfficeHours
from engine.working_time.office import next_office_moment

BATCH = 200
MOST = 50  # notices in one message; a longer one nobody reads
KIND = "notice."  # of an outbox row that is to be sent to a person: "notice.email"
TO_PERSON = "person:"
_notice, _outbox, _person = table(Notice), table(OutboxNotice), table(Person)
_setting, _membership = table(NoticeSetting), table(Membership)
_COLUMNS = (_notice.c.id, _notice.c.person_id, _notice.c.kind, _notice.c.urgent, _notice.c.at)


@dataclass(frozen=True)
class Reached:
    """How a person is reached. hours: in which no notice disturbs; None for at any hour."""

    active: bool
    email: str
    mobile: str
    choices: Mapping[str, Any]
    outside: bool
    hours: OfficeHours | None

    def by(self, channel: Channel) -> bool:
        """Whether there is an address for this channel; a webhook knows people by their login."""
        address = {Channel.EMAIL: self.email, Channel.SMS: self.mobile}
        return bool(address.get(channel, "here"))


def plan(session: Session, connected: Iterable[Channel]) -> int:
    """Write an outbox row for each message that is due; how many notices were looked at.

    connected: the channels that this office has.
    """
    due = session.execute(
        select(*_COLUMNS)
        .where(_notice.c.plan_at <= clock.now())
        .order_by(_notice.c.plan_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    if not due:
        return 0
    people = _reached(session, {row.person_id for row in due})
    calendar, now = deployed.current_calendar(session), clock.now()
    closed = {key: at for key, one in people.items() if (at := _opens(one, now, calendar)) > now}
    ready = [row for row in due if row.urgent or row.person_id not in closed]
    bundle = [row.person_id for row in ready if not row.urgent]
    ready += _waiting_with_them(session, set(bundle), {row.id for row in due})
    for person, at in closed.items():
        _put_off(session, [r.id for r in due if r.person_id == person and not r.urgent], at)
    unread = _unread(session, [row.id for row in ready])
    rows = [
        row
        for person, one in people.items()
        for row in _messages(
            person, one, [r for r in ready if r.person_id == person and r.id in unread], connected
        )
    ]
    if rows:
        session.execute(insert(_outbox), rows)
    _put_off(session, [row.id for row in ready], None)
    return len(due)


def _waiting_with_them(session: Session, persons: set[UUID], known: set[UUID]) -> Sequence[Any]:
    """What else waits for these people: it goes along."""
    if not persons:
        return []
    return session.execute(
        select(*_COLUMNS)
        .where(
            _notice.c.person_id.in_(persons),
            _notice.c.plan_at.is_not(None),
            _notice.c.urgent.is_(False),
            _notice.c.id.not_in(known),
        )
        .with_for_update(skip_locked=True)
    ).all()


def _unread(session: Session, notices: Sequence[UUID]) -> frozenset[UUID]:
    """Those that nobody has looked at; one never shown as news is read as it is written."""
    return frozenset(
        session.scalars(
            select(_notice.c.id).where(
                _notice.c.id.in_(notices),
                _notice.c.read_at.is_(None) | (_notice.c.read_at <= _notice.c.at),
            )
        )
    )


def _messages(
    person: UUID, reached: Reached, notices: Sequence[Any], connected: Iterable[Channel]
) -> Sequence[dict[str, Any]]:
    if not reached.active or not reached.outside:
        return []
    now, rows = clock.now(), []
    for channel in OUTSIDE:
        if channel not in connected or not reached.by(channel):
            continue
        wanted = [one for one in notices if channel in channels(reached.choices, one.kind)]
        for start in range(0, len(wanted), MOST):
            keys = [one.id.hex for one in wanted[start : start + MOST]]
            rows.append(
                {
                    "id": new_key(),
                    "case_id": None,
                    "kind": f"{KIND}{channel}",
                    "recipient": f"{TO_PERSON}{person.hex}",
                    "payload": {"notices": keys},
                    "written_at": now,
                    "next_at": now,
                    "attempts": 0,
                    "sent_at": None,
                    "claimed_until": None,
                    "last_error": "",
                }
            )
    return rows


def _put_off(session: Session, notices: Sequence[UUID], until: datetime | None) -> None:
    if notices:
        session.execute(update(_notice).where(_notice.c.id.in_(notices)).values(plan_at=until))


def _opens(reached: Reached, now: datetime, calendar: Calendar) -> datetime:
    """When the person may be disturbed next; `now` if at once."""
    if reached.hours is None:
        return now
    return next_office_moment(now, calendar, reached.hours)


def _reached(session: Session, persons: set[UUID]) -> Mapping[UUID, Reached]:
    rows = session.execute(
        select(
            _person.c.id,
            _person.c.active,
            _person.c.email,
            _person.c.mobile,
            _setting.c.choices,
            _setting.c.outside,
            _setting.c.any_hour,
        )
        .outerjoin(_setting, _setting.c.person_id == _person.c.id)
        .where(_person.c.id.in_(persons))
    ).all()
    hours, usual = _hours(session, persons), _usual_hours(session)
    return {
        row.id: Reached(
            active=row.active,
            email=row.email,
            mobile=row.mobile,
            choices=row.choices or {},
            outside=row.outside is not False,
            hours=None if row.any_hour else hours.get(row.id, usual),
        )
        for row in rows
    }


def _hours(session: Session, persons: set[UUID]) -> Mapping[UUID, OfficeHours]:
    """The hours of each person's own unit or the nearest above, where some are said."""
    revision = session.scalars(select(City.organisation_revision)).one()
    hours = deployed.hours_of_units(session, revision)
    if not hours:
        return {}
    paths = deployed.unit_paths(session, revision)
    posts = session.execute(
        select(_membership.c.person_id, _membership.c.unit_key).where(
            _membership.c.person_id.in_(persons)
        )
    ).all()
    # Of somebody in several units those of the lowest count: there the work is done.
    timed = [row for row in posts if row.unit_key in hours]
    by_depth = sorted(timed, key=lambda row: paths[row.unit_key].count("/"))
    return {row.person_id: hours[row.unit_key] for row in by_depth}


def _usual_hours(session: Session) -> OfficeHours:
    """The hours of the pack that was put into use last."""
    newest = session.scalar(select(Pack.id).order_by(Pack.deployed_at.desc()).limit(1))
    return deployed.pack(session, newest).hours if newest is not None else OfficeHours()
