"""A citizen's receipt: that their case was among what was anchored, to be checked without us."""

import json
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engine import clock
from engine.errors import NotFound
from engine.queries import anchors, parts
from web import following, i18n
from web.permitted import public
from web.request import installation, reading

blueprint = Blueprint("receipt", __name__, url_prefix="/track")


@blueprint.get("/receipt")
@public
def index() -> ResponseReturnValue:
    """What the receipt says; before the first night after the case came, when there will be one."""
    case_id = following.case()
    if case_id is None:
        return redirect(url_for("track.index"), code=303)
    try:
        receipt = _receipt(case_id)
    except NotFound:  # erased since
        following.close()
        return redirect(url_for("track.index"), code=303)
    following.open_for_a_while(case_id)
    with reading() as session:
        next_at = anchors.next_at(session)
        every = parts.for_citizen(session, installation().vault, case_id, split=True)
    return render_template(
        "receipt/index.html",
        receipt=receipt,
        parts=every,
        on=date.fromisoformat(receipt["anchor"]["date"]) if receipt else None,
        proves=receipt["proves"][i18n.language()] if receipt else [],
        next_at=next_at,
        waits=next_at > clock.now(),
    )


@blueprint.get("/receipt.json")
@public
def download() -> ResponseReturnValue:
    """The receipt as a file; where there is none yet, the page that says when."""
    case_id = following.case()
    receipt = _receipt(case_id) if case_id else None
    if receipt is None:
        return redirect(url_for("receipt.index"), code=303)
    answer = Response(
        json.dumps(receipt, ensure_ascii=False, indent=1), mimetype="application/json"
    )
    answer.headers.set(
        "Content-Disposition",
        "attachment",
        filename=f"{receipt['case']}-{receipt['anchor']['date']}.json",
    )
    return answer


def _receipt(case_id: UUID) -> dict[str, Any] | None:
    with reading() as session:
        return anchors.receipt(session, case_id)
