"""What one types into the form editor for a field, and what of it cannot be."""

import re
from collections.abc import Mapping
from typing import Any

from flask import request
from flask_babel import gettext as _

from engine.designing.form_edits import KINDS, NAME
from engine.designing.form_fields import Condition, Field, Option, Schema, field_of
from engine.facts import FACTS
from web.design_saving import posted

CONTROLS = (
    "name", "zh", "en", "help_zh", "help_en", "kind", "required", "longest", "options", "listed",
    "if_field", "if_op", "if_value", "routing", "fact",
)  # fmt: skip
OPS = ("==", "!=", "in", "not in")
LONGEST_TEXT = 5000
MOST_OPTIONS = 100
Typed = Mapping[str, str]


def typed() -> dict[str, str]:
    """What stands in the controls."""
    return {name: posted(name, 4000) for name in CONTROLS}


def of_field(schema: Schema, name: str) -> dict[str, str]:
    """What stands in the controls of a field that is there."""
    field = field_of(schema, name)
    condition = field.condition
    return {
        "name": name,
        "zh": field.zh,
        "en": field.en,
        "help_zh": field.help_zh,
        "help_en": field.help_en,
        "kind": field.kind,
        "required": "yes" if field.required else "",
        "longest": "" if field.longest is None else str(field.longest),
        "options": "\n".join(f"{one.key} | {one.zh} | {one.en}" for one in field.options),
        "listed": field.listed,
        "if_field": condition.field if condition else "",
        "if_op": condition.op if condition else "==",
        "if_value": ", ".join(map(_spelled, condition.values)) if condition else "",
        "routing": "yes" if field.routing else "",
        "fact": field.fact,
    }


def field(schema: Schema, told: Typed, *, new: bool) -> tuple[Field, dict[str, str]]:
    """The field, and what is wrong with it by control."""
    faults: dict[str, str] = {}
    options = _options(told["options"], faults)
    kind = told["kind"]
    known = told["name"] in schema["properties"]
    if new and not NAME.fullmatch(told["name"]):
        faults["name"] = _("标识用小写字母开头，只用小写字母、数字和下划线。")
    elif new and known:
        faults["name"] = _("已经有「%(name)s」了。", name=told["name"])
    if not told["zh"]:
        faults["zh"] = _("写上中文名，办理人看的就是它。")
    if kind not in KINDS and not (kind == "other" and known):
        faults["kind"] = _("选一种填法。")
    if kind in {"choice", "tiles", "several"} and not (options or told["listed"]):
        faults["options"] = _("写出可选的各项，一行一项，或者选一张现成的单子。")
    longest = _longest(told, faults)
    if told["fact"] and told["fact"] not in FACTS:
        faults["fact"] = _("从列表里选。")
    return (
        Field(
            told["name"],
            told["zh"],
            told["en"],
            told["help_zh"],
            told["help_en"],
            kind,
            bool(told["required"]),
            longest,
            options,
            told["listed"] if kind in {"choice", "tiles", "several"} else "",
            _condition(schema, told, faults),
            bool(told["routing"]),
            told["fact"],
        ),
        faults,
    )


def _options(text: str, faults: dict[str, str]) -> tuple[Option, ...]:
    found: list[Option] = []
    for number, line in enumerate(filter(None, map(str.strip, text.split("\n"))), 1):
        key, zh, en = (*(part.strip() for part in re.split(r"[|｜]", line, maxsplit=2)), "", "")[:3]
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", key) or not zh:
            faults["options"] = _(
                "第 %(n)s 项写成：标识 | 中文 | English，比如 agree | 同意 | Agree。", n=number
            )
        elif key in {one.key for one in found}:
            faults["options"] = _("标识「%(key)s」写了两次。", key=key)
        found.append(Option(key, zh, en))
    if len(found) > MOST_OPTIONS:
        faults["options"] = _("最多 %(n)s 项。", n=MOST_OPTIONS)
    return tuple(found)


def _longest(told: Typed, faults: dict[str, str]) -> int | None:
    text = told["longest"]
    if not text or told["kind"] not in {"text", "long"}:
        return None
    if not text.isdecimal() or len(text) > 5 or not 1 <= int(text) <= LONGEST_TEXT:
        faults["longest"] = _("写 1 到 %(n)s 的数，或者空着。", n=LONGEST_TEXT)
        return None
    return int(text)


def _condition(schema: Schema, told: Typed, faults: dict[str, str]) -> Condition | None:
    """When the field is asked; the values in the kind of what they are compared with."""
    name = told["if_field"]
    if not name:
        return None
    fields = list(schema["properties"])
    above = fields[: fields.index(told["name"])] if told["name"] in fields else fields
    if name not in above:
        faults["if_field"] = _("只能看排在上面的一项。")
        return None
    if told["if_op"] not in OPS:
        faults["if_field"] = _("选一种比法。")
        return None
    texts = [one.strip() for one in re.split("[,，]", told["if_value"]) if one.strip()]
    if not texts or (told["if_op"] in OPS[:2] and len(texts) > 1):
        faults["if_value"] = _("写上一个值；「是其中之一」可以写几个，逗号隔开。")
        return None
    values = [_value(schema["properties"][name], text) for text in texts]
    if None in values:
        faults["if_value"] = _(
            "上面那一项没有这个值。是或否写 true、false；选项写标识；数字写数字。"
        )
        return None
    return Condition(name, told["if_op"], tuple(values))


def _value(raw: Mapping[str, Any], text: str) -> Any:
    """A text as a value that the field can have; None if it cannot."""
    match raw.get("type"):
        case "boolean":
            return {"true": True, "false": False}.get(text)
        case "integer":
            return int(text) if re.fullmatch(r"-?\d{1,9}", text) else None
        case "number":
            return float(text) if re.fullmatch(r"-?\d{1,9}(\.\d+)?", text) else None
    known = raw.get("enum")
    return text if not isinstance(known, list) or text in known else None


def _spelled(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def told_when(schema: Schema, name: str) -> str:
    """The condition of a field in the list of fields, empty without one."""
    condition = field_of(schema, name).condition
    if condition is None:
        return ""
    return f"{condition.field} {condition.op} {', '.join(map(_spelled, condition.values))}"


def action() -> tuple[str, str]:
    """What the button that was pressed does, and to which field."""
    do, _colon, of = request.form.get("do", "").partition(":")
    return do, of
