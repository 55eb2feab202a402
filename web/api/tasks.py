"""User tasks: finding, reading, claiming and completing them."""

from typing import Any
from uuid import UUID

from apiflask import Schema
from flask import Response
from marshmallow import RAISE, fields
from sqlalchemy.orm import Session

from engine.commands import tasks
from engine.errors import StepFailed
from engine.queries import api
from engine.queries.api import TaskPage
from web.api.bodies import plain
from web.api.description import problems
from web.api.door import blueprint
from web.api.fields import Moment, Object, Page, Request, Text
from web.api.once import Answer, once
from web.api.steps import tell_operator
from web.permitted import permitted
from web.request import current_person, reading


class NameOut(Schema):
    """A text in both languages."""

    zh = fields.String(required=True)
    en = fields.String(required=True)


class TaskOut(Schema):
    """A user task. assignee: the login of who has claimed it; case: null if it has none."""

    id = fields.UUID(required=True)
    case = fields.String(required=True, allow_none=True)
    case_title = fields.String(required=True)
    element = fields.String(required=True)
    name = fields.Nested(NameOut, required=True)
    stage = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    unit = fields.String(required=True, allow_none=True)
    item = fields.String(required=True)
    assignee = fields.String(required=True, allow_none=True)
    status = fields.String(required=True, metadata={"enum": ["open", "completed", "cancelled"]})
    opened_at = Moment(required=True)
    due_at = Moment(required=True, allow_none=True)


class TaskFilter(Request):
    """Which open tasks; only those the person may do are ever given."""

    view = Text(load_default="unit", choices=("mine", "unit", "unclaimed", "overdue"))
    unit = Text(most=64, metadata={"description": "Key of the unit whose tasks they are."})
    due_before = Moment()
    page = Page(load_default=1, metadata={"minimum": 1, "maximum": Page.MOST})


class TaskPageOut(Schema):
    """One page, the most urgent first."""

    items = fields.List(fields.Nested(TaskOut), required=True)
    page = fields.Integer(required=True)
    pages = fields.Integer(required=True)
    total = fields.Integer(required=True)


class TaskFormOut(Schema):
    """A task and the form its answers must fit."""

    task = fields.Nested(TaskOut, required=True)
    form = fields.Dict(
        required=True, metadata={"description": "JSON Schema 2020-12 with Huiyin's x- keywords."}
    )
    options = fields.Dict(
        required=True, metadata={"description": "The keys of each list named by `x-options`."}
    )


class Nothing(Request):
    """No fields."""


class ClaimOut(Schema):
    """The task and the login of who has it now."""

    task = fields.UUID(required=True)
    assignee = fields.String(required=True)


class CompleteIn(Request):
    """The answers, by field of the task's form."""

    answers = Object(required=True)


class CompleteOut(Schema):
    """Where the case stands now, and the tasks that were opened."""

    case = fields.String(required=True)
    stage = fields.String(required=True)
    ended = fields.Boolean(required=True)
    opened = fields.List(fields.UUID(), required=True)


@blueprint.get("/tasks")
@blueprint.input(TaskFilter, location="query", unknown=RAISE)
@blueprint.output(TaskPageOut)
@blueprint.doc(tags=["tasks"], operation_id="tasks", responses=problems(422))
@permitted("inbox")
def index(query_data: dict[str, Any]) -> TaskPage:
    """The open tasks one may do: one's own, one's units', those nobody has claimed, overdue."""
    with reading() as session:
        return api.tasks(session, current_person(), **query_data)


@blueprint.get("/tasks/<uuid:task_id>")
@blueprint.output(TaskFormOut)
@blueprint.doc(tags=["tasks"], responses=problems(404), operation_id="task")
@permitted("inbox")
def task(task_id: UUID) -> api.TaskForm:
    """A task with its form."""
    with reading() as session:
        return api.task(session, current_person(), task_id)


@blueprint.post("/tasks/<uuid:task_id>/claim")
@blueprint.input(Nothing)
@blueprint.output(ClaimOut)
@blueprint.doc(tags=["tasks"], responses=problems(404, 409), operation_id="claim")
@permitted("inbox")
def claim(task_id: UUID, json_data: dict[str, Any]) -> Response:
    """Take a task for oneself."""
    me = current_person()

    def work(session: Session) -> Answer:
        tasks.claim(session, task_id, by=me)
        return Answer(200, {"task": str(task_id), "assignee": me.login})

    return once(work, json_data)


@blueprint.post("/tasks/<uuid:task_id>/complete")
@blueprint.input(CompleteIn)
@blueprint.output(CompleteOut)
@blueprint.doc(tags=["tasks"], responses=problems(404, 409), operation_id="complete")
@permitted("inbox")
def complete(task_id: UUID, json_data: dict[str, Any]) -> Response:
    """Complete a task; the process goes on to its next wait in the same transaction."""
    answers = plain(json_data["answers"])

    def work(session: Session) -> Answer:
        done = tasks.complete(session, task_id, answers, by=current_person())
        opened = [str(key) for key in done.opened]
        body = {"case": done.number, "stage": done.stage, "ended": done.ended, "opened": opened}
        return Answer(200, body)

    try:
        return once(work, answers)
    except StepFailed as error:
        tell_operator(error, source="task", task_id=task_id)
        raise
