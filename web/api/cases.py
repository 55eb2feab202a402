"""Cases: where one stands, its clocks, its open tasks."""

from apiflask import Schema
from marshmallow import fields

from engine.queries import api
from engine.queries.api import CaseFacts
from web.api.description import problems
from web.api.door import blueprint
from web.api.fields import Moment
from web.api.tasks import TaskOut
from web.permitted import permitted
from web.request import current_person, reading

STATES = ("running", "overdue", "paused", "met", "late", "cancelled", "passed")


class DeadlineOut(Schema):
    """A limit's ledger. due_at is null while it is paused."""

    limit = fields.String(required=True)
    clock = fields.String(required=True, metadata={"enum": ["citizen", "unit"]})
    unit = fields.String(required=True, allow_none=True)
    started_at = Moment(required=True)
    due_at = Moment(required=True, allow_none=True)
    state = fields.String(required=True, metadata={"enum": list(STATES)})
    provisional = fields.Boolean(
        required=True, metadata={"description": "Counted on days not yet in the calendar."}
    )


class CaseOut(Schema):
    """The facts of a case; never who sent it."""

    number = fields.String(required=True)
    title = fields.String(required=True)
    stage = fields.String(required=True)
    status = fields.String(
        required=True, metadata={"enum": ["open", "refused", "merged", "closed"]}
    )
    outcome = fields.String(required=True)
    unit = fields.String(required=True, allow_none=True)
    office = fields.String(required=True)
    category = fields.String(required=True)
    channel = fields.String(required=True)
    confidential = fields.Boolean(required=True)
    received_at = Moment(required=True)
    closed_at = Moment(required=True, allow_none=True)
    deadlines = fields.List(fields.Nested(DeadlineOut), required=True)
    tasks = fields.List(fields.Nested(TaskOut), required=True)


@blueprint.get("/cases/<number>")
@blueprint.output(CaseOut)
@blueprint.doc(tags=["cases"], responses=problems(404), operation_id="case")
@permitted("case.read")
def case(number: str) -> CaseFacts:
    """The facts of a case, its clocks and open tasks."""
    with reading() as session:
        return api.case(session, current_person(), number)
