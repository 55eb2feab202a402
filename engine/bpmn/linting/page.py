"""The rules on one page, for people: what each is for, in both languages, with its examples."""

import sys
from collections.abc import Iterator

from engine.bpmn.linting import rules, showing
from engine.bpmn.linting.registry import RULES, Rule
from engine.bpmn.linting.rules.properties import PROPERTIES

_READING = (
    rules.files, rules.foreign, rules.ids, rules.naming, rules.elements, rules.properties,
    rules.starts_and_ends, rules.flows, rules.choices, rules.awaited, rules.joins, rules.ways,
    rules.events, rules.boundaries, rules.timers, rules.messages, rules.codes, rules.people,
    rules.limits, rules.confidential, rules.services, rules.calls, rules.repeated,
    rules.expressions, rules.cost, rules.variables, rules.drawing, rules.decision_tables,
    rules.decision_cells, rules.decision_answers, rules.forms,
)  # fmt: skip
_EXAMPLES = "../engine/bpmn/linting/examples"
_HEAD = """# 规则 · Rules of the linter

本页由 `huiyin lint --rules --format markdown` 打印。部署之前，每张图、每个决策和表单都按这些规则
检查，所有毛病一次说完；*error* 不能投入使用，*warning* 只是提醒。

This page is printed by `huiyin lint --rules --format markdown`. Before a deployment every diagram,
decision and form is checked by these rules, and all faults are told at once; an *error* cannot be
put into use, a *warning* is only told.
"""


def in_order() -> list[Rule]:
    """Every rule, those of one subject together, in the order one would read them."""
    places = {module.__name__: number for number, module in enumerate(_READING)}
    return sorted(RULES.values(), key=lambda rule: places.get(rule.find.__module__, len(places)))


def markdown() -> str:
    """The page of rules."""
    return "\n".join((_HEAD, *_properties(), *_sections()))


def _properties() -> Iterator[str]:
    yield "## 属性 · Properties\n"
    yield "| name | on | 中文 | English |\n|---|---|---|---|"
    for name, one in PROPERTIES.items():
        places = ", ".join(one.places) if len(one.places) < 5 else "tasks, catching events"
        yield f"| `{name}` | {places or 'anything'} | {one.zh} | {one.en} |"
    yield ""


def _sections() -> Iterator[str]:
    heading = ""
    for rule in in_order():
        told = (sys.modules[rule.find.__module__].__doc__ or "").strip().partition("\n")[0]
        if told != heading:
            heading = told
            yield f"## {heading}\n"
        yield f"### {rule.id} ({rule.severity})\n\n{rule.zh}\n\n{rule.en}\n"
        shown = showing.example(rule.id)
        if shown is not None:
            bad, good = (f"{_EXAMPLES}/{rule.id}/{path.name}" for path in (shown.bad, shown.good))
            yield f"[错 · bad]({bad}) · [对 · good]({good})\n"
