"""What a form says when an answer does not fit: one short sentence in each language."""

from collections.abc import Mapping
from typing import Any

from jsonschema.exceptions import ValidationError

Sentence = Mapping[str, str]


def required(field: Mapping[str, Any]) -> Sentence:
    """A field that must be answered is empty."""
    zh, en = _titles(field)
    if _is_choice(field):
        return {"zh": f"「{zh}」还没有选。", "en": f"Choose “{en}”."}
    return {"zh": f"「{zh}」还没有填。", "en": f"Fill in “{en}”."}


def unknown(name: str) -> Sentence:
    """The form has no such field."""
    short = name[:40]
    return {"zh": f"表单里没有「{short}」这一项。", "en": f"The form has no field “{short}”."}


def not_asked(field: Mapping[str, Any]) -> Sentence:
    """The field is hidden by the other answers."""
    zh, en = _titles(field)
    return {
        "zh": f"按前面的选择，「{zh}」不用填。",
        "en": f"With the choices above, “{en}” is not asked.",
    }


def sentence(field: Mapping[str, Any], error: ValidationError) -> Sentence:
    """A fault found by JSON Schema, in words."""
    zh, en = _titles(field)
    words = {
        "zh": zh,
        "en": en,
        "limit": error.validator_value,
        "now": len(error.instance) if isinstance(error.instance, str | list) else "",
        "low": field.get("minimum"),
        "high": field.get("maximum"),
    }
    chinese, english = _TEMPLATES.get(_kind(field, error), _TEMPLATES["other"])
    return {"zh": chinese.format(**words), "en": english.format(**words)}


def _kind(field: Mapping[str, Any], error: ValidationError) -> str:
    """The key of the template for this fault."""
    keyword = str(error.validator)
    if error.absolute_path:
        return "entry"
    if keyword == "enum" and isinstance(error.instance, list):
        return "entry"
    if keyword == "type":
        return str(field["type"])
    if keyword == "format":
        return str(error.validator_value)
    if keyword in ("minimum", "maximum") and {"minimum", "maximum"} <= field.keys():
        return "range"
    return keyword


_TEMPLATES: dict[str, tuple[str, str]] = {
    "enum": ("「{zh}」要从列表里选。", "Choose “{en}” from the list."),
    "const": ("「{zh}」要从列表里选。", "Choose “{en}” from the list."),
    "entry": ("「{zh}」里有一项不在列表里。", "One entry of “{en}” is not on the list."),
    "boolean": ("「{zh}」要答是或否。", "Answer “{en}” with yes or no."),
    "integer": ("「{zh}」要填整数。", "“{en}” must be a whole number."),
    "number": ("「{zh}」要填数字。", "“{en}” must be a number."),
    "array": ("「{zh}」要是一个列表。", "“{en}” must be a list."),
    "string": ("「{zh}」要填文字。", "“{en}” must be text."),
    "range": ("「{zh}」要在 {low} 到 {high} 之间。", "“{en}” must be from {low} to {high}."),
    "minimum": ("「{zh}」至少 {limit}。", "“{en}” must be {limit} at least."),
    "maximum": ("「{zh}」最多 {limit}。", "“{en}” must be {limit} at most."),
    "maxLength": (
        "「{zh}」最多 {limit} 个字，现在有 {now} 个。",
        "“{en}” may have {limit} characters; it has {now}.",
    ),
    "minLength": ("「{zh}」至少 {limit} 个字。", "“{en}” needs {limit} characters at least."),
    "maxItems": (
        "「{zh}」最多 {limit} 项，现在有 {now} 项。",
        "“{en}” may have {limit} entries; it has {now}.",
    ),
    "minItems": ("「{zh}」至少 {limit} 项。", "“{en}” needs {limit} entries at least."),
    "uniqueItems": ("「{zh}」里有重复的项。", "“{en}” has an entry twice."),
    "date": (
        "「{zh}」要写成日期，例如 2026-10-14。",
        "“{en}” must be a date, such as 2026-10-14.",
    ),
    "date-time": (
        "「{zh}」要写日期和时间，例如 2026-10-14T09:30:00+08:00。",
        "“{en}” must be a date and time, such as 2026-10-14T09:30:00+08:00.",
    ),
    "other": ("「{zh}」的写法不对。", "“{en}” is not written as expected."),
}


def _titles(field: Mapping[str, Any]) -> tuple[str, str]:
    title = field["x-title"]
    return title["zh"], title.get("en") or title["zh"]


def _is_choice(field: Mapping[str, Any]) -> bool:
    return "enum" in field or "x-options" in field or field["type"] == "boolean"
