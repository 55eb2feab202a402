"""Notices that did not get out (没发出的通知), sent once more by hand."""

from uuid import UUID

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine.commands import notices
from engine.errors import Conflict
from engine.queries import undelivered
from web.permitted import permitted
from web.request import current_person, once, reading

blueprint = Blueprint("undelivered", __name__, url_prefix="/operations/notices")


@blueprint.get("")
@permitted("operations")
def index() -> ResponseReturnValue:
    """The notices that were given up, and those that are tried again."""
    return _list()


@blueprint.post("/<uuid:outbox_id>/retry")
@permitted("operations")
def retry(outbox_id: UUID) -> ResponseReturnValue:
    """Send one of them now."""
    actor = current_person()

    def act(session: Session) -> str:
        notices.send_again(session, outbox_id, by=actor)
        return url_for("undelivered.index")

    try:
        answer = once(act)
    except Conflict:
        return _list(note=_("这一条已经发出，或者正在发。")), 409
    flash(_("再发一次：后台几秒内去发。还是发不出，会回到这里。"))
    return answer


def _list(*, note: str = "") -> str:
    with reading() as session:
        unsent = undelivered.unsent(session, current_person())
    return render_template(
        "operations/notices.html", unsent=unsent, note=note, ways=_ways(), reasons=_reasons()
    )


def _ways() -> dict[str, str]:
    """How each kind of notice goes out; all others stand in the journal."""
    return {
        "notice.email": _("邮件"),
        "notice.sms": _("短信"),
        "notice.webhook": _("办公系统"),
    }


def _reasons() -> dict[str, str]:
    """What the usual failures mean to an operator."""
    return {
        "ConnectionRefusedError": _("对方没有开着"),
        "TimeoutError": _("对方没有回答"),
        "gaierror": _("找不到对方的地址"),
        "SSLCertVerificationError": _("对方的证书不可信"),
        "SMTPAuthenticationError": _("用户名或密码不对"),
        "SMTPServerDisconnected": _("对方断开了"),
        "TryLater": _("对方现在收不了"),
        "no mail address": _("没有邮箱地址"),
        "no mobile number": _("没有手机号码"),
    }
