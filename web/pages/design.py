"""The studio (流程设计): what is in use, what is being changed, and by whom."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.commands import design_drafts
from engine.errors import InvalidInput
from engine.models import DesignKind, DesignStatus
from engine.queries import definitions, packs
from engine.queries import design_drafts as read_drafts
from web import studio
from web.permitted import permitted
from web.request import current_person, once, reading, transaction

blueprint = Blueprint("design", __name__, url_prefix="/design")


@blueprint.get("")
@permitted("design")
def index() -> ResponseReturnValue:
    """Processes and packs with a button to change each; one's drafts and those of others."""
    with reading() as session:
        processes = definitions.processes(session, current_person())
        lines = packs.newest(session)
        drafts = read_drafts.lines(session, current_person())
        proposed = read_drafts.lines(session, current_person(), status=(DesignStatus.PROPOSED,))
        dropped = read_drafts.lines(session, current_person(), status=(DesignStatus.DROPPED,))
    return render_template(
        "design/index.html",
        processes=processes,
        packs=lines,
        names={one.key: one.name for one in processes}
        | {one.pack.key: one.pack.name for one in lines},
        drafts=drafts,
        proposed=proposed,
        dropped=[line for line in dropped if line.mine],
    )


@blueprint.post("/drafts")
@permitted("design")
def begin() -> ResponseReturnValue:
    """Begin a draft of a process or a pack and open it."""
    kind, key = request.form.get("kind", ""), request.form.get("key", "")
    told = request.form.get("version", "")
    if kind not in set(DesignKind):
        raise InvalidInput("kind", "process or pack", kind[:40])
    version = int(told) if told.isdecimal() and len(told) < 9 else None
    return once(
        lambda session: studio.address(
            design_drafts.begin(
                session, DesignKind(kind), key[:64], by=current_person(), version=version
            )
        )
    )


@blueprint.get("/drafts/<uuid:draft_id>")
@permitted("design")
def draft(draft_id: UUID) -> ResponseReturnValue:
    """To the first of a draft's pages."""
    with reading() as session:
        opened = read_drafts.opened(session, current_person(), draft_id)
    return redirect(studio.tabs(opened)[0].url, code=303)


@blueprint.post("/drafts/<uuid:draft_id>/title")
@permitted("design")
def rename(draft_id: UUID) -> ResponseReturnValue:
    """Give a draft a title."""
    with transaction() as session:
        design_drafts.rename(session, draft_id, request.form.get("title", ""), by=current_person())
    return redirect(url_for("design.index"), code=303)


@blueprint.post("/drafts/<uuid:draft_id>/copy")
@permitted("design")
def copy(draft_id: UUID) -> ResponseReturnValue:
    """Go on with a copy of a draft."""
    return once(
        lambda session: studio.address(design_drafts.copy(session, draft_id, by=current_person()))
    )


@blueprint.post("/drafts/<uuid:draft_id>/drop")
@permitted("design")
def drop(draft_id: UUID) -> ResponseReturnValue:
    """Put a draft away."""
    with transaction() as session:
        design_drafts.drop(session, draft_id, by=current_person())
    return redirect(url_for("design.index"), code=303)


@blueprint.post("/drafts/<uuid:draft_id>/take-up")
@permitted("design")
def take_up(draft_id: UUID) -> ResponseReturnValue:
    """Go on with a draft that was put away."""
    with transaction() as session:
        design_drafts.take_up(session, draft_id, by=current_person())
    return redirect(studio.address(draft_id), code=303)
