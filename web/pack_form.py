"""A pack's entry as a form: posted strings to an entry, an entry to what stands in the controls."""

import json
import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from engine.errors import InvalidInput
from engine.working_time import Budget
from web.pack_sections import Field, Section

LONGEST = 2000  # characters of one control
LONGEST_JSON = 20_000
UNITS = ("WD", "d", "h", "h office")
KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")
_NOT_STATED = re.compile(r"[a-z][a-z0-9_.]{0,127}")
_BETWEEN = re.compile(r"[、，,;；\n]+")
_KNOWN_JSON = frozenset({"key", "zh", "en", "source", "mark"})
Said = Mapping[str, Any]


def typed(section: Section, form: "MultiDict[str, str]") -> dict[str, str]:
    """What was typed, by the name of the control; cut where nothing so long is meant."""
    found = {}
    for field in section.fields:
        longest = LONGEST_JSON if field.kind == "json" else LONGEST
        for control in controls(field):
            said = form.getlist(control) if field.kind == "refs" else [form.get(control, "")]
            found[control] = "\n".join(said)[:longest].replace("\r\n", "\n").strip()
    return found


def controls(field: Field) -> tuple[str, ...]:
    """The names of a field's controls."""
    name = f"f.{field.name}"
    return (name, f"{name}.unit") if field.kind == "budget" else (name,)


def filled(section: Section, entry: Said) -> dict[str, str]:
    """What stands in the controls of an entry."""
    found: dict[str, str] = {}
    for field in section.fields:
        value = _get(entry, field.name) if field.name else None
        name = f"f.{field.name}"
        if field.kind == "budget":
            amount, _space, unit = str(value or "").partition(" ")
            found |= {name: amount, f"{name}.unit": unit or "WD"}
        elif field.kind == "json":
            rest = {one: said for one, said in entry.items() if one not in _KNOWN_JSON}
            found[name] = json.dumps(rest, ensure_ascii=False, indent=2)
        else:
            found[name] = _spelled(field.kind, value)
    return found


def entry_of(
    section: Section, values: Mapping[str, str], before: Said
) -> tuple[dict[str, Any], dict[str, str]]:
    """The entry that was typed over the one before, and sentences for controls nobody can read."""
    entry, faults = deepcopy(dict(before)), {}
    for field in section.fields:
        name = f"f.{field.name}"
        text = values.get(name, "")
        if field.kind == "key":
            if not before:
                entry[field.name] = text
            continue
        if field.kind == "json":
            rest = _object(text)
            if rest is None:
                faults[name] = _("这不是 JSON 对象；看看括号、引号和逗号。")
                continue
            entry = {one: said for one, said in entry.items() if one in _KNOWN_JSON} | rest
            continue
        value = _read(field.kind, text, values.get(f"{name}.unit", ""))
        if value is None and field.required and field.kind in {"text", "area", "budget"}:
            value = ""
        _set(entry, field.name, value)
    return entry, faults


def key_fault(section: Section, key: str) -> str:
    """What is wrong with a new entry's key, or nothing."""
    pattern = _NOT_STATED if section.name == "not_stated" else KEY
    if not key:
        return str(_("写一个标识，以后决策表和流程图按它认。"))
    if not pattern.fullmatch(key):
        return str(_("标识只用小写英文字母、数字和下划线，字母开头，最多 64 个。"))
    return ""


def budget(text: object) -> Budget | None:
    """A budget, if it is one."""
    try:
        return Budget.parse(text) if isinstance(text, str) else None
    except InvalidInput:
        return None


def _read(kind: str, text: str, unit: str) -> Any:
    """A value of what was typed; None for what is left out."""
    if not text:
        return None
    if kind == "budget":
        return f"{text} {unit if unit in UNITS else 'WD'}"
    return _READERS[kind](text) if kind in _READERS else text


def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


def _words(text: str) -> list[str] | None:
    return [word.strip() for word in _BETWEEN.split(text) if word.strip()] or None


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _pairs(text: str) -> list[dict[str, str]]:
    halves = (line.replace("｜", "|").partition("|") for line in _lines(text))
    return [{"zh": zh.strip(), "en": en.strip()} for zh, _bar, en in halves]


def _spans(text: str) -> list[list[str]]:
    ends = (re.split(r"\s*[-–—~至到]\s*", line, maxsplit=1) for line in _lines(text))
    return [[one.strip() for one in span] for span in ends]


_READERS: Mapping[str, Callable[[str], Any]] = {
    "flag": bool,
    "number": _number,
    "words": _words,
    "refs": _lines,
    "pairs": _pairs,
    "spans": _spans,
}


def _spelled(kind: str, value: Any) -> str:
    if value is None or value is False:
        return ""
    if kind == "flag":
        return "true"
    if isinstance(value, list):
        if kind == "pairs":
            rows = (one if isinstance(one, dict) else {} for one in value)
            return "\n".join(f"{one.get('zh', '')} | {one.get('en', '')}" for one in rows)
        if kind == "spans":
            return "\n".join("-".join(map(str, one)) for one in value if isinstance(one, list))
        return ("、" if kind == "words" else "\n").join(map(str, value))
    return str(value)


def _object(text: str) -> dict[str, Any] | None:
    if not text:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _get(entry: Said, name: str) -> Any:
    outer, _point, inner = name.partition(".")
    value = entry.get(outer)
    if not inner:
        return value
    return value.get(inner) if isinstance(value, dict) else None


def _set(entry: dict[str, Any], name: str, value: Any) -> None:
    outer, _point, inner = name.partition(".")
    if inner:
        within = entry.get(outer)
        within = dict(within) if isinstance(within, dict) else {}
        _set(within, inner, value)
        value = within or None
    if value is None:
        entry.pop(outer, None)
    else:
        entry[outer] = value
