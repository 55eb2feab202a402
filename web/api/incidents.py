"""Failed steps and messages that reached nobody: listed, tried again, put right, passed over."""

from typing import Any
from uuid import UUID

from apiflask import Schema
from flask import Response
from marshmallow import RAISE, fields
from sqlalchemy.orm import Session

from engine.commands import batches as doing
from engine.commands import corrections
from engine.commands import dead_letters as sending
from engine.commands.corrections import Present
from engine.commands.incidents import LONGEST_REMARK
from engine.queries import batches, dead_letters, incidents
from engine.queries.batches import Done
from engine.queries.incidents import Asked, Listing
from web.api.bodies import plain
from web.api.description import problems
from web.api.door import blueprint
from web.api.fields import Flag, Moment, Page, Request, Text
from web.api.once import Answer, once
from web.permitted import permitted
from web.request import current_person, installation, reading


class FailureOut(Schema):
    """A failed step. sealed: of a case that is kept from the reader, hence without the rest."""

    id = fields.UUID(required=True)
    source = fields.String(required=True)
    case = fields.String(required=True, attribute="case_number")
    process = fields.String(required=True)
    version = fields.Integer(required=True)
    instance = fields.UUID(required=True, attribute="instance_id", allow_none=True)
    element = fields.String(required=True)
    reason = fields.String(required=True)
    cause = fields.String(required=True)
    occurred_at = Moment(required=True)
    resolved_at = Moment(required=True, allow_none=True)
    settled_as = fields.String(required=True)
    sealed = fields.Boolean(required=True)


class CauseOut(Schema):
    """How many of those asked for have one cause."""

    process = fields.String(required=True)
    version = fields.Integer(required=True)
    element = fields.String(required=True)
    cause = fields.String(required=True)
    number = fields.Integer(required=True)
    last_at = Moment(required=True)


class IncidentFilter(Request):
    """Which failed steps."""

    state = Text(load_default="open", choices=("open", "settled"))
    source = Text(load_default="", choices=("", *incidents.SOURCES))
    process = Text(load_default="", most=64)
    element = Text(load_default="", most=64)
    cause = Text(load_default="", most=200)
    page = Page(load_default=1, metadata={"minimum": 1, "maximum": Page.MOST})


class IncidentPageOut(Schema):
    """One page, the newest first, and the causes of all that were asked for."""

    items = fields.List(fields.Nested(FailureOut), required=True, attribute="failures")
    causes = fields.List(fields.Nested(CauseOut), required=True, attribute="groups")
    total = fields.Integer(required=True)


class BatchIn(Request):
    """What is to be done with which failed steps; to skip one needs a remark."""

    act = Text(required=True, choices=(doing.RETRY, doing.SKIP))
    incidents = fields.List(fields.UUID(), required=True)
    remark = Text(load_default="", most=LONGEST_REMARK)


class BatchItemOut(Schema):
    """What came of one: done, settled before, missing, refused."""

    incident = fields.UUID(required=True)
    result = fields.String(required=True)


class BatchOut(Schema):
    """What came of each of exactly those that were named."""

    batch = fields.UUID(required=True)
    items = fields.List(fields.Nested(BatchItemOut), required=True)


class CorrectIn(Request):
    """A routing variable's new value wherever it has the value `before`; null before: not set."""

    name = Text(required=True, most=64)
    set = Flag(load_default=True, metadata={"description": "Whether it has a value at all."})
    before = fields.Raw(load_default=None, allow_none=True)
    after = fields.Raw(required=True, allow_none=True)
    remark = Text(required=True, most=LONGEST_REMARK)


class CorrectOut(Schema):
    """The variable that was set."""

    name = fields.String(required=True)


class LetterOut(Schema):
    """A message that reached nobody. over: its target has ended."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    case = fields.String(required=True, attribute="case_number")
    sent_at = Moment(required=True)
    attempts = fields.Integer(required=True)
    incident = fields.UUID(required=True, attribute="incident_id", allow_none=True)
    over = fields.Boolean(required=True)


class LettersOut(Schema):
    """The newest of them."""

    items = fields.List(fields.Nested(LetterOut), required=True)


class RemarkIn(Request):
    """Why."""

    remark = Text(load_default="", most=LONGEST_REMARK)


class SentOut(Schema):
    """The message that is delivered once more."""

    message = fields.UUID(required=True)


@blueprint.get("/incidents")
@blueprint.input(IncidentFilter, location="query", unknown=RAISE)
@blueprint.output(IncidentPageOut)
@blueprint.doc(tags=["operations"], operation_id="incidents", responses=problems(422))
@permitted("operations")
def failed(query_data: dict[str, Any]) -> Listing:
    """Failed steps, with how many there are of each cause."""
    with reading() as session:
        return incidents.listed(session, current_person(), Asked(**query_data))


@blueprint.post("/incidents/batches")
@blueprint.input(BatchIn)
@blueprint.output(BatchOut)
@blueprint.doc(tags=["operations"], operation_id="batch", responses=problems(404, 409))
@permitted("operations")
def batch(json_data: dict[str, Any]) -> dict[str, Any]:
    """Try exactly these again, or pass their steps over once; a result for each."""
    actor = current_person()

    def work(session: Session) -> Answer:
        key = doing.begin(
            session, json_data["act"], json_data["incidents"], by=actor, remark=json_data["remark"]
        )
        return Answer(200, {"batch": str(key)})

    asked = {**json_data, "incidents": [str(key) for key in json_data["incidents"]]}
    body: dict[str, str] = once(work, asked).get_json()
    key = UUID(body["batch"])
    doing.run(installation().sessions, key, by=actor)
    with reading() as session:
        done: Done = batches.batch(session, actor, key)
    items = [{"incident": item.failure.id, "result": item.result} for item in done.items]
    return {"batch": key, "items": items}


@blueprint.post("/incidents/<uuid:incident_id>/correct")
@blueprint.input(CorrectIn)
@blueprint.output(CorrectOut)
@blueprint.doc(tags=["operations"], operation_id="correct", responses=problems(404, 409))
@permitted("operations")
def correct(incident_id: UUID, json_data: dict[str, Any]) -> Response:
    """Set a routing variable of the process that stopped; the step is tried again by itself."""
    data = plain(json_data)
    before = Present(data["name"], data["set"], data["before"], ())

    def work(session: Session) -> Answer:
        corrections.correct(
            session, incident_id, before, data["after"], by=current_person(), remark=data["remark"]
        )
        return Answer(200, {"name": data["name"]})

    return once(work, data)


@blueprint.get("/messages")
@blueprint.output(LettersOut)
@blueprint.doc(tags=["operations"], operation_id="dead_letters")
@permitted("operations")
def letters() -> dict[str, Any]:
    """Messages between processes that failed, or for which nobody waited."""
    with reading() as session:
        return {"items": dead_letters.dead_letters(session, current_person())}


@blueprint.post("/messages/<uuid:message_id>/retry")
@blueprint.input(RemarkIn)
@blueprint.output(SentOut)
@blueprint.doc(tags=["operations"], operation_id="deliver_again", responses=problems(404, 409))
@permitted("operations")
def deliver_again(message_id: UUID, json_data: dict[str, Any]) -> Response:
    """Deliver one of them once more."""

    def work(session: Session) -> Answer:
        sending.deliver_again(session, message_id, by=current_person(), remark=json_data["remark"])
        return Answer(200, {"message": str(message_id)})

    return once(work, json_data)
