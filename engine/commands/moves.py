"""An operator's move of a token (移动): looked at first, then done, with a reason."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import projection, timekeeping
from engine.bpmn import moving
from engine.bpmn.execution import Execution
from engine.bpmn.moving import Movable
from engine.bpmn.unset import unset
from engine.bpmn.values import OpenTask, Service
from engine.commands import hot
from engine.commands.corrections import set_by_forms
from engine.commands.incidents import LONGEST_REMARK, shortened
from engine.errors import Conflict, InvalidInput, NotFound
from engine.ledger import Row
from engine.models import Case, Instance
from engine.permissions import RIGHTS, Actor, CaseRights, may, require, require_known
from engine.projection import Completed
from engine.work import Work

_MISSING = "No such process instance."
_RIGHTS = [getattr(Case, name) for name in RIGHTS]


@dataclass(frozen=True)
class Clock:
    """A limit's ledger that a move ends or begins. element: what it is drawn on."""

    limit: str
    element: str
    due_at: datetime | None


@dataclass(frozen=True)
class Standing:
    """Where an instance stands: what can be moved, and for the one chosen to where.

    revision: to be sent back with the move, which is refused if the instance has moved on.
    targets: element -> why not (`moving.REFUSALS`), or None.
    """

    work: Work
    revision: int
    movable: tuple[Movable, ...]
    targets: dict[str, str | None]

    def name(self, key: str) -> dict[str, str]:
        """What the element of this id is called."""
        element = self.work.deployed.specification.elements[key]
        return {"zh": element.name or key, "en": element.name_en or key}


@dataclass(frozen=True)
class Preview:
    """What a move would do: user tasks that close and open, clocks that end and begin.

    passed: elements the run would pass; services: operations they would ask for; missing: names
    that may be read further on although nothing has set them; ended: the process would be over.
    """

    source: str
    target: str
    revision: int
    closes: tuple[str, ...]
    opens: tuple[str, ...]
    ends: tuple[Clock, ...]
    begins: tuple[Clock, ...]
    passed: tuple[str, ...]
    services: tuple[str, ...]
    missing: tuple[str, ...]
    ended: bool


def standing(
    session: Session, instance_id: UUID, *, by: Actor, token: UUID | None = None
) -> Standing:
    """What of a running instance can be moved; with a token, to where.

    Raises `NotFound`, also for a case that is kept from the person, `NotAllowed`, `Conflict` if
    it has ended or the token is not open.
    """
    work = _work(session, instance_id, by)
    execution = hot.restore(work)
    targets = moving.targets(execution, token) if token else {}
    return Standing(work, work.instance["revision"], tuple(moving.movable(execution)), targets)


def preview(session: Session, instance_id: UUID, token: UUID, target: str, *, by: Actor) -> Preview:
    """What a move would do; nothing is written. Raises as `move`."""
    work = _work(session, instance_id, by)
    execution = hot.restore(work)
    before = execution.open_tasks()
    source = _source(execution, token)
    elements = work.deployed.specification.elements
    missing: list[str] = []
    if elements.get(target) is not None and moving.targets(execution, token).get(target) is None:
        missing = unset(execution, token, target, set_by_forms(work.deployed))
    earlier = len(execution.passed), len(execution.effects)
    moving.move(execution, token, target)
    after = execution.open_tasks()
    ends, begins = _clocks(work, execution, before, after)
    return Preview(
        source=source,
        target=target,
        revision=work.instance["revision"],
        closes=_gone(before, after),
        opens=_gone(after, before),
        ends=ends,
        begins=begins,
        passed=tuple(passed.element for passed in execution.passed[earlier[0] :]),
        services=tuple(
            effect.operation if isinstance(effect, Service) else effect.message
            for effect in execution.effects[earlier[1] :]
        ),
        missing=tuple(missing),
        ended=execution.completed,
    )


def move(
    session: Session,
    instance_id: UUID,
    token: UUID,
    target: str,
    *,
    by: Actor,
    remark: str,
    revision: int,
) -> Completed:
    """Let the process go on at another element of the same scope; its tasks and clocks follow.

    revision: of the instance as it was looked at. Raises `NotFound`, `NotAllowed`, `StepFailed`,
    `InvalidInput` without a remark or where the move would break the flow (`moving.REFUSALS`),
    `Conflict` if the instance has moved on or ended.
    """
    work = _work(session, instance_id, by)
    if not remark.strip():
        raise InvalidInput("remark", f"1 to {LONGEST_REMARK} characters")
    if work.instance["revision"] != revision:
        raise Conflict("The process has moved on since it was looked at.")
    execution = hot.restore(work)
    source = _source(execution, token)
    work.note("token.moved", source, to=target, remark=shortened(remark))
    moving.move(execution, token, target)
    work.moved = True
    return projection.save(work, execution)


def _work(session: Session, instance_id: UUID, by: Actor) -> Work:
    require(may(by, "operations"))
    rights = session.execute(
        select(*_RIGHTS)
        .join(Instance, Instance.case_id == Case.id)
        .where(Instance.id == instance_id)
    ).one_or_none()
    if rights is None:
        raise NotFound(_MISSING)
    # Before anything else: that it has ended is news, too.
    require_known(by, rights, _MISSING)
    work = hot.of_instance(session, instance_id, by.id)
    require_known(by, CaseRights.of(work.case), _MISSING)
    return work


def _source(execution: Execution, token: UUID) -> str:
    for one in moving.movable(execution):
        if one.token == token:
            return one.element
    raise Conflict("What was to be moved is not open any more.")


def _gone(before: list[OpenTask], after: list[OpenTask]) -> tuple[str, ...]:
    still = {task.token for task in after}
    return tuple(task.element for task in before if task.token not in still)


def _clocks(
    work: Work, execution: Execution, before: list[OpenTask], after: list[OpenTask]
) -> tuple[tuple[Clock, ...], tuple[Clock, ...]]:
    """The ledgers that saving it would end and begin; the rows of `work` are for this alone."""
    known = {task.token for task in before}
    fresh = [task for task in after if task.token not in known]
    work.moved = True
    running = {row["id"] for row in work.deadlines if row["settled_at"] is None}
    moved, added = timekeeping.keep(work, execution, fresh)
    ended = [row for row in moved if row["id"] in running and row["settled_at"] is not None]
    return _as_clocks(ended), _as_clocks(added)


def _as_clocks(rows: list[Row]) -> tuple[Clock, ...]:
    return tuple(Clock(row["limit"], row["element"], row["due_at"]) for row in rows)
