"""Who may sign in, for lists."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.models import Membership, Person


@dataclass(frozen=True)
class Member:
    """A person with memberships as (unit key, role)."""

    login: str
    name_zh: str
    name_en: str
    active: bool
    memberships: tuple[tuple[str, str], ...]

    def as_dict(self) -> dict[str, Any]:
        """For `user list --json`."""
        return {
            "login": self.login,
            "name": {"zh": self.name_zh, "en": self.name_en},
            "active": self.active,
            "memberships": [{"unit": unit, "role": role} for unit, role in self.memberships],
        }


def everyone(session: Session) -> list[Member]:
    """All persons with their memberships, in the order they were added."""
    rows = session.execute(
        select(
            Person.login,
            Person.name_zh,
            Person.name_en,
            Person.active,
            Membership.unit_key,
            Membership.role,
        )
        .outerjoin(Membership, Membership.person_id == Person.id)
        .order_by(Person.id, Membership.id)
    ).all()
    grouped: dict[str, list[Any]] = {}
    for row in rows:
        grouped.setdefault(row.login, []).append(row)
    return [
        Member(
            login,
            found[0].name_zh,
            found[0].name_en,
            found[0].active,
            tuple((row.unit_key, row.role) for row in found if row.role is not None),
        )
        for login, found in grouped.items()
    ]


def is_there(session: Session, login: str) -> bool:
    """Whether somebody has this login."""
    return session.scalar(select(Person.id).where(Person.login == login)) is not None
