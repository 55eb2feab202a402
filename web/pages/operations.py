"""How the machine is (运行): workers, failed steps, what waits; and the doors of health checks."""

from datetime import datetime

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from engine import clock, db, outages
from engine.queries import operations
from engine.queries.operations import Operations, Worker
from web import failed_steps, i18n
from web.permitted import permitted, public
from web.request import current_person, installation, reading

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
        figures=_figures(now, db.refusal(parts.sessions)),
        ago=_ago,
        reason=failed_steps.reason,
        offset=_offset(now),
        this_year=i18n.local(clock.now()).year,
        rehearsing=parts.settings.rehearsal,
        counts={"operations": now.failures_open},
        late_counts=("operations",),
    )


@blueprint.get("/healthz")
@public
def health() -> ResponseReturnValue:
    """The process answers."""
    return "ok\n", 200, {"Content-Type": "text/plain; charset=utf-8"}


@blueprint.get("/readyz")
@public
def ready() -> ResponseReturnValue:
    """Whether requests may be sent here: the database takes writes, a worker is alive."""
    found = operations.readiness(installation().sessions)
    gone = {"gone": list(found.gone)} if found.gone else {}
    if found.ready:
        return {"ready": True, **gone}
    return {"ready": False, "missing": list(found.missing), **gone}, 503


def _figures(now: Operations, refusing: str) -> list[dict[str, object]]:
    alive = [worker for worker in now.workers if worker.alive]
    gone = len(now.workers) - len(alive)
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
            "note": _workers(alive, gone),
            "state": "late" if not alive else "soon" if gone else "",
            "url": "#workers",
        },
        *(
            {
                "label": label,
                "value": i18n.count(one.waiting + gone),
                "note": note,
                "state": "late" if one.late or gone else "soon" if one.failing else "",
                "url": url_for("undelivered.index") if gone else "#waiting",
            }
            for one, gone, label, note in zip(
                rows,
                (0, 0, now.given_up),
                (_("等着到期的时限"), _("没送达的流程消息"), _("没发出的通知")),
                (
                    late if now.deadlines.late else _("没有迟的"),
                    _age(now.messages.oldest, _("都送到了")),
                    _outbox(now),
                ),
                strict=True,
            )
        ),
        {
            "label": _("数据库"),
            "value": now.revision or _("没有表"),
            "note": _database(now, refusing),
            "state": "" if now.revision == now.newest_revision and not refusing else "late",
            "url": "#machine",
        },
    ]


def _outbox(now: Operations) -> str:
    if now.given_up:
        return str(ngettext("%(num)d 条不再发", "%(num)d 条不再发", now.given_up))
    if now.outbox.failing:
        failing = now.outbox.failing
        return str(ngettext("%(num)d 条发送失败", "%(num)d 条发送失败", failing))
    return _age(now.outbox.oldest, _("都发出了"))


def _workers(alive: list[Worker], gone: int) -> str:
    if not alive:
        return str(_("30 秒没有心跳"))
    if gone:
        return str(_("%(n)s 个在跑，%(gone)s 个没有心跳", n=len(alive), gone=gone))
    return str(_("%(n)s 个，%(ago)s有心跳", n=len(alive), ago=_ago(alive[0].beat_at)))


def _database(now: Operations, refusing: str) -> str:
    if refusing:
        return str(_("磁盘满了，存不进去") if refusing == outages.FULL else _("存不进去"))
    if now.revision == now.newest_revision:
        return str(_("是最新的一版"))
    return str(_("要升级到 %(revision)s", revision=now.newest_revision))


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
