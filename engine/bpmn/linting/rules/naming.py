"""Rules of names: in both languages, and short enough to show."""

from collections.abc import Iterator
from typing import Any

from engine.bpmn.linting.context import Context
from engine.bpmn.linting.documents import Document, local
from engine.bpmn.linting.registry import Found, rule
from engine.bpmn.linting.scopes import NODES

LONGEST_NAME = 200
_NAMED = (*NODES, "lane")


def _names(context: Context) -> Iterator[tuple[Any, str, str]]:
    if context.process is None:
        return
    for node in (context.process, *context.process.iter()):
        if not isinstance(node.tag, str) or not node.get("name"):
            continue
        if node is context.process or local(node) in _NAMED:
            yield node, node.get("name"), Document.properties(node).get("name_en") or ""


@rule(
    "name-en",
    "warning",
    zh="界面有中英两种语言，没有英文名的待办在英文界面里显示中文。给图元加属性 name_en。",
    en="Pages come in two languages; a task without an English name shows its Chinese one. Add "
    "the property name_en to the element.",
)
def name_en(context: Context) -> Iterator[Found]:
    """What is named, shown or explained in Chinese has its English beside it."""
    for node in context.nodes():
        for name in ("public_name", "no_limit"):
            if node.properties.get(name) and not node.properties.get(f"{name}_en"):
                yield Found(node.xml, f"the property {name}_en is missing: write {name} in English")
    for node, _name, english in _names(context):
        if not english:
            yield Found(node, "the property name_en is missing: write its English name there")


@rule(
    "name-long",
    zh="名称要显示在列表和手机上，太长就看不全。最多 200 个字符，说明写在文字注释里。",
    en="Names are shown in lists and on phones, where long ones are cut. Use at most 200 "
    "characters, and an annotation for the rest.",
)
def name_long(context: Context) -> Iterator[Found]:
    """Names fit where they are shown."""
    for node, name, english in _names(context):
        if max(len(name), len(english)) > LONGEST_NAME:
            yield Found(
                node,
                f"a name has at most {LONGEST_NAME} characters; write the rest in an annotation",
            )
