"""The files of a draft: kept as they are drawn, checked, read, downloaded."""

import io
from uuid import UUID

from flask import Blueprint, Response, jsonify, request, send_file
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf

from engine.commands import design_drafts, design_faults
from engine.commands.design_contents import MOST_FILES, PROCESS, require_path, require_size
from engine.commands.design_drafts import Window
from engine.errors import InvalidInput, NotFound
from engine.models import DesignKind
from engine.queries import design_drafts as read_drafts
from web import i18n, studio
from web.permitted import permitted
from web.request import current_person, reading, written
from web.studio_answers import body, content, in_words, text, whole

blueprint = Blueprint("design_files", __name__, url_prefix="/design/drafts/<uuid:draft_id>")
LONGEST_TAB = 40
_KINDS = {"json": "application/json", "bpmn": "application/xml", "dmn": "application/xml"}


@blueprint.get("/files/<path:path>")
@permitted("design")
def show(draft_id: UUID, path: str) -> ResponseReturnValue:
    """A file as it was saved last; its revision is the ETag. With `?download` as a file to keep.

    The answer carries a token for what the window posts next: one signs in again in another.
    """
    with reading() as session:
        opened = read_drafts.opened(session, current_person(), draft_id)
    file = opened.files.get(path)
    if file is None:
        raise NotFound("No such file in this draft.")
    ending = path.rpartition(".")[2]
    answer: Response = send_file(
        io.BytesIO(file.content),
        mimetype=_KINDS.get(ending, "application/octet-stream"),
        as_attachment="download" in request.args,
        download_name=_name(opened.line.key, path),
        etag=False,
        conditional=False,
    )
    answer.set_etag(str(file.revision))
    answer.headers["X-CSRFToken"] = generate_csrf()
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/files/<path:path>")
@permitted("design")
@in_words
def save(draft_id: UUID, path: str) -> ResponseReturnValue:
    """Keep a file as a window has it. apart: the draft beside the first it was laid into."""
    told = body()
    window = Window(whole(told, "revision"), text(told, "tab", LONGEST_TAB), whole(told, "turn"))
    kept = content(told.get("content"))
    saved = written(
        lambda session: design_drafts.save(
            session, draft_id, path, kept, window, by=current_person()
        )
    )
    return jsonify(
        draft=str(saved.draft_id),
        revision=saved.revision,
        saved_at=saved.saved_at.isoformat(),
        said=_("%(at)s 已存", at=i18n.short_moment(saved.saved_at)),
        apart=studio.address(saved.draft_id) if saved.apart else None,
    )


@blueprint.post("/faults")
@permitted("design")
@in_words
def faults(draft_id: UUID) -> ResponseReturnValue:
    """What is wrong with a process as a window has it: its own files over those saved last."""
    told = body()
    open_files = told.get("files", {})
    if not isinstance(open_files, dict) or len(open_files) > MOST_FILES:
        raise InvalidInput("files", f"at most {MOST_FILES} files by their path")
    with reading() as session:
        opened = read_drafts.opened(session, current_person(), draft_id)
        limits = design_faults.limits(session)
    if opened.line.kind is not DesignKind.PROCESS:
        raise NotFound("Only a process is drawn.")
    files = dict(opened.contents)
    for path, given in open_files.items():
        require_path(opened.line.kind, path)
        files[path] = content(given, path)
        require_size(path, files[path])
    found = design_faults.faults_of(opened.line.key, files, limits)
    return jsonify(
        faults=[
            {
                **design_faults.as_json(one, i18n.language()),
                "url": studio.page_of(draft_id, one.fault.file),
            }
            for one in found
        ]
    )


def _name(key: str, path: str) -> str:
    """What a downloaded file is called: `appeal.bpmn`, `classify.dmn`, `sign.json`."""
    return f"{key}.bpmn" if path == PROCESS else path.rpartition("/")[2]
