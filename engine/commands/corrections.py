"""Putting a routing variable right (更正变量), so that a step which failed can be done."""

from typing import Any
from uuid import UUID

from jsonschema import Draft202012Validator
from sqlalchemy.orm import Session

from engine import forms, projection
from engine.bpmn import variables
from engine.bpmn.execution import Execution
from engine.bpmn.values import Facts, Scalar
from engine.bpmn.variables import Forms, Present
from engine.commands import hot, incidents
from engine.deployed import Deployed
from engine.errors import Conflict, InvalidInput
from engine.permissions import Actor
from engine.work import Work

__all__ = ["Present", "correct", "present", "set_by_forms"]

LONGEST_TOLD = 40  # of a text among the values that the history names


def present(session: Session, incident_id: UUID, *, by: Actor) -> list[Present]:
    """The routing variables of the instance that stopped, with their values now.

    None for an instance that has not started. Raises as `incidents.retry`.
    """
    incident = incidents.seen(session, incident_id, by)
    if incident.instance_id is None:
        return []
    work = hot.of_instance(session, incident.instance_id, by.id)
    return variables.present(_standing(work), set_by_forms(work.deployed))


def correct(
    session: Session,
    incident_id: UUID,
    before: Present,
    after: Scalar,
    *,
    by: Actor,
    remark: str,
) -> None:
    """Set a variable anew wherever it has the value `before`; the incident stays open.

    Raises as `incidents.retry`, `InvalidInput` for a name the diagram does not know, a value its
    forms or expressions would not take, or no remark; `Conflict` if the value is another by now.
    """
    incident = incidents.seen(session, incident_id, by)
    if not remark.strip():
        raise InvalidInput("remark", f"1 to {incidents.LONGEST_REMARK} characters")
    if incident.instance_id is None:
        raise Conflict("The process has not started: there are no variables yet.")
    work = hot.of_instance(session, incident.instance_id, by.id)
    _fits_its_forms(work.deployed, before.name, after)
    execution = _standing(work)
    variables.correct(execution, before, after, set_by_forms(work.deployed))
    work.note(
        "variable.corrected",
        incident.element,
        incident=incident.id.hex,
        name=before.name,
        before=_told(before.value) if before.known else None,
        after=_told(after),
        remark=incidents.shortened(remark),
    )
    projection.save(work, execution)


def set_by_forms(deployed: Deployed) -> Forms:
    """For each user task the variables that its form sets."""
    return {
        element.id: frozenset(forms.routing(deployed.forms[element.form], {}))
        for element in deployed.specification.elements.values()
        if element.form and element.form in deployed.forms
    }


def _standing(work: Work) -> Execution:
    """The instance as it stands: what is due would fail again."""
    return Execution.restore(
        work.deployed.specification,
        work.instance["state"],
        Facts(dict(work.facts)),
        work.instance["skips"] or (),
    )


def _fits_its_forms(deployed: Deployed, name: str, value: Scalar) -> None:
    """A variable that forms set keeps to what they take; nothing is what an unasked field gives."""
    if value is None:
        return
    fields: list[dict[str, Any]] = [
        schema["properties"][name]
        for schema in deployed.forms.values()
        if name in forms.routing(schema, {})
    ]
    if fields and not any(Draft202012Validator(field).is_valid(value) for field in fields):
        choices = sorted({str(c) for field in fields for c in field.get("enum", ())})
        wanted = f"one of {', '.join(choices)}" if choices else f"a value as {name} has in its form"
        raise InvalidInput(name, wanted)


def _told(value: Any) -> Any:
    """A value for the history: not what somebody wrote, which is long."""
    if isinstance(value, str) and len(value) > LONGEST_TOLD:
        return f"({len(value)})"
    return value
