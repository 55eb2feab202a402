"""A task: its form, its case beside it, and what happens when it is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine.commands import evidence, incidents, tasks
from engine.commands.evidence import Kept
from engine.errors import Conflict, InvalidAnswers, StepFailed
from engine.files import Files
from engine.permissions import may, may_see_case
from engine.queries import case_file, case_history, clock_days, diagrams, inbox, task_file
from engine.queries.task_file import TaskFile
from web import drawings, i18n, inbox_filter, kept_files, ledgers, schema_form, timeline
from web.permitted import permitted
from web.request import current_person, installation, once, reading, transaction

blueprint = Blueprint("task", __name__, url_prefix="/tasks")
Texts = Mapping[str, str]
SHOWN_EVENTS = 5  # of the timeline, before the rest is folded


@dataclass(frozen=True)
class Sent:
    """What stands in the form when the page is shown: nothing typed yet, unless said."""

    values: Mapping[str, Any] | None = None
    faults: Mapping[str, Texts] = field(default_factory=dict)
    kept: Mapping[str, Kept] = field(default_factory=dict)
    refused: str = ""  # "conflict" or "failed"


@blueprint.get("/<uuid:task_id>")
@permitted("inbox")
def index(task_id: UUID) -> str:
    """The form and its case."""
    return _page(task_id, Sent())


@blueprint.post("/<uuid:task_id>")
@permitted("inbox")
def complete(task_id: UUID) -> ResponseReturnValue:
    """Complete the task and open the next; whatever is refused keeps what was typed."""
    actor, zone = current_person(), installation().zone
    with reading() as session:
        seen = task_file.opened(session, task_id, actor)
    kept = kept_files.read(request.form.getlist("kept"), actor.id)
    values = schema_form.answers(seen.schema, request.form, zone)
    for name in _file_fields(seen.schema):
        values[name] = [key for key in values.get(name, []) if key in kept]
    try:
        _take_files(seen.schema, values, kept)
    except InvalidAnswers as error:
        return _page(task_id, Sent(values, error.fields, kept)), 422
    done = False
    wanted = inbox_filter.asked(request.args)

    def work(session: Session) -> str:
        nonlocal done
        result = tasks.complete(session, task_id, values, by=actor)
        chosen = [kept[key] for name in _file_fields(seen.schema) for key in values[name]]
        evidence.add(session, result.case_id, chosen, by=actor.id)
        done = True
        if request.form.get("then") == "stay":
            return url_for("case.index", number=result.number)
        aim = inbox_filter.arguments(wanted)
        following = inbox.following(session, actor, wanted, zone)
        if following is None:
            return url_for("inbox.index", **aim)
        return url_for("task.index", task_id=following, **aim)

    try:
        answer = once(work)
    except InvalidAnswers as error:
        return _page(task_id, Sent(values, error.fields, kept)), 422
    except Conflict:
        return _page(task_id, Sent(values, kept=kept, refused="conflict")), 409
    except StepFailed as error:
        with transaction() as session:
            incidents.record(
                session,
                error,
                source="task",
                source_id=task_id,
                instance_id=seen.task.instance_id,
            )
        return _page(task_id, Sent(values, kept=kept, refused="failed")), 500
    if done:
        _tell_done(seen)
    return answer


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


def _page(task_id: UUID, sent: Sent) -> str:
    actor, parts = current_person(), installation()
    wanted = inbox_filter.asked(request.args)
    aim = inbox_filter.arguments(wanted)
    with reading() as session:
        seen = task_file.opened(session, task_id, actor)
        file = seen.file
        waiting = case_file.open_tasks(session, file.case.id, actor)
        counted = ledgers.counted(file, clock_days.of_case(session, file))
        past = case_history.of_case(session, file.case)
        records = case_file.records(session, parts.vault, file)
        drawing = next(
            one
            for one in diagrams.of_case(session, file.case.id)
            if one.instance_id == seen.task.instance_id
        )
        standing = diagrams.standing(session, file.case.id, drawing.instance_id)
        following = None if seen.open else inbox.following(session, actor, wanted, parts.zone)
    deadline = seen.deadline
    clock = ledgers.by_id(counted).get(deadline.id) if deadline else None
    kept = dict(sent.kept)
    return render_template(
        "task/index.html",
        seen=seen,
        file=file,
        case=file.case,
        records=records,
        rows=schema_form.rows(
            seen.schema,
            parts.zone,
            options=seen.options,
            values=seen.prefilled if sent.values is None else sent.values,
            faults=sent.faults,
            file_names={key: one.name for key, one in kept.items()},
        ),
        multipart=schema_form.has_files(seen.schema),
        kept=kept_files.sign(kept.values(), actor.id),
        fault_links=schema_form.fault_links(seen.schema, sent.faults),
        refused=sent.refused,
        typed=_typed(sent.values),
        clock=clock,
        timeline=timeline.items(past.events, file),
        shown_events=SHOWN_EVENTS,
        cause=timeline.cause(seen.supervision.cause) if seen.supervision else "",
        ground=_ground(seen),
        drawing=drawing,
        standing=standing,
        active=drawings.active(file, waiting, drawing),
        mine=seen.task.assignee_id == actor.id,
        others=seen.task.assignee_id is not None and seen.task.assignee_id != actor.id,
        may_open_case=may(actor, "case.read")
        and may_see_case(actor, file.case, _units(seen, records)),
        aim=aim,
        next_url=_next_url(following, aim),
    )


def _units(seen: TaskFile, records: case_file.Records) -> list[str]:
    """Units that have a part in the case, as far as the page has read them."""
    own = [seen.task.unit_key] if seen.task.unit_key else []
    asked = [*seen.file.facts["candidate_units"], *seen.file.facts["co_units"]]
    return [*own, *asked, *(slip.unit_key for slip in records.slips)]


def _next_url(following: UUID | None, aim: Mapping[str, Any]) -> str:
    if following is None:
        return url_for("inbox.index", **aim)
    return url_for("task.index", task_id=following, **aim)


def _take_files(schema: Mapping[str, Any], values: dict[str, Any], kept: dict[str, Kept]) -> None:
    """Keep what was sent now, and name it among the answers. Raises `InvalidAnswers`."""
    sent: dict[str, Sequence[tuple[str, BinaryIO]]] = {
        name: [(one.filename or "", cast(BinaryIO, one.stream)) for one in several]
        for name, several in schema_form.uploads(schema, request.files).items()
    }
    already = sum(len(values[name]) for name in _file_fields(schema))
    files = Files.at(installation().settings.home)
    for name, fresh in evidence.keep(files, sent, already=already).items():
        kept.update({one.sha256: one for one in fresh})
        values[name] = list(dict.fromkeys([*values[name], *(one.sha256 for one in fresh)]))


def _file_fields(schema: Mapping[str, Any]) -> list[str]:
    return [name for name, one in schema["properties"].items() if one.get("x-widget") == "files"]


def _tell_done(seen: TaskFile) -> None:
    text = _("办好了：%(task)s，%(title)s。", task=i18n.pick(seen.name), title=seen.file.case.title)
    url = url_for("case.index", number=seen.file.case.number)
    # Flask keeps any JSON value; the macro `flashes` takes a text with a link.
    told: Any = {"text": text, "url": url, "label": _("看这一件")}
    flash(told, "message")


def _typed(values: Mapping[str, Any] | None) -> int:
    """How many characters somebody has written."""
    return sum(len(one) for one in (values or {}).values() if isinstance(one, str))


def _ground(seen: TaskFile) -> str:
    """Why the proposed unit is proposed."""
    ground = seen.file.facts["ground"]
    known = {
        "ruling": _("已经裁定"),
        "catalogue": _("派单目录"),
        "backstop": _("目录没有列到，由属地兜底"),
    }
    return str(known.get(ground, ground))
