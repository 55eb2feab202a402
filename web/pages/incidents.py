"""Failed steps (故障): listed by cause, tried again, put right, passed over; one or many."""

import json
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from engine.commands import batches as doing
from engine.commands import corrections
from engine.commands import incidents as acting
from engine.commands.corrections import Present
from engine.errors import Conflict, HuiyinError, InvalidInput, NotFound
from engine.queries import batches, incidents
from engine.queries.incidents import Asked, Failure
from web import failed_steps
from web.permitted import permitted
from web.request import current_person, installation, once, reading, written

blueprint = Blueprint("incidents", __name__, url_prefix="/operations")
KINDS = ("text", "number", "yes", "no", "none")


@blueprint.get("/incidents")
@permitted("operations")
def index() -> ResponseReturnValue:
    """All failed steps that fit what is asked for, with their causes."""
    return _list()


@blueprint.post("/incidents/batch")
@permitted("operations")
def batch() -> ResponseReturnValue:
    """Try the selected ones again, or pass their steps over; exactly those."""
    actor, act = current_person(), request.form.get("act", "")
    ids = [key for text in request.form.getlist("incident") if (key := _key(text))]
    remark = request.form.get("remark", "")

    def work(session: Session) -> str:
        key = doing.begin(session, act, ids, by=actor, remark=remark)
        return url_for("incidents.result", batch_id=key)

    try:
        answer = once(work)
    except InvalidInput as error:
        return _list(fault=_why(error), remark=remark, chosen=frozenset(ids)), 422
    _run(UUID(answer.location.rpartition("/")[2]))
    return answer


@blueprint.get("/batches/<uuid:batch_id>")
@permitted("operations")
def result(batch_id: UUID) -> ResponseReturnValue:
    """What came of each of the selected ones."""
    with reading() as session:
        done = batches.batch(session, current_person(), batch_id)
    return render_template("incidents/batch.html", done=done, results=results())


@blueprint.post("/batches/<uuid:batch_id>/run")
@permitted("operations")
def go_on(batch_id: UUID) -> ResponseReturnValue:
    """Do what was left when the first try was cut off."""
    _run(batch_id)
    return redirect(url_for("incidents.result", batch_id=batch_id), code=303)


@blueprint.get("/incidents/<uuid:incident_id>")
@permitted("operations")
def show(incident_id: UUID) -> ResponseReturnValue:
    """One failed step, and what can be done about it."""
    return _one(incident_id)


@blueprint.post("/incidents/<uuid:incident_id>/retry")
@permitted("operations")
def retry(incident_id: UUID) -> ResponseReturnValue:
    """Let a failed step run again."""
    actor, remark = current_person(), request.form.get("remark", "")

    def act(session: Session) -> str:
        acting.retry(session, incident_id, by=actor, remark=remark)
        return url_for("operations.index")

    try:
        answer = once(act)
    except Conflict:
        return _one(incident_id, conflict=True), 409
    flash(_("再做一次：后台几秒内接着做；再停住，会成为一件新的故障。"))
    return answer


@blueprint.post("/incidents/<uuid:incident_id>/skip")
@permitted("operations")
def skip(incident_id: UUID) -> ResponseReturnValue:
    """Let it run again and pass the failed step over this once."""
    actor, remark = current_person(), request.form.get("remark", "")

    def act(session: Session) -> str:
        acting.skip(session, incident_id, by=actor, remark=remark)
        return url_for("incidents.show", incident_id=incident_id)

    try:
        answer = once(act)
    except InvalidInput as error:
        return _one(incident_id, skip_fault=_why(error), remark=remark), 422
    except Conflict:
        return _one(incident_id, conflict=True), 409
    flash(_("跳过这一步：后台几秒内接着做。"))
    return answer


@blueprint.post("/incidents/<uuid:incident_id>/correct")
@permitted("operations")
def correct(incident_id: UUID) -> ResponseReturnValue:
    """Set a routing variable anew; trying again is a step of its own."""
    actor, form = current_person(), request.form
    before = _before()

    def act(session: Session) -> str:
        after = _after(form.get("kind", ""), form.get("value", ""))
        acting_on = (incident_id, before, after)
        corrections.correct(session, *acting_on, by=actor, remark=form.get("remark", ""))
        return url_for("incidents.show", incident_id=incident_id) + "#variables"

    try:
        answer = once(act)
    except InvalidInput as error:
        wrong = {"name": before.name, "fault": _why(error), "value": form.get("value", "")}
        return _one(incident_id, wrong=wrong, remark=form.get("remark", "")), 422
    except Conflict:
        return _one(incident_id, stale=True), 409
    flash(_("变量改好了。核对后再做一次。"))
    return answer


def _list(*, fault: str = "", remark: str = "", chosen: frozenset[UUID] = frozenset()) -> str:
    asked = _asked()
    with reading() as session:
        found = incidents.listed(session, current_person(), asked)
    return render_template(
        "incidents/index.html",
        asked=asked,
        found=found,
        sources=sources(),
        reason=failed_steps.reason,
        size=incidents.PAGE,
        fault=fault,
        fault_links=[("remark", fault)] if fault else [],
        remark=remark,
        chosen=chosen,
        most=doing.MOST,
        tabs=[
            {
                "label": label,
                "url": url_for("incidents.index", state=state),
                "current": asked.state == state,
            }
            for state, label in (("open", _("停着的")), ("settled", _("处理过的")))
        ],
    )


