"""Supervisions: asking for one about a case."""

from typing import Any

from apiflask import Schema
from flask import Response
from marshmallow import fields
from sqlalchemy.orm import Session

from engine.commands import supervisions
from engine.models import Supervision
from web.api.description import problems
from web.api.door import blueprint
from web.api.fields import Request, Text
from web.api.once import Answer, once
from web.permitted import permitted
from web.request import current_person


class SupervisionIn(Request):
    """The first rung of the ladder, and why."""

    rung = Text(required=True, choices=supervisions.RUNGS)
    reason = Text(required=True, metadata={"maxLength": supervisions.LONGEST_REASON})


class SupervisionOut(Schema):
    """The supervision and its number."""

    supervision = fields.UUID(required=True)
    number = fields.String(required=True)


@blueprint.post("/cases/<number>/supervisions")
@blueprint.input(SupervisionIn)
@blueprint.output(SupervisionOut, 201)
@blueprint.doc(tags=["cases"], responses=problems(404, 409), operation_id="supervise")
@permitted("supervision.start")
def supervise(number: str, json_data: dict[str, Any]) -> Response:
    """Start a ladder of supervision about a case's responsible unit."""

    def work(session: Session) -> Answer:
        key = supervisions.ask(
            session, number, json_data["rung"], json_data["reason"], by=current_person()
        )
        given = session.get_one(Supervision, key).number
        return Answer(201, {"supervision": str(key), "number": given})

    return once(work, json_data)
