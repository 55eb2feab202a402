"""The facts of a paper, gathered from the rows; what it will say is `wording`'s."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine import deployed
from engine.errors import NotFound
from engine.models import Answer as AnswerRow
from engine.models import City, Deadline, Slip, Supervision
from engine.papers import dates, ladder
from engine.papers.finding import TO_CITIZEN, Found
from engine.papers.kinds import (
    COLOURS,
    NOTHING,
    Answer,
    Interview,
    Kind,
    Order,
    Paper,
    Point,
    Refusal,
    Term,
    Texts,
)
from engine.papers.kinds import Slip as SlipPaper
from engine.queries.case_file import File

# What a slip tells its unit, in the order in which it falls due.
_OF_HOST = ("sign", "return_window", "contact", "handling")
_OF_OTHERS = ("co_handling",)
# What an answer says besides its text, by its outcome.
_OF_OUTCOME: Mapping[str, tuple[str, ...]] = {
    "partly_solved": ("remaining",),
    "explained": ("reason",),
    "terminated": ("reason",),
    "adopted": ("policy",),
    "planned": ("plan", "plan_by"),
    "legal_channel": ("legal_channel", "legal_basis"),
}
_POINTS: Mapping[str, Texts] = {
    "remaining": {"zh": "还要办的", "en": "What remains"},
    "reason": {"zh": "理由", "en": "Reason"},
    "policy": {"zh": "采纳为", "en": "Taken up by"},
    "plan": {"zh": "列入", "en": "In the plan"},
    "plan_by": {"zh": "计划完成", "en": "To be done by"},
    "legal_channel": {"zh": "法定途径", "en": "Legal channel"},
    "legal_basis": {"zh": "依据", "en": "Legal basis"},
}


def paper(
    session: Session, file: File, found: Found, made_at: datetime, base: str, to: str
) -> Paper:
    """The facts of a paper. base: the public address, may be empty; to: the citizen's name.

    made_at: the day of a draft. Raises `NotFound` for one that is only kept.
    """
    kind, row = found.kind, found.row
    if row is None:
        raise NotFound("The paper can only be had as it was issued.")
    head = head_of(session, file, kind, base) | {
        "number": found.number,
        "made_at": found.at or made_at,
        "draft": not found.issued,
    }
    if kind == Kind.SLIP:
        return slip(session, file, row, head)
    if kind == Kind.ANSWER:
        return answer(file, head, to, row)
    if kind == Kind.REFUSAL:
        return refusal(file, head, to, row.text, row.details)
    supervision, step = row
    return order(session, file, supervision, step.details, head, before=step.done_at)


def head_of(session: Session, file: File, kind: Kind, base: str) -> dict[str, Any]:
    """What every paper of a case has in common, but for its number and day."""
    case = file.case
    supervises = kind in {Kind.ORDER, Kind.INTERVIEW}
    office = file.pack.office("supervisor") if supervises and not case.sealed else None
    aim = "track" if kind in TO_CITIZEN else f"cases/{case.number}"
    return {
        "kind": kind,
        "office": _full_name(session, file, office or case.office_key),
        "zone": file.zone,
        "case_number": case.number,
        "title": case.title,
        "received_at": case.received_at,
        "channel": file.item("channels", case.channel),
        "category": file.item("categories", case.category) if case.category else NOTHING,
        "place": case.place,
        "address": f"{base}/{aim}" if base else "",
    }


def slip(session: Session, file: File, row: Slip, head: dict[str, Any]) -> Paper:
    """The order to a unit; row: one that is there, or one that would be."""
    others = session.scalars(
        select(Slip.unit_key).where(
            Slip.case_id == row.case_id,
            Slip.issued_at == row.issued_at,
            Slip.unit_key != row.unit_key,
        )
    ).all()
    limits = _OF_HOST if row.host else _OF_OTHERS
    return SlipPaper(
        **head,
        unit=file.unit(row.unit_key),
        host=row.host,
        others=tuple(file.unit(key) for key in others),
        body=file.case.body,
        instructions=row.instructions,
        terms=_terms_of(session, file, row, limits),
    )


def answer(file: File, head: dict[str, Any], to: str, row: AnswerRow) -> Paper:
    """The letter that answers; row: one that is there, or one that would be."""
    return Answer(
        **head,
        to=to,
        unit=file.unit(row.unit_key) if row.unit_key else NOTHING,
        outcome=file.item("outcomes", row.outcome) if row.outcome else NOTHING,
        text=row.text,
        points=_points(file, row),
    )


def _points(file: File, row: AnswerRow) -> tuple[Point, ...]:
    """What the outcome asks for besides the answer's text."""
    told = []
    for name in _OF_OUTCOME.get(row.outcome, ()):
        value = row.details.get(name)
        if not value:
            continue
        text: Texts = {"zh": str(value), "en": str(value)}
        if name == "legal_channel":
            text = file.item("legal_channels", str(value))
        elif name == "plan_by" and (on := _day(value)):
            text = {language: dates.day(on, language) for language in ("zh", "en")}
        told.append(Point(_POINTS[name], text))
    return tuple(told)


