"""Two versions side by side (对比): any two in use, or a draft beside any of them."""

from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine.commands import design_review
from engine.commands.design_drafts import PROCESS
from engine.errors import NotFound
from engine.models import DesignKind
from engine.queries import design_drafts, design_versions
from engine.queries.design_versions import Versions
from web import comparisons, studio
from web.comparisons import Side
from web.permitted import permitted
from web.request import current_person, reading

blueprint = Blueprint("design_compare", __name__, url_prefix="/design")


@blueprint.get("/compare/<any(process,pack):design>/<key>")
@permitted("design")
def versions(design: str, key: str) -> ResponseReturnValue:
    """Two versions in use: `?old=3&new=5`; without, the newest and the one before it."""
    with reading() as session:
        found = design_versions.versions(session, current_person(), DesignKind(design), key)
        new = _asked(found, "new") or found.numbers[0]
        before = [one for one in found.numbers if one < new]
        old = _asked(found, "old") or (before or [new])[0]
        _base, old_files = design_review.version_of(session, found.kind, key, old)
        _base, new_files = design_review.version_of(session, found.kind, key, new)
        words = comparisons.known(session, old_files, new_files)
    sides = _deployed_side(found, old), _deployed_side(found, new)
    shown = comparisons.shown(words, old_files, new_files, sides)
    return render_template("design/compare.html", versions=found, shown=shown, old=old, new=new)


@blueprint.get("/drafts/<uuid:draft_id>/compare")
@permitted("design")
def draft(draft_id: UUID) -> ResponseReturnValue:
    """A draft beside a version in use: `?old=3`; without, the newest."""
    with reading() as session:
        opened = design_drafts.opened(session, current_person(), draft_id)
        found = _versions_of(session, opened.line.kind, opened.line.key)
        old = _asked(found, "old") or found.numbers[0] if found else None
        old_files = (
            design_review.version_of(session, opened.line.kind, opened.line.key, old)[1]
            if old
            else {}
        )
        words = comparisons.known(session, old_files, opened.contents)
    sides = (
        _deployed_side(found, old) if found and old else Side(comparisons.version(None)),
        Side(_("草稿"), _draft_xml(draft_id) if PROCESS in opened.files else ""),
    )
    shown = comparisons.shown(words, old_files, opened.contents, sides)
    return render_template(
        "design/compare_draft.html",
        opened=opened,
        tabs=studio.tabs(opened),
        versions=found,
        shown=shown,
        old=old,
    )


def _versions_of(session: Session, kind: DesignKind, key: str) -> Versions | None:
    try:
        return design_versions.versions(session, current_person(), kind, key)
    except NotFound:
        return None  # something new


def _asked(found: Versions, name: str) -> int | None:
    """The version named in the address. Raises `NotFound` if there is no such."""
    told = request.args.get(name, "")
    if not told:
        return None
    if not told.isascii() or not told.isdecimal() or int(told[:9]) not in found.numbers:
        raise NotFound("No such version.")
    return int(told)


def _deployed_side(found: Versions, version: int) -> Side:
    process = found.kind is DesignKind.PROCESS
    return Side(
        comparisons.version(version),
        url_for("definitions.xml", key=found.key, version=version) if process else "",
    )


def _draft_xml(draft_id: UUID) -> str:
    return url_for("design_files.show", draft_id=draft_id, path=PROCESS)
