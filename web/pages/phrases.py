"""Phrases and answer templates: one's own, and those of one's unit."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from engine import permissions
from engine.commands import phrases as commands
from engine.commands.phrases import LONGEST_TEXT, LONGEST_TITLE, Wording
from engine.errors import Conflict, InvalidAnswers
from engine.phrases import VARIABLES
from engine.queries import phrases
from engine.queries.phrases import Known
from web import i18n
from web.permitted import permitted
from web.request import current_person, once, reading

blueprint = Blueprint("phrases", __name__, url_prefix="/phrases")

# Forms in which people write for others, by the kind of their record.
KINDS = {
    "answer": lazy_gettext("给市民的答复"),
    "refusal": lazy_gettext("不予受理告知"),
    "handling": lazy_gettext("办理措施"),
    "co_handling": lazy_gettext("协办"),
    "contact": lazy_gettext("联系市民"),
    "slip_sign": lazy_gettext("签收或退单"),
    "screening": lazy_gettext("初审"),
    "dispatch": lazy_gettext("派单"),
    "review": lazy_gettext("审核"),
    "callback": lazy_gettext("回访"),
    "extension_request": lazy_gettext("申请延期"),
}
_FIELDS = ("title", "text", "kind", "category", "unit")


@blueprint.get("")
@permitted("phrases")
def index() -> str:
    """Every phrase one may use, and a form for another."""
    return _page({}, {}, None)


@blueprint.get("/<uuid:phrase_id>")
@permitted("phrases")
def show(phrase_id: UUID) -> str:
    """One phrase, to be written anew."""
    with reading() as session:
        known = phrases.one(session, current_person(), phrase_id)
    permissions.require(known.may_change)
    return _page(_of(known), {}, phrase_id)


@blueprint.post("")
@permitted("phrases")
def add() -> ResponseReturnValue:
    """Write a new one."""
    return _save(None)


@blueprint.post("/<uuid:phrase_id>")
@permitted("phrases")
def change(phrase_id: UUID) -> ResponseReturnValue:
    """Write one anew."""
    return _save(phrase_id)


@blueprint.post("/<uuid:phrase_id>/removal")
@permitted("phrases")
def remove(phrase_id: UUID) -> ResponseReturnValue:
    """Take one away."""

    def work(session: Any) -> str:
        commands.remove(session, phrase_id, by=current_person())
        flash(_("已删除。"))
        return url_for("phrases.index")

    return once(work)


def _save(phrase_id: UUID | None) -> ResponseReturnValue:
    typed = {name: request.form.get(name, "") for name in _FIELDS}
    wording = Wording(
        title=typed["title"].strip(),
        text=typed["text"].replace("\r\n", "\n").replace("\0", "").strip(),
        kind=typed["kind"],
        category=typed["category"],
        unit_key=typed["unit"],
    )

    def work(session: Any) -> str:
        commands.save(session, wording, by=current_person(), phrase_id=phrase_id)
        flash(_("存好了：%(title)s。", title=wording.title))
        return url_for("phrases.index")

    try:
        return once(work)
    except InvalidAnswers as error:
        return _page(typed, error.fields, phrase_id), 422
    except Conflict:
        flash(_("已经有 %(n)s 条了。先删掉不用的。", n=commands.MOST), "soon")
        return redirect(url_for("phrases.index"), code=303)


def _page(
    typed: Mapping[str, str], faults: Mapping[str, Mapping[str, str]], phrase_id: UUID | None
) -> str:
    actor = current_person()
    with reading() as session:
        known = phrases.of_person(session, actor)
        categories, units = phrases.offers(session, actor)
    told = {name: i18n.pick(said) for name, said in faults.items()}
    return render_template(
        "phrases/index.html",
        known=known,
        typed=typed,
        phrase_id=phrase_id,
        faults=told,
        fault_links=[(f"p-{name}", said) for name, said in told.items()],
        kinds=KINDS,
        categories=categories,
        offered=[(key, i18n.pick(texts)) for key, texts in categories.items()],
        units=units,
        shared=[(key, i18n.pick(texts)) for key, texts in units.items()],
        variables=VARIABLES,
        longest_title=LONGEST_TITLE,
        longest_text=LONGEST_TEXT,
    )


def _of(known: Known) -> dict[str, str]:
    return {
        "title": known.title,
        "text": known.text,
        "kind": known.kind,
        "category": known.category,
        "unit": known.unit_key,
    }
