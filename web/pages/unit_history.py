"""A unit's history with supervision (单位过往): ladders, interviews, promises, watching."""

from flask import Blueprint, render_template
from flask_babel import gettext as _

from engine.queries import unit_history
from engine.queries.unit_history import Ladder
from web import i18n, promise_words
from web import ladders as words
from web.permitted import permitted
from web.request import current_person, reading

blueprint = Blueprint("unit_history", __name__)


@blueprint.get("/supervision/units/<key>")
@permitted("supervision.read")
def index(key: str) -> str:
    """Everything that is known of one unit."""
    with reading() as session:
        history = unit_history.of(session, current_person(), key)
    promises = list(history.promises)
    return render_template(
        "units/history.html",
        history=history,
        cause=_cause,
        words=promise_words,
        ladder_words=words,
        told=promise_words.tally(promises) if promises else "",
    )


def _cause(one: Ladder) -> str:
    """Why a ladder was started, in few words."""
    if one.cause.endswith("_overdue"):
        key = one.cause.removesuffix("_overdue")
        limit = one.pack.limits.get(key)
        name = i18n.pick({"zh": limit.zh, "en": limit.en}) if limit else key
        return str(_("超过时限：%(limit)s", limit=name))
    if one.cause.startswith("asked_"):
        rung = one.pack.item("ladder", one.cause.removeprefix("asked_"))
        return str(_("督办员发起：%(what)s", what=i18n.pick(rung) if rung else ""))
    return str(words.CAUSES.get(one.cause) or _("按规则发起"))
