"""The digests of a demo office: last week's is issued with an instruction, the count is a draft.

Made at the end, through the commands; its files are made when somebody first has them.
"""

from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.commands import digests, instructions
from engine.db import Sessions, reading, transaction
from engine.digests import content, kinds, making, periods
from engine.digests.making import Ready
from engine.digests.reading import next_number, values
from engine.models import Case, City, Digest, Membership, Person, Role
from engine.permissions import Actor
from engine.queries import people

PACK, OFFICE = "gl-jindianzi", "jdz_office"
ISSUED, DRAFTED = "weekly_digest", "weekly_count"
_TEXT = "这里反映集中，两周内拿出办法，办到哪一步每周报一次。"
_LEADER = "分管副市长"
_RESULT = "已到现场看过，列了整改清单，本周先办三处。"
_UNIT = "utilities_bureau"


def make(sessions: Sessions) -> None:
    """Once in a database; none where the office has no cases."""
    with reading(sessions) as session:
        there = session.scalar(select(Digest.id).limit(1))
        if there or not session.scalar(select(Case.id).where(Case.office_key == OFFICE).limit(1)):
            return
        zone = ZoneInfo(session.scalars(select(City.timezone)).one())
        writer = _with(session, Role.SUPERVISOR, OFFICE)
        leader = _with(session, Role.LEADER, OFFICE)
        counted = [_ready(session, kind, zone) for kind in (ISSUED, DRAFTED)]
    with transaction(sessions) as session:
        key, _count = (one.keep(session, by=writer) for one in counted)
        row = session.get_one(Digest, key)
        digests.send(session, row, by=writer)
        digests.issue(session, row, next_number(session, row), {}, by=leader)
        _instruct(session, row, leader, zone)


def _ready(session: Session, key: str, zone: ZoneInfo) -> Ready:
    period = periods.complete(kinds.kind(key).period, clock.now(), zone)
    return making.ready(session, key, PACK, period.key)


def _instruct(session: Session, row: Digest, leader: Actor, zone: ZoneInfo) -> None:
    """A word on the line about what is hot, and the unit's first report."""
    printed = {key: one.told for key, one in values(session, row.id).items()}
    lines = [one.key for one in content.lines(row.content, printed)]
    line = next((one for one in lines if one.startswith("hot-")), lines[0])
    said = {"text": _TEXT, "leader": _LEADER, "unit": _UNIT}
    due = row.frozen_at.astimezone(zone).date() + timedelta(days=14)
    given = instructions.give(session, row, line, said, due, by=leader)
    handler = _with(session, Role.HANDLER, _UNIT)
    instructions.report(session, given, _RESULT, by=handler)


def _with(session: Session, role: Role, unit: str) -> Actor:
    """Who holds a role in a unit, the first by login."""
    key = session.scalars(
        select(Person.id)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.role == str(role), Membership.unit_key == unit)
        .order_by(Person.login)
        .limit(1)
    ).one()
    return people.actor(session, key)
