"""A case as a whole: facts, clocks, what happened, what was said and done, where it stands."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    render_template,
    request,
    send_file,
    url_for,
)
from flask import redirect as go
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from engine.commands import identities, supervisions, suspensions
from engine.errors import Conflict, InvalidAnswers, InvalidInput
from engine.files import Files
from engine.identity import Reporter
from engine.models import CaseStatus
from engine.permissions import GRANTS
from engine.queries import (
    case_brief,
    case_file,
    case_history,
    clock_days,
    diagrams,
    merges,
    parts,
)
from engine.queries.case_file import File
from web import drawings, i18n, ledgers, paper_words, timeline, together
from web.case_words import RESULTS, STATUS
from web.permitted import permitted
from web.request import current_person, installation, once, reading, transaction

blueprint = Blueprint("case", __name__, url_prefix="/cases")

_DAY = 24 * 3600
WAYS = {
    "phone": lazy_gettext("电话"),
    "visit": lazy_gettext("上门"),
    "message": lazy_gettext("短信"),
}
SENT_AS = {
    "direct": lazy_gettext("直接答复"),
    "batch": lazy_gettext("媒体批量公开"),
    "press": lazy_gettext("发布会回应"),
    "public_reply": lazy_gettext("跟帖回复"),
}
LADDER = {
    "open": lazy_gettext("进行中"),
    "cured": lazy_gettext("已整改"),
    "referred": lazy_gettext("已移送"),
}


@blueprint.get("/<number>")
@permitted("case.read")
def index(number: str) -> str:
    """The case's page."""
    return _page(number)


@blueprint.post("/<number>/identity")
@permitted("case.read")
def identity(number: str) -> ResponseReturnValue:
    """Show who sent it in, once, and write down who looked and why."""
    purpose = request.form.get("purpose", "")
    try:
        with transaction() as session:
            shown = identities.show(
                session, installation().vault, number, purpose, by=current_person()
            )
    except InvalidInput:
        fault = _("写下用途，2 到 200 个字；每次查看都有记录。")
        return _page(number, purpose=purpose, fault=fault), 422
    return _page(number, shown=shown)


@blueprint.post("/<number>/extension")
@permitted("extension.ask")
def extension(number: str) -> ResponseReturnValue:
    """Ask for more time: opens the form in which the unit says why."""
    with reading() as session:
        case_file.opened(session, number, current_person())

    def work(session: Any) -> str:
        asked = supervisions.ask_extension(session, number, by=current_person())
        return url_for("task.index", task_id=asked.opened[0])

    try:
        return once(work)
    except InvalidAnswers as error:
        flash(i18n.pick(error.fields["extension"]), "soon")
        return go(url_for("case.index", number=number), code=303)
    except Conflict:
        flash(_("已经有一个延期申请在办，或者这件已经办结。"), "soon")
        return go(url_for("case.index", number=number), code=303)


@blueprint.post("/<number>/limits/<limit>/suspension")
@permitted("deadline.suspend")
def suspend(number: str, limit: str) -> ResponseReturnValue:
    """Stop a limit's clock, with the reason why its time does not count."""
    reason = request.form.get("reason", "")

    def work(session: Any) -> str:
        suspensions.suspend(session, number, limit, reason, by=current_person())
        flash(_("已暂停计时。恢复时，停住的工作日会补回来。"), "ok")
        return url_for("case.index", number=number, _anchor="clock")

    return _clock_changed(work, number, _("暂停要写理由，最多 1000 字；已经停住的不能再停。"))


@blueprint.post("/<number>/limits/<limit>/resumption")
@permitted("deadline.suspend")
def resume(number: str, limit: str) -> ResponseReturnValue:
    """Let a limit's clock run again."""

    def work(session: Any) -> str:
        suspensions.resume(session, number, limit, by=current_person())
        flash(_("已恢复计时，到期时间重新算过。"), "ok")
        return url_for("case.index", number=number, _anchor="clock")

    return _clock_changed(work, number, _("这只钟没有停着。"))


def _clock_changed(work: Callable[[Any], str], number: str, otherwise: str) -> ResponseReturnValue:
    try:
        return once(work)
    except (Conflict, InvalidInput):
        flash(otherwise, "soon")
        return go(url_for("case.index", number=number), code=303)


@blueprint.get("/<number>/files/<sha256>")
@permitted("case.read")
def download(number: str, sha256: str) -> Response:
    """A file of the case's evidence, always to be saved and never opened in place."""
    with reading() as session:
        file = case_file.opened(session, number, current_person())
        found = case_file.evidence(session, file.case.id, sha256)
    path = Files.at(installation().settings.home).path(found.sha256)
    answer = send_file(
        path, mimetype=found.media_type, as_attachment=True, download_name=found.name, etag=False
    )
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@blueprint.get("/<number>/instances/<uuid:instance_id>/diagram.bpmn")
@permitted("case.read")
def diagram_xml(number: str, instance_id: UUID) -> Response:
    """The diagram an instance runs, as it was deployed."""
    with reading() as session:
        file = case_file.opened(session, number, current_person())
        content = diagrams.xml(session, file.case.id, instance_id)
    answer = make_response(content)
    answer.content_type = "application/xml; charset=utf-8"
    answer.headers["Cache-Control"] = f"private, max-age={_DAY}"  # a version is never edited
    return answer


