"""Who may do what, as a table."""

from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from engine import permissions
from engine.commands import people, supervisions
from engine.db import transaction
from engine.errors import Conflict, NotAllowed
from engine.models import Role
from engine.permissions import GRANTS, OFFICE_ROLES, Actor

OFFICE, UNIT, CO_UNIT, OTHER = "jdz_office", "utilities_bureau", "police_bureau", "housing_bureau"
ALLOWED = {
    "inbox": set(Role),
    "notices": set(Role),
    "definitions.read": set(Role),
    "case.read": {
        Role.INTAKE, Role.SCREENER, Role.DISPATCHER, Role.RULER, Role.HANDLER, Role.REVIEWER,
        Role.PUBLISHER, Role.CALLER, Role.SUPERVISOR, Role.LEADER, Role.APPROVER,
        Role.INSPECTOR,
    },
    "contact.enter": {Role.INTAKE, Role.SCREENER},
    "contact.split": {Role.INTAKE, Role.SCREENER},
    "phrases": set(Role),
    "phrases.share": {
        Role.HANDLER, Role.SCREENER, Role.DISPATCHER, Role.REVIEWER, Role.CALLER,
        Role.SUPERVISOR, Role.LEADER,
    },
    "opinion.ask": {Role.HANDLER, Role.DISPATCHER},
    "day.unit": {Role.LEADER, Role.SUPERVISOR},
    "view.first": {Role.LEADER, Role.SUPERVISOR, Role.ADMINISTRATOR},
    "callback": {Role.CALLER},
    "publishing": {Role.PUBLISHER},
    "deadline.suspend": {Role.SUPERVISOR, Role.APPROVER, Role.LEADER},
    "extension.ask": {Role.HANDLER},
    "merge.undo": {Role.SCREENER, Role.DISPATCHER, Role.SUPERVISOR, Role.LEADER},
    "papers.design": {Role.DESIGNER, Role.ADMINISTRATOR},
    "design": {Role.DESIGNER, Role.ADMINISTRATOR},
    "design.map": {Role.DESIGNER, Role.ADMINISTRATOR, Role.SUPERVISOR, Role.LEADER},
    "precedent.read": {
        Role.SCREENER, Role.DISPATCHER, Role.RULER, Role.SUPERVISOR, Role.LEADER,
    },
    "precedent.withdraw": {Role.RULER, Role.SUPERVISOR, Role.LEADER},
    "supervision.read": {Role.SUPERVISOR, Role.LEADER},
    "supervision.start": {Role.SUPERVISOR, Role.LEADER},
    "supervision.answer": {Role.HANDLER},
    "supervision.called": {Role.HANDLER, Role.SUPERVISOR, Role.LEADER},
    "rules.change": {Role.SUPERVISOR, Role.LEADER},
    "rates.read": {Role.SUPERVISOR, Role.LEADER},
    "callback.draws": {Role.CALLER, Role.SUPERVISOR, Role.LEADER},
    "callback.capacity": {Role.SUPERVISOR, Role.LEADER},
    "rates.freeze": {Role.SUPERVISOR, Role.LEADER},
    "digests.read": {Role.SUPERVISOR, Role.LEADER},
    "digests.write": {Role.SUPERVISOR, Role.LEADER},
    "digests.issue": {Role.SUPERVISOR, Role.LEADER},
    "instructions.read": {Role.HANDLER, Role.SUPERVISOR, Role.LEADER},
    "instructions.give": {Role.SUPERVISOR, Role.LEADER},
    "instructions.report": {Role.HANDLER},
    "operations": {Role.ADMINISTRATOR},
    "deploy": {Role.DESIGNER, Role.ADMINISTRATOR},
    "import": {Role.INTAKE, Role.ADMINISTRATOR},
    "calendar.change": {Role.ADMINISTRATOR},
    "admin": {Role.ADMINISTRATOR},
}  # fmt: skip


