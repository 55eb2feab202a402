"""Notices (通知): what one is told, and how one wants to be told."""

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from engine import notice_words
from engine.commands import notice_board
from engine.commands.notice_board import Wanted
from engine.notice_kinds import OF_DESIGN, Channel, NoticeKind
from engine.permissions import Actor, may
from engine.queries import notices
from web import i18n
from web.permitted import permitted
from web.request import current_person, installation, once, reading, transaction

blueprint = Blueprint("notices", __name__, url_prefix="/notices")


@blueprint.get("")
@permitted("notices")
def index() -> str:
    """The person's notices, the unread ones first."""
    unread_only = request.args.get("view") == "unread"
    number = request.args.get("page", 1, type=int)
    with reading() as session:
        page = notices.page(session, current_person(), number=number, unread_only=unread_only)
    return render_template(
        "notices/index.html",
        page=page,
        groups=_groups(page.notices),
        newest=max((one.id for one in page.notices), default=None),
        size=notices.PAGE,
        tabs=[
            {"label": _("全部"), "url": url_for("notices.index"), "current": not unread_only},
            {
                "label": _("没看的 %(n)s", n=i18n.count(page.unread)),
                "url": url_for("notices.index", view="unread"),
                "current": unread_only,
            },
        ],
        unread_only=unread_only,
        counts={"notices": page.unread},
    )


@blueprint.post("/<uuid:notice_id>/read")
@permitted("notices")
def read(notice_id: UUID) -> ResponseReturnValue:
    """Read one, and go where one acts on it."""
    actor, to = current_person(), request.form.get("to", "")
    with transaction() as session:
        notice_board.read(session, notice_id, by=actor)
    if to != "it":
        return redirect(url_for("notices.index"), code=303)
    with reading() as session:
        path = notices.path(session, notice_id, actor)
    return redirect(path or url_for("notices.index"), code=303)


@blueprint.post("/read")
@permitted("notices")
def read_all() -> ResponseReturnValue:
    """Read everything up to what the page showed."""
    actor, until = current_person(), _key(request.form.get("until", ""))
    with transaction() as session:
        number = notice_board.read_all(session, by=actor, until=until)
    flash(ngettext("%(num)d 条标为看过", "%(num)d 条标为看过", number))
    return redirect(url_for("notices.index"), code=303)


@blueprint.get("/settings")
@permitted("notices")
def settings() -> str:
    """By which channel one is told of what."""
    with reading() as session:
        chosen = notices.choices(session, current_person())
    ways = installation().settings.ways
    reached = {
        Channel.IN_APP: "",
        Channel.EMAIL: _why_not(bool(ways.smtp), chosen.email, _("没有登记您的邮箱")),
        Channel.SMS: _why_not(True, chosen.mobile, _("没有登记您的手机")),
        Channel.WEBHOOK: _why_not(bool(ways.webhook), "here", ""),
    }
    return render_template(
        "notices/settings.html",
        chosen=chosen,
        kinds=[(kind, notice_words.NAMES[kind]) for kind in _kinds(current_person())],
        channels=[(one, _names()[one], reached[one]) for one in Channel],
        email=chosen.email,
        mobile=chosen.mobile,
    )


def _kinds(actor: Actor) -> list[NoticeKind]:
    """What the person may be told of."""
    return [kind for kind in NoticeKind if kind not in OF_DESIGN or may(actor, "design")]


@blueprint.post("/settings")
@permitted("notices")
def choose() -> ResponseReturnValue:
    """Keep it."""
    form, actor = request.form, current_person()
    wanted = Wanted(
        {kind: [one for one in Channel if f"{kind}.{one}" in form] for kind in _kinds(actor)},
        outside="outside" in form,
        any_hour="any_hour" in form,
        language=form.get("language", ""),
    )

    def act(session: Session) -> str:
        notice_board.choose(session, wanted, by=actor)
        return url_for("notices.settings")

    answer = once(act)
    flash(_("存好了。从下一条通知起照这样。"), "ok")
    return answer


def _groups(listed: Sequence[notices.Told]) -> list[dict[str, object]]:
    """The page's notices by kind, in the order in which each kind comes first."""
    groups: dict[tuple[bool, str], list[notices.Told]] = {}
    for one in listed:
        groups.setdefault((one.read, one.kind), []).append(one)
    return [
        {
            "name": notice_words.NAMES[NoticeKind(kind)],
            "read": was_read,
            "notices": some,
            "late": kind in {NoticeKind.OVERDUE, NoticeKind.INTERVIEW} and not was_read,
        }
        for (was_read, kind), some in groups.items()
    ]


def _names() -> dict[Channel, str]:
    return {
        Channel.IN_APP: _("站内"),
        Channel.EMAIL: _("邮件"),
        Channel.SMS: _("短信"),
        Channel.WEBHOOK: _("办公系统"),
    }


def _why_not(connected: bool, address: str, missing: str) -> str:
    """Why nothing comes by this channel, or nothing."""
    if not connected:
        return str(_("本单位没有接通"))
    return "" if address else missing


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
