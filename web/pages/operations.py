"""How the machine is (运行): workers, failed steps, what waits; and the doors of health checks."""

from datetime import datetime
from uuid import UUID

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from engine import clock
from engine.commands import incidents
from engine.errors import Conflict
from engine.queries import operations
from engine.queries.operations import Operations
from web import i18n
from web.permitted import permitted, public
from web.request import current_person, installation, once, reading

blueprint = Blueprint("operations", __name__)


@blueprint.get("/operations")
@permitted("operations")
def index() -> ResponseReturnValue:
    """The machine at one look."""
    parts = installation()
    with reading() as session:
        now = operations.operations(session, current_person(), parts.sessions)
    return render_template(
        "operations/index.html",
        now=now,
        figures=_figures(now),
        ago=_ago,
        offset=_offset(now),
        this_year=i18n.local(clock.now()).year,
        rehearsing=parts.settings.rehearsal,
        counts={"operations": now.failures_open},
        late_counts=("operations",),
    )


@blueprint.get("/operations/incidents/<uuid:incident_id>")
@permitted("operations")
def incident(incident_id: UUID) -> ResponseReturnValue:
    """One failed step."""
    with reading() as session:
        one = operations.failure(session, current_person(), incident_id)
    return render_template("operations/incident.html", one=one, conflict=False)


@blueprint.post("/operations/incidents/<uuid:incident_id>/retry")
@permitted("operations")
def retry(incident_id: UUID) -> ResponseReturnValue:
    """Let a failed step run again."""
    actor = current_person()

    def act(session: Session) -> str:
        incidents.retry(session, incident_id, by=actor)
        return url_for("operations.index")

    try:
        answer = once(act)
    except Conflict:
        with reading() as session:
            one = operations.failure(session, current_person(), incident_id)
        return render_template("operations/incident.html", one=one, conflict=True), 409
    flash(_("再做一次：后台几秒内接着做；再停住，会成为一件新的故障。"))
    return answer


@blueprint.get("/healthz")
@public
def health() -> ResponseReturnValue:
    """The process answers."""
    return "ok\n", 200, {"Content-Type": "text/plain; charset=utf-8"}


@blueprint.get("/readyz")
@public
def ready() -> ResponseReturnValue:
    """Whether requests may be sent here: database at the newest revision, a worker alive."""
    found = operations.readiness(installation().sessions)
    if found.ready:
        return {"ready": True}
    return {"ready": False, "missing": list(found.missing)}, 503


def _figures(now: Operations) -> list[dict[str, object]]:
    alive = [worker for worker in now.workers if worker.alive]
    rows = now.deadlines, now.messages, now.outbox
    late = ngettext("%(num)d 条过了 30 秒", "%(num)d 条过了 30 秒", now.deadlines.late)
    return [
        {
            "label": _("停住的一步"),
            "value": i18n.count(now.failures_open),
            "note": _("都能再做一次") if now.failures_open else _("没有停住的"),
            "state": "late" if now.failures_open else "",
            "url": "#incidents",
        },
        {
            "label": _("后台"),
            "value": _("正常") if alive else _("没有在跑"),
            "note": _("%(n)s 个，%(ago)s有心跳", n=len(alive), ago=_ago(alive[0].beat_at))
            if alive
            else _("30 秒没有心跳"),
            "state": "" if alive else "late",
            "url": "#workers",
        },
        *(
            {
                "label": label,
                "value": i18n.count(one.waiting),
                "note": note,
                "state": "late" if one.late else "soon" if one.failing else "",
                "url": "#waiting",
            }
            for one, label, note in zip(
                rows,
                (_("等着到期的时限"), _("没送达的流程消息"), _("没发出的通知")),
                (
                    late if now.deadlines.late else _("没有迟的"),
                    _age(now.messages.oldest, _("都送到了")),
                    ngettext("%(num)d 条发送失败", "%(num)d 条发送失败", now.outbox.failing)
                    if now.outbox.failing
                    else _age(now.outbox.oldest, _("都发出了")),
                ),
                strict=True,
            )
        ),
        {
            "label": _("数据库"),
            "value": now.revision or _("没有表"),
            "note": _("是最新的一版")
            if now.revision == now.newest_revision
            else _("要升级到 %(revision)s", revision=now.newest_revision),
            "state": "" if now.revision == now.newest_revision else "late",
            "url": "#machine",
        },
    ]


def _age(oldest: datetime | None, none: str) -> str:
    return str(_("最早的一条在%(ago)s", ago=_ago(oldest)) if oldest else none)


def _ago(at: datetime) -> str:
    """How long ago, in the largest whole unit: `4 秒前`."""
    seconds = max(0, int((clock.now() - at).total_seconds()))
    if seconds < 120:
        return str(ngettext("%(num)d 秒前", "%(num)d 秒前", seconds))
    if seconds < 2 * 3600:
        return str(ngettext("%(num)d 分钟前", "%(num)d 分钟前", seconds // 60))
    if seconds < 2 * 86400:
        return str(ngettext("%(num)d 小时前", "%(num)d 小时前", seconds // 3600))
    return str(ngettext("%(num)d 天前", "%(num)d 天前", seconds // 86400))


def _offset(now: Operations) -> str:
    """How far rehearsal time is from real time."""
    seconds = int(now.rehearsal_offset.total_seconds())
    if not seconds:
        return str(_("和真实时间一样"))
    days, rest = divmod(abs(seconds), 86400)
    time = f"{rest // 3600:02d}:{rest // 60 % 60:02d}"
    words = ngettext("%(num)d 天 %(time)s", "%(num)d 天 %(time)s", days, time=time)
    return str(_("快 %(words)s", words=words) if seconds > 0 else _("慢 %(words)s", words=words))
