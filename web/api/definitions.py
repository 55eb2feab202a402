"""Definitions: what is deployed, and its XML."""

from apiflask import FileSchema, Schema
from flask import Response
from marshmallow import fields

from engine.errors import NotFound
from engine.queries import versions
from engine.queries.versions import Version
from web.api.description import problems
from web.api.door import blueprint
from web.api.fields import Moment
from web.api.tasks import NameOut
from web.permitted import permitted
from web.request import reading

_LARGEST_VERSION = 2**31 - 1  # of an integer column


class DefinitionOut(Schema):
    """One version of a diagram, decision or form; keys of the latter two are `process.name`."""

    key = fields.String(required=True)
    version = fields.Integer(required=True)
    kind = fields.String(required=True, metadata={"enum": ["bpmn", "dmn", "form", "drawing"]})
    name = fields.Nested(NameOut, required=True)
    sha256 = fields.String(required=True)
    deployed_at = Moment(required=True)
    deployed_by = fields.String(required=True)


class ListedDefinitionOut(DefinitionOut):
    """One of a list; a class of its own, as APIFlask describes each class in one place."""


class DefinitionsOut(Schema):
    """The newest version of everything deployed."""

    items = fields.List(fields.Nested(ListedDefinitionOut), required=True)


@blueprint.get("/definitions")
@blueprint.output(DefinitionsOut)
@blueprint.doc(tags=["definitions"], operation_id="definitions")
@permitted("definitions.read")
def definitions() -> dict[str, list[Version]]:
    """The newest version of every diagram, decision and form."""
    with reading() as session:
        return {"items": versions.newest(session)}


@blueprint.get("/definitions/<key>")
@blueprint.output(DefinitionOut)
@blueprint.doc(tags=["definitions"], responses=problems(404), operation_id="definition")
@permitted("definitions.read")
def definition(key: str) -> Version:
    """The newest version under a key; a process before a decision, a form, a drawing."""
    with reading() as session:
        return versions.newest_of(session, key)


@blueprint.get("/definitions/<key>/<int:version>/xml")
@blueprint.output(FileSchema(type="string", format="binary"), content_type="application/xml")
@blueprint.doc(tags=["definitions"], responses=problems(404), operation_id="xml")
@permitted("definitions.read")
def xml(key: str, version: int) -> Response:
    """A version's diagram, or decision, as it was deployed, byte for byte."""
    if version > _LARGEST_VERSION:
        raise NotFound("No diagram or decision of this key and version.")
    with reading() as session:
        return Response(versions.xml(session, key, version), mimetype="application/xml")
