"""The callback desk (回访台): who is to be called in this band, what to ask, what was answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session

from engine.commands import identities, incidents, tasks
from engine.errors import Conflict, InvalidAnswers, NotFound, StepFailed
from engine.identity import Reporter
from engine.models import CitizenContact
from engine.queries import callbacks, case_file, task_file
from engine.queries.callbacks import Entry, Queue
from engine.queries.task_file import TaskFile
from web import clocks, i18n, schema_form
from web.permitted import permitted
from web.request import current_person, installation, once, reading, transaction

blueprint = Blueprint("callbacks", __name__, url_prefix="/callbacks")

Texts = Mapping[str, str]
VIEWS = {
    "now": lazy_gettext("现在能打的"),
    "mine": lazy_gettext("我的"),
    "all": lazy_gettext("全部"),
}
REACHED = "reached_citizen"  # answered by the button that is pressed
# The three questions stand side by side, as they are asked.
QUESTIONS = ("contacted", "result", "satisfaction")
# A handler's call so shortly before ours may have asked for a good mark.
_SHORTLY = timedelta(hours=1)


@dataclass(frozen=True)
class Sent:
    """What stands in the form: nothing yet, unless said."""

    values: Mapping[str, Any] | None = None
    faults: Mapping[str, Texts] = field(default_factory=dict)
    note: str = ""
    shown: Sequence[Reporter] = ()


@blueprint.get("")
@permitted("callback")
def index() -> str:
    """The next one to call, or the one asked for."""
    return _page(_task_key(request.args.get("task", "")), Sent())


@blueprint.post("/<uuid:task_id>")
@permitted("callback")
def record(task_id: UUID) -> ResponseReturnValue:
    """Write the attempt down and go to the next."""
    actor, zone, view = current_person(), installation().zone, _view()
    seen = _opened(task_id)
    values = schema_form.answers(seen.schema, request.form, zone)

    def work(session: Session) -> str:
        tasks.complete(session, task_id, values, by=actor)
        return url_for("callbacks.index", view=view)

    try:
        answer = once(work)
    except InvalidAnswers as error:
        return _page(task_id, Sent(values, error.fields)), 422
    except Conflict:
        note = _("别人先记了这一次，或者这件已经往下走了；您写的还在下面，没有存。")
        return _page(task_id, Sent(values, note=note)), 409
    except StepFailed as error:
        with transaction() as session:
            incidents.record(
                session,
                error,
                source="task",
                source_id=task_id,
                instance_id=seen.task.instance_id,
            )
        note = _("没有存上：流程停在一步上，管理员已收到。您写的还在下面。")
        return _page(task_id, Sent(values, note=note)), 500
    flash(_told(seen, values))
    return answer


@blueprint.post("/<uuid:task_id>/identity")
@permitted("callback")
def identity(task_id: UUID) -> ResponseReturnValue:
    """Name and phone of whom to call: claims the task, and writes down who looked."""
    actor = current_person()
    seen = _opened(task_id)
    number = seen.file.case.number
    try:
        with transaction() as session:
            # The case is locked before its task, as every command does.
            shown = identities.show(session, installation().vault, number, "回访", by=actor)
            tasks.claim(session, task_id, by=actor)
    except (Conflict, NotFound) as error:
        note = (
            _("别人正在打这一个。")
            if isinstance(error, Conflict)
            else _("这件来的时候没有留姓名和电话。")
        )
        if request.headers.get("HX-Request"):
            return render_template("callbacks/_person.html", shown=(), note=note)
        return _page(task_id, Sent(note=note)), 409 if isinstance(error, Conflict) else 404
    if request.headers.get("HX-Request"):
        return render_template("callbacks/_person.html", shown=shown, note="")
    return _page(task_id, Sent(shown=shown))


def _opened(task_id: UUID) -> TaskFile:
    """The callback of this key. Raises `NotFound` for any other task."""
    with reading() as session:
        seen = task_file.opened(session, task_id, current_person())
    if seen.record != callbacks.RECORD:
        raise NotFound("No such callback.")
    return seen


def _page(task_id: UUID | None, sent: Sent) -> str:
    actor, parts, view = current_person(), installation(), _view()
    with reading() as session:
        queue = callbacks.queue(
            session, parts.vault, actor, parts.zone, view=view, page=_page_number()
        )
        chosen = task_id or next(
            (one.task_id for one in queue.entries if _mine_to_call(one, actor.acts_as)), None
        )
        seen = records = None
        if chosen is not None:
            seen = task_file.opened(session, chosen, actor)
            if seen.record != callbacks.RECORD:
                raise NotFound("No such callback.")
            records = case_file.records(session, parts.vault, seen.file)
    entry = next((one for one in queue.entries if one.task_id == chosen), None)
    schema = _asked(seen.schema) if seen else {"properties": {}}
    return render_template(
        "callbacks/index.html",
        queue=queue,
        view=view,
        tabs=_tabs(queue, view),
        seen=seen,
        case=seen.file.case if seen else None,
        file=seen.file if seen else None,
        records=records,
        entry=entry,
        rows=_rows(seen, schema, sent, entry, queue) if seen else [],
        fault_links=schema_form.fault_links(schema, _shown_faults(sent.faults)),
        by_buttons=seen is not None and REACHED in seen.schema["properties"],
        sent=sent,
        bands={one["key"]: i18n.pick(one) for one in queue.bands},
        now_band=next((i18n.pick(b) for b in queue.bands if b["key"] == queue.now_band), ""),
        badges={one.task_id: _badge(one, queue) for one in queue.entries},
        early_calls=_early_calls(entry, records.contacts) if records else [],
        me=actor.id,
        counts={"callbacks": queue.counts["now"]},
        size=callbacks.PAGE,
        page=_page_number(),
    )


def _asked(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The form as it is read out: reached or not is a button, three questions in a row."""
    fields = {
        name: {k: v for k, v in one.items() if not _hangs_on_reached(k, v)}
        for name, one in schema["properties"].items()
        if name != REACHED
    }
    questions = [name for name in QUESTIONS if name in fields]
    others = [name for name in fields if name not in questions]
    last = [name for name in others if name == "band"]
    texts = [name for name in others if fields[name].get("x-widget") == "textarea"]
    rest = [[name] for name in others if name not in (*last, *texts)]
    layout = [row for row in (questions, *rest, texts, last) if row]
    return {**schema, "properties": fields, "layout": layout}


