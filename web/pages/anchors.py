"""Anchors as they are printed for everybody: a page, and files that a newspaper can print."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from engine import clock
from engine.errors import NotFound
from engine.queries import anchors
from web.permitted import public
from web.request import reading

blueprint = Blueprint("anchors", __name__, url_prefix="/public")

SIZE = 31
_MOST_PAGES = 10_000
# What citizens check a receipt with, away from here.
SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "check_receipt.py"


@blueprint.get("/anchors")
@public
def index() -> str:
    """What was fixed each night, the newest first."""
    page = min(max(request.args.get("page", 1, int), 1), _MOST_PAGES)
    with reading() as session:
        listed, total = anchors.listed(session, page, SIZE)
        next_at = anchors.next_at(session)
    return render_template(
        "anchors/index.html",
        listed=listed,
        page=page,
        size=SIZE,
        total=total,
        next_at=next_at,
        waits=next_at > clock.now(),
        script=SCRIPT.exists(),
    )


@blueprint.get("/anchors.json")
@public
def as_json() -> Response:
    """Every anchor as it is printed, oldest first."""
    told = {"format": anchors.PRINTED, "anchors": _every()}
    return Response(json.dumps(told, ensure_ascii=False, indent=1), mimetype="application/json")


@blueprint.get("/anchors.txt")
@public
def as_text() -> Response:
    """The same as lines to be printed, in both languages."""
    parts = ("\n".join(anchors.lines(shown)) + "\n" for shown in _every())
    return Response("\n".join(parts), mimetype="text/plain")


@blueprint.get("/check_receipt.py")
@public
def script() -> ResponseReturnValue:
    """The script that checks a receipt, as it is shipped with this version."""
    if not SCRIPT.exists():
        raise NotFound("The script is not shipped with this installation.")
    answer = Response(SCRIPT.read_bytes(), mimetype="text/x-python")
    answer.headers.set("Content-Disposition", "attachment", filename=SCRIPT.name)
    return answer


def _every() -> list[dict[str, Any]]:
    with reading() as session:
        found: Iterator[dict[str, Any]] = anchors.printed(session)
        return list(found)
