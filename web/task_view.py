"""The task page put together: the form and what stands in it, the case beside it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine.commands.evidence import Kept
from engine.db import new_key
from engine.papers import drafts as paper_drafts
from engine.papers.kinds import NAMES
from engine.permissions import Actor, may, may_see_case
from engine.queries import (
    alike,
    case_brief,
    case_history,
    clock_days,
    diagrams,
    drafts,
    inbox,
    phrases,
    task_file,
)
from engine.queries.alike import Alike
from engine.queries.case_brief import Brief
from engine.queries.task_file import TaskFile
from web import (
    drawings,
    i18n,
    inbox_filter,
    kept_files,
    ledgers,
    schema_form,
    task_drafts,
    task_words,
    timeline,
    together,
)
from web.request import current_person, installation, reading
from web.task_layouts import LAYOUTS

Texts = Mapping[str, str]
# How a form says that the case is a duplicate, by the kind of its record.
_JOINING = {"screening": {"opinion": "duplicate"}, "dispatch": {"mode": "join"}}
SHOWN_EVENTS = 5  # of the timeline, before the rest is folded


@dataclass(frozen=True)
class Sent:
    """What stands in the form when the page is shown: nothing typed yet, unless said.

    refused: "conflict" or "failed". draft: the draft that the form goes on with.
    """

    values: Mapping[str, Any] | None = None
    faults: Mapping[str, Texts] = field(default_factory=dict)
    kept: Mapping[str, Kept] = field(default_factory=dict)
    refused: str = ""
    draft: UUID | None = None


def page(task_id: UUID, sent: Sent) -> str:
    """The page of a task. Raises `NotFound`, `NotAllowed`."""
    actor, parts = current_person(), installation()
    wanted = inbox_filter.asked(request.args)
    aim = inbox_filter.arguments(wanted)
    with reading() as session:
        seen = task_file.opened(session, task_id, actor)
        brief = case_brief.of_case(session, parts.vault, seen.file)
        saved = drafts.of_task(session, task_id, actor.id)
        form = _form(seen, brief, saved, sent, actor)
        known = phrases.usable(session, actor, kind=seen.record, category=seen.file.case.category)
        beside = _beside(session, seen, brief, actor)
        layout = LAYOUTS.get(seen.record) if seen.open else None
        more: Mapping[str, Any] = (
            layout.context(session, seen, actor, form["values"])
            if layout
            else _liked(session, seen)
        )
        others = seen.task.assignee_id not in {None, *actor.acts_as}
        writable = seen.open and not others
        following = None if writable else inbox.following(session, actor, wanted, parts.zone)
    together.beat(beside["joint"])
    return render_template(
        "task/index.html",
        **{
            "look": None,
            "seen": seen,
            "file": seen.file,
            "case": seen.file.case,
            "layout": layout,
            "refused": sent.refused,
            "ground": _ground(seen),
            "paper": _paper_name(seen),
            "may_read_precedents": may(actor, "precedent.read"),
            "mine": seen.task.assignee_id in actor.acts_as,
            "others": others,
            "aim": aim,
            "next_url": next_url(following, aim),
            "phrases": task_words.filled(seen, brief, actor, known),
            "templates": task_words.templates(seen, known),
            **form,
            **beside,
            **more,
        },
    )


def _form(
    seen: TaskFile, brief: Brief, saved: Sequence[drafts.Kept], sent: Sent, actor: Actor
) -> dict[str, Any]:
    """What stands in the form: what was just sent, else a draft, else what the case knows."""
    wanted = sent.draft or _key(request.args.get("draft", ""))
    draft = next((one for one in saved if one.id == wanted), saved[0] if saved else None)
    values, kept = sent.values, dict(sent.kept)
    if values is None and draft is not None:
        values, kept = task_drafts.values_of(seen, draft, actor.id)
    if values is None:
        values = _known(seen, brief)
    if sent.values is None and (chosen := request.args.get("matter", "")[:40]):
        values = {**values, **_JOINING.get(seen.record, {}), "matter": chosen}
    rows = schema_form.rows(
        seen.schema,
        installation().zone,
        options=seen.options,
        values=values,
        faults=sent.faults,
        file_names={key: one.name for key, one in kept.items()},
    )
    return {
        "rows": rows,
        "values": values,
        "multipart": schema_form.has_files(seen.schema),
        "kept": kept_files.sign(kept.values(), actor.id),
        "fault_links": schema_form.fault_links(seen.schema, sent.faults),
        "draft": draft,
        "draft_id": draft.id if draft else new_key(),
        "draft_said": task_drafts.said(draft) if draft else "",
        "drafts_apart": [one for one in saved if one is not draft],
        "draft_place": f"{actor.id.hex}.{seen.task.id.hex}",
        "tools_after": task_words.tools_after(rows),
        "checks": task_words.checks(seen.record, rows),
        "zone": installation().zone.key,
    }


def _beside(session: Session, seen: TaskFile, brief: Brief, actor: Actor) -> dict[str, Any]:
    """The case beside the form: what was done, its clock, what happened, where it stands."""
    file = seen.file
    events = case_history.events(session, file.case)
    waiting = task_file.waiting(session, seen, actor)
    deadline = seen.deadline
    counted = (
        ledgers.counted(file, [clock_days.of_row(session, file, deadline, paused=seen.paused)])
        if deadline
        else []
    )
    path = [one for e in events if e.instance_id == seen.task.instance_id for one in e.passed]
    drawing = diagrams.Drawing(
        instance_id=seen.task.instance_id,
        part=seen.part,
        name=seen.process_name,
        version=seen.process.version,
        running=seen.open,
    )
    active = drawings.active(file, waiting, drawing)
    told = timeline.items(events, file)
    units = [*file.facts["candidate_units"], *file.facts["co_units"], *brief.slip_units]
    own = [seen.task.unit_key] if seen.task.unit_key else []
    return {
        "brief": brief,
        "joint": together.panel(session, file, waiting),
        "pairs": case_brief.pairs(brief.evidence),
        "loose_files": case_brief.loose(brief.evidence),
        "clock": counted[0] if counted else None,
        "timeline": told,
        "shown_events": SHOWN_EVENTS,
        "drawing": drawing,
        "active": active,
        "tasks_done": diagrams.tasks_done(seen.process, path),
        "cause": timeline.cause(file, seen.supervision.cause) if seen.supervision else "",
        "may_open_case": may(actor, "case.read") and may_see_case(actor, file.case, [*own, *units]),
    }


def next_url(following: UUID | None, aim: Mapping[str, Any]) -> str:
    """Where one goes when a task is done: the next of the view, else the inbox."""
    if following is None:
        return url_for("inbox.index", **aim)
    return url_for("task.index", task_id=following, **aim)


def _known(seen: TaskFile, brief: Brief) -> Mapping[str, Any]:
    """What is known before anybody types: of an answer to revise, its last words."""
    if seen.record != "answer" or not brief.answers:
        return seen.prefilled
    last = {"answer": brief.answers[-1].text, "outcome": brief.answers[-1].word}
    named = {name: text for name, text in last.items() if name in seen.schema["properties"]}
    return {**seen.prefilled, **{name: text for name, text in named.items() if text}}


def _liked(session: Session, seen: TaskFile) -> dict[str, Any]:
    """Cases this one may be a duplicate of, where the form can say so; one statement."""
    if not seen.open or seen.record not in _JOINING:
        return {"like": [], "fills": {}}
    case = seen.file.case
    like: Sequence[Alike] = alike.found(
        session,
        current_person(),
        case.office_key,
        title=case.title,
        place=case.place,
        category=case.category,
        besides=case.id,
    )
    return {"like": like, "fills": {one.number: fill(seen, one.number) for one in like}}


def fill(seen: TaskFile, number: str) -> str:
    """Controls of the form and what goes into them when the case is joined to this one; JSON."""
    said = {**_JOINING[seen.record], "matter": number}
    return json.dumps({schema_form.PREFIX + name: value for name, value in said.items()})


def _paper_name(seen: TaskFile) -> Texts | None:
    """What the paper is called that comes of the task."""
    kind = paper_drafts.kind_of(seen) if seen.open else None
    return NAMES[kind] if kind else None


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _ground(seen: TaskFile) -> str:
    """Why the proposed unit is proposed."""
    ground = seen.file.facts["ground"]
    known = {
        "ruling": _("已经裁定"),
        "precedent": _("先例"),
        "screening": _("初审时建议"),
        "returned": _("退单时建议"),
        "first_receiver": _("多个单位，首接单位牵头"),
        "catalogue": _("派单目录"),
        "backstop": _("目录没有列到，由属地兜底"),
    }
    return str(known.get(ground, ground))


def typed(values: Mapping[str, Any] | None, schema: Mapping[str, Any]) -> int:
    """How many characters of one's own words are among these values."""
    fields = {
        schema_form.PREFIX + name: [text]
        for name, text in (values or {}).items()
        if isinstance(text, str)
    }
    return task_drafts.characters(schema, fields)


def done_words(seen: TaskFile) -> str:
    """That a task is done, in a line."""
    text: str = _(
        "办好了：%(task)s，%(title)s。", task=i18n.pick(seen.name), title=seen.file.case.title
    )
    return text
