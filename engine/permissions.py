"""Who may do what, as pure functions of person and row."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, Self
from uuid import UUID

from engine.errors import Conflict, NotAllowed, NotFound
from engine.models import Role

# Roles that work for a whole office and may read each of its cases.
OFFICE_ROLES = frozenset(
    {
        Role.INTAKE,
        Role.SCREENER,
        Role.DISPATCHER,
        Role.RULER,
        Role.REVIEWER,
        Role.PUBLISHER,
        Role.CALLER,
        Role.SUPERVISOR,
        Role.LEADER,
        Role.APPROVER,
        Role.INSPECTOR,
    }
)
# What a person may do at all; the row decides the rest.
GRANTS: Mapping[str, frozenset[str]] = {
    "inbox": frozenset(Role),
    "notices": frozenset(Role),
    "phrases": frozenset(Role),
    "phrases.share": frozenset(
        {
            Role.HANDLER,
            Role.SCREENER,
            Role.DISPATCHER,
            Role.REVIEWER,
            Role.CALLER,
            Role.SUPERVISOR,
            Role.LEADER,
        }
    ),
    "case.read": OFFICE_ROLES | {Role.HANDLER},
    "contact.enter": frozenset({Role.INTAKE, Role.SCREENER}),
    "contact.split": frozenset({Role.INTAKE, Role.SCREENER}),
    "callback": frozenset({Role.CALLER}),
    "callback.draws": frozenset({Role.CALLER, Role.SUPERVISOR, Role.LEADER}),
    "callback.capacity": frozenset({Role.SUPERVISOR, Role.LEADER}),
    "publishing": frozenset({Role.PUBLISHER}),
    "deadline.suspend": frozenset({Role.SUPERVISOR, Role.APPROVER, Role.LEADER}),
    "extension.ask": frozenset({Role.HANDLER}),
    "opinion.ask": frozenset({Role.HANDLER, Role.DISPATCHER}),
    "day.unit": frozenset({Role.LEADER, Role.SUPERVISOR}),
    "merge.undo": frozenset({Role.SCREENER, Role.DISPATCHER, Role.SUPERVISOR, Role.LEADER}),
    "precedent.read": frozenset(
        {Role.SCREENER, Role.DISPATCHER, Role.RULER, Role.SUPERVISOR, Role.LEADER}
    ),
    "precedent.withdraw": frozenset({Role.RULER, Role.SUPERVISOR, Role.LEADER}),
    "supervision.read": frozenset({Role.SUPERVISOR, Role.LEADER}),
    "supervision.start": frozenset({Role.SUPERVISOR, Role.LEADER}),
    "supervision.answer": frozenset({Role.HANDLER}),
    "supervision.called": frozenset({Role.HANDLER, Role.SUPERVISOR, Role.LEADER}),
    "rules.change": frozenset({Role.SUPERVISOR, Role.LEADER}),
    "rates.read": frozenset({Role.SUPERVISOR, Role.LEADER}),
    "rates.freeze": frozenset({Role.SUPERVISOR, Role.LEADER}),
    "digests.read": frozenset({Role.SUPERVISOR, Role.LEADER}),
    "digests.write": frozenset({Role.SUPERVISOR, Role.LEADER}),
    "digests.issue": frozenset({Role.SUPERVISOR, Role.LEADER}),
    "instructions.read": frozenset({Role.HANDLER, Role.SUPERVISOR, Role.LEADER}),
    "instructions.give": frozenset({Role.SUPERVISOR, Role.LEADER}),
    "instructions.report": frozenset({Role.HANDLER}),
    "view.first": frozenset({Role.LEADER, Role.SUPERVISOR, Role.ADMINISTRATOR}),
    "operations": frozenset({Role.ADMINISTRATOR}),
    "deploy": frozenset({Role.DESIGNER, Role.ADMINISTRATOR}),
    "design": frozenset({Role.DESIGNER, Role.ADMINISTRATOR}),
    "design.map": frozenset({Role.DESIGNER, Role.ADMINISTRATOR, Role.SUPERVISOR, Role.LEADER}),
    "papers.design": frozenset({Role.DESIGNER, Role.ADMINISTRATOR}),
    "definitions.read": frozenset(Role),
    "import": frozenset({Role.INTAKE, Role.ADMINISTRATOR}),
    "calendar.change": frozenset({Role.ADMINISTRATOR}),
    "admin": frozenset({Role.ADMINISTRATOR}),
}


# Powers given to one person, not work that somebody can do in a colleague's place.
PERSONAL_ROLES = frozenset({Role.ADMINISTRATOR, Role.DESIGNER, Role.CUSTODIAN, Role.INSPECTOR})


@dataclass(frozen=True)
class StandIn:
    """Somebody who is away today and for whom a person acts (代办), with what comes of it.

    scope: as `Actor.scope`; without `PERSONAL_ROLES`, and without compartments that the substitute
    is no member of.
    """

    person_id: UUID
    name_zh: str
    name_en: str
    scope: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Actor:
    """A person as the rules see one.

    scope: role -> keys of the units the person acts for in it, the whole subtree below each but
    for compartments the person is no member of; own and in somebody's place. own: without the
    latter, None where there is nothing of the kind. lineage: the units the person belongs to, with
    all above them; out of a compartment nothing above it; those of whom one acts for as well.
    sign_in_round: of sessions that hold. unread: notices nobody has looked at, 100 at most.
    """

    id: UUID
    login: str
    name_zh: str
    name_en: str = ""
    language: str = ""
    units: tuple[str, ...] = ()
    lineage: frozenset[str] = frozenset()
    scope: Mapping[str, frozenset[str]] = field(default_factory=dict)
    own: Mapping[str, frozenset[str]] | None = None
    stands_in: tuple[StandIn, ...] = ()
    sign_in_round: int = 0
    unread: int = field(default=0, compare=False)

    @property
    def acts_as(self) -> frozenset[UUID]:
        """Whose claimed tasks the person may do: the own ones and those of whoever is away."""
        return frozenset({self.id, *(one.person_id for one in self.stands_in)})

    @property
    def roles(self) -> frozenset[str]:
        """Every role the person has anywhere."""
        return frozenset(self.scope)

    def acts_for(self, role: str, unit_key: str | None) -> bool:
        """Whether the person has `role` for this unit (or, with None, for any)."""
        return role in self.scope and (unit_key is None or unit_key in self.scope[role])


class TaskLike(Protocol):
    """The columns of a user task that the rules look at."""

    @property
    def roles(self) -> str:
        """Stored as ",handler,reviewer,"."""

    @property
    def unit_key(self) -> str | None:
        """Whose task it is; None means any unit with the role."""

    @property
    def candidates(self) -> str:
        """Without a unit: those that may take it up, like roles; empty for any."""

    @property
    def assignee_id(self) -> UUID | None:
        """Who has claimed it."""


@dataclass(frozen=True)
class TaskRights:
    """A task as far as the rules look at it, where its columns were read one by one."""

    roles: str
    unit_key: str | None
    candidates: str
    assignee_id: UUID | None

    @classmethod
    def of(cls, columns: Mapping[Any, Any]) -> Self:
        """From columns by name."""
        return cls(
            columns["roles"], columns["unit_key"], columns["candidates"], columns["assignee_id"]
        )


class CaseLike(Protocol):
    """The columns of a case that the rules look at."""

    @property
    def office_key(self) -> str:
        """The office that runs the case."""

    @property
    def unit_key(self) -> str | None:
        """The responsible unit."""

    @property
    def sealed(self) -> bool:
        """Whether only the compartment it was handed to sees it."""

    @property
    def accused_key(self) -> str | None:
        """The unit it is about."""


def require(allowed: bool, message: str = "") -> None:
    """Raise `NotAllowed` unless `allowed`."""
    if not allowed:
        raise NotAllowed(message)


def may(actor: Actor, grant: str) -> bool:
    """Whether any of the person's roles has this grant."""
    return bool(GRANTS[grant] & actor.roles)