def _one(incident_id: UUID, *, remark: str = "", **said: Any) -> str:
    actor = current_person()
    with reading() as session:
        one = incidents.failure(session, actor, incident_id)
        if one.sealed and said.keys() & {"wrong", "stale", "skip_fault"}:
            raise NotFound("No such incident.")
        why_not = incidents.why_not_skipped(session, one)
    variables = _variables(one) if one.instance_id and not one.resolved_at else []
    faults = [("skip-remark", said["skip_fault"])] if said.get("skip_fault") else []
    faults += (
        [(f"value-{said['wrong']['name']}", said["wrong"]["fault"])] if "wrong" in said else []
    )
    return render_template(
        "incidents/show.html",
        one=one,
        why_not=_why_not(why_not) if why_not else "",
        variables=[
            {"as_json": json.dumps(v.value, ensure_ascii=False), "is": v} for v in variables
        ],
        kinds=kinds(),
        reason=failed_steps.reason,
        words=failed_steps.words,
        sources=sources(),
        remark=remark,
        fault_links=faults,
        longest=acting.LONGEST_REMARK,
        **{"conflict": False, "stale": False, "wrong": {}, "skip_fault": ""} | said,
    )


def _variables(one: Failure) -> list[Present]:
    """The variables now; none if the state cannot be read, which is what may have failed."""
    actor = current_person()
    try:
        return written(lambda session: corrections.present(session, one.id, by=actor))
    except HuiyinError:
        return []


def _run(batch_id: UUID) -> None:
    doing.run(installation().sessions, batch_id, by=current_person())
    with reading() as session:
        done = batches.batch(session, current_person(), batch_id)
    good = sum(item.result == doing.DONE for item in done.items)
    flash(ngettext("做好 %(num)d 件。", "做好 %(num)d 件。", good))


def _asked() -> Asked:
    given = request.args
    return Asked(
        state="settled" if given.get("state") == "settled" else "open",
        source=given["source"] if given.get("source") in incidents.SOURCES else "",
        process=given.get("process", "")[:64],
        version=max(0, given.get("version", 0, int)),
        element=given.get("element", "")[:64],
        cause=given.get("cause", "")[:200],
        page=max(1, given.get("page", 1, int)),
    )


def _before() -> Present:
    """The value that was shown beside the field."""
    try:
        value = json.loads(request.form.get("before", "null"))
    except ValueError as error:
        raise InvalidInput("before", "the value that was shown") from error
    name = request.form.get("name", "")[:64]
    return Present(name, request.form.get("known") == "1", value, ())


def _after(kind: str, text: str) -> str | int | float | bool | None:
    if kind == "number":
        try:
            return int(text) if text.strip().lstrip("-").isdigit() else float(text)
        except ValueError as error:
            raise InvalidInput("value", "a number") from error
    known: dict[str, str | bool | None] = {"text": text, "yes": True, "no": False, "none": None}
    if kind not in known:
        raise InvalidInput("kind", f"one of {', '.join(KINDS)}")
    return known[kind]


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


# Words -------------------------------------------------------------------------------------------


def kinds() -> dict[str, str]:
    """What a value may be."""
    words = (_("文字"), _("数字"), _("是"), _("否"), _("没有值"))
    return dict(zip(KINDS, words, strict=True))


def sources() -> dict[str, str]:
    """When a step failed."""
    return {
        "task": _("办理时"),
        "contact": _("收件时"),
        "deadline": _("到期时"),
        "message": _("收消息时"),
    }


def results() -> dict[str, tuple[str, str]]:
    """What came of one of several: words and how they look."""
    return {
        "": (_("还没轮到"), "soon"),
        doing.DONE: (_("做了"), "ok"),
        doing.SETTLED: (_("已经有人处理过"), ""),
        doing.MISSING: (_("看不到这一件"), ""),
        doing.REFUSED: (_("不能这样做"), "late"),
    }


def _why(error: InvalidInput) -> str:
    """Why nothing was done, in words."""
    told = {
        "remark": _("写明为什么，最多 500 个字。写进这件的记录。"),
        "incident": _("先勾选要处理的，一次最多 200 件。"),
        "value": _("填一个数。"),
        "kind": _("选一种值。"),
        "element": _("这一步不能跳过。"),
    }
    return str(
        told.get(error.field, _("不能改成这个值：%(why)s", why=failed_steps.words(error.expected)))
    )


def _why_not(word: str) -> str:
    told = {
        "unknown": _("不知道停在哪一步，没法跳过。"),
        "several": _("这一步要对清单里每一项各办一次，不能单独跳过；可以移动流程。"),
        "no-way-known": _("分支要凭条件选路，跳过就不知道往哪走。先更正变量，或者移动流程。"),
        "decides-the-way": _(
            "后面要用决策表的结果，跳过就没有结果。先改决策表或变量，或者移动流程。"
        ),
        "work-of-a-person": _("这一步是人办的，不能替人跳过。请办理人再办，或者移动流程。"),
        "holds-others": _("这一步里面还有别的步骤，不能整个跳过；可以移动流程。"),
        "waits-for-others": _("这里在等消息，或同时等几样，跳过会乱；可以移动流程。"),
        "nothing-to-pass": _("这里没有可以跳过的事。"),
    }
    return str(told[word])
