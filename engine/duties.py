"""Whose duty it is (职责): slips signed and returned, rulings, and the precedents they leave."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, exists, func, insert, or_, select, update

from engine.db import new_key, table
from engine.errors import InvalidAnswers
from engine.models import Case, Membership, Person, Precedent, Role, Slip, Unit, UnitKind
from engine.prepared import Prepared
from engine.work import Work

Answers = Mapping[str, Any]
RETURN_WINDOW = "return_window"  # the limit within which a slip may be returned
LONGEST_WORDS = 20
_slip, _unit, _precedent, _case = table(Slip), table(Unit), table(Precedent), table(Case)
_NEWEST_SLIP = (
    select(_slip.c.id)
    .where(_slip.c.case_id == bindparam("case"), _slip.c.host, _slip.c.returned_at.is_(None))
    .order_by(_slip.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
_SIGN_SLIP = Prepared(
    update(_slip).where(_slip.c.id == _NEWEST_SLIP).values(signed_at=bindparam("at"))
)
_RETURN_SLIP = (
    update(_slip)
    .where(_slip.c.id == _NEWEST_SLIP)
    .values(
        returned_at=bindparam("at"),
        return_reason=bindparam("reason"),
        legal_basis=bindparam("basis"),
        proposed_unit_key=bindparam("proposed"),
    )
)
_SIGN_CO_SLIP = (
    update(_slip)
    .where(
        _slip.c.case_id == bindparam("case"),
        _slip.c.unit_key == bindparam("unit"),
        _slip.c.host.is_(False),
        _slip.c.signed_at.is_(None),
    )
    .values(signed_at=bindparam("at"))
)
_PRECEDENTS = Prepared(
    select(_precedent.c.unit_key, _precedent.c.words)
    .where(
        _precedent.c.office_key == bindparam("office"),
        _precedent.c.category == bindparam("of_category"),
        _precedent.c.withdrawn_at.is_(None),
    )
    .order_by(_precedent.c.id.desc())
)
# In both languages, by what is wrong; the field stands where it is raised.
WINDOW_OVER = {
    "zh": "退单窗口期已过，不能再退单；已按签收办理。确实不归本单位的，请与派单员联系。",
    "en": "The window for returning is over; the slip counts as signed. Speak to the dispatcher.",
}
_OWN_UNIT = {
    "zh": "建议的单位就是本单位。选别的单位，或不选。",
    "en": "That is your own unit. Propose another, or none.",
}
_NO_HANDLER = {
    "zh": "这个单位没有承办人，没有这项职责。选能办的单位。",
    "en": "Nobody handles cases in this unit: it is not its duty. Choose one that can act.",
}
_ELSEWHERE = {
    "zh": "这个单位不在本办公室的辖区，没有这项职责。选本地的单位。",
    "en": "This unit is not of this office's place: it is not its duty. Choose a local one.",
}
_HOST_TOO = {
    "zh": "承办单位不能同时是协办单位。去掉它，或另选。",
    "en": "The responsible unit cannot be its own co-handler. Take it off the list.",
}
_RETURNED_BY_IT = {
    "zh": "这个单位退过这一单。写明为什么仍由它办，或另选单位。",
    "en": "This unit has returned this very slip. Say why it must act all the same.",
}


def sign(work: Work, answers: Answers) -> None:
    """Sign the host's slip, or return it while the window is open."""
    if answers.get("signing") != "return":
        _SIGN_SLIP.run(work.wire, {"case": work.case_id, "at": work.now})
        return
    if _window_is_over(work):
        raise InvalidAnswers({"signing": WINDOW_OVER})
    proposed = answers.get("proposed_unit", "")
    if proposed and proposed == work.facts["unit"]:
        raise InvalidAnswers({"proposed_unit": _OWN_UNIT})
    work.session.execute(
        _RETURN_SLIP,
        {
            "case": work.case_id,
            "at": work.now,
            "reason": answers.get("return_reason", ""),
            "basis": answers.get("legal_basis", ""),
            "proposed": proposed,
        },
    )
    work.notify("slip.returned", f"unit:{work.case['office_key']}", {})


def part_done(work: Work) -> None:
    """A co-handler's part is in: its slip counts as signed, and it is not late any more."""
    assert work.task is not None
    unit = work.task["item"]
    work.session.execute(_SIGN_CO_SLIP, {"case": work.case_id, "unit": unit, "at": work.now})
    if unit not in work.facts["co_done"]:
        work.facts["co_done"] = [*work.facts["co_done"], unit]


