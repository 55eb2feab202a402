"""The screening desk (初筛台): what came in on the left, the record made of it on the right.

Beside the record stands what is known of such a matter: category and unit as the tables propose
them, likely duplicates, the letter of a refusal. All of it is proposed, and taken with one key.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from engine import letters
from engine.cleaning import cleaned_line
from engine.permissions import Actor
from engine.queries import alike, proposals, raw_texts
from engine.queries.alike import Alike
from engine.queries.proposals import Asked, Proposal
from engine.queries.task_file import TaskFile
from web import schema_form

Values = Mapping[str, Any]
# Fields that a proposal goes into, by what is proposed; the first that a form has.
CATEGORY, UNIT = ("category",), ("advised_unit", "unit")
# Fields whose change asks anew.
_ASKING = (
    "title",
    "category",
    "advised_unit",
    "place",
    "place_kind",
    "opinion",
    "refusal_reason",
    "route",
    "legal_channel",
)
_INTO = "proposed"
# With Alt: of categories in their order, and of the unit.
_KEYS, _UNIT_KEY = "123", "u"


def context(session: Session, seen: TaskFile, actor: Actor, values: Values) -> Mapping[str, Any]:
    """What the layout shows besides the task's own; two statements."""
    fields = [name for name in _ASKING if name in seen.schema["properties"]]
    return {
        "raw": raw_texts.of_case(session, seen.file.case.id),
        "was_split": bool(seen.file.facts.get("parts")),
        "may_split": seen.record in {"case", "screening"},
        "look": {
            "url": url_for("screening.look", task_id=seen.task.id),
            "into": _INTO,
            "fields": " ".join(schema_form.PREFIX + name for name in fields),
        },
        **looked(session, seen, actor, values, at_hand=True),
    }


def looked(
    session: Session, seen: TaskFile, actor: Actor, values: Values, *, at_hand: bool = False
) -> dict[str, Any]:
    """What is proposed for what stands in the form now; two statements.

    at_hand: one, going by the precedent that the case knows already; else all are read.
    proposed: each with the control it goes into and what is in it now. letter: of a refusal.
    """
    case, properties = seen.file.case, seen.schema["properties"]
    title = _text(values, "title") or case.title
    place = cleaned_line(_text(values, "place") or case.place)
    known = {name: values[name] for name in seen.file.facts if name in values}
    category = _text(values, "category") or seen.file.facts["category"]
    told: dict[str, Any] = {"proposed": [], "like": [], "fills": {}, "letter": None}
    if seen.record in {"case", "screening"}:
        asked = Asked(
            title,
            case.body,
            _text(values, "route"),
            # What the table says, not what somebody has chosen instead.
            {**seen.file.facts, **known, "category": category, "advised_unit": ""},
        )
        pack, file = seen.file.pack, seen.file
        found = (
            proposals.at_hand(
                pack, seen.process.specification.decisions, file.units, file.active_units, asked
            )
            if at_hand and seen.record == "screening" and not asked.route
            else proposals.proposed(session, actor, pack, case.office_key, asked)
        )
        told["proposed"] = offers(properties, found, values)
    if "matter" in properties:
        told |= _like(session, seen, actor, title, place, category)
    told["letter"] = _letter(seen, values)
    return told


def offers(
    properties: Mapping[str, Any], found: proposals.Proposals, values: Values
) -> list[dict[str, Any]]:
    """The proposals with what takes them: a control, its value, a key with Alt."""
    rows: list[tuple[str, Proposal, tuple[str, ...]]] = [
        ("category", one, CATEGORY) for one in found.categories
    ]
    if found.unit is not None:
        rows.append(("unit", found.unit, UNIT))
    keys = iter(_KEYS)
    return [
        _offer(kind, one, next((name for name in names if name in properties), ""), values, keys)
        for kind, one, names in rows
    ]


def _offer(kind: str, one: Proposal, field: str, values: Values, keys: Any) -> dict[str, Any]:
    taken = bool(field) and values.get(field) == one.key
    return {
        "kind": kind,
        "name": one.name,
        "why": one.why,
        "number": one.number,
        "field": field,
        "value": one.key,
        "taken": taken,
        "key": "" if taken or not field else _UNIT_KEY if kind == "unit" else next(keys, ""),
        "fill": json.dumps({schema_form.PREFIX + field: one.key}),
    }


def taken(values: Values, said: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in the form after `field=value` was taken without JavaScript."""
    field, _, value = said.partition("=")
    if field not in schema["properties"]:
        return dict(values)
    return {**values, field: value, **({"opinion": "duplicate"} if field == "matter" else {})}


def _like(
    session: Session, seen: TaskFile, actor: Actor, title: str, place: str, category: str
) -> dict[str, Any]:
    case = seen.file.case
    others = set(seen.file.facts.get("parts", ()))  # made of the same contact: no duplicates
    like: Sequence[Alike] = [
        one
        for one in alike.found(
            session,
            actor,
            case.office_key,
            title=title,
            body=case.body,
            place=place,
            category=category,
            besides=case.id,
        )
        if one.number not in others
    ]
    fill = {schema_form.PREFIX + "opinion": "duplicate"}
    return {
        "like": like,
        "fills": {
            one.number: json.dumps({**fill, schema_form.PREFIX + "matter": one.number})
            for one in like
        },
    }


def _letter(seen: TaskFile, values: Values) -> dict[str, Any] | None:
    """The channel and the text that a refusal would have; None where nothing is refused."""
    pack = seen.file.pack
    reason = _text(values, "refusal_reason")
    if seen.record == "refusal":
        reason = str(seen.file.facts.get("refusal_reason", ""))
    elif values.get("opinion") != "refuse":
        reason = ""
    entry = pack.item("refusal_reasons", reason)
    if entry is None:
        return None
    channel = _text(values, "legal_channel") or letters.channel_of(pack, reason)
    text = letters.refusal(pack, reason, channel)
    stated = pack.item("legal_channels", channel)
    return {
        "reason": entry,
        "channel": stated,
        "reach": letters.reach(stated) if stated else [],
        "text": text,
        "field": "letter" if "letter" in seen.schema["properties"] else "",
        "taken": _text(values, "letter").strip() == text.strip(),
        "fill": json.dumps({schema_form.PREFIX + "letter": text}),
    }


def _text(values: Values, name: str) -> str:
    said = values.get(name, "")
    return said if isinstance(said, str) else ""
