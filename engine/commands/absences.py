"""Absences (外出、代办): a person is away for some days, and a colleague acts in the place."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import administering, clock, deployed
from engine.cleaning import cleaned_line
from engine.db import new_key
from engine.errors import Conflict, InvalidAnswers, NotFound
from engine.models import Absence
from engine.permissions import Actor

LONGEST_REASON = 200
LONGEST = timedelta(days=366)
Fault = dict[str, str]
_FAULTS: dict[str, Fault] = {
    "from_on": {"zh": "填哪一天起。", "en": "Say from which day."},
    "until_on": {
        "zh": "最后一天不能在第一天前面，也不能在今天前面，最长一年。",
        "en": "The last day is neither before the first nor before today, and within a year.",
    },
    "reason": {
        "zh": f"最多 {LONGEST_REASON} 个字。",
        "en": f"At most {LONGEST_REASON} characters.",
    },
    "nobody": {"zh": "选一个在职的同事。", "en": "Choose a colleague who is still here."},
    "self": {"zh": "不能代自己。", "en": "Nobody stands in for themselves."},
    "away": {
        "zh": "这几天这位同事自己也不在，换一个人。",
        "en": "This colleague is away on these days as well; choose another.",
    },
    "overlap": {
        "zh": "这几天已经记过不在了，先结束那一条。",
        "en": "An absence is down for these days already; end that one first.",
    },
}


def write_down(
    session: Session,
    person_id: UUID,
    substitute_id: UUID | None,
    from_on: date | None,
    until_on: date | None,
    reason: str,
    *,
    by: Actor,
) -> UUID:
    """Write an absence down; its key. Raises `InvalidAnswers` by field, `NotFound`.

    It goes one step: what somebody is trusted with in a colleague's place is passed on to nobody.
    """
    person = administering.person(session, person_id, by)
    if not person.active:
        raise NotFound(administering.NO_PERSON)
    reason = cleaned_line(reason)
    if from_on is None or until_on is None:
        missing = {"from_on": from_on, "until_on": until_on}
        raise InvalidAnswers({k: _FAULTS[k] for k, v in missing.items() if v is None})
    wrong: dict[str, Fault] = {}
    if until_on < max(from_on, today(session)) or until_on - from_on > LONGEST:
        wrong["until_on"] = _FAULTS["until_on"]
    elif _away(session, person_id, from_on, until_on):
        wrong["from_on"] = _FAULTS["overlap"]
    if len(reason) > LONGEST_REASON:
        wrong["reason"] = _FAULTS["reason"]
    if substitute_id is not None and (
        why := _unfit(session, person_id, substitute_id, (from_on, until_on), by)
    ):
        wrong["substitute"] = why
    if wrong:
        raise InvalidAnswers(wrong)
    row = Absence(
        id=new_key(),
        person_id=person_id,
        substitute_id=substitute_id,
        from_on=from_on,
        until_on=until_on,
        reason=reason,
        written_at=clock.now(),
        written_by=by.id,
    )
    session.add(row)
    session.flush()
    administering.changed(session)
    administering.note(
        session,
        "absence.written",
        by,
        absence=row.id.hex,
        person=person_id.hex,
        substitute=substitute_id.hex if substitute_id else "",
        from_on=from_on.isoformat(),
        until_on=until_on.isoformat(),
    )
    return row.id


def end(session: Session, absence_id: UUID, *, by: Actor) -> UUID:
    """End an absence now: whoever stood in no longer does; the key of who was away.

    Raises `NotFound`, `Conflict` if it has ended.
    """
    row = session.get(Absence, absence_id, with_for_update=True)
    if row is None:
        raise NotFound("No such absence.")
    administering.person(session, row.person_id, by)
    if row.ended_at is not None or row.until_on < today(session):
        raise Conflict("The absence is over.")
    row.ended_at = clock.now()
    session.flush()
    administering.changed(session)
    administering.note(
        session, "absence.ended", by, absence=absence_id.hex, person=row.person_id.hex
    )
    return row.person_id


def today(session: Session) -> date:
    """The date where the office is."""
    return deployed.current_calendar(session).local(clock.now()).date()


def _unfit(
    session: Session, person_id: UUID, substitute_id: UUID, days: tuple[date, date], by: Actor
) -> Fault | None:
    """Why somebody cannot stand in on these days: it gives scope, so that both are in one care."""
    if substitute_id == person_id:
        return _FAULTS["self"]
    try:
        other = administering.known_person(session, substitute_id, by)
    except NotFound:
        return _FAULTS["nobody"]
    if not other.active:
        return _FAULTS["nobody"]
    return _FAULTS["away"] if _away(session, substitute_id, *days) else None


def _away(session: Session, person_id: UUID, from_on: date, until_on: date) -> bool:
    return (
        session.scalar(
            select(Absence.id)
            .where(
                Absence.person_id == person_id,
                Absence.ended_at.is_(None),
                Absence.from_on <= until_on,
                Absence.until_on >= from_on,
            )
            .limit(1)
        )
        is not None
    )