@blueprint.get("/<number>/instances/<uuid:instance_id>/diagram.json")
@permitted("case.read")
def diagram_state(number: str, instance_id: UUID) -> dict[str, Any]:
    """What is done, active and overdue on it, for the viewer."""
    with reading() as session:
        file = case_file.opened(session, number, current_person())
        standing = diagrams.standing(session, file.case.id, instance_id)
        tasks = case_file.open_tasks(session, file.case.id, current_person())
    own = [task for task in tasks if task.instance_id == instance_id]
    told = drawings.state(file, standing, own)
    if not standing.active and file.case.stage in standing.done:
        told["open"] = file.case.stage
    return told


def _page(
    number: str, *, shown: Sequence[Reporter] = (), purpose: str = "", fault: str = ""
) -> str:
    actor = current_person()
    with reading() as session:
        file = case_file.opened(session, number, actor)
        case = file.case
        waiting = case_file.open_tasks(session, case.id, actor)
        counted = ledgers.counted(file, clock_days.of_case(session, file))
        past = case_history.of_case(session, case)
        records = case_file.records(session, installation().vault, file)
        papers = paper_words.listed(session, file)
        drawn = diagrams.of_case(session, case.id)
        standing = {
            one.instance_id: diagrams.standing(session, case.id, one.instance_id)
            for one in drawn
            if one.running or one.part == "appeal"
        }
        matter = merges.matter(session, number, actor)
        split = parts.of_case(session, file.case, actor)
        extending = any(one.part == "extension" and one.running for one in drawn)
        joint = together.panel(session, file, waiting)
    together.beat(joint)
    running = [one for one in counted if one.open]
    return render_template(
        "case/index.html",
        file=file,
        case=case,
        status=STATUS.get(case.status, case.status),
        stages=stages(file, past.events),
        waiting=waiting,
        mine=[task for task in waiting if task.may_do],
        clock=ledgers.headline(counted),
        running=running,
        counted=counted,
        timeline=timeline.items(past.events, file, waiting),
        log=timeline.log(past.events, file),
        broken_at=past.broken_at,
        records=records,
        pairs=case_brief.pairs(records.evidence),
        papers=papers,
        rungs={one.id: timeline.rung(file, one.rung or one.first_rung) for one in _of(records)},
        causes={one.id: timeline.cause(file, one.cause) for one in _of(records)},
        drawings=[
            (one, standing[one.instance_id], drawings.active(file, waiting, one))
            for one in drawn
            if one.instance_id in standing
        ],
        may_extend=_may_extend(file) and not extending,
        may_suspend=_may_suspend(file),
        shown=shown,
        purpose=purpose,
        fault=fault,
        fault_links=[("purpose", fault)] if fault else [],
        status_words=STATUS,
        matter=matter,
        parts=split,
        joint=joint,
        ways=WAYS,
        results=RESULTS,
        sent_as=SENT_AS,
        ladder=LADDER,
    )


def _of(records: case_file.Records) -> Sequence[Any]:
    return records.supervisions


def _may_extend(file: File) -> bool:
    """Whether the reader handles the case and it still runs."""
    unit = file.case.unit_key
    return (
        file.case.status == CaseStatus.OPEN
        and unit is not None
        and current_person().acts_for("handler", unit)
    )


def _may_suspend(file: File) -> bool:
    """Whether the reader may stop the case's clocks."""
    me = current_person()
    return file.case.status in {CaseStatus.OPEN, CaseStatus.MERGED} and any(
        me.acts_for(role, file.case.office_key) for role in GRANTS["deadline.suspend"]
    )


def stages(file: File, events: Sequence[case_history.Event]) -> list[Mapping[str, Any]]:
    """The row of stages: what is done and when, where it stands."""
    keys = [one["key"] for one in file.pack.items("stages")]
    over = file.case.status in {CaseStatus.CLOSED, CaseStatus.REFUSED}
    here = keys.index(file.case.stage) if file.case.stage in keys else 0
    times = timeline.stage_times(events)
    told: list[Mapping[str, Any]] = []
    for place, one in enumerate(file.pack.items("stages")):
        at = times.get(one["key"])
        state = "now" if place == here and not over else "done" if place <= here else "next"
        note = i18n.month_day(at) if at is not None and state == "done" else ""
        if state == "now" and place and keys[place - 1] in times:
            note = _("%(day)s起", day=i18n.month_day(times[keys[place - 1]]))
        told.append({"name": i18n.pick(one), "note": note, "state": state})
    return told