def may_share_phrases(actor: Actor, unit_key: str) -> bool:
    """Whether the person may write phrases for all of this unit, which is one of their own."""
    return unit_key in actor.units and any(
        actor.acts_for(role, unit_key) for role in GRANTS["phrases.share"]
    )


def roles_of(task: TaskLike) -> tuple[str, ...]:
    """The roles of a task, stored as ",handler,reviewer,"."""
    return tuple(task.roles.strip(",").split(","))


def may_do(actor: Actor, task: TaskLike) -> bool:
    """Whether the person is one of those who may do this task."""
    return covers(actor.scope, task)


def covers(scope: Mapping[str, frozenset[str]], task: TaskLike) -> bool:
    """Whether what one acts for takes this task in."""
    units: Iterable[str] = (task.unit_key,) if task.unit_key is not None else ()
    if task.unit_key is None and task.candidates:
        units = task.candidates.strip(",").split(",")
    elif task.unit_key is None:
        return not scope.keys().isdisjoint(roles_of(task))
    return any(not scope.get(role, frozenset()).isdisjoint(units) for role in roles_of(task))


def may_take_up(actor: Actor, task: TaskLike, unit: str) -> bool:
    """Whether the person may take the task up for this unit, one of its candidates."""
    return f",{unit}," in task.candidates and any(
        actor.acts_for(role, unit) for role in roles_of(task)
    )


