"""Bringing in a diagram drawn elsewhere (导入)."""

from uuid import UUID

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from engine.commands import design_importing
from engine.commands.design_contents import KEY
from engine.commands.design_importing import LARGEST, Imported
from engine.errors import InvalidInput, TooLarge
from engine.models import DesignKind
from engine.queries import design_drafts as read_drafts
from web import studio
from web.permitted import permitted
from web.request import current_person, once, reading

blueprint = Blueprint("design_import", __name__, url_prefix="/design")
_READ = LARGEST + 1  # one byte more than is taken, to see that it is too much


@blueprint.get("/import")
@permitted("design")
def index() -> ResponseReturnValue:
    """A form for a file that becomes a draft."""
    return _page()


@blueprint.post("/import")
@permitted("design")
def take() -> ResponseReturnValue:
    """A draft of the file that was sent."""
    key = request.form.get("key", "").strip()[:64]
    try:
        if key and not KEY.fullmatch(key):
            raise InvalidInput("key", "lower case letters, digits and _", key)
        read = _read(key)
        return once(lambda session: _new(session, read))
    except (InvalidInput, TooLarge) as error:
        return _page(key, error), 422


@blueprint.get("/drafts/<uuid:draft_id>/import")
@permitted("design")
def into(draft_id: UUID) -> ResponseReturnValue:
    """Ask for a file that takes the place of the draft's drawing."""
    return _page_of(draft_id)


@blueprint.post("/drafts/<uuid:draft_id>/import")
@permitted("design")
def replace(draft_id: UUID) -> ResponseReturnValue:
    """Put the file in the place of the draft's drawing; the one it had is put away."""
    with reading() as session:
        key = read_drafts.opened(session, current_person(), draft_id).line.key
    try:
        read = _read(key)
        return once(lambda session: _replaced(session, draft_id, read))
    except (InvalidInput, TooLarge) as error:
        return _page_of(draft_id, error), 422


def _read(key: str) -> Imported:
    """The file that was sent. Raises `InvalidInput`, `TooLarge`."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise InvalidInput("file", "a file")
    return design_importing.taken(file.stream.read(_READ), key)


def _new(session: Session, read: Imported) -> str:
    draft_id = design_importing.as_new(session, read, by=current_person())
    _tell(read)
    return studio.address(draft_id)


def _replaced(session: Session, draft_id: UUID, read: Imported) -> str:
    before = _("导入前的图")
    design_importing.in_place(session, draft_id, read, by=current_person(), before=before)
    _tell(read)
    flash(_("原来的图收在「收起的草稿」里，随时可以接着改。"))
    return studio.address(draft_id)


def _tell(read: Imported) -> None:
    """What was found in the file."""
    flash(ngettext("收下了，%(num)d 个图元。", "收下了，%(num)d 个图元。", read.elements))
    if not read.shapes:
        flash(_("文件里只有流程，没有图形。打开后点「自动排图」。"), "soon")
    if read.tools:
        flash(
            _(
                "图里有 %(tools)s 的写法，原样留着；「问题」里逐条说明怎么改。",
                tools="、".join(read.tools),
            ),
            "soon",
        )
    if read.renamed:
        ids = "、".join(f"{old} → {new}" for new, old in list(read.renamed.items())[:10])
        flash(_("有图元共用 id，后一个换了：%(ids)s。核对它们的连线。", ids=ids), "late")


def _sentences(error: InvalidInput | TooLarge | None) -> dict[str, str]:
    if error is None:
        return {}
    if isinstance(error, TooLarge):
        return {"file": _("文件最多 %(n)d MB。", n=LARGEST // 1_000_000)}
    told = {
        "key": _("标识用小写字母开头，只用小写字母、数字和下划线，图里别的图元没有用过。"),
        "file": _file_sentence(error),
    }
    return {error.field: told.get(error.field, "")}


def _file_sentence(error: InvalidInput) -> str:
    if error.expected == "a file":
        return str(_("选一个文件。"))
    if "entities" in error.expected:
        return str(_("文件里有文档类型或实体（DOCTYPE、ENTITY），不收。"))
    if error.expected == "well-formed XML":
        return str(_("不是格式完整的 XML。"))
    return str(_("不是 BPMN 2.0 流程图。用别的工具另存为 BPMN 2.0 XML。"))


def _page(key: str = "", error: InvalidInput | TooLarge | None = None) -> str:
    faults = _sentences(error)
    return render_template(
        "design/import.html",
        key=key,
        faults=faults,
        fault_links=[(f"i-{field}", said) for field, said in faults.items()],
        most=LARGEST // 1_000_000,
    )


def _page_of(draft_id: UUID, error: InvalidInput | TooLarge | None = None) -> str:
    with reading() as session:
        opened = read_drafts.opened(session, current_person(), draft_id)
    if opened.line.kind is not DesignKind.PROCESS:
        raise InvalidInput("file", "a draft of a process")
    faults = _sentences(error)
    return render_template(
        "design/import_into.html",
        opened=opened,
        tabs=studio.tabs(opened),
        url=url_for("design_import.replace", draft_id=draft_id),
        faults=faults,
        fault_links=[(f"i-{field}", said) for field, said in faults.items()],
        most=LARGEST // 1_000_000,
    )
