"""Official papers (公文): a case's as files, drafts of a task, the notice of an interview."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine import clock
from engine.commands import interviews
from engine.commands.interviews import Meeting
from engine.errors import Conflict
from engine.papers import drafts, keeping, notices, reading, templates
from engine.papers.kinds import Interview, Kind
from engine.queries import case_file, task_file
from engine.queries import supervisions as ladders
from engine.queries.case_file import File
from engine.queries.supervisions import Climb
from web import papers, schema_form
from web.permitted import permitted
from web.request import current_person, installation, once
from web.request import reading as reading_session

blueprint = Blueprint("papers", __name__)

_PDF = keeping.MEDIA["pdf"]
_BY_ENDING = {one.ending: one for one in keeping.MEDIA.values()}
LONGEST = 200
_USUALLY = "书面整改计划"  # on a Chinese paper, whatever the page speaks
_FIELDS = ("held_at", "place", "bring", "contact")


@blueprint.get(
    "/cases/<number>/papers/"
    '<any(slip,answer,refusal,order,interview):kind>.<any(docx,pdf,"en.pdf"):ending>'
)
@permitted("case.read")
def download(number: str, kind: str, ending: str) -> ResponseReturnValue:
    """A paper of a case; `of` names its subject, else the newest."""
    of = request.args.get("of", "")
    return papers.sent(papers.given(number, Kind(kind), of, _BY_ENDING[ending]))


@blueprint.post("/tasks/<uuid:task_id>/paper")
@permitted("inbox")
def draft(task_id: UUID) -> ResponseReturnValue:
    """What would come of a task, with what is typed so far; nothing is kept."""
    parts = installation()
    with reading_session() as session:
        seen = task_file.opened(session, task_id, current_person())
        typed = schema_form.answers(seen.schema, request.form, parts.zone)
        paper = drafts.of_task(session, seen, typed, parts.settings.public_url)
    return papers.sent(papers.drafted(paper, _PDF))


@blueprint.get("/supervision/<number>/notice")
@permitted("supervision.start")
def notice(number: str) -> ResponseReturnValue:
    """The form of a notice: when, where, what to bring, whom to ask."""
    return _notice_page(number, _Typed({"bring": _USUALLY}))


@blueprint.post("/supervision/<number>/notice/draft")
@permitted("supervision.start")
def notice_draft(number: str) -> ResponseReturnValue:
    """The notice as typed so far, as a draft."""
    typed = _typed()
    with reading_session() as session:
        climb, file = _ladder(session, number)
        paper = _paper(session, file, climb, typed, draft=True)
    return papers.sent(papers.drafted(paper, _PDF))


@blueprint.post("/supervision/<number>/notice")
@permitted("supervision.start")
def issue_notice(number: str) -> ResponseReturnValue:
    """Issue the notice: it gets a number and is kept as it is."""
    typed, actor = _typed(), current_person()
    if typed.faults:
        return _notice_page(number, typed), 422
    with reading_session() as session:
        climb, file = _ladder(session, number)
        paper = _paper(session, file, climb, typed, draft=False)
        subject = notices.subject(session, climb.id)
        template = templates.current(session, Kind.INTERVIEW)
    if not climb.open:
        raise Conflict("The supervision is over.")
    stored = papers.stored_all(paper, template)

    def work(session: Session) -> str:
        keeping.keep(
            session,
            file.case.id,
            Kind.INTERVIEW,
            subject,
            paper,
            stored,
            by=actor,
            held_at=paper.held_at.isoformat() if paper.held_at else "",
            place=paper.meeting_place,
        )
        assert typed.held_at is not None
        meeting = Meeting(typed.held_at, paper.meeting_place, paper.bring, paper.contact)
        interviews.call(session, climb.id, paper.number, meeting, by=actor)
        flash(_("%(number)s 发出了。下载后盖章送达。", number=paper.number))
        return url_for("supervision.show", number=number)

    return once(work)


@dataclass
class _Typed:
    """What stands in the form of a notice."""

    values: Mapping[str, str]
    held_at: datetime | None = None
    faults: dict[str, str] = field(default_factory=dict)


def _typed() -> _Typed:
    values = {name: request.form.get(name, "").strip() for name in _FIELDS}
    typed = _Typed(values)
    try:
        at = datetime.fromisoformat(values["held_at"])
        zone = installation().zone
        typed.held_at = at.astimezone(zone) if at.tzinfo else at.replace(tzinfo=zone)
    except (ValueError, OverflowError):
        typed.faults["held_at"] = _("写明哪天几点，像 2026-11-09 09:30。")
    if typed.held_at is not None and typed.held_at <= clock.now():
        typed.faults["held_at"] = _("约谈时间要在以后。")
    if not values["place"]:
        typed.faults["place"] = _("写明到哪里，比如：市民中心 402 室。")
    for name in _FIELDS:
        if len(values[name]) > LONGEST:
            typed.faults[name] = _(
                "最多 %(n)d 个字，现在 %(m)d 个。", n=LONGEST, m=len(values[name])
            )
    return typed


def _ladder(session: Session, number: str) -> tuple[Climb, File]:
    actor = current_person()
    climb = ladders.ladder(session, actor, number)
    return climb, case_file.opened(session, climb.case_number, actor)


def _paper(session: Session, file: File, climb: Climb, typed: _Typed, *, draft: bool) -> Interview:
    base = installation().settings.public_url
    head: dict[str, Any] = reading.head_of(session, file, Kind.INTERVIEW, base) | {
        "number": drafts.NOT_YET if draft else notices.number(session, climb.id, climb.number),
        "made_at": clock.now(),
        "draft": draft,
    }
    return notices.paper(session, file, climb.id, typed.values, typed.held_at, head)


def _notice_page(number: str, typed: _Typed) -> str:
    with reading_session() as session:
        climb, file = _ladder(session, number)
        issued = notices.issued(session, file, climb.number)
    return render_template(
        "papers/notice.html",
        climb=climb,
        typed=typed,
        longest=LONGEST,
        issued=issued,
        fault_links=[(name, typed.faults[name]) for name in _FIELDS if name in typed.faults],
    )
