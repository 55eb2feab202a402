"""A form's fields from its JSON Schema, and typed answers from a posted form.

The form is whole without JavaScript: a field with `x-show-if` is then always shown, with a line
that says when to fill it; `js/show_if.js` hides it instead. Whether answers are right is for
`engine.forms` to say: a view takes `answers`, then `forms.clean`, then a command that checks.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage, MultiDict

from web.i18n import pick

Texts = Mapping[str, str]
# List name -> key -> what it is called; also what `engine.forms.check` takes as options.
Options = Mapping[str, Mapping[str, Texts]]
Schema = Mapping[str, Any]

PREFIX = "answer."  # of every control's name, so that no field can pass for a token
_SELECT_FROM = 6  # from so many options on, a list instead of radio buttons
_INTEGER = re.compile(r"[+-]?\d{1,15}")
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,9})?")


@dataclass(frozen=True)
class Option:
    """One choice."""

    value: str
    label: str


@dataclass(frozen=True)
class Condition:
    """When a field is asked: for the browser, and in words for those without JavaScript."""

    field: str
    control: str
    op: str
    value: str
    words: str


@dataclass(frozen=True)
class Field:
    """One question as the macro `field` of `_fields.html` draws it; widget names its part.

    value: what stands in the control, a list for several choices. fault: why it was refused.
    """

    name: str
    id: str
    control: str
    label: str
    hint: str
    widget: str
    required: bool
    value: Any
    options: tuple[Option, ...] = ()
    condition: Condition | None = None
    fault: str = ""
    max_length: int | None = None
    phase: str = ""

    @property
    def grouped(self) -> bool:
        """Whether it is a group of controls under a legend."""
        return self.widget in {"radio", "tiles", "checkboxes", "stars", "yes_no", "files"}

    @property
    def described_by(self) -> str:
        """Ids of the lines that explain the control."""
        lines = [f"{self.id}-if"] if self.condition else []
        lines += [f"{self.id}-h"] if self.hint else []
        lines += [f"{self.id}-e"] if self.fault else []
        lines += [f"{self.id}-c"] if self.widget == "textarea" and self.max_length else []
        return " ".join(lines)


def rows(
    schema: Schema,
    zone: ZoneInfo,
    *,
    options: Options | None = None,
    values: Mapping[str, Any] | None = None,
    faults: Mapping[str, Texts] | None = None,
    file_names: Mapping[str, str] | None = None,
) -> list[list[Field]]:
    """The form's fields, row by row as its `layout` says.

    options: every list of `engine.forms.options_needed`. values: answers, right or wrong; a
    `default` of the schema stands where there is none. faults: `InvalidAnswers.fields`.
    file_names: key of a kept file -> its name.
    """
    layout = schema.get("layout") or [[name] for name in schema["properties"]]
    made = _Maker(schema, zone, options or {}, values, faults or {}, file_names or {})
    return [[made.field(name) for name in row] for row in layout]


def fault_links(schema: Schema, faults: Mapping[str, Texts]) -> list[tuple[str, str]]:
    """For the summary above the form: (id of the control, sentence), in the form's order."""
    order = {name: place for place, name in enumerate(schema["properties"])}
    names = sorted(faults, key=lambda name: order.get(name, len(order)))
    return [(_id(name) if name in order else "main", pick(faults[name])) for name in names]


def answers(schema: Schema, posted: MultiDict[str, str], zone: ZoneInfo) -> dict[str, Any]:
    """Posted strings as the types the schema asks for; what cannot be read stays a string.

    zone: of times without an offset. A box that is not ticked is False.
    """
    found: dict[str, Any] = {}
    for name, field in schema["properties"].items():
        control = PREFIX + name
        if field["type"] == "array":
            found[name] = [text for text in posted.getlist(control) if text.strip()]
        elif field["type"] == "boolean" and not _is_asked_openly(schema, name):
            found[name] = posted.get(control) == "true"
        else:
            text = posted.get(control, "").strip()
            if text:
                found[name] = _read(field, text, zone)
    return found


def uploads(schema: Schema, files: MultiDict[str, FileStorage]) -> dict[str, list[FileStorage]]:
    """The new files of each field, for the view to store before it adds their keys."""
    named = (name for name, field in schema["properties"].items() if _widget(field) == "files")
    found = {
        name: [file for file in files.getlist(f"{PREFIX}{name}.new") if file.filename]
        for name in named
    }
    return {name: sent for name, sent in found.items() if sent}


def file_fields(schema: Schema) -> list[str]:
    """The fields that take files."""
    return [name for name, field in schema["properties"].items() if _widget(field) == "files"]


def phases(schema: Schema) -> dict[str, str]:
    """Of these, the phase of the work that their pictures show."""
    return {
        name: field["x-phase"] for name, field in schema["properties"].items() if "x-phase" in field
    }


def has_files(schema: Schema) -> bool:
    """Whether the form must be sent as multipart."""
    return any(_widget(field) == "files" for field in schema["properties"].values())


