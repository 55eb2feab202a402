"""A word about a unit (领导指示): a ladder about it, at any rung, with a reason."""

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine.commands import unit_word
from engine.errors import Conflict
from engine.queries import supervisions as ladders
from engine.queries import unit_ladders
from web import i18n, rule_words
from web.permitted import permitted
from web.request import current_person, once, reading

blueprint = Blueprint("unit_word", __name__, url_prefix="/supervision/word")


@blueprint.get("")
@permitted("supervision.start")
def index() -> ResponseReturnValue:
    """Choose the unit and the rung; what is overdue of the unit is shown."""
    return _page(request.args.get("unit", "")[:64], "interview", "")


@blueprint.post("")
@permitted("supervision.start")
def ask() -> ResponseReturnValue:
    """Start it."""
    actor, form = current_person(), request.form
    unit, rung, reason = (
        form.get("unit", "")[:64],
        form.get("rung", "")[:32],
        form.get("reason", ""),
    )
    with reading() as session:
        known = unit_ladders.units(session, actor)
    faults = {}
    if unit not in known:
        faults["unit"] = _("选一家单位。")
    if rung not in rule_words.RUNG_NAMES:
        faults["rung"] = _("选从哪一级起。")
    if not reason.strip():
        faults["reason"] = _("写一句为什么督办。")
    elif len(reason) > unit_word.LONGEST_REASON:
        most, now = unit_word.LONGEST_REASON, len(reason)
        faults["reason"] = _("最多 %(n)d 个字，现在 %(m)d 个。", n=most, m=now)
    if faults:
        return _page(unit, rung, reason, faults), 422

    def start(session: Session) -> str:
        key = unit_word.ask(session, unit, rung, reason, by=actor)
        return url_for("supervision.show", number=ladders.number_of(session, key))

    try:
        answer = once(start)
    except Conflict as error:
        note = (
            _("没有再开一个：对这家单位的同一种督办已经开着。")
            if error.details.get("open")
            else _("没有开始：这家单位现在没有可以依据的件。")
        )
        return _page(unit, rung, reason, note=note), 409
    flash(_("对%(unit)s的督办开始了。", unit=i18n.pick(known[unit][0])))
    return answer


def _page(
    unit: str, rung: str, reason: str, faults: dict[str, str] | None = None, note: str = ""
) -> str:
    actor = current_person()
    with reading() as session:
        known = unit_ladders.units(session, actor)
        overdue = unit_ladders.overdue(session, actor, unit) if unit in known else ()
    return render_template(
        "unit_word/index.html",
        units=known,
        unit=unit,
        overdue=overdue,
        rung=rung,
        reason=reason,
        faults=faults or {},
        fault_links=[(f"w-{name}", said) for name, said in (faults or {}).items()],
        note=note,
        rungs=rule_words.RUNG_NAMES,
        longest=unit_word.LONGEST_REASON,
    )
