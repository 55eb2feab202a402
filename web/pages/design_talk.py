"""Designers among themselves: comments on elements of a process, and who has it open."""

from uuid import UUID

from flask import Blueprint, flash, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine.commands import design_comments, design_presence
from engine.commands.design_contents import PROCESS
from engine.errors import InvalidInput, NotFound
from engine.models import DesignKind
from engine.queries import design_drafts as read_drafts
from engine.queries import design_talk
from engine.queries.design_drafts import Opened
from web import i18n, studio
from web.permitted import permitted
from web.request import current_person, once, reading, transaction
from web.studio_answers import body, in_words, text

blueprint = Blueprint("design_talk", __name__, url_prefix="/design/drafts/<uuid:draft_id>")


@blueprint.get("/comments")
@permitted("design")
def index(draft_id: UUID) -> ResponseReturnValue:
    """What is said about the process; to a script as JSON."""
    if request.accept_mimetypes.best == "application/json":
        return _as_json(draft_id)
    return _page(draft_id)


@blueprint.post("/comments")
@permitted("design")
def say(draft_id: UUID) -> ResponseReturnValue:
    """Say something about an element."""
    if request.is_json:
        return _said(draft_id)
    element, words = request.form.get("element", ""), request.form.get("text", "")

    def work(session: Session) -> str:
        key = _process(session, draft_id).line.key
        design_comments.say(session, key, element[:100], words, by=current_person())
        flash(_("记下了，改这个流程的人都看得到。"))
        return url_for("design_talk.index", draft_id=draft_id)

    try:
        return once(work)
    except InvalidInput as error:
        return _page(draft_id, fault=error.field, words=words[: design_comments.LONGEST]), 422


@blueprint.post("/comments/<uuid:comment_id>/settle")
@permitted("design")
def settle(draft_id: UUID, comment_id: UUID) -> ResponseReturnValue:
    """Say that a comment is dealt with."""

    def work(session: Session) -> str:
        key = _process(session, draft_id).line.key
        design_comments.settle(session, key, comment_id, by=current_person())
        return url_for("design_talk.index", draft_id=draft_id)

    if request.is_json:
        with transaction() as session:
            work(session)
        return _as_json(draft_id)
    return once(work)


@blueprint.post("/presence")
@permitted("design")
@in_words
def present(draft_id: UUID) -> ResponseReturnValue:
    """Note that one has it open; who else has, in words."""
    actor = current_person()
    with transaction() as session:
        line = read_drafts.opened(session, actor, draft_id).line
        design_presence.seen(session, line.kind, line.key, actor.id)
        names = design_talk.others(session, line.kind, line.key, actor)
    who = _("、").join(i18n.pick(name) for name in names)
    return jsonify(said=_("%(who)s也开着", who=who) if who else "")


@in_words
def _said(draft_id: UUID) -> ResponseReturnValue:
    told = body()
    element, words = text(told, "element", 100), text(told, "text", design_comments.LONGEST)
    with transaction() as session:
        key = _process(session, draft_id).line.key
        design_comments.say(session, key, element, words, by=current_person())
    return _as_json(draft_id)


def _process(session: Session, draft_id: UUID) -> Opened:
    """A draft of a process. Raises `NotFound`."""
    opened = read_drafts.opened(session, current_person(), draft_id)
    if opened.line.kind is not DesignKind.PROCESS:
        raise NotFound("Comments are about elements of a process.")
    return opened


def _as_json(draft_id: UUID) -> ResponseReturnValue:
    with reading() as session:
        opened = _process(session, draft_id)
        found = design_talk.comments(session, opened.line.key)
    return jsonify(
        comments=[
            {
                "id": str(one.id),
                "element": one.element,
                "text": one.text,
                "who": i18n.pick(one.who),
                "at": i18n.short_moment(one.said_at),
                "settled": i18n.short_moment(one.settled_at) if one.settled_at else "",
                "settled_by": i18n.pick(one.settled_by) if one.settled_by else "",
            }
            for one in found
        ]
    )


def _page(draft_id: UUID, *, fault: str = "", words: str = "") -> str:
    with reading() as session:
        opened = _process(session, draft_id)
        found = design_talk.comments(session, opened.line.key)
    told = {
        "element": _("选一个图元。"),
        "text": _("写一句话，最多 %(n)d 个字。", n=design_comments.LONGEST),
    }
    return render_template(
        "design/comments.html",
        opened=opened,
        tabs=studio.tabs(opened),
        comments=found,
        elements=design_talk.elements(opened.contents.get(PROCESS, b"")),
        chosen=request.values.get("element", ""),
        words=words,
        faults={fault: told.get(fault, "")} if fault else {},
        fault_links=[(f"c-{fault}", told.get(fault, ""))] if fault else [],
    )