def _hangs_on_reached(keyword: str, value: Any) -> bool:
    return keyword == "x-show-if" and value["field"] == REACHED


def _rows(
    seen: TaskFile,
    schema: Mapping[str, Any],
    sent: Sent,
    entry: Entry | None,
    queue: Queue,
) -> list[list[schema_form.Field]]:
    values = sent.values
    if values is None:
        band = entry.band_now if entry else queue.now_band
        values = {**seen.prefilled, **({"band": band} if band else {})}
    return schema_form.rows(
        schema,
        installation().zone,
        options=seen.options,
        values=values,
        faults=_shown_faults(sent.faults),
    )


def _shown_faults(faults: Mapping[str, Texts]) -> dict[str, Texts]:
    """Faults by the fields that are drawn; one of the buttons is told beside the band."""
    told = dict(faults)
    if REACHED in told:
        told.setdefault("band", told.pop(REACHED))
    return told


def _mine_to_call(entry: Entry, acts_as: frozenset[UUID]) -> bool:
    return entry.may_call_now and entry.assignee_id in {None, *acts_as}


def _early_calls(entry: Entry | None, contacts: Sequence[CitizenContact]) -> list[CitizenContact]:
    """Calls of the unit shortly before one of ours."""
    tried = entry.tried if entry else ()
    return [
        one
        for one in contacts
        if any(timedelta(0) <= ours.at - one.contacted_at <= _SHORTLY for ours in tried)
    ]


def _badge(entry: Entry, queue: Queue) -> clocks.Badge | None:
    if entry.due is None:
        return None
    return clocks.badge_of(entry.due, queue.calendar, entry.pack.hours, short=True)


def _tabs(queue: Queue, view: str) -> list[dict[str, object]]:
    return [
        {
            "label": f"{label} {i18n.count(queue.counts[key])}",
            "url": url_for("callbacks.index", view=key),
            "current": key == view,
        }
        for key, label in VIEWS.items()
    ]


def _told(seen: TaskFile, values: Mapping[str, Any]) -> Any:
    """What became of the attempt, with a link to its case."""
    title = seen.file.case.title
    if values.get(REACHED) is False:
        text = _("%(title)s：没接通，排到别的时段或改天再打。", title=title)
    elif values.get("result") in {"partly", "unsolved"}:
        text = _("%(title)s：没有办好，回到办理。", title=title)
    else:
        text = _("%(title)s：记下了。", title=title)
    if values.get(REACHED) is not False and str(values.get("suggestion", "")).strip():
        text += " " + _("新的意见另立了一件。")
    url = url_for("case.index", number=seen.file.case.number)
    return {"text": text, "url": url, "label": _("看这一件")}


def _view() -> str:
    asked = request.args.get("view", "")
    return asked if asked in VIEWS else "now"


def _page_number() -> int:
    text = request.args.get("page", "")
    return max(int(text), 1) if text.isascii() and text.isdigit() and len(text) < 5 else 1


def _task_key(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