@dataclass(frozen=True)
class ATask:
    roles: str = ",handler,"
    unit_key: str | None = UNIT
    assignee_id: UUID | None = None
    candidates: str = ""


@dataclass(frozen=True)
class ACase:
    office_key: str = OFFICE
    unit_key: str | None = UNIT
    confidential: bool = False
    sealed: bool = False
    accused_key: str | None = None


def somebody(**scope):
    return Actor(uuid4(), "x", "某", scope={role: frozenset(keys) for role, keys in scope.items()})


def test_the_table_names_every_grant():
    assert set(ALLOWED) == set(GRANTS)
    assert all(GRANTS.values()), "a grant nobody has is a mistake"
    assert all(roles <= set(Role) for roles in GRANTS.values())


@pytest.mark.parametrize("grant", sorted(ALLOWED))
def test_a_grant_is_for_these_roles_and_no_other(grant):
    told = {role for role in Role if permissions.may(somebody(**{role: {UNIT}}), grant)}
    assert told == ALLOWED[grant]


def test_an_unknown_grant_is_a_mistake_and_not_a_no():
    with pytest.raises(KeyError):
        permissions.may(somebody(handler={UNIT}), "anything")


def test_somebody_without_a_role_may_nothing():
    nobody = somebody()
    assert not any(permissions.may(nobody, grant) for grant in GRANTS)
    assert not permissions.may_do(nobody, ATask())
    assert not permissions.may_see_case(nobody, ACase(), [UNIT, OFFICE])
    assert not permissions.may_see_identity(nobody, ACase())


@pytest.mark.parametrize(
    ("scope", "task", "expected"),
    [
        ({"handler": {UNIT}}, ATask(), True),
        ({"handler": {OTHER}}, ATask(), False),
        ({"handler": {OTHER, UNIT}}, ATask(), True),
        ({"reviewer": {UNIT}}, ATask(), False),
        ({"handler": {OTHER}, "reviewer": {UNIT}}, ATask(), False),
        ({"reviewer": {UNIT}}, ATask(roles=",handler,reviewer,"), True),
        ({"handler": {OTHER}}, ATask(unit_key=None), True),
        ({"reviewer": {OTHER}}, ATask(unit_key=None), False),
        ({"handler": {UNIT}}, ATask(unit_key=None, candidates=f",{UNIT},{CO_UNIT},"), True),
        ({"handler": {OTHER}}, ATask(unit_key=None, candidates=f",{UNIT},{CO_UNIT},"), False),
        ({"reviewer": {UNIT}}, ATask(unit_key=None, candidates=f",{UNIT},{CO_UNIT},"), False),
        ({"handler": {OTHER}}, ATask(candidates=f",{OTHER},"), False),
        ({"handler": set()}, ATask(), False),
        ({"hand": {UNIT}}, ATask(), False),
        ({"": {UNIT}}, ATask(roles=",handler,"), False),
        ({"administrator": {UNIT, OFFICE}}, ATask(), False),
    ],
)
def test_a_task_is_for_its_roles_in_its_unit(scope, task, expected):
    actor = somebody(**scope)
    assert permissions.may_do(actor, task) is expected
    if expected:
        permissions.require_may_complete(actor, task)
    else:
        with pytest.raises(NotAllowed):
            permissions.require_may_complete(actor, task)


@pytest.mark.parametrize(
    ("scope", "unit", "expected"),
    [
        ({"handler": {UNIT}}, UNIT, True),
        ({"handler": {UNIT, OTHER}}, OTHER, False),
        ({"handler": {UNIT}}, CO_UNIT, False),
        ({"reviewer": {UNIT}}, UNIT, False),
        ({"handler": {"bureau"}}, "bureau", False),
        ({"handler": {""}}, "", False),
    ],
)
def test_a_slip_is_taken_up_for_a_candidate_one_acts_for(scope, unit, expected):
    task = ATask(unit_key=None, candidates=f",{UNIT},{CO_UNIT},")
    assert permissions.may_take_up(somebody(**scope), task, unit) is expected


