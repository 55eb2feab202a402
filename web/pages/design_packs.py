"""A pack's draft as plain tables (时限与目录): looked at, changed entry by entry, saved."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine.commands import design_drafts
from engine.commands.design_drafts import LARGEST_FILE, PACK, Window
from engine.designing import pack_editing
from engine.designing.pack_editing import Place
from engine.errors import Conflict, NotFound
from engine.models import DesignKind
from engine.permissions import Actor
from engine.queries import design_drafts as read_drafts
from engine.queries import pack_checks
from engine.queries.design_drafts import Opened
from web import pack_desk, pack_entry, pack_form, pack_words, studio
from web.pack_desk import NEW, Desk
from web.pack_sections import GROUPS, PARTS, SECTIONS, SOURCED
from web.permitted import permitted
from web.request import current_person, once, reading

blueprint = Blueprint("design_packs", __name__, url_prefix="/design/drafts/<uuid:draft_id>/pack")
Change = Callable[[dict[str, Any]], dict[str, Any]]


@blueprint.get("")
@permitted("design")
def index(draft_id: UUID) -> ResponseReturnValue:
    """All sections, the limits first, and what keeps the pack from being used."""
    with reading() as session:
        opened = _opened(session, draft_id)
        desk = pack_desk.at(session, current_person(), opened)
    return _index(opened, desk)


@blueprint.post("")
@permitted("design")
def replace(draft_id: UUID) -> ResponseReturnValue:
    """Put a whole file in the place of the one there is."""
    actor, sent, apart = current_person(), request.files.get("file"), None
    content = sent.read(LARGEST_FILE + 1) if sent else b""
    if len(content) <= LARGEST_FILE and pack_checks.read(content) is None:
        with reading() as session:
            opened = _opened(session, draft_id)
            desk = pack_desk.at(session, actor, opened)
        said = _("这不是一份 pack.json：要一个 JSON 对象。什么也没有改动。")
        return _index(opened, desk, said), 422
    known = request.form.get("revision", "")
    window = Window(int(known) if known.isdecimal() and len(known) < 9 else 0, "", 0)

    def work(session: Session) -> str:
        nonlocal apart
        _opened(session, draft_id)
        saved = design_drafts.save(session, draft_id, PACK, content, window, by=actor)
        apart = saved.apart
        return url_for("design_packs.index", draft_id=saved.draft_id)

    answer = once(work)
    _tell(apart)
    return answer


@blueprint.post("/follow")
@permitted("design")
def follow(draft_id: UUID) -> ResponseReturnValue:
    """Take over what the base says by now of all that is inherited."""
    actor, apart = current_person(), None

    def work(session: Session) -> str:
        nonlocal apart
        opened = _opened(session, draft_id)
        desk = pack_desk.at(session, actor, opened)
        if desk.base is None:
            raise NotFound("The base is not deployed.")
        text = pack_checks.written(pack_editing.follow(desk.content, desk.base))
        window = Window(opened.files[PACK].revision, "", 0)
        saved = design_drafts.save(session, draft_id, PACK, text, window, by=actor)
        apart = saved.apart
        return url_for("design_packs.index", draft_id=saved.draft_id)

    answer = once(work)
    _tell(apart)
    return answer


@blueprint.get("/<section>")
@permitted("design")
def section(draft_id: UUID, section: str) -> ResponseReturnValue:
    """The table of one section."""
    at = _place(section)
    with reading() as session:
        opened = _opened(session, draft_id)
        desk = pack_desk.at(session, current_person(), opened)
    if at.section == pack_editing.RUNGS:
        pack_editing.entry(desk.content, Place("limits"), at.of)
    return _page("section", opened, desk, table=desk.table(at), at=at, sourced=SOURCED)


@blueprint.get("/<section>/entry")
@permitted("design")
def entry(draft_id: UUID, section: str) -> ResponseReturnValue:
    """One entry to read and to change, or an empty one."""
    at, key = _place(section), request.args.get("key", "")
    with reading() as session:
        opened = _opened(session, draft_id)
        desk = pack_desk.at(session, current_person(), opened)
        named = request.args.get("as", "")[:64]
        form = pack_entry.opened(desk, at, key, named=named)
    return _page("entry", opened, desk, form=form, at=at)


@blueprint.post("/<section>/entry")
@permitted("design")
def write(draft_id: UUID, section: str) -> ResponseReturnValue:
    """Show what a change comes to, or lay it into the draft."""
    at, key, actor = _place(section), request.args.get("key", ""), current_person()
    typed = pack_form.typed(SECTIONS[at.section], request.form)
    saving = request.form.get("do") == "save"
    with reading() as session:
        opened = _opened(session, draft_id)
        desk = pack_desk.at(session, current_person(), opened)
        form = pack_entry.typed(session, actor, opened, desk, at, key, typed)
    if form.refused or not saving:
        return _page("entry", opened, desk, form=form, at=at), 422 if form.refused else 200
    if not form.differs:
        flash(_("没有改动，什么也没有存。"))
        return redirect(_address(draft_id, at), code=303)

    def change(content: dict[str, Any]) -> dict[str, Any]:
        return pack_editing.put(content, at, key, form.entry)

    return _lay(draft_id, at, key, change, actor=actor)


@blueprint.get("/<section>/remove")
@permitted("design")
def asked(draft_id: UUID, section: str) -> ResponseReturnValue:
    """Ask once more before an entry is taken out, or taken from the base again."""
    at, key = _place(section), request.args.get("key", "")
    again = request.args.get("do") == "inherit"
    with reading() as session:
        opened = _opened(session, draft_id)
        desk = pack_desk.at(session, current_person(), opened)
        going = pack_entry.going(session, opened, desk, at, key, again=again)
    return _page("remove", opened, desk, going=going, at=at)


@blueprint.post("/<section>/act")
@permitted("design")
def act(draft_id: UUID, section: str) -> ResponseReturnValue:
    """Move an entry up or down, take it out, or take it from the base again."""
    at, key, actor = _place(section), request.args.get("key", ""), current_person()
    do = request.form.get("do", "")
    if do in {"up", "down"}:
        by = -1 if do == "up" else 1
        return _lay(
            draft_id, at, key, lambda c: pack_editing.move(c, at, key, by), actor=actor, moved=True
        )
    if do == "remove":
        return _lay(draft_id, at, key, lambda c: pack_editing.remove(c, at, key), actor=actor)
    if do != "inherit":
        abort(400)
    with reading() as session:
        base = pack_desk.at(session, actor, _opened(session, draft_id)).base
    if base is None:
        raise NotFound("The base is not deployed.")
    return _lay(draft_id, at, key, lambda c: pack_editing.inherit(c, base, at, key), actor=actor)


def _lay(
    draft_id: UUID, at: Place, key: str, change: Change, *, actor: Actor, moved: bool = False
) -> ResponseReturnValue:
    """Change the file as it is now, and lay it apart if another window changed the same entry."""
    was, apart = request.form.get("was", ""), None

    def work(session: Session) -> str:
        nonlocal apart
        opened = _opened(session, draft_id)
        file = opened.files[PACK]
        content = pack_checks.read(file.content)
        if content is None:
            raise Conflict("pack.json is no JSON object.")
        seen = was in (NEW, pack_desk.mark(content, at, key, order=moved))
        text = pack_checks.written(change(content))
        window = Window(file.revision if seen else 0, "", 0)
        saved = design_drafts.save(session, draft_id, PACK, text, window, by=actor)
        apart = saved.apart
        return _address(saved.draft_id, at)

    answer = once(work)
    _tell(apart)
    return answer


def _tell(apart: bool | None) -> None:
    """Say where it was laid; None: it had been laid before."""
    if apart:
        flash(
            _("另一个窗口已经改了这里，两边都留着：这是放着您这次改动的另一份草稿，原来那份没动。"),
            "soon",
        )
    elif apart is not None:
        flash(_("存进草稿了。"))


def _index(opened: Opened, desk: Desk, fault: str = "") -> str:
    return _page(
        "index",
        opened,
        desk,
        groups=GROUPS,
        sections=SECTIONS,
        fault_links=[("file", fault)] if fault else [],
        revision=opened.files[PACK].revision,
        download=url_for("design_files.show", draft_id=opened.line.id, path=PACK, download=""),
    )


def _opened(session: Session, draft_id: UUID) -> Opened:
    opened = read_drafts.opened(session, current_person(), draft_id)
    if opened.line.kind is not DesignKind.PACK or PACK not in opened.files:
        raise NotFound("The draft is no pack.")
    return opened


def _place(section: str) -> Place:
    return pack_editing.place(section, request.args.get("of", "")[:64])


def _address(draft_id: UUID, at: Place) -> str:
    if at.shape in ("one", "word"):
        return url_for("design_packs.index", draft_id=draft_id)
    return url_for("design_packs.section", draft_id=draft_id, section=at.section, of=at.of or None)


def _page(name: str, opened: Opened, desk: Desk, **more: Any) -> str:
    return render_template(
        f"design/packs/{name}.html",
        opened=opened,
        tabs=studio.tabs(opened),
        desk=desk,
        called=desk.called,
        links=lambda at, endpoint="section", **args: url_for(
            f"design_packs.{endpoint}",
            draft_id=opened.line.id,
            section=at.section,
            of=at.of or None,
            **args,
        ),
        Place=Place,
        units=pack_words.units(),
        parts=PARTS.items(),
        **more,
    )
