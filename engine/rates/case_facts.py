"""What is known of some cases that rates count: each table read once for all of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import history, working_time
from engine.db import table
from engine.models import (
    Answer,
    Callback,
    CallbackLot,
    CitizenContact,
    Deadline,
    Evaluation,
    HistoryEvent,
    Membership,
    Review,
    Role,
    Slip,
    Suspension,
)
from engine.working_time import Budget, Calendar

Row = dict[str, Any]
_deadline, _slip = table(Deadline), table(Slip)
_contact, _answer, _review = table(CitizenContact), table(Answer), table(Review)
_callback, _evaluation, _lot = table(Callback), table(Evaluation), table(CallbackLot)
_membership = table(Membership)
_suspension, _history = table(Suspension), table(HistoryEvent)
_LIMITS = ("handling", "contact", "sign")
# A unit that phones so shortly before the callback may be telling people what to say.
COACHING = timedelta(hours=24)
# An extension given in the last day of the time that was there.
LAST_DAY = timedelta(days=1)


class Facts:
    """What is known of some cases, each table read once."""

    def __init__(self, session: Session, keys: Sequence[UUID]) -> None:
        self._deadlines = _by_case(
            session, _deadline, keys, _deadline.c.limit.in_(_LIMITS), order=_deadline.c.started_at
        )
        ids = [row.id for rows in self._deadlines.values() for row in rows]
        self._pauses: dict[UUID, list[tuple[datetime, datetime | None]]] = defaultdict(list)
        extended = set()
        for row in session.execute(
            select(_suspension).where(
                _suspension.c.deadline_id.in_(
                    select(_deadline.c.id).where(_deadline.c.case_id.in_(keys))
                )
            )
        ):
            self._pauses[row.deadline_id].append((row.from_at, row.until_at))
        for case_id, rows in self._deadlines.items():
            if any(row.extended for row in rows):
                extended.add(case_id)
        self._extensions = self._read_extensions(session, extended) if extended and ids else {}
        self._slips = _by_case(session, _slip, keys, order=_slip.c.id)
        self._contacts = _by_case(session, _contact, keys, order=_contact.c.contacted_at)
        self._answers = _by_case(session, _answer, keys, order=_answer.c.id)
        self._reviews = _by_case(session, _review, keys, order=_review.c.id)
        self._calls = _by_case(session, _callback, keys, order=_callback.c.called_at)
        self._handlers = _handlers(session, self._calls)
        self._lots = _by_case(session, _lot, keys, order=_lot.c.id)
        self._ratings = _by_case(
            session, _evaluation, keys, _evaluation.c.rated_at.is_not(None), order=_evaluation.c.id
        )

    def handling(self, case_id: UUID, unit_key: str | None, office_key: str) -> list[Any]:
        """The ledgers of the limit to handle, oldest first: the responsible unit's, if any is."""
        rows = [row for row in self._deadlines[case_id] if row.limit == "handling"]
        own = [row for row in rows if row.unit_key in {None, unit_key, office_key}]
        return [row for row in own or rows if row.settled_as != "cancelled"] or own

    def contact_limit(self, case_id: UUID) -> Row:
        """When the citizen had to be contacted, and was."""
        rows = [row for row in self._deadlines[case_id] if row.limit == "contact"]
        valid = [row for row in rows if row.settled_as != "cancelled"]
        last = valid[-1] if valid else None
        made = self._contacts[case_id]
        return {
            "contact_due_at": last.due_at if last else None,
            "contact_late": any(_was_late(row) for row in valid),
            "contacted_at": made[0].contacted_at if made else None,
        }

    def limit(self, rows: Sequence[Any], hours: Any, calendar: Calendar) -> Row:
        """The limit to handle: due, with and without extensions, done, and how it went."""
        last = rows[-1] if rows else None
        if last is None:
            return dict.fromkeys(("due_at", "plain_due_at", "done_at")) | dict.fromkeys(
                ("was_late", "paused", "extended", "extended_last_day"), False
            )
        settled = last.settled_as in {"met", "late"}
        plain = self._without_extension(last, hours, calendar)
        return {
            "due_at": last.due_at,
            "plain_due_at": plain,
            "done_at": last.settled_at if settled else None,
            "was_late": any(_was_late(row) for row in rows),
            "paused": any(row.id in self._pauses for row in rows),
            "extended": any(row.extended for row in rows),
            "extended_last_day": any(
                plain is not None and plain - LAST_DAY <= at
                for at in self._extensions.get(last.case_id, ())
            ),
        }

    def slips(self, case_id: UUID) -> Row:
        """How often, and first when, it was sent to a unit."""
        host = [row for row in self._slips[case_id] if row.host]
        return {
            "slip_at": host[0].issued_at if host else None,
            "slips": len(host),
            "returns": sum(1 for row in host if row.returned_at is not None),
        }

    def slip_rows(self, case_id: UUID, of_case: Row) -> Iterable[Row]:
        """The slips of the case by themselves."""
        rows = self._slips[case_id]
        limits = [row for row in self._deadlines[case_id] if row.limit == "sign"]
        for place, row in enumerate(rows):
            of_unit = [one for one in limits if one.unit_key in {None, row.unit_key}]
            sign = next((one for one in of_unit if one.started_at >= row.issued_at), None)
            later = next((one for one in rows[place + 1 :] if one.host), None)
            yield {
                **of_case,
                "id": row.id,
                "case_id": case_id,
                "unit_key": row.unit_key,
                "issued_at": row.issued_at,
                "due_at": sign.due_at if sign else None,
                "signed_at": row.signed_at,
                "returned_at": row.returned_at,
                "return_accepted": bool(
                    row.returned_at and later and later.unit_key != row.unit_key
                ),
            }

    def answers(self, case_id: UUID) -> Row:
        """When an answer first went out."""
        sent = [row.sent_at for row in self._answers[case_id] if row.sent_at is not None]
        return {"answered_at": min(sent, default=None)}

    def reviews(self, case_id: UUID) -> Row:
        """How often answers were looked at, and sent back; how often the case was done again."""
        rows = self._reviews[case_id]
        written = [row for row in self._answers[case_id] if row.sent_at is not None]
        return {
            "reviews": len(rows),
            "reviews_failed": sum(1 for row in rows if not row.passed),
            "rounds": max(0, len(written) - 1),
        }

    def last_words(self, case_id: UUID) -> Row:
        """The callback, and what the citizen said last, by call or by link.

        What was said to somebody who handled the case is no word of it, nor is that a callback.
        """
        made, ratings = self._calls[case_id], self._ratings[case_id]
        calls = [row for row in made if not self._handled_by(case_id, row.called_by)]
        reached = [row for row in calls if row.reached]
        words = [(row.called_at, 0, row) for row in reached]
        words += [(row.rated_at, 1, row) for row in ratings]
        last = max(words, key=lambda one: one[:2])[2] if words else None
        first = reached[0].called_at if reached else None
        return {
            "attempts": len(calls),
            "own_call": len(calls) < len(made),
            "reached_at": min((at for at, _, _ in words), default=None),
            "said": last.result if last else "",
            "rating": last.satisfaction if last else None,
            "coached": first is not None
            and any(
                first - COACHING <= row.contacted_at < first and self._answered(case_id, row)
                for row in self._contacts[case_id]
            ),
        }

    def lot(self, case_id: UUID) -> Row:
        """Where it stood when callbacks were drawn, the first time."""
        first = next(iter(self._lots[case_id]), None)
        return {
            "stratum_id": first.stratum_id if first else None,
            "drawn": bool(first and first.drawn),
        }

    def _handled_by(self, case_id: UUID, person_id: UUID | None) -> bool:
        """Whether somebody had a hand in handling the case, or belongs to a unit that did."""
        if person_id is None:
            return False
        wrote = {row.written_by for row in self._answers[case_id]}
        wrote |= {row.recorded_by for row in self._contacts[case_id]}
        units = {row.unit_key for row in self._slips[case_id]}
        return person_id in wrote or bool(units & self._handlers.get(person_id, frozenset()))

    def _answered(self, case_id: UUID, contact: Any) -> bool:
        """Whether the answer was written before this contact, so that there was no need of it."""
        written = [row.written_at for row in self._answers[case_id]]
        return bool(written) and min(written) <= contact.contacted_at

    def _without_extension(self, row: Any, hours: Any, calendar: Calendar) -> datetime | None:
        if not row.extended or row.due_at is None:
            due: datetime | None = row.due_at
            return due
        return working_time.due(
            row.started_at,
            Budget.parse(row.budget),
            calendar,
            hours,
            suspensions=self._pauses.get(row.id, ()),
        ).at

    def _read_extensions(self, session: Session, cases: set[UUID]) -> dict[UUID, list[datetime]]:
        streams = {history.case_stream(key): key for key in cases}
        found: dict[UUID, list[datetime]] = defaultdict(list)
        for row in session.execute(
            select(_history.c.stream, _history.c.at).where(
                _history.c.stream.in_(streams), _history.c.kind == "deadline.extended"
            )
        ):
            found[streams[row.stream]].append(row.at)
        return found


def _handlers(
    session: Session, calls: Mapping[UUID, Sequence[Any]]
) -> Mapping[UUID, frozenset[str]]:
    """Of those who made some calls, the units that they handle cases for."""
    callers = {row.called_by for rows in calls.values() for row in rows} - {None}
    found: dict[UUID, frozenset[str]] = {}
    if callers:
        for row in session.execute(
            select(_membership.c.person_id, _membership.c.unit_key).where(
                _membership.c.person_id.in_(callers), _membership.c.role == str(Role.HANDLER)
            )
        ):
            found[row.person_id] = found.get(row.person_id, frozenset()) | {row.unit_key}
    return found


def _was_late(row: Any) -> bool:
    return bool(row.settled_as == "late")


def _by_case(
    session: Session, of: Any, keys: Sequence[UUID], *more: Any, order: Any
) -> dict[UUID, list[Any]]:
    """The rows of a table of these cases, in order."""
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in session.execute(select(of).where(of.c.case_id.in_(keys), *more).order_by(order)):
        found[row.case_id].append(row)
    return found
