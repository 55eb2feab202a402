"""What a case consists of for its citizen: tasks that wait, answers that were sent, slips."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import String, and_, cast, exists, literal, null, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from engine.models import Answer, Instance, Slip, TaskStatus, Unit, UserTask


@dataclass(frozen=True)
class Piece:
    """An open task, a sent answer or a slip. name: its element, its outcome or its number."""

    kind: str
    name: str
    text: str
    at: datetime
    unit_key: str | None
    definition_id: UUID | None
    name_zh: str | None
    name_en: str | None


def of_case(
    session: Session, case_id: UUID, main_id: UUID | None
) -> tuple[list[Piece], list[Piece], list[Piece]]:
    """Open tasks, sent answers and slips, by time.

    Until a case that was joined to another has an answer of its own, it shows the other's.
    """
    nothing = literal("", String)
    own = aliased(Answer)
    of_its_own = exists(select(own.id).where(own.case_id == case_id, own.sent_at.is_not(None)))
    of_no_process = cast(null(), Instance.definition_id.type)
    whole = union_all(
        select(
            literal("task", String).label("kind"),
            UserTask.element.label("name"),
            nothing.label("text"),
            UserTask.opened_at.label("at"),
            UserTask.unit_key.label("unit_key"),
            Instance.definition_id.label("definition_id"),
        )
        .join(Instance, Instance.id == UserTask.instance_id)
        .where(UserTask.case_id == case_id, UserTask.status == TaskStatus.OPEN),
        select(
            literal("answer", String),
            Answer.outcome,
            Answer.text,
            Answer.sent_at,
            Answer.unit_key,
            of_no_process,
        ).where(
            or_(Answer.case_id == case_id, and_(Answer.case_id == main_id, ~of_its_own)),
            Answer.sent_at.is_not(None),
        ),
        select(
            literal("slip", String),
            Slip.number,
            nothing,
            Slip.issued_at,
            Slip.unit_key,
            of_no_process,
        ).where(Slip.case_id == case_id),
    ).subquery()
    rows = session.execute(
        select(whole, Unit.name_zh, Unit.name_en)
        .outerjoin(Unit, Unit.key == whole.c.unit_key)
        .order_by(whole.c.at, whole.c.name)
    )
    found = [Piece(**row) for row in rows.mappings()]
    tasks, answers, slips = (
        [piece for piece in found if piece.kind == kind] for kind in ("task", "answer", "slip")
    )
    return tasks, answers, slips
