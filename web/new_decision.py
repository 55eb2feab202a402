"""What one fills in for a new decision, and the table that is made of it."""

import re
from collections.abc import Collection, Mapping

from flask_babel import gettext as _

from engine.designing import decision_edits
from engine.designing.decision_grid import Column
from engine.facts import FACTS
from web.design_saving import posted

MOST_COLUMNS = 4  # of a new table; the editor adds more
POLICIES = ("UNIQUE", "FIRST", "COLLECT")
KEY = re.compile(r"[a-z][a-z0-9_]{0,62}")
_NAMES = ("key", "zh", "en", "policy", "output", "output_zh", "output_en")
_INPUTS = tuple(f"input{n}" for n in range(MOST_COLUMNS))


def typed() -> dict[str, str]:
    """What stands in the controls."""
    return {name: posted(name, 100) for name in (*_NAMES, *_INPUTS)}


def content(typed: Mapping[str, str]) -> bytes:
    """The file of a decision of which nothing is wrong."""
    return decision_edits.new(
        typed["key"],
        typed["zh"],
        typed["en"],
        typed["policy"],
        [_fact(typed[name]) for name in _INPUTS if typed[name]],
        [Column(typed["output_zh"], typed["output_en"], typed["output"])],
    )


def _fact(name: str) -> Column:
    fact = FACTS[name]
    return Column(fact.zh, fact.en, f"case.{name}")


def wrong(typed: Mapping[str, str], files: Collection[str]) -> dict[str, str]:
    """What of a new decision cannot be, by control."""
    faults: dict[str, str] = {}
    if not KEY.fullmatch(typed["key"]):
        faults["key"] = _("标识用小写字母开头，只用小写字母、数字和下划线。")
    elif f"{typed['key']}.dmn" in files:
        faults["key"] = _("这份草稿里已经有「%(key)s」。", key=typed["key"])
    if not typed["zh"]:
        faults["zh"] = _("写上中文名。")
    if typed["policy"] not in POLICIES:
        faults["policy"] = _("选一种命中方式。")
    inputs = [typed[name] for name in _INPUTS if typed[name]]
    if not inputs or len(set(inputs)) < len(inputs):
        faults["input0"] = _("至少选一项要看的内容，每项只选一次。")
    elif any(name not in FACTS for name in inputs):
        faults["input0"] = _("要看的内容从列表里选。")
    if not KEY.fullmatch(typed["output"]):
        faults["output"] = _("结果的标识用小写字母、数字和下划线。")
    if not typed["output_zh"]:
        faults["output_zh"] = _("写上结果的中文名。")
    return faults
