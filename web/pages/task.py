"""A task: its form, its case beside it, and what happens when it is sent."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine.commands import drafts, evidence, incidents, tasks
from engine.commands.evidence import Kept
from engine.errors import Conflict, InvalidAnswers, InvalidInput, StepFailed
from engine.queries import inbox, task_file
from engine.queries.task_file import TaskFile
from web import inbox_filter, kept_files, schema_form, task_drafts, task_files, task_view
from web.permitted import permitted
from web.request import current_person, installation, once, reading, transaction
from web.task_view import Sent

blueprint = Blueprint("task", __name__, url_prefix="/tasks")


@blueprint.get("/<uuid:task_id>")
@permitted("inbox")
def index(task_id: UUID) -> str:
    """The form and its case."""
    return task_view.page(task_id, Sent())


@blueprint.post("/<uuid:task_id>")
@permitted("inbox")
def complete(task_id: UUID) -> ResponseReturnValue:
    """Complete the task and open the next; whatever is refused keeps what was typed."""
    actor, zone = current_person(), installation().zone
    seen, values, kept = _sent(task_id)
    try:
        _take_files(seen, values, kept)
    except InvalidAnswers as error:
        return _again(seen, values, kept, error), 422
    handed_on: bool | None = None  # whether this very act sealed the case; None until it is done

    def work(session: Session) -> str:
        nonlocal handed_on
        result = tasks.complete(session, task_id, values, by=actor)
        chosen = [
            kept[key] for name in schema_form.file_fields(seen.schema) for key in values[name]
        ]
        evidence.add(session, result.case_id, chosen, by=actor.id)
        handed_on = result.sealed and not seen.file.case.sealed
        drafts.finished(session, task_id, None if handed_on else actor.id)
        if request.form.get("then") == "stay" and not handed_on:
            return url_for("case.index", number=result.number)
        wanted = inbox_filter.asked(request.args)
        own = task_file.first_of(session, result.opened, actor) if _goes_on() else None
        following = own or inbox.following(session, actor, wanted, zone)
        return task_view.next_url(following, inbox_filter.arguments(wanted))

    try:
        answer = once(work)
    except InvalidAnswers as error:
        return _again(seen, values, kept, error), 422
    except Conflict as error:
        return _again(seen, values, kept, error), 409
    except StepFailed as error:
        _tell_operator(error, seen)
        return _again(seen, values, kept, error), 500
    if handed_on is not None:
        _tell_done(seen, handed_on)
    return answer


@blueprint.post("/<uuid:task_id>/draft")
@permitted("inbox")
def draft(task_id: UUID) -> ResponseReturnValue:
    """Keep what is typed, files too; the browser posts it by itself, or a button does."""
    seen, values, kept = _sent(task_id)
    try:
        _take_files(seen, values, kept)
    except InvalidAnswers as error:
        return _again(seen, values, kept, error), 422
    saved = _keep_draft(seen, values, kept)
    if saved is None:
        flash(_("这份草稿太长，或者这件已经有太多份草稿，没有存上。内容还在下面。"), "soon")
        return task_view.page(task_id, Sent(values, kept=kept)), 409
    aim = inbox_filter.arguments(inbox_filter.asked(request.args))
    return redirect(url_for("task.index", task_id=task_id, draft=saved, **aim), code=303)


@blueprint.post("/<uuid:task_id>/claim")
@permitted("inbox")
def claim(task_id: UUID) -> ResponseReturnValue:
    """Take the task; the page tells who has it if somebody was first."""
    return _change(task_id, tasks.claim)


@blueprint.post("/<uuid:task_id>/release")
@permitted("inbox")
def release(task_id: UUID) -> ResponseReturnValue:
    """Give the task back to its unit."""
    return _change(task_id, tasks.release)


def _change(task_id: UUID, command: Any) -> ResponseReturnValue:
    try:
        with transaction() as session:
            command(session, task_id, by=current_person())
    except Conflict:
        flash(_("有人先做了一步，下面是最新的情况。"), "soon")
    aim = inbox_filter.arguments(inbox_filter.asked(request.args))
    return redirect(url_for("task.index", task_id=task_id, **aim), code=303)


def _goes_on() -> bool:
    """Whether the same case is to be gone on with, where its next step is the person's own."""
    return request.form.get("then") == "on"


def _sent(task_id: UUID) -> tuple[TaskFile, dict[str, Any], dict[str, Kept]]:
    """The task, the answers that were posted, and the files that were kept before."""
    actor = current_person()
    with reading() as session:
        seen = task_file.opened(session, task_id, actor)
    kept = kept_files.read(request.form.getlist(task_drafts.KEPT), actor.id)
    values = schema_form.answers(seen.schema, request.form, installation().zone)
    for name in schema_form.file_fields(seen.schema):
        values[name] = [key for key in values.get(name, []) if key in kept]
    return seen, values, kept


def _take_files(seen: TaskFile, values: dict[str, Any], kept: dict[str, Kept]) -> None:
    """Keep what was sent now, and name it among the answers. Raises `InvalidAnswers`."""
    already = sum(len(values[name]) for name in schema_form.file_fields(seen.schema))
    taken = task_files.taken(seen, request.files, already)
    for name, fresh in taken.items():
        kept.update({one.sha256: one for one in fresh})
        values[name] = list(dict.fromkeys([*values[name], *(one.sha256 for one in fresh)]))


def _again(seen: TaskFile, values: dict[str, Any], kept: dict[str, Kept], error: Exception) -> str:
    """The page with what was typed, kept as a draft, and what stood against it."""
    refused = "failed" if isinstance(error, StepFailed) else "conflict"
    faults = error.fields if isinstance(error, InvalidAnswers) else {}
    saved = _keep_draft(seen, values, kept)
    return task_view.page(
        seen.task.id,
        Sent(values, faults, kept, "" if faults else refused, saved),
    )


def _keep_draft(seen: TaskFile, values: dict[str, Any], kept: dict[str, Kept]) -> UUID | None:
    """Keep the posted form as a draft; its id, or None if it cannot be kept."""
    actor = current_person()
    fields = task_drafts.fields_of(request.form)
    fields[task_drafts.KEPT] = kept_files.sign(kept.values(), actor.id)
    for name in schema_form.file_fields(seen.schema):
        fields[schema_form.PREFIX + name] = list(values[name])
    characters = task_drafts.characters(seen.schema, fields)
    window = task_drafts.window_of(request.form)
    with suppress(InvalidInput, Conflict), transaction() as session:
        return drafts.save(session, seen.task.id, window, fields, characters, by=actor).id
    return None


def _tell_operator(error: StepFailed, seen: TaskFile) -> None:
    """Write an incident, in a transaction of its own: that of the task is rolled back."""
    with transaction() as session:
        incidents.record(
            session,
            error,
            source="task",
            source_id=seen.task.id,
            instance_id=seen.task.instance_id,
        )


def _tell_done(seen: TaskFile, handed_on: bool) -> None:
    if handed_on:
        flash(_("已移交。这一件从现在起封存，这里不再显示。"))
        return
    url = url_for("case.index", number=seen.file.case.number)
    # Flask keeps any JSON value; the macro `flashes` takes a text with a link.
    told: Any = {"text": task_view.done_words(seen), "url": url, "label": _("看这一件")}
    flash(told, "message")
