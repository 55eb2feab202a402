"""Papers: what a case has been given as slips, letters, orders and notices, and their files."""

from typing import Any

from apiflask import FileSchema, Schema
from flask import Response, request
from marshmallow import fields

from engine.papers import finding, keeping
from engine.papers.kinds import NAMES, Kind
from engine.queries import case_file
from web import papers as giving
from web.api.description import problems
from web.api.door import blueprint
from web.api.fields import Moment
from web.api.tasks import NameOut
from web.permitted import permitted
from web.request import current_person, reading

_KIND = "<any(slip,answer,refusal,order,interview):kind>"
_OF = {
    "name": "of",
    "in": "query",
    "required": False,
    "description": "The paper's subject, as listed; the newest of its kind if left out.",
    "schema": {"type": "string"},
}
_LANGUAGE = {
    "name": "language",
    "in": "query",
    "required": False,
    "description": "`en` for the copy in English, for reading; else the Chinese paper.",
    "schema": {"type": "string"},
}


class PaperOut(Schema):
    """A paper of a case; a draft until it is issued."""

    kind = fields.String(
        required=True, metadata={"enum": [str(kind) for kind in Kind if kind != Kind.DIGEST]}
    )
    of = fields.String(required=True, metadata={"description": "What it is about."})
    name = fields.Nested(NameOut, required=True)
    number = fields.String(required=True)
    unit = fields.String(required=True, allow_none=True)
    issued = fields.Boolean(required=True)
    at = Moment(required=True, allow_none=True)


class PapersOut(Schema):
    """The papers of a case, by kind, the oldest first."""

    items = fields.List(fields.Nested(PaperOut), required=True)


@blueprint.get("/cases/<number>/papers")
@blueprint.output(PapersOut)
@blueprint.doc(tags=["papers"], responses=problems(404), operation_id="papers")
@permitted("case.read")
def papers(number: str) -> dict[str, list[dict[str, Any]]]:
    """The papers of a case."""
    with reading() as session:
        file = case_file.opened(session, number, current_person())
        found = finding.of_case(session, file)
    return {
        "items": [
            {
                "kind": str(one.kind),
                "of": one.subject.hex,
                "name": NAMES[one.kind],
                "number": one.number,
                "unit": one.unit_key,
                "issued": one.issued,
                "at": one.at,
            }
            for one in found
        ]
    }


@blueprint.get(f"/cases/<number>/papers/{_KIND}.pdf")
@blueprint.output(FileSchema(type="string", format="binary"), content_type=keeping.PDF)
@blueprint.doc(tags=["papers"], responses=problems(404, 422), operation_id="paper_pdf")
@permitted("case.read")
def pdf(number: str, kind: str) -> Response:
    """A paper as PDF/A; an issued one is the same file every time."""
    medium = "pdf-en" if request.args.get("language") == "en" else "pdf"
    return _file(number, kind, medium)


@blueprint.get(f"/cases/<number>/papers/{_KIND}.docx")
@blueprint.output(FileSchema(type="string", format="binary"), content_type=keeping.DOCX)
@blueprint.doc(tags=["papers"], responses=problems(404, 422), operation_id="paper_docx")
@permitted("case.read")
def docx(number: str, kind: str) -> Response:
    """A paper for Word or WPS, by the template the office uses."""
    return _file(number, kind, "docx")


def _file(number: str, kind: str, medium: str) -> Response:
    of = request.args.get("of", "")
    return giving.sent(giving.given(number, Kind(kind), of, keeping.MEDIA[medium]))
