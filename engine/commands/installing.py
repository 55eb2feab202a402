"""A fresh database: the city's row, its calendar, its organisation."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from engine import calendar_notice, clock
from engine.commands import people
from engine.db import table
from engine.errors import InvalidInput
from engine.models import CalendarDay, City, Person, Unit


def found(session: Session, timezone: str) -> bool:
    """Write the city's row and seed the calendar; False if that was done before.

    The time zone is fixed here, once. Raises `InvalidInput` if there is no such zone.
    """
    if session.get(City, 1) is not None:
        return False
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InvalidInput("HUIYIN_TIMEZONE", "a time zone such as Asia/Shanghai") from error
    session.add(City(id=1, timezone=timezone, created_at=clock.now()))
    session.flush()
    session.execute(
        insert(table(CalendarDay)),
        [
            {
                "on": day.on,
                "working": day.working,
                "name_zh": day.name_zh,
                "name_en": day.name_en,
                "source": day.source,
                "provisional": False,
            }
            for day in calendar_notice.seed_days()
        ],
    )
    return True


def organise(
    session: Session, content: Mapping[str, Any], passwords: Mapping[str, str]
) -> Sequence[str]:
    """Add the units and persons of an organisation file that are not there; the new logins.

    passwords: by login; a person without one cannot sign in until one is set.
    """
    known = set(session.scalars(select(Unit.key)))
    for unit in content["units"]:
        if unit["key"] not in known:
            people.add_unit(
                session,
                unit["key"],
                unit["zh"],
                unit["en"],
                parent=unit.get("parent"),
                level=unit.get("level", "city"),
                kind=unit.get("kind", "department"),
            )
    there = set(session.scalars(select(Person.login)))
    added = []
    for person in content["persons"]:
        if person["login"] in there:
            continue
        people.add_person(
            session,
            person["login"],
            person["zh"],
            name_en=person["en"],
            password=passwords.get(person["login"]),
            memberships=[(one["unit"], one["role"]) for one in person["memberships"]],
        )
        added.append(person["login"])
    return added
