"""Rules of elements: what may be drawn at all, and where."""

from collections.abc import Iterator

from engine.bpmn.linting.context import Context
from engine.bpmn.linting.documents import BPMN, SPIFF, children, local
from engine.bpmn.linting.foreign.finding import tool_of
from engine.bpmn.linting.registry import Found, rule
from engine.bpmn.linting.scopes import NODES, TASKS

MAX_DEPTH = 12
_DRAWN_ONLY = (
    "laneSet", "sequenceFlow", "textAnnotation", "association", "group", "dataObject",
    "dataObjectReference", "dataStoreReference", "documentation", "extensionElements", "property",
    "incoming", "outgoing", "dataInputAssociation", "dataOutputAssociation", "ioSpecification",
    "multiInstanceLoopCharacteristics", "standardLoopCharacteristics", "category", "auditing",
    "monitoring",
)  # fmt: skip
_REFUSED = {
    "task": "a task without a kind; make it a user, manual, service, script or business rule task",
    "complexGateway": "complex gateways cannot be used; draw exclusive or parallel ones",
    "adHocSubProcess": "ad-hoc sub-processes cannot be used; draw the order of the work",
    "transaction": "transactions cannot be used; use a sub-process with an error event",
    "globalUserTask": "global tasks cannot be used",
}  # fmt: skip
_PEOPLE = ("performer", "potentialOwner", "humanPerformer", "resourceRole", "rendering")
_KNOWN_EXTENSIONS = (
    "properties", "serviceTaskOperator", "calledDecisionId", "instructionsForEndUser",
)  # fmt: skip


@rule(
    "refused-element",
    zh="这种图元引擎不支持，或者会不声不响地走错。换成说明里给的画法。",
    en="The engine cannot carry this element out, or would quietly do something else. Use what "
    "the message names in its place.",
)
def refused_element(context: Context) -> Iterator[Found]:
    """Every element of a process can be used."""
    for child in context.contents:
        name = local(child)
        if name not in NODES and name not in _DRAWN_ONLY:
            way = f"{name[:60]} cannot be used in a diagram; draw tasks, gateways and events"
            yield Found(child, _REFUSED.get(name, way))


@rule(
    "event-subprocess",
    zh="事件子流程一启动流程就会运行，而且从不打断。改用边界事件；随时可能发生的事另画一个流程。",
    en="Event sub-processes run as soon as the process starts, and never interrupt. Use "
    "boundary events; what may happen at any moment is a process of its own.",
)
def event_subprocess(context: Context) -> Iterator[Found]:
    """No sub-process is triggered by an event."""
    for node in context.nodes("subProcess"):
        if node.xml.get("triggeredByEvent") == "true":
            yield Found(
                node.xml,
                "event sub-processes cannot be used; use boundary events, or a process of its "
                "own beside this one",
            )


@rule(
    "compensation",
    zh="补偿在这里什么也不做，看上去却像撤销了。把撤销的步骤画出来。",
    en="Compensation does nothing here, though it looks as if it undid something. Draw the "
    "steps that undo it.",
)
def compensation(context: Context) -> Iterator[Found]:
    """Nothing is for compensation."""
    for child in context.contents:
        event = next(children(child, "compensateEventDefinition"), None)
        if event is not None or child.get("isForCompensation") == "true":
            yield Found(child, "compensation does nothing; draw what undoes it")


@rule(
    "misplaced",
    zh="图元画在了它不能在的地方，运行时会丢。放回流程里，或者放到能带它的图元上。",
    en="What stands where it cannot be is lost when the process runs. Draw it in the process, "
    "or on an element that can carry it.",
)
def misplaced(context: Context) -> Iterator[Found]:
    """What stands in a task or event belongs there."""
    for node in context.contents:
        kind = local(node)
        if kind not in NODES:
            continue
        for child in children(node):
            name = local(child)
            if kind != "subProcess" and name in (*NODES, "sequenceFlow"):
                yield Found(child, f"a {name} cannot stand inside a {kind}; draw it anew")
            if name.endswith("LoopCharacteristics") and kind not in TASKS:
                yield Found(node, f"a {kind} cannot be repeated; draw it on a task")


@rule(
    "ignored",
    "warning",
    zh="谁来办由属性 roles 决定，BPMN 自带的人员设置不起作用。把它写进 roles。",
    en="Who may do a task is said by the property roles; BPMN's own performers do nothing here. "
    "Write them as roles.",
)
def ignored(context: Context) -> Iterator[Found]:
    """Performers are named by roles alone."""
    for node in context.contents:
        for child in children(node, *_PEOPLE) if local(node) in NODES else ():
            yield Found(node, f"{local(child)} is ignored; use the property roles")


@rule(
    "hidden-script",
    zh="藏在任务里的脚本图上看不见，审图的人会漏掉。画成脚本任务。",
    en="A script hidden in a task cannot be seen in the drawing, and whoever reviews it misses "
    "it. Draw a script task.",
)
def hidden_script(context: Context) -> Iterator[Found]:
    """No script hides in a task."""
    for node in context.contents:
        holder = node.find(f"{{{BPMN}}}extensionElements")
        for child in holder if holder is not None and local(node) in NODES else ():
            if child.tag in (f"{{{SPIFF}}}preScript", f"{{{SPIFF}}}postScript"):
                yield Found(node, "scripts hidden in a task cannot be used; draw a script task")


@rule(
    "foreign-extension",
    "warning",
    zh="别的引擎的设置在这里不起作用。能对应的写成本系统的属性，其余的可以留着。",
    en="Settings of another engine do nothing here. Write those that matter as properties of "
    "ours; the others may stay.",
)
def foreign_extension(context: Context) -> Iterator[Found]:
    """Extensions are those the engine reads."""
    for node in context.contents:
        holder = node.find(f"{{{BPMN}}}extensionElements")
        for child in holder if holder is not None and local(node) in NODES else ():
            if not isinstance(child.tag, str) or local(child) in ("preScript", "postScript"):
                continue
            name = local(child)[:60]
            if tool_of(child) is not None:
                continue  # the rule of that tool says what replaces it
            if not child.tag.startswith(f"{{{SPIFF}}}"):
                yield Found(
                    node,
                    f"{name} belongs to another engine and is ignored here; write a property",
                )
            elif local(child) not in _KNOWN_EXTENSIONS:
                yield Found(node, f"{name} is ignored; remove it")


@rule(
    "too-deep",
    zh="子流程一层套一层，谁也看不清，引擎也走不到底。最多套 12 层，把里面的提出来。",
    en="Sub-processes within sub-processes without end are read by nobody, and the engine does "
    "not reach the bottom. Use at most 12 levels; draw the inner ones beside each other.",
)
def too_deep(context: Context) -> Iterator[Found]:
    """Sub-processes are nested a few levels at most."""
    for scope in context.scopes:
        if scope.depth == MAX_DEPTH + 1:
            yield Found(
                scope.xml,
                f"sub-processes are nested more than {MAX_DEPTH} levels deep; draw some of them "
                "beside each other",
            )
