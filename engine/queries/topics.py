"""Feedback rates of departments by topic (主题反馈率): each number is a list of cases.

A case counts when it was sent to a department, and as fed back when an answer of it went out. It
counts as long as it is in the list of cases; sealed cases are in nobody's rate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import case as sql_case
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.db import table
from engine.models import Case
from engine.permissions import Actor
from engine.queries import case_list, packs_in_use

Texts = Mapping[str, str]
_case = table(Case)


@dataclass(frozen=True)
class Rate:
    """One topic. sent: cases sent to departments; answered: those of them that were fed back."""

    key: str
    name: Texts
    sent: int
    answered: int

    @property
    def percent(self) -> float | None:
        """None where there is nothing to divide by."""
        return 100 * self.answered / self.sent if self.sent else None


def rates(session: Session, actor: Actor) -> Sequence[Rate]:
    """Every topic of the packs in use, in their order, over the cases the person may open."""
    topic = case_list.TOPIC.label("topic")
    rows = session.execute(
        select(
            topic,
            func.count().label("sent"),
            func.count(sql_case((case_list.answered(), 1))).label("answered"),
        )
        .where(case_list.may_see(actor), case_list.sent(), case_list.TOPIC != "")
        .group_by(topic)
    ).all()
    counted = {row.topic: row for row in rows}
    packs = packs_in_use.named(session, session.scalar(select(packs_in_use.NEWEST)))
    names: dict[str, Texts] = {}
    for pack in packs:
        for entry in pack.items("topics"):
            names.setdefault(entry["key"], {"zh": entry["zh"], "en": entry["en"]})
    for key in counted:
        names.setdefault(key, {"zh": key, "en": key})  # of a pack that is no longer in use
    return [
        Rate(key, name, counted[key].sent, counted[key].answered)
        if key in counted
        else Rate(key, name, 0, 0)
        for key, name in names.items()
    ]
