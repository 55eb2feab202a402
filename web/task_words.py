"""Words beside the form of a task: phrases with the case put in, and what an answer still lacks."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from engine import answer_checks, clock, phrases
from engine.permissions import Actor
from engine.queries.case_brief import Brief
from engine.queries.phrases import Known
from engine.queries.task_file import TaskFile
from web import i18n
from web.schema_form import Field

TEMPLATES = 2  # as buttons beside the answer; the others are in the list
_CHECKED = "answer"  # the field whose words a citizen will read


@dataclass(frozen=True)
class Ready:
    """A phrase with its variables filled in. whose: the unit it is of, in the page's language."""

    title: str
    text: str
    whose: str


@dataclass(frozen=True)
class Checks:
    """What is looked for in an answer. line: what was found; patterns, words: JSON for the page."""

    field: str
    line: str
    patterns: str
    words: str


def filled(seen: TaskFile, brief: Brief, actor: Actor, known: Sequence[Known]) -> list[Ready]:
    """The phrases one may use here, ready to be put in."""
    values = _values(seen, brief, actor) if known else {}
    return [
        Ready(one.title, phrases.filled(one.text, values), i18n.pick(one.unit)) for one in known
    ]


def templates(seen: TaskFile, known: Sequence[Known]) -> list[int]:
    """Which of these stand as buttons of their own: templates of this form and this category."""
    wanted = seen.record, seen.file.case.category
    return [n for n, one in enumerate(known) if (one.kind, one.category) == wanted and all(wanted)][
        :TEMPLATES
    ]


def tools_after(rows: Sequence[Sequence[Field]]) -> str:
    """Below which field phrases are offered: the answer, else the last one with room for words."""
    areas = [one.name for row in rows for one in row if one.widget == "textarea"]
    return _CHECKED if _CHECKED in areas else areas[-1] if areas else ""


def checks(record: str, rows: Sequence[Sequence[Field]]) -> Checks | None:
    """What is looked for in the answer of this form, if it has one."""
    field = next((one for row in rows for one in row if one.name == _CHECKED), None)
    if record != "answer" or field is None or field.widget != "textarea":
        return None
    words = {
        "result": _("结果"),
        "date": _("日期"),
        "contact": _("联系方式"),
        "hollow": _("有空话：先说办了什么"),
        "present": _("写了%(what)s", what="{what}"),
        "missing": _("还没写%(what)s", what="{what}"),
        "comma": _("、"),
        "stop": _("；"),
        "head": _("质量检查："),
    }
    return Checks(
        field=field.id,
        line=_line(str(field.value), words),
        patterns=json.dumps(dict(answer_checks.PATTERNS), ensure_ascii=False),
        words=json.dumps(words, ensure_ascii=False),
    )


def _line(text: str, words: Mapping[str, str]) -> str:
    """The same line that the browser keeps up to date (`js/answer_checks.js`)."""
    if not text.strip():
        return ""
    found = answer_checks.found(text)
    parts = []
    for state, holds in (("present", True), ("missing", False)):
        named = [words[name] for name in answer_checks.WANTED if found[name] is holds]
        if named:
            parts.append(words[state].replace("{what}", words["comma"].join(named)))
    if found["hollow"]:
        parts.append(words["hollow"])
    return words["head"] + words["stop"].join(parts)


def _values(seen: TaskFile, brief: Brief, actor: Actor) -> dict[str, Any]:
    """What the variables of phrases stand for in this case; people write Chinese."""
    file, case = seen.file, seen.file.case
    person = next((one.person for one in brief.received if one.person), None)
    category = file.item("categories", case.category) if case.category else {}
    with i18n.in_chinese():
        return {
            "number": case.number,
            "title": case.title,
            "place": case.place,
            "category": category.get("zh", ""),
            "person": person.name if person and "*" not in person.name else "",
            "unit": file.unit(case.unit_key).get("zh", ""),
            "due": i18n.moment(seen.task.due_at) if seen.task.due_at else "",
            "received": i18n.month_day(case.received_at),
            "today": i18n.month_day(clock.now()),
            "me": actor.name_zh,
        }