def test_a_claimed_task_is_a_conflict_for_others_and_not_a_question_of_rights():
    owner, other, stranger = somebody(handler={UNIT}), somebody(handler={UNIT}), somebody()
    task = ATask(assignee_id=owner.id)
    permissions.require_may_complete(owner, task)
    with pytest.raises(Conflict) as caught:
        permissions.require_may_complete(other, task)
    assert caught.value.details == {"assignee_id": str(owner.id)}
    with pytest.raises(NotAllowed):
        permissions.require_may_complete(stranger, task)


@pytest.mark.parametrize("role", list(Role))
def test_who_may_open_a_case(role):
    case = ACase()
    in_office = somebody(**{role: {OFFICE}})
    in_unit = somebody(**{role: {UNIT}})
    in_co_unit = somebody(**{role: {CO_UNIT}})
    elsewhere = somebody(**{role: {OTHER}})
    of_office, handles = role in OFFICE_ROLES, role == Role.HANDLER
    assert permissions.may_see_case(in_office, case) is of_office
    assert permissions.may_see_case(in_unit, case) is handles
    assert permissions.may_see_case(in_co_unit, case) is False
    assert permissions.may_see_case(in_co_unit, case, [CO_UNIT]) is handles
    assert permissions.may_see_case(elsewhere, case, [CO_UNIT]) is False


def test_a_case_without_a_unit_is_open_to_its_office_alone():
    case = ACase(unit_key=None)
    assert permissions.may_see_case(somebody(screener={OFFICE}), case)
    assert not permissions.may_see_case(somebody(handler={UNIT}), case)
    assert not permissions.may_see_case(somebody(handler={UNIT}), case, [None])
    assert permissions.may_see_case(somebody(handler={UNIT}), case, [UNIT]), "it had a slip once"


@pytest.mark.parametrize(
    ("scope", "case", "expected"),
    [
        ({"screener": {OFFICE}}, ACase(), True),
        ({"screener": {OFFICE}}, ACase(confidential=True), True),
        ({"screener": {OTHER}}, ACase(), False),
        ({"handler": {UNIT}}, ACase(), True),
        ({"handler": {UNIT}}, ACase(confidential=True), False),
        ({"handler": {CO_UNIT}}, ACase(), False),
        ({"handler": {UNIT}}, ACase(unit_key=None), False),
        ({"handler": {OFFICE}}, ACase(), False),
        ({"designer": {OFFICE, UNIT}}, ACase(), False),
        ({"administrator": {OFFICE, UNIT}}, ACase(), False),
    ],
)
def test_who_may_know_the_person_behind_a_case(scope, case, expected):
    assert permissions.may_see_identity(somebody(**scope), case) is expected


def test_a_supervisor_of_another_office_leaves_our_ladders_alone(story):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    key = story.supervises("order")
    with transaction(story.sessions) as session:
        people.add_person(session, "far", "远", memberships=[("housing_bureau", "supervisor")])
    stranger = story.actor("far")
    for act in (
        lambda session: supervisions.ask(session, story.number, "phone", "催", by=stranger),
        lambda session: supervisions.cure(session, key, by=stranger),
    ):
        with pytest.raises(NotAllowed), transaction(story.sessions) as session:
            act(session)
    assert [row.cured_at for row in story.supervisions()] == [None]


def test_roles_are_stored_between_commas():
    assert permissions.roles_of(ATask(roles=",handler,reviewer,")) == ("handler", "reviewer")
    assert permissions.roles_of(ATask(roles=",handler,")) == ("handler",)


def test_require_says_why_if_there_is_something_to_say():
    permissions.require(True)
    with pytest.raises(NotAllowed, match="another office"):
        permissions.require(False, "The case belongs to another office.")
    with pytest.raises(NotAllowed, match="Not permitted"):
        permissions.require(False)
