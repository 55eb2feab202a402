"""How digests and instructions are told: states, steps, numbers that link to their cases."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from markupsafe import Markup, escape

from engine.digests import content
from engine.digests.numbers import DENOMINATOR, NUMERATOR, PERCENT
from engine.digests.reading import Value
from web import i18n

STATUSES: Mapping[str, object] = {
    "draft": lazy_gettext("起草中"),
    "review": lazy_gettext("送审中"),
    "issued": lazy_gettext("已签发"),
}
STEPS: Mapping[str, object] = {
    "drafted": lazy_gettext("起草"),
    "recounted": lazy_gettext("重新取数"),
    "edited": lazy_gettext("改稿"),
    "numbered": lazy_gettext("加了一个数"),
    "sent": lazy_gettext("送审"),
    "returned": lazy_gettext("退回修改"),
    "issued": lazy_gettext("签发"),
}
INSTRUCTED: Mapping[str, object] = {
    "open": lazy_gettext("在办"),
    "reported": lazy_gettext("已报结果，待核"),
    "done": lazy_gettext("已办结"),
}
INSTRUCTION_STEPS: Mapping[str, object] = {
    "given": lazy_gettext("交办"),
    "reported": lazy_gettext("报结果"),
    "again": lazy_gettext("退回再办"),
    "done": lazy_gettext("办结"),
}
SHOWS: Mapping[str, object] = {
    NUMERATOR: lazy_gettext("数进去的件数"),
    DENOMINATOR: lazy_gettext("总数"),
    PERCENT: lazy_gettext("百分比"),
}
_CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef\U00020000-\U0003ffff]+")


def marked(words: str) -> Markup:
    """Words as they were written; on an English page what is Chinese of them is marked."""
    if i18n.language() != "en":
        return escape(words)
    parts, at = [], 0
    for found in _CHINESE.finditer(words):
        parts += [escape(words[at : found.start()])]
        parts += [Markup('<span lang="zh-CN">{}</span>').format(found[0])]
        at = found.end()
    return Markup("").join([*parts, escape(words[at:])])


def said(texts: Mapping[str, str]) -> Markup:
    """A text in the page's language, else as it was written."""
    return marked(content.said(texts, i18n.language()))


def number(value: Value | None) -> Markup:
    """A number as a link to its frozen cases."""
    if value is None:
        return Markup("—")
    address = url_for("rates.frozen_figure", snapshot_id=value.snapshot_id)
    return Markup('<a href="{}">{}</a>').format(address, value.told)


def paragraph(text: str, values: Mapping[str, Value]) -> Markup:
    """A paragraph with its numbers linked."""
    told = [
        number(values.get(one.key)) if one.key else marked(one.words)
        for one in content.pieces(text)
    ]
    return Markup("").join(told)


def steps(row: Any, people: Mapping[str, Mapping[str, str]], names: Mapping[str, object]) -> Any:
    """What was done with a digest or an instruction, for a timeline."""
    return [
        {
            "title": _("%(who)s %(what)s", who=_who(people, step["by"]), what=names[step["kind"]]),
            "at": datetime.fromisoformat(step["at"]),
            "text": marked(step.get("note") or step.get("said") or ""),
            "state": "",
        }
        for step in row.steps
    ]


def _who(people: Mapping[str, Mapping[str, str]], by: str) -> str:
    return i18n.pick(people[by]) if by in people else str(_("系统"))