def require_may_complete(actor: Actor, task: TaskLike) -> None:
    """Raise `NotAllowed` for a stranger, `Conflict` if someone else has claimed it."""
    require(may_do(actor, task), "The task belongs to another office or role.")
    if task.assignee_id is not None and task.assignee_id not in actor.acts_as:
        raise Conflict("Somebody else has claimed this task.", assignee_id=str(task.assignee_id))


@dataclass(frozen=True)
class CaseRights:
    """A case as far as the rules look at it, where its columns were read one by one."""

    office_key: str
    unit_key: str | None
    sealed: bool
    accused_key: str | None

    @classmethod
    def of(cls, columns: Mapping[Any, Any]) -> Self:
        """From columns by name."""
        return cls(**{name: columns[name] for name in RIGHTS})


# The columns of a case by which it is told who may see it.
RIGHTS = ("office_key", "unit_key", "sealed", "accused_key")


def knows_of(actor: Actor, case: CaseLike) -> bool:
    """Whether the case exists at all for this person.

    A sealed one does for its compartment alone, and none does for the people of the unit it is
    about, whatever their roles. To everybody else it is a number that was never given.
    """
    if case.accused_key is not None and case.accused_key in actor.lineage:
        return False
    return not case.sealed or _of_its_office(actor, case)


def require_known(actor: Actor, case: CaseLike, missing: str = "No such case.") -> None:
    """Raise `NotFound` with the words for what is not there, unless the person knows of it."""
    if not knows_of(actor, case):
        raise NotFound(missing)


def may_see_case(actor: Actor, case: CaseLike, units: Iterable[str] = ()) -> bool:
    """Whether the person may open the case.

    units: keys of all units that have or had a slip or task of it.
    """
    if not knows_of(actor, case):
        return False
    if _of_its_office(actor, case):
        return True
    involved = {case.unit_key, *units} - {None}
    return any(actor.acts_for(Role.HANDLER, unit) for unit in involved)


def _of_its_office(actor: Actor, case: CaseLike) -> bool:
    return any(actor.acts_for(role, case.office_key) for role in OFFICE_ROLES & actor.roles)


class ConfidentialLike(CaseLike, Protocol):
    """The same, and whether the case is confidential."""

    @property
    def confidential(self) -> bool:
        """Whether the person behind it is known to the office only."""


def may_see_identity(actor: Actor, case: ConfidentialLike) -> bool:
    """Whether the person may know who sent the case in.

    The office may; the responsible unit unless the case is confidential; co-handlers may not, nor
    anybody of the unit it is about.
    """
    if not knows_of(actor, case):
        return False
    if _of_its_office(actor, case):
        return True
    return (
        not case.confidential
        and case.unit_key is not None
        and actor.acts_for(Role.HANDLER, case.unit_key)
    )
