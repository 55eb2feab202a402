"""Routes (办理渠道): a case that was screened goes on in the process of its route.

A case has one running process of its own at any time: the one that routes it ends, and the next
begins when the message is delivered. A route may be sealed: then the case belongs to the
compartment, and what was known of it outside is known there alone.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, exists, func, or_, select
from sqlalchemy.orm import aliased

from engine import duties, merging
from engine.db import new_key
from engine.errors import InvalidAnswers, InvalidInput
from engine.models import Instance, InstanceStatus, Notice, Supervision, SupervisionStatus, Unit
from engine.packs import Item, Pack
from engine.work import Work

COMPARTMENT = "compartment"  # the office of a sealed route that names none
_BESIDE = {
    "zh": "这一件还有督办、延期或者征求意见在走，走完才能封存。先了结或者撤回。",
    "en": "A supervision, an extension or an opinion of this case still runs; end it first.",
}
# Facts that give a unit something to do with the case.
_HANDING = frozenset({"unit", "ruled_unit", "co_units", "candidate_units", "advised_unit"})
_ACCUSED = {
    "zh": "这一件反映的就是它或者它的上级单位，不能由它办。换一个单位。",
    "en": "The case is about this unit or one above it. Choose another.",
}


def route(work: Work) -> None:
    """Hand the case to the route its facts name, and seal or open it as the route says.

    Raises `InvalidInput` if the pack has no such route or the unit it is about does not exist.
    """
    pack, facts = work.terms.pack, work.facts
    chosen = pack.item("routes", facts["route"])
    if chosen is None:
        raise InvalidInput("route", "a route of the pack", facts["route"] or "none")
    accused = facts["accused_unit"] or None
    if accused is not None and accused not in work.units:
        raise InvalidInput("accused_unit", "a unit of the organisation", accused)
    sealed = bool(chosen.get("sealed"))
    if sealed:
        if _beside(work):
            raise InvalidInput("route", "a case beside which no supervision or extension runs")
        merging.tell_joined(work, "matter_undone")  # whoever joined it goes on alone
        facts["confidential"] = True
    office = _office(pack, chosen) or pack.reception(work.case["channel"])
    own = {"office_key": office, "sealed": sealed, "accused_key": accused}
    work.case |= own
    work.case_columns |= own
    if not sealed:
        duties.recall(work)  # precedents are those of the office that runs the case now
    if accused is not None:
        facts["precedent_unit"] = ""
    if sealed or accused is not None:
        # What colleagues were told of it before is theirs no longer.
        work.session.execute(delete(Notice).where(Notice.case_id == work.case_id))
    work.tell(new_key(), "start", {"part": "appeal", "process": chosen["process"]})
    work.note("case.routed", route=chosen["key"])


def check(work: Work, schema: Mapping[str, Any], answers: Mapping[str, Any]) -> None:
    """Refuse a sealed route while anything runs beside, and the unit a case is about as its unit.

    Raises `InvalidAnswers` naming each field.
    """
    for effect in schema.get("x-facts", []):
        if effect["fact"] == "route" and effect.get("from") in answers:
            chosen = work.terms.pack.item("routes", answers[effect["from"]])
            if chosen is not None and chosen.get("sealed") and _beside(work):
                raise InvalidAnswers({effect["from"]: _BESIDE})
    _require_not_accused(work, schema, answers)


def _require_not_accused(work: Work, schema: Mapping[str, Any], answers: Mapping[str, Any]) -> None:
    accused = work.case["accused_key"]
    if accused is None:
        return
    named = {
        effect["from"]: answers[effect["from"]]
        for effect in schema.get("x-facts", [])
        if effect["fact"] in _HANDING and effect.get("from") in answers
    }
    if not named:
        return
    above = aliased(Unit)
    kept_out = set(
        work.session.scalars(
            select(Unit.key)
            .join(above, func.substr(Unit.path, 1, func.length(above.path)) == above.path)
            .where(above.key == accused)
        )
    )
    faults = {
        field: _ACCUSED
        for field, said in named.items()
        if kept_out & set(said if isinstance(said, list) else [said])
    }
    if faults:
        raise InvalidAnswers(faults)


def _office(pack: Pack, route: Item) -> str | None:
    office = route.get("office") or (COMPARTMENT if route.get("sealed") else None)
    return None if office is None else str(pack.content["offices"][office])


def _beside(work: Work) -> bool:
    """Whether anything runs beside the case: its people would know of a sealed one.

    A supervision does from when it is asked for, though its process begins only afterwards.
    """
    runs = exists().where(
        Instance.case_id == work.case_id,
        Instance.part != "appeal",
        Instance.status == InstanceStatus.RUNNING,
    )
    asked = exists().where(
        Supervision.case_id == work.case_id, Supervision.status == SupervisionStatus.OPEN
    )
    return bool(work.session.scalar(select(or_(runs, asked))))
