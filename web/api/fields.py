"""Fields of requests and answers: strict about types, faults told in both languages."""
# ruff: noqa: ARG002 - the signatures are marshmallow's

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from apiflask import Schema
from marshmallow import RAISE, ValidationError, fields

from web import i18n

Sentence = dict[str, str]
_COMMON = {
    "required": {"zh": "缺少这一项。", "en": "This field is required."},
    "null": {"zh": "这一项不能为 null。", "en": "This field may not be null."},
}


class Request(Schema):
    """What is sent: unknown fields are refused by their names."""

    error_messages: Any = {  # dictionaries are as good as texts
        "unknown": {"zh": "没有这一项。", "en": "There is no such field."},
        "type": {"zh": "这里要一个 JSON 对象。", "en": "Expected a JSON object."},
    }

    class Meta:
        """How it is read."""

        unknown = RAISE


class Text(fields.String):
    """A text of at most `most` characters; of `choices`, if there are any."""

    default_error_messages = {
        **_COMMON,
        "invalid": {"zh": "这里要文字。", "en": "Expected text."},
    }

    def __init__(self, *, most: int = 0, choices: tuple[str, ...] = (), **options: Any) -> None:
        told = dict(options.pop("metadata", {}))
        told |= ({"maxLength": most} if most else {}) | ({"enum": list(choices)} if choices else {})
        super().__init__(metadata=told, **options)
        self.most = most
        self.choices = choices

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        text = super()._deserialize(value, attr, data, **options) or ""
        if self.choices and text not in self.choices:
            listed = ", ".join(self.choices)
            raise ValidationError({"zh": f"要从这些里选：{listed}。", "en": f"One of: {listed}."})
        if self.most and len(text) > self.most:
            raise ValidationError(
                {
                    "zh": f"最多 {self.most} 个字，现在有 {len(text)} 个。",
                    "en": f"At most {self.most} characters; there are {len(text)}.",
                }
            )
        return text


class Flag(fields.Boolean):
    """True or false, nothing that looks like it."""

    default_error_messages = {
        **_COMMON,
        "invalid": {"zh": "这里要 true 或 false。", "en": "Expected true or false."},
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Object(fields.Dict):
    """A JSON object."""

    default_error_messages = {
        **_COMMON,
        "invalid": {"zh": "这里要一个 JSON 对象。", "en": "Expected a JSON object."},
    }


class Part(fields.Nested):
    """An object with fields of its own."""

    default_error_messages = {
        **_COMMON,
        "type": {"zh": "这里要一个 JSON 对象。", "en": "Expected a JSON object."},
    }


class Page(fields.Integer):
    """The number of a page, from 1."""

    MOST = 100_000
    default_error_messages = {
        "invalid": {
            "zh": f"这里要 1 到 {MOST} 的整数。",
            "en": f"Expected a whole number from 1 to {MOST}.",
        }
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> int:
        text = str(value)
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise self.make_error("invalid")
        if not 1 <= int(text) <= self.MOST:
            raise self.make_error("invalid")
        return int(text)


class Moment(fields.Field[datetime]):
    """An instant: answered in the city's time, read with any offset.

    A plus sign that an address has turned into a blank is taken for what it was.
    """

    default_error_messages = {
        **_COMMON,
        "invalid": {
            "zh": "写日期、时间和时区，例如 2026-11-02T09:00:00+08:00。",
            "en": "Expected date, time and offset, such as 2026-11-02T09:00:00+08:00.",
        },
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"type": "string", "format": "date-time"}, **options)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **options: Any) -> str | None:
        return None if value is None else i18n.local(value).isoformat(timespec="seconds")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> datetime:
        try:
            at = datetime.fromisoformat(str(value).replace(" ", "+"))
            if at.utcoffset() is not None:
                return at.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise self.make_error("invalid")


def faults_of(messages: Any, name: str = "") -> dict[str, Sentence]:
    """What a schema found, as field -> sentence; the field of a field is `reporter.name`."""
    if isinstance(messages, list):
        return faults_of(messages[0], name) if messages else {}
    if not isinstance(messages, Mapping):
        return {name or "body": {"zh": str(messages), "en": str(messages)}}
    if isinstance(messages.get("zh"), str):
        return {name or "body": {"zh": messages["zh"], "en": messages["en"]}}
    found: dict[str, Sentence] = {}
    for below, told in messages.items():
        inner = "" if below == "_schema" else str(below)
        found |= faults_of(told, ".".join(part for part in (name, inner) if part))
    return found
