"""Undoing a merge (撤销并案): a case joined by mistake goes on by itself."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import duties, merging, projection
from engine.commands import hot
from engine.errors import InvalidAnswers, NotFound
from engine.models import Case, CaseStatus, Instance, InstanceStatus
from engine.permissions import GRANTS, RIGHTS, Actor, may, require, require_known
from engine.projection import Completed
from engine.standing_in import in_whose_place_for

LONGEST_REASON = 1000
UNDONE = "matter_undone"  # the message that a joined case waits for
_NO_REASON = {
    "zh": "写明为什么撤销，最多 1000 个字。",
    "en": "Say why the merge is undone, in 1000 characters at most.",
}
_NOT_JOINED = {
    "zh": "这一件没有并入别的诉求，没有可撤销的。主件请打开并入的那一件再撤销。",
    "en": "This case is joined to none. To undo a merge, open the case that was joined.",
}
_ANSWERED = {
    "zh": "主件已经答复，这一件已随主件答复，不能再撤销。没有解决的，回访时记下，会再办一次。",
    "en": "Its matter has been answered and this case with it. If it is not solved, the callback "
    "will have it handled again.",
}


def undo(session: Session, number: str, reason: str, *, by: Actor) -> Completed:
    """Take a joined case out of its matter; it goes on where it would have been accepted.

    Raises `NotFound`, `NotAllowed`, `InvalidAnswers` without a reason, for a case that is joined
    to none, and when its matter has been answered.
    """
    require(may(by, "merge.undo"))
    row = session.execute(
        select(Case.id, Case.status, *(getattr(Case, name) for name in RIGHTS)).where(
            Case.number == number
        )
    ).one_or_none()
    if row is None:
        raise NotFound("No such case.")
    require_known(by, row)
    require(
        any(by.acts_for(role, row.office_key) for role in GRANTS["merge.undo"]),
        "The case belongs to another office.",
    )
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise InvalidAnswers({"reason": _NO_REASON})
    instance_id = session.scalar(
        select(Instance.id).where(
            Instance.case_id == row.id,
            Instance.part == "appeal",
            Instance.status == InstanceStatus.RUNNING,
        )
    )
    if row.status != CaseStatus.MERGED:
        raise InvalidAnswers({"number": _NOT_JOINED})
    if instance_id is None:
        raise InvalidAnswers({"number": _ANSWERED})
    work = hot.of_instance(session, instance_id, by.id)
    work.instead_of = in_whose_place_for(by, "merge.undo", row.office_key)
    if work.case["status"] != CaseStatus.MERGED:  # somebody undid it while we waited for the case
        raise InvalidAnswers({"number": _NOT_JOINED})
    merging.leave(work, reason=reason)
    duties.recall(work)
    execution = hot.restore(work)
    if not execution.deliver(UNDONE):
        raise InvalidAnswers({"number": _ANSWERED})
    return projection.save(work, execution)