@dataclass(frozen=True)
class _Maker:
    schema: Schema
    zone: ZoneInfo
    options: Options
    values: Mapping[str, Any] | None
    faults: Mapping[str, Texts]
    file_names: Mapping[str, str]

    def field(self, name: str) -> Field:
        """The field as it is drawn."""
        raw = self.schema["properties"][name]
        required = name in self.schema.get("required", ()) or bool(raw.get("x-required"))
        return Field(
            name=name,
            id=_id(name),
            control=PREFIX + name,
            label=pick(raw["x-title"]),
            hint=pick(raw.get("x-help")),
            widget=self.widget(name),
            required=required,
            value=self.shown_value(name),
            options=tuple(self.choices(name)),
            condition=self.condition(raw.get("x-show-if")),
            fault=pick(self.faults.get(name)),
            max_length=raw.get("maxLength"),
            phase=raw.get("x-phase", ""),
        )

    def widget(self, name: str) -> str:
        """Which part of the macro draws it."""
        raw = self.schema["properties"][name]
        kind = _widget(raw)
        if kind in {"checkbox", "yes_no"}:
            return "yes_no" if _is_asked_openly(self.schema, name) else "checkbox"
        if kind == "choice":
            few = len(list(self.choices(name))) < _SELECT_FROM
            return "radio" if few or raw.get("x-widget") == "radio" else "select"
        return kind

    def choices(self, name: str) -> Iterator[Option]:
        """What can be chosen, in the page's language."""
        raw = self.schema["properties"][name]
        labels: Mapping[str, Texts] = raw.get("x-labels", {})
        entries = raw.get("enum") or raw.get("items", {}).get("enum")
        if "x-options" in raw:
            for key, texts in self.options[raw["x-options"]].items():
                yield Option(key, pick(texts))
        elif _widget(raw) == "files":
            for key in self.shown_value(name):
                yield Option(key, self.file_names.get(key, key))
        elif raw["type"] == "boolean":
            yield Option("true", pick(labels.get("true")) or _("是"))
            yield Option("false", pick(labels.get("false")) or _("否"))
        elif _widget(raw) == "stars":
            for star in range(raw.get("minimum", 1), raw.get("maximum", 5) + 1):
                yield Option(str(star), pick(labels.get(str(star))) or str(star))
        elif entries:
            for entry in entries:
                yield Option(str(entry), pick(labels.get(str(entry))) or str(entry))

    def shown_value(self, name: str) -> Any:
        """What stands in the control."""
        raw = self.schema["properties"][name]
        first = raw.get("default") if self.values is None else None
        value = (self.values or {}).get(name, first)
        if raw["type"] == "array":
            return [str(one) for one in value or ()]
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if _widget(raw) == "datetime":
            return _to_local(str(value), self.zone)
        return f"{value:.15g}" if isinstance(value, float) else str(value)

    def condition(self, raw: Mapping[str, Any] | None) -> Condition | None:
        """When it is asked."""
        if raw is None:
            return None
        asked = self.schema["properties"][raw["field"]]
        wanted = raw["value"] if isinstance(raw["value"], list) else [raw["value"]]
        labels = {option.value: option.label for option in self.choices(raw["field"])}
        values = _("、").join(labels.get(_spelled(one), _spelled(one)) for one in wanted)
        words = (
            _("「%(field)s」选「%(values)s」时填", field=pick(asked["x-title"]), values=values)
            if raw["op"] in {"==", "in"}
            else _(
                "「%(field)s」不选「%(values)s」时填",
                field=pick(asked["x-title"]),
                values=values,
            )
        )
        return Condition(
            raw["field"], PREFIX + raw["field"], raw["op"], json.dumps(raw["value"]), words
        )


def _widget(field: Mapping[str, Any]) -> str:
    """The kind of control, before it is known how many options there are."""
    wanted = field.get("x-widget")
    chosen = "enum" in field or "x-options" in field
    if field["type"] == "array":
        return "files" if wanted == "files" else "checkboxes"
    if field["type"] == "boolean":
        return "checkbox"
    if wanted in {"stars", "tiles"}:
        return str(wanted)
    if chosen:
        return "choice"
    by_format = {"date": "date", "date-time": "datetime"}.get(field.get("format", ""))
    by_type = {"integer": "integer", "number": "number"}.get(field["type"])
    return by_format or by_type or ("textarea" if wanted == "textarea" else "text")


def _is_asked_openly(schema: Schema, name: str) -> bool:
    """Whether a yes-or-no must be answered: then silence is no answer, and both are offered."""
    field = schema["properties"][name]
    return field["type"] == "boolean" and (
        name in schema.get("required", ())
        or bool(field.get("x-required"))
        or field.get("x-widget") == "radio"
    )


def _read(field: Mapping[str, Any], text: str, zone: ZoneInfo) -> Any:
    kind = field["type"]
    figures = text.replace(",", "").replace("，", "")
    if kind == "integer" and _INTEGER.fullmatch(figures):
        return int(figures)
    if kind == "number" and _NUMBER.fullmatch(figures):
        return float(figures)
    if kind == "boolean" and text in {"true", "false"}:
        return text == "true"
    if field.get("format") == "date-time":
        return _from_local(text, zone)
    return text


def _from_local(text: str, zone: ZoneInfo) -> str:
    """`2026-10-14T09:30` on the wall clock as an instant with its offset."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (at if at.tzinfo else at.replace(tzinfo=zone)).isoformat()


def _to_local(text: str, zone: ZoneInfo) -> str:
    """The reverse, as `<input type="datetime-local">` wants it."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{at.astimezone(zone) if at.tzinfo else at:%Y-%m-%dT%H:%M}"


def _spelled(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _id(name: str) -> str:
    return f"f-{name}"


def flat(form: Sequence[Sequence[Field]]) -> list[Field]:
    """All fields of `rows` in order."""
    return [field for row in form for field in row]
