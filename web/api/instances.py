"""Process instances as an operator moves them: where one stands, what a move does, the move."""

from typing import Any
from uuid import UUID

from apiflask import Schema
from flask import Response
from marshmallow import RAISE, fields
from sqlalchemy.orm import Session

from engine.commands import moves
from engine.commands.incidents import LONGEST_REMARK
from web.api.description import problems
from web.api.door import blueprint
from web.api.fields import Moment, Request, Text
from web.api.once import Answer, once
from web.permitted import permitted
from web.request import current_person, written


class MovableOut(Schema):
    """Something open that can be moved; scope: the sub-process it is in."""

    token = fields.UUID(required=True)
    element = fields.String(required=True)
    scope = fields.String(required=True)


class StandingOut(Schema):
    """Where an instance stands. targets: element -> why the token cannot go there, or null."""

    revision = fields.Integer(required=True)
    movable = fields.List(fields.Nested(MovableOut), required=True)
    targets = fields.Dict(keys=fields.String(), values=fields.String(allow_none=True))


class StandingFilter(Request):
    """For which token the targets are asked."""

    token = fields.UUID(load_default=None)


class ClockOut(Schema):
    """A limit's clock that ends or begins."""

    limit = fields.String(required=True)
    element = fields.String(required=True)
    due_at = Moment(required=True, allow_none=True)


class PreviewOut(Schema):
    """What a move would do. missing: names read further on that nothing may have set."""

    source = fields.String(required=True)
    target = fields.String(required=True)
    revision = fields.Integer(required=True)
    closes = fields.List(fields.String(), required=True)
    opens = fields.List(fields.String(), required=True)
    ends = fields.List(fields.Nested(ClockOut), required=True)
    begins = fields.List(fields.Nested(ClockOut), required=True)
    passed = fields.List(fields.String(), required=True)
    services = fields.List(fields.String(), required=True)
    missing = fields.List(fields.String(), required=True)
    ended = fields.Boolean(required=True)


class PreviewFilter(Request):
    """Which token would go where."""

    token = fields.UUID(required=True)
    to = Text(required=True, most=64)


class MoveIn(Request):
    """Which token goes where, and why; revision: of the instance as it was looked at."""

    token = fields.UUID(required=True)
    to = Text(required=True, most=64)
    revision = fields.Integer(required=True, strict=True)
    remark = Text(required=True, most=LONGEST_REMARK)


class MoveOut(Schema):
    """Where the case stands now, and the tasks that were opened."""

    case = fields.String(required=True)
    stage = fields.String(required=True)
    ended = fields.Boolean(required=True)
    opened = fields.List(fields.UUID(), required=True)


@blueprint.get("/instances/<uuid:instance_id>")
@blueprint.input(StandingFilter, location="query", unknown=RAISE)
@blueprint.output(StandingOut)
@blueprint.doc(tags=["operations"], operation_id="standing", responses=problems(404, 409, 422))
@permitted("operations")
def standing(instance_id: UUID, query_data: dict[str, Any]) -> moves.Standing:
    """What of a running process can be moved, and with a token to where."""
    me, token = current_person(), query_data["token"]
    return written(lambda session: moves.standing(session, instance_id, by=me, token=token))


@blueprint.get("/instances/<uuid:instance_id>/move")
@blueprint.input(PreviewFilter, location="query", unknown=RAISE)
@blueprint.output(PreviewOut)
@blueprint.doc(tags=["operations"], operation_id="preview", responses=problems(404, 409, 422))
@permitted("operations")
def preview(instance_id: UUID, query_data: dict[str, Any]) -> moves.Preview:
    """What a move would do: tasks, clocks, services; nothing is written."""
    me, token, to = current_person(), query_data["token"], query_data["to"]
    return written(lambda session: moves.preview(session, instance_id, token, to, by=me))


@blueprint.post("/instances/<uuid:instance_id>/move")
@blueprint.input(MoveIn)
@blueprint.output(MoveOut)
@blueprint.doc(tags=["operations"], operation_id="move", responses=problems(404, 409))
@permitted("operations")
def move(instance_id: UUID, json_data: dict[str, Any]) -> Response:
    """Let a process go on at another element of the same scope."""
    token = json_data["token"]

    def work(session: Session) -> Answer:
        done = moves.move(
            session,
            instance_id,
            token,
            json_data["to"],
            by=current_person(),
            remark=json_data["remark"],
            revision=json_data["revision"],
        )
        opened = [str(key) for key in done.opened]
        body = {"case": done.number, "stage": done.stage, "ended": done.ended, "opened": opened}
        return Answer(200, body)

    return once(work, {**json_data, "token": str(token)})