def refusal(file: File, head: dict[str, Any], to: str, text: str, said: Mapping[str, Any]) -> Paper:
    """The letter that refuses; said: `refusal_reason`, `legal_channel`."""
    reason = said.get("refusal_reason", "")
    channel = said.get("legal_channel", "")
    return Refusal(
        **head,
        to=to,
        reason=file.item("refusal_reasons", reason) if reason else NOTHING,
        text=text,
        legal_channel=file.item("legal_channels", channel) if channel else NOTHING,
    )


def order(
    session: Session,
    file: File,
    supervision: Supervision,
    said: Mapping[str, Any],
    head: dict[str, Any],
    *,
    before: datetime,
) -> Paper:
    """The order; said: `demands`, `cure_by`, `colour`. before: steps until then are told."""
    return Order(
        **head,
        unit=file.unit(supervision.target),
        colour=COLOURS.get(str(said.get("colour", "")), NOTHING),
        cause=ladder.cause(file, supervision.cause),
        reason=supervision.reason,
        overdue=ladder.overdue(session, file, supervision),
        climbed=ladder.climbed(session, file, supervision, before),
        demands=str(said.get("demands", "")),
        cure_by=_day(said.get("cure_by")),
    )


def interview(
    session: Session,
    file: File,
    supervision: Supervision,
    said: Mapping[str, str],
    held_at: datetime | None,
    head: dict[str, Any],
) -> Interview:
    """The notice of an interview; said: `place`, `bring`, `contact`."""
    return Interview(
        **head,
        unit=file.unit(supervision.target),
        cause=ladder.cause(file, supervision.cause),
        overdue=ladder.overdue(session, file, supervision),
        climbed=ladder.climbed(session, file, supervision, head["made_at"]),
        held_at=held_at,
        meeting_place=said.get("place", ""),
        bring=said.get("bring", ""),
        contact=said.get("contact", ""),
    )


def _terms_of(session: Session, file: File, row: Slip, limits: Sequence[str]) -> tuple[Term, ...]:
    """Until when the unit must do what: by its ledgers, else as long as the pack gives."""
    rows = session.scalars(
        select(Deadline)
        .where(
            Deadline.case_id == row.case_id,
            Deadline.limit.in_(limits),
            or_(Deadline.unit_key == row.unit_key, Deadline.clock == "citizen"),
            or_(Deadline.settled_at.is_(None), Deadline.settled_at >= row.issued_at),
        )
        .order_by(Deadline.id)
    )
    ledgers = {one.limit: one for one in rows}
    told = []
    for limit in limits:
        stated = file.pack.limits.get(limit)
        ledger = ledgers.get(limit)
        if ledger is not None and ledger.due_at is not None:
            told.append(Term(ladder.limit_name(file, limit), until=ledger.due_at))
        elif stated is not None:
            told.append(Term(ladder.limit_name(file, limit), budget=stated.budget_for(file.facts)))
    return tuple(told)


def _full_name(session: Session, file: File, key: str) -> Texts:
    """A unit with the name of the city before it, unless it bears it already."""
    own = file.unit(key)
    revision = session.scalar(select(City.organisation_revision).where(City.id == 1))
    assert revision is not None
    root = deployed.unit_paths(session, revision).get(key, "").strip("/").split("/")[0]
    city = file.unit(root) if root and root != key else NOTHING
    if not city["zh"] or own["zh"].startswith(city["zh"]):
        return own
    return {"zh": city["zh"] + own["zh"], "en": f"{own['en']}, {city['en']}"}


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None  # still being typed
