"""Rules of properties: spelt as the engine reads them, and on elements where they count."""

from collections.abc import Iterator
from difflib import get_close_matches
from itertools import islice
from typing import Any, NamedTuple

from engine.bpmn.linting.context import Context
from engine.bpmn.linting.documents import SPIFF, local
from engine.bpmn.linting.registry import Found, rule
from engine.bpmn.linting.scopes import NODES, TASKS

_LIMITED = ("userTask", "manualTask", "boundaryEvent", "intermediateCatchEvent")
_SHOWN = (*TASKS, "intermediateCatchEvent")


_LONGEST = 20
_TRIED = 300  # names of one file for which a known one is looked for
_PROPERTY = f"{{{SPIFF}}}property"
_HOLDERS = frozenset((*NODES, "process", "sequenceFlow"))


class Property(NamedTuple):
    """A property that the engine reads. places: kinds of elements, any if empty; zh, en: what."""

    places: tuple[str, ...]
    zh: str
    en: str


PROPERTIES: dict[str, Property] = {
    "name_en": Property((), "英文名", "The English name"),
    "public_name": Property(_SHOWN, "市民看到的名称", "The name that citizens see"),
    "public_name_en": Property(_SHOWN, "市民看到的英文名", "The same in English"),
    "stage": Property(("subProcess",), "阶段的标识", "The key of the stage this is"),
    "form": Property(("userTask",), "表单文件的名字", "The name of the form file"),
    "roles": Property(("userTask", "manualTask"), "谁能办：角色，可以几个", "Who may do it: roles"),
    "unit": Property(
        ("userTask", "manualTask"),
        "哪个单位办：office 诉求所属办公室、responsible 承办单位、co_unit 协办、candidates 可"
        "领办、asked 被征求",
        "Which unit: the case's office, the responsible one, a co_unit, the candidates, one asked",
    ),
    "limit": Property(
        _LIMITED, "时限名，或者 5 WD 这样的期限", "A limit's name, or a budget such as 5 WD"
    ),
    "clock": Property(_LIMITED, "谁的时钟：citizen 或 unit", "Whose clock: citizen or unit"),
    "no_limit": Property(("userTask",), "不限时的理由", "Why the task has no limit"),
    "no_limit_en": Property(("userTask",), "同上，英文", "The same in English"),
    "outcome": Property(("endEvent",), "办到这里的结果", "The outcome of a case that ends here"),
    "given": Property(
        ("process",), "启动者给的变量", "The routing variables that whoever starts it gives"
    ),
    "renewed": Property(
        ("process",),
        "市民时限中每一轮都是新承诺的",
        "Limits of the citizen's clock that are a promise of their own on each round",
    ),
    "sealed": Property(
        ("process",), "是否封存（保密）流程：yes 或 no", "Whether it is for sealed cases: yes or no"
    ),
}


def _written(context: Context) -> Iterator[tuple[Any, str, str]]:
    """Every property of the process and its elements: the element, its kind, the name."""
    for item in context.root.iter(_PROPERTY) if context.process is not None else ():
        holder = next(islice(item.iterancestors(), 2, 3), None)
        kind = local(holder) if holder is not None else ""
        if item.get("name") and kind in _HOLDERS:
            yield holder, kind, item.get("name")


def _unread(context: Context) -> Iterator[tuple[Any, str, str | None]]:
    """Every property that is not read: the element, its name, what was probably meant."""
    meant: dict[str, str | None] = {}
    for holder, _kind, name in _written(context):
        if name in PROPERTIES:
            continue
        if name not in meant:
            meant[name] = _meant(name) if len(meant) < _TRIED else None
        yield holder, name, meant[name]


def _meant(name: str) -> str | None:
    """The property that was probably meant."""
    if len(name) > _LONGEST:
        return None
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    close = get_close_matches(plain, PROPERTIES, n=1, cutoff=0.75)
    return close[0] if close else None


@rule(
    "property-misspelt",
    zh="写错的属性没人读，待办就没有表单、角色或者时限。按提示改成对的名字。",
    en="A misspelt property is read by nobody, and a task goes without its form, roles or "
    "limit. Write the name that is proposed.",
)
def property_misspelt(context: Context) -> Iterator[Found]:
    """No property is nearly one of those the engine reads."""
    for holder, name, meant in _unread(context):
        if meant is not None:
            yield Found(holder, f"the property {name[:40]} is not read; did you mean {meant}?")


@rule(
    "property-unknown",
    "warning",
    zh="引擎不读这个属性。是给别的工具看的可以留着，不然删掉。",
    en="The engine does not read this property. Keep it if another tool does; otherwise remove it.",
)
def property_unknown(context: Context) -> Iterator[Found]:
    """Every property is one that the engine reads."""
    for holder, name, meant in _unread(context):
        if meant is None:
            yield Found(
                holder,
                f"the property {name[:40]} is not read; those that are: {', '.join(PROPERTIES)}",
            )


@rule(
    "property-misplaced",
    "warning",
    zh="属性写对了，放错了图元，在这里不起作用。挪到说明里说的图元上。",
    en="The property is right, but means nothing on this element. Move it to one of those the "
    "message names.",
)
def property_misplaced(context: Context) -> Iterator[Found]:
    """Properties stand where they mean something."""
    for holder, kind, name in _written(context):
        places = PROPERTIES[name].places if name in PROPERTIES else ()
        if places and kind not in places:
            yield Found(
                holder,
                f"the property {name} means nothing on a {kind}; write it on a "
                f"{' or '.join(places[:4])}",
            )


@rule(
    "property-twice",
    zh="同一个属性写了两遍，只认最后一个，看的人却可能信了第一个。删掉一个。",
    en="Of a property written twice only the last counts, while a reader may believe the first. "
    "Remove one.",
)
def property_twice(context: Context) -> Iterator[Found]:
    """A property is written once."""
    seen: set[tuple[int, str]] = set()
    holders = []  # kept, so that no two elements share an address
    for holder, _kind, name in _written(context):
        holders.append(holder)
        if (id(holder), name) in seen:
            yield Found(holder, f"the property {name[:40]} is written twice; remove one")
        seen.add((id(holder), name))
