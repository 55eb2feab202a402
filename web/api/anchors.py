"""Anchors: what was fixed and printed each night, for everybody."""

from typing import Any

from apiflask import Schema
from marshmallow import RAISE, fields

from engine.queries import anchors as kept
from web.api.description import problems
from web.api.door import blueprint
from web.api.fields import Page, Request
from web.permitted import public
from web.request import reading

SIZE = 100


class AnchorPage(Request):
    """Which page of them."""

    page = Page(load_default=1, metadata={"minimum": 1, "maximum": Page.MOST})


class AnchorOut(Schema):
    """One night's anchor; hashes are hexadecimal. docs/decisions says what is hashed."""

    number = fields.Integer(required=True)
    date = fields.String(required=True, metadata={"format": "date"})
    made_at = fields.String(required=True, metadata={"format": "date-time"})
    missed = fields.Integer(required=True)
    root = fields.String(required=True)
    changes = fields.String(required=True)
    contacts = fields.Integer(required=True)
    cases = fields.Integer(required=True)
    slips = fields.Integer(required=True)
    matters = fields.Integer(required=True)
    previous = fields.String(required=True)
    hash = fields.String(required=True)


class AnchorsOut(Schema):
    """Anchors, the newest first; total: how many there are."""

    items = fields.List(fields.Nested(AnchorOut), required=True)
    total = fields.Integer(required=True)


@blueprint.get("/anchors")
@blueprint.input(AnchorPage, location="query", unknown=RAISE)
@blueprint.output(AnchorsOut)
@blueprint.doc(tags=["anchors"], operation_id="anchors", responses=problems(422), security=[])
@public
def anchors(query_data: dict[str, Any]) -> dict[str, Any]:
    """What was anchored, night by night. No token is needed."""
    with reading() as session:
        items, total = kept.listed(session, query_data["page"], SIZE)
    return {"items": items, "total": total}
