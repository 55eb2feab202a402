"""The forms of a draft: fields in a table, what handlers will see, the JSON beneath."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine.commands import design_drafts, design_tables
from engine.designing import form_edits, form_fields, uses
from engine.errors import InvalidInput, NotFound
from engine.facts import FACTS
from engine.queries.design_drafts import Opened
from web import design_saving, form_preview, form_typing, form_view, form_words, i18n, studio
from web.design_saving import posted
from web.new_decision import KEY
from web.permitted import permitted
from web.request import current_person, once, reading

blueprint = Blueprint("design_forms", __name__, url_prefix="/design/drafts/<uuid:draft_id>/forms")
LARGEST_JSON = 400_000
LANGUAGES = ("zh", "en")


@blueprint.get("")
@permitted("design")
def index(draft_id: UUID) -> ResponseReturnValue:
    """Every form: which steps use it, its fields, its faults; a new one, or a copy."""
    return _index(design_saving.opened(draft_id), {}, {})


@blueprint.post("")
@permitted("design")
def create(draft_id: UUID) -> ResponseReturnValue:
    """Begin a form, empty or like another."""
    draft = design_saving.opened(draft_id)
    typed = {name: posted(name, 100) for name in ("key", "zh", "en", "like")}
    faults: dict[str, str] = {}
    if not KEY.fullmatch(typed["key"]):
        faults["key"] = _("标识用小写字母开头，只用小写字母、数字和下划线。")
    elif _path(typed["key"]) in draft.files:
        faults["key"] = _("这份草稿里已经有「%(key)s」。", key=typed["key"])
    if not typed["zh"]:
        faults["zh"] = _("写上中文名。")
    model = draft.contents.get(_path(typed["like"])) if typed["like"] else None
    schema = form_fields.parsed(model) if model else None
    if typed["like"] and schema is None:
        faults["like"] = _("照着的那个表单读不出来，换一个。")
    if faults:
        return _index(draft, typed, faults), 422
    content = form_edits.new(draft.line.key, typed["key"], typed["zh"], typed["en"])
    if schema is not None:
        told = form_edits.titled(schema, typed["zh"], typed["en"])
        told["$id"] = f"urn:huiyin:form:{draft.line.key}:{typed['key']}"
        content = form_edits.dumped(told)
    return _saved(draft_id, typed["key"], lambda _draft, _old: content)


@blueprint.get("/<key>")
@permitted("design")
def show(draft_id: UUID, key: str) -> ResponseReturnValue:
    """One form, with one of its fields to be changed, or a new one to be added."""
    return _page(design_saving.opened(draft_id), key)


@blueprint.post("/<key>/fields")
@permitted("design")
def fields(draft_id: UUID, key: str) -> ResponseReturnValue:
    """Keep a field as it was typed; move one, take one out."""
    draft = design_saving.opened(draft_id)
    schema = _schema(draft, key)
    do, of = form_typing.action()
    if do in {"up", "down", "remove"}:
        if of not in schema["properties"]:
            raise NotFound("No such field in this form.")

        def move(_draft: Opened, content: bytes) -> bytes:
            now = form_fields.parsed(content) or schema
            if of not in now["properties"]:
                return content
            if do == "remove":
                return form_edits.dumped(form_edits.without(now, of))
            return form_edits.dumped(form_edits.moved(now, of, -1 if do == "up" else 1))

        return _saved(draft_id, key, move)
    typed = form_typing.typed()
    field, faults = form_typing.field(schema, typed, new=do == "add")
    if faults:
        return _page(draft, key, typed=typed, faults=faults, new=do == "add"), 422

    def change(_draft: Opened, content: bytes) -> bytes:
        return form_edits.dumped(
            form_edits.with_field(form_fields.parsed(content) or schema, field)
        )

    return _saved(draft_id, key, change)


@blueprint.post("/<key>/title")
@permitted("design")
def title(draft_id: UUID, key: str) -> ResponseReturnValue:
    """Call a form otherwise."""
    draft = design_saving.opened(draft_id)
    schema = _schema(draft, key)
    zh, en = posted("zh", 100), posted("en", 100)
    if not zh:
        raise InvalidInput("zh", "the form's Chinese title")
    return _saved(
        draft_id,
        key,
        lambda _draft, content: form_edits.dumped(
            form_edits.titled(form_fields.parsed(content) or schema, zh, en)
        ),
    )


@blueprint.post("/<key>/json")
@permitted("design")
def text(draft_id: UUID, key: str) -> ResponseReturnValue:
    """Keep the file as it was typed, whatever its faults."""
    design_saving.file_of(design_saving.opened(draft_id), _path(key))
    content = posted("content", LARGEST_JSON).encode() + b"\n"
    return _saved(draft_id, key, lambda _draft, _old: content)


@blueprint.post("/<key>/preview")
@permitted("design")
def preview(draft_id: UUID, key: str) -> ResponseReturnValue:
    """What the form would look like with the field that is being typed."""
    draft = design_saving.opened(draft_id)
    schema: Mapping[str, Any] = _schema(draft, key)
    field, faults = form_typing.field(
        schema, form_typing.typed(), new=form_typing.typed()["name"] not in schema["properties"]
    )
    if not faults:
        schema = form_edits.with_field(schema, field)
    return render_template(
        "design/tables/_preview.html", **_previewed(key, schema, i18n.language())
    )


@blueprint.post("/<key>/removal")
@permitted("design")
def remove(draft_id: UUID, key: str) -> ResponseReturnValue:
    """Take a form out of the draft."""

    def work(session: Session) -> str:
        design_saving.file_of(design_saving.opened(draft_id, session), _path(key))
        design_drafts.remove(session, draft_id, _path(key), by=current_person())
        return url_for("design_forms.index", draft_id=draft_id)

    return once(work)


def _path(key: str) -> str:
    return f"forms/{key}.json"


def _schema(draft: Opened, key: str) -> dict[str, Any]:
    """The form with its fields. Raises `NotFound`, `InvalidInput` for a file that has none."""
    schema = form_fields.parsed(design_saving.file_of(draft, _path(key)).content)
    if schema is None:
        raise InvalidInput("form", "a JSON object with properties; mend the JSON first")
    return schema


def _saved(draft_id: UUID, key: str, change: design_saving.Change) -> ResponseReturnValue:
    return design_saving.changed(draft_id, _path(key), change, "design_forms.show", key=key)


def _index(draft: Opened, typed: Mapping[str, str], faults: Mapping[str, str]) -> str:
    used = uses.of_forms(draft.contents.get(design_drafts.PROCESS, b""))
    lines = []
    for path, content in draft.contents.items():
        if not path.startswith("forms/"):
            continue
        key = path.removeprefix("forms/").removesuffix(".json")
        schema = form_fields.parsed(content)
        lines.append(
            {
                "key": key,
                "title": form_view.title(schema, key),
                "fields": len(schema["properties"]) if schema else 0,
                "used": used.get(key, []),
                "faults": len(design_tables.form_faults(key, content)),
            }
        )
    return render_template(
        "design/tables/forms.html",
        opened=draft,
        tabs=studio.tabs(draft),
        lines=lines,
        typed=typed,
        faults=faults,
        fault_links=[(f"d-{name}", said) for name, said in faults.items()],
    )


def _page(
    draft: Opened,
    key: str,
    *,
    typed: Mapping[str, str] | None = None,
    faults: Mapping[str, str] | None = None,
    new: bool = True,
) -> str:
    file = design_saving.file_of(draft, _path(key))
    schema = form_fields.parsed(file.content)
    chosen = request.args.get("field", "")
    if typed is None:
        new = schema is None or chosen not in schema["properties"]
        typed = {"kind": "text"} if new or schema is None else form_typing.of_field(schema, chosen)
    shown_in = request.args.get("shown", "zh" if i18n.language() == "zh" else "en")
    with reading() as session:
        known = form_preview.sections(session)
    return render_template(
        "design/tables/form.html",
        opened=draft,
        tabs=studio.tabs(draft),
        key=key,
        file=file,
        schema=schema,
        title=form_view.title(schema, key),
        table=form_view.table(schema),
        typed=typed,
        new=new,
        faults=faults or {},
        fault_links=[(f"f-{name}", said) for name, said in (faults or {}).items()],
        kinds=form_words.KINDS,
        lists=[(name, form_words.list_name(name)) for name in known],
        conditions=form_view.above(schema, typed.get("name", "")),
        fact_options=[
            (name, i18n.pick({"zh": one.zh, "en": one.en})) for name, one in FACTS.items()
        ],
        wrong=design_saving.told(design_tables.form_faults(key, file.content)),
        no_json=form_view.no_json(file.content),
        used=uses.of_forms(draft.contents.get(design_drafts.PROCESS, b"")).get(key, []),
        content=file.content.decode("utf-8", "replace"),
        controls=form_typing.CONTROLS,
        **_previewed(key, schema, shown_in if shown_in in LANGUAGES else "zh"),
    )


def _previewed(key: str, schema: Mapping[str, Any] | None, language: str) -> dict[str, Any]:
    """The form as it would be shown, if it can be."""
    told = {"shown_in": language, "desk": None, "phone": None}
    if schema is None:
        return told
    if any(
        one.severity == "error" for one in design_tables.form_faults(key, form_edits.dumped(schema))
    ):
        return told
    with reading() as session:
        options = form_preview.lists(session, schema)
    return {
        **told,
        "desk": form_preview.rows(schema, options, "desk-", language),
        "phone": form_preview.rows(schema, options, "phone-", language),
        "preview_title": schema.get("x-title", {}),
    }
