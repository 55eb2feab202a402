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
from engine.papers import drafts
from engine.papers.kinds import NAMES
from engine.permissions import may, may_see_case
from engine.queries import (
    alike,
    case_file,
    case_history,
    clock_days,
    diagrams,
    inbox,
    task_file,
)
from engine.queries.alike import Alike
from engine.queries.task_file import TaskFile
from web import drawings, i18n, inbox_filter, kept_files, ledgers, schema_form, timeline
from web.permitted import permitted
from web.request import current_person, installation, once, reading, transaction

blueprint = Blueprint("task", __name__, url_prefix="/tasks")
Texts = Mapping[str, str]
# How a form says that the case is a duplicate, by the kind of its record.
_JOINING = {"screening": {"opinion": "duplicate"}, "dispatch": {"mode": "join"}}
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
    handed_on: bool | None = None  # whether this very act sealed the case; None until it is done

    def work(session: Session) -> str:
        nonlocal handed_on
        result = tasks.complete(session, task_id, values, by=actor)
        chosen = [kept[key] for name in _file_fields(seen.schema) for key in values[name]]
        evidence.add(session, result.case_id, chosen, by=actor.id)
        handed_on = result.sealed and not seen.file.case.sealed
        if request.form.get("then") == "stay" and not handed_on:
            return url_for("case.index", number=result.number)
        wanted = inbox_filter.asked(request.args)
        following = inbox.following(session, actor, wanted, zone)
        return _next_url(following, inbox_filter.arguments(wanted))

    try:
        answer = once(work)
    except InvalidAnswers as error:
        return _page(task_id, Sent(values, error.fields, kept)), 422
    except Conflict:
        return _page(task_id, Sent(values, kept=kept, refused="conflict")), 409
    except StepFailed as error:
        _tell_operator(error, seen)
        return _page(task_id, Sent(values, kept=kept, refused="failed")), 500
    if handed_on is not None:
        _tell_done(seen, handed_on)
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
        like = _like(session, seen)
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
            values=_first_values(seen) if sent.values is None else sent.values,
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
        like=like,
        may_read_precedents=may(actor, "precedent.read"),
        fills={one.number: _filled(seen, one.number) for one in like},
        cause=timeline.cause(file, seen.supervision.cause) if seen.supervision else "",
        ground=_ground(seen),
        paper=_paper_name(seen),
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


def _like(session: Session, seen: TaskFile) -> Sequence[Alike]:
    """Cases this one may be a duplicate of, where the form can say so."""
    if not seen.open or seen.record not in _JOINING:
        return []
    case = seen.file.case
    return alike.found(
        session,
        current_person(),
        case.office_key,
        title=case.title,
        place=case.place,
        category=case.category,
        besides=case.id,
    )


def _first_values(seen: TaskFile) -> Mapping[str, Any]:
    """What stands in the form before anybody types; a chosen main case goes into its fields."""
    chosen = request.args.get("matter", "")[:40]
    if not chosen or seen.record not in _JOINING:
        return seen.prefilled
    return {**seen.prefilled, **_JOINING[seen.record], "matter": chosen}


def _filled(seen: TaskFile, number: str) -> dict[str, str]:
    """The same for the browser: controls of the form and what goes into them."""
    said = {**_JOINING[seen.record], "matter": number}
    return {schema_form.PREFIX + name: value for name, value in said.items()}


def _paper_name(seen: TaskFile) -> Texts | None:
    """What the paper is called that comes of the task."""
    kind = drafts.kind_of(seen) if seen.open else None
    return NAMES[kind] if kind else None


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


def _tell_done(seen: TaskFile, handed_on: bool) -> None:
    if handed_on:
        flash(_("已移交。这一件从现在起封存，这里不再显示。"))
        return
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
        "precedent": _("先例"),
        "returned": _("退单时建议"),
        "first_receiver": _("多个单位，首接单位牵头"),
        "catalogue": _("派单目录"),
        "backstop": _("目录没有列到，由属地兜底"),
    }
    return str(known.get(ground, ground))
