"""Rules of confidential cases, a model check: no office of the accused unit gets to read one.

A process whose property `sealed` is yes is that of a confidential route. Its cases are of the
compartment alone; every other process may run for cases that anybody's office handles.
"""

from collections.abc import Iterator

from engine.bpmn.linting.asked import operation_of, roles_of
from engine.bpmn.linting.context import Context
from engine.bpmn.linting.registry import Found, rule

_HANDING = {
    "slip/issue": "a slip goes to a unit",
    "supervision/start": "a supervision is known outside",
    "supervision/start_late": "a supervision is known outside",
    "matter/join": "a merged case is known with the others",
    "case/archive": "an archived case is found by others; use case/archive_sealed",
}
_SEALING = ("case/archive_sealed", "case/seal")


def sealed(context: Context) -> bool:
    """Whether the process is that of a confidential route."""
    return context.properties.get("sealed", "").strip().lower() == "yes"


@rule(
    "sealed-unit",
    zh="保密诉求里被反映的单位也可能就是承办单位，待办一派过去它就读到了。封存流程的待办只给封存"
    "办公室：unit 写 office。",
    en="The unit that handles a case may be the one complained of, and a task given to it shows "
    "it the case. In a sealed process every task belongs to the compartment's office: write "
    "unit office.",
)
def sealed_unit(context: Context) -> Iterator[Found]:
    """In a sealed process every task is given to the compartment's office."""
    for node in context.nodes("userTask", "manualTask") if sealed(context) else ():
        unit = node.properties.get("unit", "").strip()
        if unit != "office":
            yield Found(
                node.xml,
                f"in a sealed process the unit {unit[:40] or '(none)'} could be the one complained "
                "of and read the case; write the property unit with office, the compartment's",
            )


@rule(
    "sealed-role",
    zh="封存的诉求只有封存办公室的人能知道，别的角色在被反映的单位里也有人担任。roles 只写封存办"
    "公室的角色。",
    en="A sealed case is known to the compartment alone; people of the unit complained of may "
    "hold any other role. Name only roles of the compartment.",
)
def sealed_role(context: Context) -> Iterator[Found]:
    """In a sealed process every role sits in the compartment."""
    allowed = context.known.sealed_roles
    if allowed is None or not sealed(context):
        return
    for node in context.nodes("userTask", "manualTask"):
        for role in roles_of(node):
            if role not in allowed:
                yield Found(
                    node.xml,
                    f"in a sealed process the role {role[:60]} may be held in the unit complained "
                    f"of; use a role of the compartment: {', '.join(sorted(allowed))}",
                )


@rule(
    "sealed-operation",
    zh="这个操作会让封存以外的人知道这件诉求。封存流程里删掉它，归档用 case/archive_sealed。",
    en="This operation makes a case known outside of the compartment. Remove it from a sealed "
    "process; to archive, use case/archive_sealed.",
)
def sealed_operation(context: Context) -> Iterator[Found]:
    """A sealed process does nothing that others would learn of."""
    for node in context.nodes("serviceTask") if sealed(context) else ():
        why = _HANDING.get(operation_of(node))
        if why:
            yield Found(
                node.xml,
                f"a sealed process cannot ask for {operation_of(node)}: {why}; remove it",
            )


@rule(
    "sealed-undeclared",
    zh="流程做的是封存的事，却没声明自己是封存流程，就没人检查谁能读到。在流程上加属性 sealed，"
    "值为 yes。",
    en="The process does what only sealed ones do but does not say that it is sealed, so nobody "
    "checks who reads its cases. Give the process the property sealed with the value yes.",
)
def sealed_undeclared(context: Context) -> Iterator[Found]:
    """What seals a case is declared as a sealed process."""
    said = context.properties.get("sealed", "").strip()
    if said and said.lower() not in ("yes", "no"):
        yield Found(context.process, f"sealed is yes or no, not {said[:40]}")
    for node in context.nodes("serviceTask") if not sealed(context) else ():
        if operation_of(node) in _SEALING:
            yield Found(
                node.xml,
                f"{operation_of(node)} is for sealed processes; give the process the property "
                "sealed with the value yes",
            )
