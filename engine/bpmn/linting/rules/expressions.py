"""Rules of expressions: they can be read, may be said, name facts there are, and mean something.

The same rules look at diagrams and at decisions: a rule `expression` of a diagram is one of a
decision, too, since people write both the same way.
"""

import re
from collections.abc import Iterator

from engine.bpmn.allow_list import Refused, TooCostly, compiled
from engine.bpmn.expressions import nearest
from engine.bpmn.linting.context import Context
from engine.bpmn.linting.kinds import misfits
from engine.bpmn.linting.registry import Found, rule
from engine.bpmn.linting.subjects import Decision
from engine.facts import FACTS


@rule(
    "expression-missing",
    zh="空的条件、脚本或参数算不出结果，走到那里就出故障。写上表达式，或者删掉这一项。",
    en="An empty condition, script or parameter has no value, and a case stops there. Write an "
    "expression, or remove the part.",
    subject="both",
)
def expression_missing(context: Context | Decision) -> Iterator[Found]:
    """Where an expression stands there is one."""
    for said in context.expressions:
        if not said.text:
            yield Found(said.node, f"{said.what} is empty; write an expression")


@rule(
    "expression",
    zh="读不懂或者不许用的表达式在部署时就拒绝，免得诉求走到那里才出故障。只用比较、and/or/not、"
    "四则、case.事实 和四个期限函数。",
    en="What cannot be read or is not allowed is refused now, not when a case gets there. Use "
    "comparisons, and/or/not, plain arithmetic, case.<fact> and the four functions of limits.",
    subject="both",
)
def expression(context: Context | Decision) -> Iterator[Found]:
    """Every expression can be read and is allowed."""
    for said in context.expressions:
        if not said.text or (said.foreign and isinstance(context, Context)):
            continue  # the rules `expression-missing` and `foreign-expression` say it
        try:
            compiled(said.text, said.mode)
        except TooCostly:
            continue  # the rule `expression-cost` says it
        except Refused as error:
            yield Found(said.node, f"{said.what} `{_short(said.text)}`: {error}")


@rule(
    "unknown-fact",
    zh="诉求没有这个事实，读它的那一步会出故障。改成列出的事实名。",
    en="No case has such a fact, and the step that reads it would fail. Write one of the facts "
    "there are.",
    subject="both",
)
def unknown_fact(context: Context | Decision) -> Iterator[Found]:
    """Every fact named exists."""
    read = [(said.node, said.what, said.reads()) for said in context.expressions]
    if isinstance(context, Decision):
        read += [(xml, f"row {number}", reads) for xml, reads, number in context.readable()]
    for node, what, reads in read:
        for fact in sorted(reads.facts if reads is not None else ()):
            if fact not in FACTS:
                yield Found(
                    node,
                    f"{what} reads case.{fact[:60]}, which no case has{nearest(fact, FACTS)}",
                )


@rule(
    "expression-type",
    zh="文字和数字相比永远不等，是非和名单也不能比大小，这样的条件永远走同一边。两边写同一类的值，"
    "比如 case.bounces >= 3。",
    en="A text never equals a number, and yes or no has no order, so that such a condition "
    "always goes one way. Compare values of one kind, such as case.bounces >= 3.",
    subject="both",
)
def expression_type(context: Context | Decision) -> Iterator[Found]:
    """What is compared or reckoned with is of one kind."""
    for said in context.expressions:
        if said.text and not said.foreign:
            for misfit in misfits(said.text, said.mode):
                yield Found(said.node, f"{said.what}: {misfit}; write values of the same kind")


def _short(text: str) -> str:
    line = re.sub(r"\s+", " ", text)
    return line if len(line) <= 80 else line[:77] + "..."
