"""What the browser asks for while a task's form is filled in: drafts as typed, files, folds."""

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from engine.commands import drafts
from engine.commands.evidence import Refused
from engine.errors import Conflict, InvalidInput
from engine.models import TaskStatus
from engine.permissions import may
from engine.queries import earlier_of_case, task_file
from engine.queries.task_file import TaskFile
from web import i18n, inbox_filter, kept_files, task_drafts, task_files
from web.permitted import permitted
from web.request import current_person, reading, transaction

blueprint = Blueprint("task_writing", __name__, url_prefix="/tasks")


@blueprint.post("/<uuid:task_id>/typed")
@permitted("inbox")
def typed(task_id: UUID) -> ResponseReturnValue:
    """Keep what is typed so far; says in words that it is kept, and what happened meanwhile."""
    actor = current_person()
    with reading() as session:
        seen = task_file.opened(session, task_id, actor)
    fields = task_drafts.fields_of(request.form)
    window = task_drafts.window_of(request.form)
    count = task_drafts.characters(seen.schema, fields)
    try:
        with transaction() as session:
            saved = drafts.save(session, task_id, window, fields, count, by=actor)
    except InvalidInput:
        return {"said": _("太长了，草稿没有存上。内容还在这里。")}, 413
    except Conflict:
        return {"said": _("这件已经有太多份草稿，没有存上。先丢掉一份。")}, 409
    said: str = _("草稿 %(at)s 已存", at=i18n.time_of_day(saved.saved_at))
    if saved.apart:
        said = _("另一个窗口也写了这件。两份草稿都留着，刷新后可以选。")
    return {
        "draft": str(saved.id),
        "revision": saved.revision,
        "said": said,
        "news": _news(seen, count),
    }


@blueprint.post("/<uuid:task_id>/drafts/<uuid:draft_id>/discard")
@permitted("inbox")
def discard(task_id: UUID, draft_id: UUID) -> ResponseReturnValue:
    """Drop one of one's drafts of this task."""
    with transaction() as session:
        drafts.discard(session, task_id, draft_id, by=current_person())
    aim = inbox_filter.arguments(inbox_filter.asked(request.args))
    return redirect(url_for("task.index", task_id=task_id, **aim), code=303)


@blueprint.post("/<uuid:task_id>/files")
@permitted("inbox")
def files(task_id: UUID) -> ResponseReturnValue:
    """Keep files as soon as they are chosen; what they are called and how they travel on."""
    actor = current_person()
    with reading() as session:
        seen = task_file.opened(session, task_id, actor)
    told = request.form.get("already", "")
    already = int(told) if told.isdecimal() and len(told) < 4 else 0
    try:
        taken = task_files.taken(seen, request.files, already)
    except Refused as error:
        return {"faults": {name: i18n.pick(said) for name, said in error.fields.items()}}, 422
    return {
        "files": [
            {"field": name, "key": one.sha256, "name": one.name, "kept": signed}
            for name, several in taken.items()
            for one, signed in zip(several, kept_files.sign(several, actor.id), strict=True)
        ]
    }


@blueprint.get("/<uuid:task_id>/earlier")
@permitted("inbox")
def person(task_id: UUID) -> str:
    """What the same person said before, as far as one may know the person."""
    return _fold(task_id, _("这个人以前说过"), earlier_of_case.of_person)


@blueprint.get("/<uuid:task_id>/nearby")
@permitted("inbox")
def place(task_id: UUID) -> str:
    """What was said about the same place."""
    return _fold(task_id, _("同一地点"), earlier_of_case.of_place)


def _fold(task_id: UUID, title: str, ask: Any) -> str:
    """A fragment for the fold beside the form, or a small page of its own."""
    actor = current_person()
    with reading() as session:
        seen = task_file.opened(session, task_id, actor)
        found = ask(session, actor, seen.file)
    fragment = "HX-Request" in request.headers
    return render_template(
        "task/_earlier.html" if fragment else "task/earlier.html",
        seen=seen,
        title=title,
        found=found,
        may_open=may(actor, "case.read"),
        aim=inbox_filter.arguments(inbox_filter.asked(request.args)),
    )


def _news(seen: TaskFile, count: int) -> str:
    """What somebody else did with the task while one was typing; nothing if nobody did."""
    task, me = seen.task, current_person()
    kept = ngettext("您写的 %(num)d 个字在草稿里。", "您写的 %(num)d 个字在草稿里。", count)
    if task.status != TaskStatus.OPEN and task.closed_at:
        who = i18n.pick(seen.closed_by)
        at = i18n.time_of_day(task.closed_at)
        done = (
            _("%(who)s %(at)s 办完了这一步。", who=who, at=at)
            if who
            else _("流程 %(at)s 已经走过这一步，不用再办。", at=at)
        )
        return f"{done}{kept}" if i18n.language() == "zh" else f"{done} {kept}"
    if task.assignee_id not in {None, *me.acts_as}:
        who = i18n.pick(seen.assignee)
        at = i18n.time_of_day(task.claimed_at) if task.claimed_at else ""
        claimed = _("%(who)s %(at)s 认领了这件。", who=who, at=at)
        return f"{claimed}{kept}" if i18n.language() == "zh" else f"{claimed} {kept}"
    return ""