def dispatch(work: Work, answers: Answers) -> None:
    """Note what the slip is to say; nobody is host and co-handler at once."""
    _require_others(answers.get("unit", ""), answers)
    work.facts["instructions"] = answers.get("instructions", "")


def rule(work: Work, answers: Answers) -> None:
    """Check a ruling, and keep it as a precedent if it is to be one."""
    unit = str(answers["ruled_unit"])
    _require_others(unit, answers)
    if why := _not_its_duty(work, unit):
        raise InvalidAnswers({"ruled_unit": why})
    if not answers.get("justification") and _has_returned(work, unit):
        raise InvalidAnswers({"justification": _RETURNED_BY_IT})
    if answers.get("precedent"):
        work.session.execute(
            insert(_precedent).values(
                id=new_key(),
                office_key=work.case["office_key"],
                category=work.facts["category"],
                words=_words(str(answers.get("words", ""))),
                unit_key=unit,
                ground=answers.get("ground", ""),
                case_id=work.case_id,
                ruled_at=work.now,
                ruled_by=work.by,
                withdrawn_at=None,
            )
        )
        work.note("precedent.kept", unit=unit, category=work.facts["category"])


def recall(work: Work, title: str | None = None) -> None:
    """Set the fact of the unit that a precedent names for a case like this, "" without one.

    title: as it is being changed; else the case's own.
    """
    category = work.facts["category"]
    if not category:
        return
    found = _PRECEDENTS.rows(
        work.wire, {"office": work.case["office_key"], "of_category": category}
    )
    work.facts["precedent_unit"] = _fitting(work, found, title) if found else ""


def _fitting(work: Work, found: Sequence[Any], title: str | None) -> str:
    text = ""
    for unit, words in found:
        if unit not in work.units:
            continue
        if not words:
            return str(unit)
        text = text or _text(work, title)
        if any(word.lower() in text for word in words):
            return str(unit)
    return ""


def _text(work: Work, title: str | None) -> str:
    row = work.session.execute(
        select(_case.c.title, _case.c.body).where(_case.c.id == work.case_id)
    ).one()
    return f"{title or row.title}\n{row.body}".lower()


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s,，、;；]+", text) if word][:LONGEST_WORDS]


def _window_is_over(work: Work) -> bool:
    """Whether the window of the task at hand has passed, though the worker has not looked yet."""
    assert work.task is not None
    return any(
        row["limit"] == RETURN_WINDOW
        and row["host"] == work.task["token"]
        and row["due_at"] is not None
        and row["due_at"] <= work.now
        for row in work.deadlines
    )


def _require_others(unit: str, answers: Answers) -> None:
    if unit and unit in answers.get("co_units", []):
        raise InvalidAnswers({"co_units": _HOST_TOO})


def _not_its_duty(work: Work, unit: str) -> Mapping[str, str] | None:
    """Why a unit cannot be the one: it is of another place, closed off, or has nobody to act."""
    above = _unit.alias("above")
    may_act = exists(
        select(Membership.id)
        .join(above, above.c.key == Membership.unit_key)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.role == Role.HANDLER,
            Person.active,
            or_(Membership.until_on.is_(None), Membership.until_on >= work.now.date()),
            func.substr(_unit.c.path, 1, func.length(above.c.path)) == above.c.path,
        )
    )
    rows = {
        row.key: row
        for row in work.session.execute(
            select(_unit.c.key, _unit.c.path, _unit.c.kind, may_act.label("may_act")).where(
                _unit.c.key.in_([unit, work.case["office_key"]])
            )
        )
    }
    ruled, office = rows[unit], rows[work.case["office_key"]]
    if _root(ruled.path) != _root(office.path) or ruled.kind == UnitKind.COMPARTMENT:
        return _ELSEWHERE
    return None if ruled.may_act else _NO_HANDLER


def _root(path: str) -> str:
    return path.strip("/").split("/", 1)[0]


def _has_returned(work: Work, unit: str) -> bool:
    found = work.session.scalar(
        select(_slip.c.id)
        .where(
            _slip.c.case_id == work.case_id,
            _slip.c.unit_key == unit,
            _slip.c.returned_at.is_not(None),
        )
        .limit(1)
    )
    return found is not None
