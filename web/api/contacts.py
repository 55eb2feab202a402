"""Contacts: what a citizen said, taken in through another system."""

from typing import Any

from apiflask import Schema
from flask import Response
from marshmallow import fields
from sqlalchemy.orm import Session

from engine.commands import cases
from engine.commands.cases import Said
from engine.errors import Conflict, InvalidAnswers, StepFailed
from engine.identity import Reporter
from engine.queries import api
from web.api.description import problems
from web.api.door import blueprint
from web.api.fields import Flag, Part, Request, Text
from web.api.once import Answer, once
from web.api.steps import tell_operator
from web.permitted import permitted
from web.request import current_person, installation, reading


class ReporterIn(Request):
    """Who said it; both may be left out."""

    name = Text(load_default="", metadata={"maxLength": cases.LONGEST_NAME})
    phone = Text(load_default="", metadata={"maxLength": 40, "example": "13800000000"})


class ContactIn(Request):
    """What was said. Lengths count after white space was brought into order."""

    pack = Text(required=True, most=64, metadata={"description": "Key of the system's pack."})
    channel = Text(required=True, most=32, metadata={"description": "A channel of the pack."})
    title = Text(required=True, metadata={"maxLength": cases.LONGEST_TITLE})
    body = Text(required=True, metadata={"maxLength": cases.LONGEST_BODY})
    reporter = Part(ReporterIn, load_default=dict)
    place = Text(load_default="", metadata={"maxLength": cases.LONGEST_PLACE})
    category = Text(load_default="", metadata={"description": "A category of the pack."})
    confidential = Flag(load_default=False)
    source = Text(
        most=100, metadata={"description": "The system it comes from; with `source_id`, once."}
    )
    source_id = Text(most=200, metadata={"description": "Its key in that system."})


class ContactOut(Schema):
    """The contact, the number of its case, and the secret code the citizen follows it by."""

    contact = fields.UUID(required=True)
    case = fields.String(required=True, metadata={"example": "GL-20261102-000001"})
    code = fields.String(required=True, metadata={"example": "K7QF-3M2P-9T"})


@blueprint.post("/contacts")
@blueprint.input(ContactIn)
@blueprint.output(ContactOut, 201)
@blueprint.doc(tags=["contacts"], responses=problems(404, 409), operation_id="receive")
@permitted("contact.enter")
def receive(json_data: dict[str, Any]) -> Response:
    """Take in a contact; its case begins at once."""
    source, source_id = json_data.get("source"), json_data.get("source_id")
    if bool(source) != bool(source_id):
        raise InvalidAnswers(
            {
                "source_id": {
                    "zh": "source 和 source_id 要一起给。",
                    "en": "source and source_id go together.",
                }
            }
        )
    said = Said(
        channel=json_data["channel"],
        title=json_data["title"],
        body=json_data["body"],
        reporter=Reporter(**{"name": "", "phone": "", **json_data["reporter"]}),
        place=json_data["place"],
        category=json_data["category"],
        confidential=json_data["confidential"],
        source=source or None,
        source_id=source_id or None,
    )

    def work(session: Session) -> Answer:
        vault = installation().vault
        taken = cases.receive(session, vault, json_data["pack"], said, by=current_person().id)
        body = {"contact": str(taken.contact_id), "case": taken.number, "code": taken.code}
        return Answer(201, body)

    try:
        return once(work, json_data, kept_sealed="code")
    except Conflict:
        if said.source and said.source_id:
            with reading() as session:
                known = api.case_of(session, current_person(), said.source, said.source_id)
            if known is not None:
                message = "This entry of the source was taken in before."
                # Whoever may not see the case sees its number no more than a stranger's.
                raise Conflict(message, **({"case": known} if known else {})) from None
        raise
    except StepFailed as error:
        tell_operator(error, source="contact")
        raise
