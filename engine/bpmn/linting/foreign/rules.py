"""Rules of diagrams drawn for other engines: one a tool, their expressions, and drawings."""

from collections.abc import Callable, Iterator

from lxml import etree

from engine.bpmn.linting.context import Context
from engine.bpmn.linting.documents import local, one_line
from engine.bpmn.linting.foreign.decision_tools import DECISION_TOOLS
from engine.bpmn.linting.foreign.drawings import is_drawing
from engine.bpmn.linting.foreign.finding import TOOLS, found
from engine.bpmn.linting.foreign.terms import Tool
from engine.bpmn.linting.foreign.translating import (
    is_foreign,
    language,
    translated,
    translated_timer,
)
from engine.bpmn.linting.registry import Found, rule
from engine.bpmn.linting.saying import timer_text
from engine.bpmn.linting.subjects import Decision

DRAWING = "drawing"
_PLAINLY = 'write it plainly, such as opinion == "refuse" or case.bounces >= 3'


@rule(
    DRAWING,
    "warning",
    zh="没有可执行流程的图只是示意图，照原样留存，不能投入使用。要让它运行：在流程属性里勾选“可执行”"
    "（isExecutable），给每个用户任务写上表单和角色。",
    en="A file without an executable process is a drawing: it is kept as it is and cannot be put "
    "into use. To run it, mark the process as executable (isExecutable) and give every user task "
    "its form and roles.",
)
def drawing(context: Context) -> Iterator[Found]:
    """The file holds a process that is meant to run."""
    if is_drawing(context.document):
        yield Found(
            context.process if context.process is not None else context.root,
            "a drawing, not a process: kept as a drawing; to run it, mark its process as "
            "executable (isExecutable), give it the id of its folder, and write form and roles on "
            "every user task",
        )


@rule(
    "foreign-expression",
    zh="${…} 和 =… 是别的引擎的写法，这里算不出来。照提示改写；没有提示的，按意思重写。",
    en="${…} and =… are other engines' ways of writing; they mean nothing here. Write what is "
    "proposed, and anew by its meaning where nothing is.",
)
def foreign_expression(context: Context) -> Iterator[Found]:
    """Expressions are written in ours."""
    for said in context.expressions:
        if said.foreign:
            ours = translated(said.text)
            way = f"here it is written {ours}" if ours is not None else _PLAINLY
            yield Found(
                said.node, f"{said.what} `{_short(said.text)}` is {language(said.text)}; {way}"
            )
    for node in context.nodes("boundaryEvent", "intermediateCatchEvent"):
        for definition in node.definitions:
            text = (timer_text(definition) or "").strip()
            if local(definition) == "timerEventDefinition" and is_foreign(text):
                ours = translated_timer(text)
                way = ours if ours is not None else "a limit's name, or a budget such as 5 WD"
                yield Found(
                    node.xml, f"the timer `{_short(text)}` is {language(text)}; write {way}"
                )


def _short(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= 80 else line[:77] + "..."


def _telling(tools: tuple[Tool, ...]) -> Callable[[Context], Iterator[Found]]:
    def tells(context: Context) -> Iterator[Found]:
        if any(space in context.namespaces for tool in tools for space in tool.namespaces):
            yield from found(context.root, tools)

    return tells


for _key, _tools in TOOLS.items():
    _name = _tools[0].name
    rule(
        _key,
        "warning",
        zh=f"{_name} 的属性在这里不起作用。"
        "每条都说明它原来的意思和这里该怎么写；没有对应的可以删掉。",
        en=f"What is written for {_name} does nothing here. Each is told with what it means there "
        "and what replaces it; what has no counterpart can be removed.",
    )(_telling(_tools))


@rule(
    "foreign-decision",
    "warning",
    subject="decision",
    zh="Camunda 和 Flowable 在决策表里加的设置在这里不起作用，别的表达式语言也算不了。照提示改写，"
    "或者删掉。",
    en="What Camunda and Flowable add to decision tables does nothing here, nor do other languages "
    "for expressions. Write what is proposed, or remove it.",
)
def foreign_decision(decision: Decision) -> Iterator[Found]:
    """Decision tables say what they mean in ours."""
    space = etree.QName(decision.root).namespace or ""
    yield from found(decision.root, DECISION_TOOLS, space)
    for node in decision.root.iter(f"{{{space}}}*"):
        language = one_line(node.get("expressionLanguage"))
        if language and "feel" not in language.lower():
            yield Found(
                node,
                f"expressionLanguage {language[:40]} is not spoken here; write cells as values, "
                '"a", "b", [1..5], > 2, not("a") or a test with ?',
            )
