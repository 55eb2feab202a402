"""Rules of ids: there, spelt so that they can be kept, and used once."""

import re
from collections.abc import Iterator
from typing import Any

from engine.bpmn.linting.context import Context
from engine.bpmn.linting.registry import Found, rule
from engine.bpmn.linting.scopes import NODES

_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")  # as long as our columns
_ANY_ID = re.compile(r"[^\s\"'<>&\[\]]{1,200}")
_RESERVED = ("Start", "End", "Root", "StartEventSplit", "StartEventJoin")
_VARIABLES = ("inputDataItem", "outputDataItem")  # their ids name variables, several may share one


def _identified(context: Context) -> Iterator[tuple[Any, str, str]]:
    for node, name in context.elements:
        key = node.get("id")
        if key is not None and name not in ("property", *_VARIABLES):
            yield node, name, key


@rule(
    "id-missing",
    zh="待办、时限和办理记录都按图元的 id 记账，没有 id 的图元记不下来。用编辑器重新画这个图元，"
    "它会自动编号。",
    en="Tasks, limits and the record of a case are kept by the ids of elements; without one "
    "there is nothing to keep them by. Draw the element anew in an editor, which gives it an "
    "id.",
)
def id_missing(context: Context) -> Iterator[Found]:
    """Every node and flow has an id."""
    for node, name in context.elements:
        if node.get("id") is None and (name in NODES or name in ("process", "sequenceFlow")):
            yield Found(node, f"this {name} has no id; give it one")


@rule(
    "bad-id",
    zh="id 要存进数据库，也用作程序里的名字，少数几个名字由引擎自用。用英文字母开头，只用字母、"
    "数字、_ 和 -，最多 64 个字符。",
    en="Ids are stored and used as names, and a few are the engine's own. Begin with a letter, "
    "use letters, digits, _ and -, at most 64 of them.",
)
def bad_id(context: Context) -> Iterator[Found]:
    """Ids are spelt so that they can be stored, and are not the engine's own."""
    for node, name, key in _identified(context):
        pattern = _ID if name in NODES or name == "process" else _ANY_ID
        if not pattern.fullmatch(key):
            yield Found(
                node, "an id begins with a letter and has letters, digits, _ and -, at most 64"
            )
        elif key in _RESERVED and name in NODES:
            yield Found(node, f"the id {key} is reserved; choose another")


@rule(
    "duplicate-id",
    zh="两个图元共用一个 id，办到哪一步就说不清了。给其中一个换 id。",
    en="When two elements share an id nobody can tell where a case stands. Give one of them "
    "another id.",
)
def duplicate_id(context: Context) -> Iterator[Found]:
    """No id is used twice."""
    seen: dict[str, Any] = {}
    for node, _name, key in _identified(context):
        if key in seen:
            yield Found(
                node,
                f"the id {key[:60]} is used twice (also in line {seen[key].sourceline}); choose "
                "another",
            )
        else:
            seen[key] = node
    for node, name in context.elements:
        if name in _VARIABLES and node.get("id") in seen:
            yield Found(
                node,
                f"the item {node.get('id')[:60]} has the id of an element; give the variable "
                "another name",
            )
