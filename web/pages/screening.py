"""What the screening desk proposes, asked anew while the record is being written."""

from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from engine.queries import task_file
from web import schema_form, screening_desk, task_view
from web.permitted import permitted
from web.request import current_person, installation, reading
from web.task_view import Sent

blueprint = Blueprint("screening", __name__, url_prefix="/tasks")
_LONGEST = 6000  # characters of what is taken: a field's name and a letter


@blueprint.post("/<uuid:task_id>/look")
@permitted("inbox")
def look(task_id: UUID) -> ResponseReturnValue:
    """The proposals for what is typed so far; without JavaScript the whole page with them.

    Posted, so that no address carries what somebody wrote; nothing is kept.
    """
    actor = current_person()
    with reading() as session:
        seen = task_file.opened(session, task_id, actor)
        values = schema_form.answers(seen.schema, request.form, installation().zone)
        if said := request.form.get("take", "")[:_LONGEST]:
            values = screening_desk.taken(values, said, seen.schema)
        if request.headers.get("HX-Request"):
            told = screening_desk.looked(session, seen, actor, values)
            return render_template("screening/_proposed.html", seen=seen, file=seen.file, **told)
    return task_view.page(task_id, Sent(values))
