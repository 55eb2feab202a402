"""Rules of a decision's cells: they can be read, and answer what their output takes."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from engine.bpmn.allow_list import Refused, TooCostly
from engine.bpmn.decisions import test, unfit_fact
from engine.bpmn.linting.documents import one_line
from engine.bpmn.linting.registry import Found, rule
from engine.bpmn.linting.subjects import Decision
from engine.facts import FACTS

_FEEL = re.compile(
    r"\b(date|time|duration|contains|starts with|ends with|matches|some|every|if|instance of)\b"
)
_WORD = re.compile(r"[^\W\d][\w ]*")
_OTHER = object()


@rule(
    "cell",
    subject="decision",
    zh='读不懂的单元格永远不会命中，答案就错了。写一个值、"a", "b"、[1..5]、> 2、not("a")，或者'
    "带 ? 的判断。",
    en='A cell that cannot be read never fits, and the answer is wrong. Write a value, "a", '
    '"b", [1..5], > 2, not("a") or a test with ?.',
)
def cell_read(decision: Decision) -> Iterator[Found]:
    """Every cell can be read."""
    for entry, cell, number in decision.cells():
        try:
            test(cell)
        except TooCostly:
            continue  # the rule `table-cost` says it
        except Refused as error:
            feel = " (FEEL functions are not known)" if _FEEL.search(cell) else ""
            yield Found(
                entry,
                f"row {number}, cell `{one_line(cell)[:80]}`: {error}{feel}; {_proposed(cell)}",
            )


def _proposed(cell: str) -> str:
    """The friendly form of a cell that was probably meant, or the forms there are."""
    for friendly in _friendly(one_line(cell)):
        try:
            test(friendly)
        except Refused:
            continue
        return f"did you mean `{friendly[:80]}`?"
    return 'write a value, "a", "b", [1..5], > 2, not("a") or a test with ?'


def _friendly(cell: str) -> Iterator[str]:
    """What a cell may have meant, written as we read it; the likeliest first."""
    plain = cell.replace("“", '"').replace("”", '"').replace("，", ",").replace("、", ",")
    plain = plain.replace("（", "(").replace("）", ")").replace("＞", ">").replace("＜", "<")
    plain = plain.replace("≥", ">=").replace("≤", "<=").replace("≠", "!=").replace("~", "..")
    yield plain
    found = re.fullmatch(r"contains\s*\(\s*\?\s*,\s*(\".*?\")\s*\)", plain)
    if found:
        yield f"{found[1]} in ?"
    found = re.fullmatch(r"in\s*[(\[](.*)[)\]]", plain, re.IGNORECASE)
    if found:
        yield found[1]
    found = re.fullmatch(r"=\s*([^=].*)", plain)
    if found:
        yield found[1]
    found = re.fullmatch(r"(?:between\s+)?(-?[\d.]+)\s*(?:and|to|-|\.\.|…)\s*(-?[\d.]+)", plain)
    if found:
        yield f"[{found[1].rstrip('.')}..{found[2]}]"
    found = re.fullmatch(r"<>\s*(.*)", plain)
    if found:
        yield f"not({found[1]})"
    words = [word.strip() for word in re.split(r"\s*(?:,|;|/|\bor\b)\s*", plain)]
    if all(_WORD.fullmatch(word) or re.fullmatch(r'".*?"', word) for word in words):
        yield ", ".join(word if word.startswith('"') else f'"{word}"' for word in words)


@rule(
    "empty-result",
    subject="decision",
    zh='空着的答案说不清是没有还是忘了填。没有就写 ""。',
    en='An empty answer may mean none or forgotten. For none write "".',
)
def empty_result(decision: Decision) -> Iterator[Found]:
    """Every row answers every output."""
    for xml, source, where, name in decision.results():
        if not source.strip():
            yield Found(xml, f'{where} gives nothing for {name}; write "" for an empty text')


@rule(
    "result-type",
    subject="decision",
    zh="答案写进诉求的事实，类别不对就写不进去。按事实要的写：文字加引号，数字不加。",
    en="The answer becomes a fact of the case, which takes one kind of value only. Write what "
    "the fact expects: texts in quotes, numbers without.",
)
def result_type(decision: Decision) -> Iterator[Found]:
    """Answers fit the facts they become."""
    for xml, source, where, name in decision.results():
        value = _constant(source)
        if not source.strip() or value is _OTHER or decision.table is None:
            continue
        collected = decision.table.hit_policy == "COLLECT"
        wanted = unfit_fact(name, [value] if collected else value)
        if wanted:
            yield Found(xml, f"{where}: the fact {name} ({FACTS[name].zh}) expects {wanted}")


def _constant(source: str) -> Any:
    try:
        return ast.literal_eval(source.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return _OTHER
