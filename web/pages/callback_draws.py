"""Who is called today and why (回访抽样): the draw with its layers, and how many calls are made."""

from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine.commands import callback_capacity as capacity
from engine.errors import NotFound
from engine.queries import callback_draws as draws
from engine.queries.rates import names_of_units
from web import rate_words
from web.permitted import permitted
from web.request import current_person, once, reading

blueprint = Blueprint("callback_draws", __name__, url_prefix="/callbacks/draws")
READ = "callback.draws"


@blueprint.get("")
@permitted(READ)
def index() -> str:
    """The newest draw of each office, and those before."""
    return _page({}, {})


@blueprint.post("/capacity")
@permitted(capacity.GRANT)
def set_capacity() -> ResponseReturnValue:
    """Say how many calls the office makes a day."""
    typed = {name: request.form.get(name, "").strip() for name in ("office", "calls", "reason")}
    faults, actor = _faults(typed), current_person()
    if faults:
        return _page(typed, faults), 422

    def work(session: Session) -> str:
        capacity.set_capacity(
            session, typed["office"], int(typed["calls"]), typed["reason"], by=actor
        )
        return url_for("callback_draws.index")

    answer = once(work)
    flash(_("记下了，下一次抽签起按 %(n)s 个打。", n=typed["calls"]))
    return answer


def _faults(typed: dict[str, str]) -> dict[str, str]:
    found, calls = {}, typed["calls"]
    if not (calls.isascii() and calls.isdecimal() and 0 < int(calls[:7]) <= capacity.MOST_CALLS):
        found["calls"] = _("写一天打得了几个，1 到 %(n)s。", n=capacity.MOST_CALLS)
    if not 0 < len(typed["reason"]) <= capacity.LONGEST_REASON:
        found["reason"] = _("写一句为什么，最多 %(n)s 个字。", n=capacity.LONGEST_REASON)
    return found


def _page(typed: dict[str, str], faults: dict[str, str]) -> str:
    actor = current_person()
    with reading() as session:
        offices = capacity.offices(session, actor, READ)
        mine = capacity.offices(session, actor, capacity.GRANT)
        if typed.get("office") and typed["office"] not in mine:
            raise NotFound("No such office.")
        names = names_of_units(session)
        told: dict[str, Any] = {
            "days": draws.newest(session, actor, offices),
            "before": draws.before(session, offices),
            "said": draws.said(session, offices),
            "calls": {office: capacity.calls_now(session, office) for office in offices},
        }
    return render_template(
        "callbacks/draws.html",
        offices=offices,
        mine=mine,
        names=names,
        typed=typed,
        faults=faults,
        fault_links=[(f"c-{name}", sentence) for name, sentence in faults.items()],
        longest=capacity.LONGEST_REASON,
        statuses=rate_words.STATUSES,
        **told,
    )
