"""Packs (制度包): which are in use, and what one says, in words."""

from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.packs import Pack
from engine.queries import organisation, packs
from web import i18n, pack_words
from web.permitted import permitted
from web.request import reading

blueprint = Blueprint("packs", __name__, url_prefix="/admin/packs")


@blueprint.get("")
@permitted("admin")
def index() -> ResponseReturnValue:
    """Every pack's newest version."""
    with reading() as session:
        lines, names = packs.newest(session), organisation.unit_names(session)

    def office_of(pack: Pack) -> str:
        key = pack.content["offices"].get("reception", "")
        return i18n.pick(names[key]) if key in names else str(_("没有定"))

    return render_template("admin/packs.html", lines=lines, office_of=office_of)


@blueprint.get("/<key>")
@permitted("admin")
def show(key: str) -> ResponseReturnValue:
    """What one says."""
    with reading() as session:
        pack, versions = packs.versions(session, key)
        names = organisation.unit_names(session)
    offices: list[tuple[str, Any]] = [
        (pack_words.office(name), i18n.pick(names[unit]) if unit in names else _("没有定"))
        for name, unit in pack.content["offices"].items()
    ]
    return render_template(
        "admin/pack.html",
        pack=pack,
        versions=versions,
        limits=list(pack.limits.values()),
        budget=pack_words.budget,
        offices=offices,
        hours=pack_words.hours(pack.hours),
    )
