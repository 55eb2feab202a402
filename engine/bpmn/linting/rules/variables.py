"""Rules of routing variables: set on every way before they are read."""

import itertools
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from engine.bpmn.expressions import nearest
from engine.bpmn.linting.context import Context
from engine.bpmn.linting.registry import Found, rule
from engine.bpmn.linting.scopes import Node, reached
from engine.facts import FACTS


@rule(
    "variable-not-set",
    zh="有一条路走到这里时变量还没有值，这类诉求会停在这里出故障。在每条路上先给它值，或者改读 c"
    "ase 的事实；由启动者给的写进流程属性 given。",
    en="On some way here the variable has no value yet, and such a case stops with an incident. "
    "Set it on every way, read a fact of the case instead, or name it in the process's "
    "property given if whoever starts the process gives it.",
)
def variable_not_set(context: Context) -> Iterator[Found]:
    """What is read is set before, on every way."""
    for node, name, known, elsewhere in context.unset:
        if node.kind.endswith("Gateway") or elsewhere:
            where = "on every path to here" if elsewhere else "anywhere"
            written = context.variables.written if context.variables else set()
            hint = "" if elsewhere else nearest(name, known | written)
            yield Found(
                node.xml,
                f"{name[:60]} is read here but not set {where}{hint}; set it before, read a fact "
                "(case.…), or name it in the process's property given",
            )


@rule(
    "variable-given",
    "warning",
    zh="图里没有一处给这个变量值；写错了名字，走到这里就出故障。由启动者给的，写进流程属性 given。",
    en="Nothing in the diagram sets this variable; if its name is wrong, a case stops here. If "
    "whoever starts the process gives it, name it in the process's property given.",
)
def variable_given(context: Context) -> Iterator[Found]:
    """What the starter gives is named in given."""
    if context.variables is None or context.variables.unknown_writes:
        return
    for node, name, _known, elsewhere in context.unset:
        if not node.kind.endswith("Gateway") and not elsewhere:
            yield Found(
                node.xml,
                f"{name[:60]} is set nowhere in this diagram; if whoever starts the process gives "
                "it, name it in the process's property given",
            )


@rule(
    "parallel-writes",
    "warning",
    zh="并行的两条路给同一个变量赋值，汇合时后到的那条说了算，先到的就丢了。各用各的名字，或者写"
    "进诉求的事实。",
    en="Two ways that run side by side set the same variable: at the join the way that comes "
    "last wins, and the other's value is lost. Use a name for each, or a fact of the case.",
)
def parallel_writes(context: Context) -> Iterator[Found]:
    """What ways side by side set is not lost where they join."""
    if context.variables is None:
        return
    for node in context.gateways("parallelGateway", "inclusiveGateway"):
        scope = context.scope_of(node)
        ways = [reached(scope, [flow.target]) for flow in node.outgoing]
        if len(ways) < 2:
            continue
        sets = {key: _sets(context, scope.nodes[key]) for key in set().union(*ways)}
        for one, other in itertools.permutations(ways, 2):
            beside = set().union(*(sets[key] for key in other - one))
            for key in sorted(one - other) if beside else ():
                for name in sorted(sets[key] & beside):
                    yield Found(
                        scope.nodes[key].xml,
                        f"{name[:60]} is set here and on a way beside it; the way that comes last "
                        "wins: use a name for each, or a fact of the case",
                    )


def _sets(context: Context, node: Node) -> AbstractSet[str]:
    """The routing variables that a node sets, as far as it is known.

    Facts are left out: they stand in the case, and a join does not bring old ones back.
    """
    adds = context.variables.adds(node) if context.variables else None
    return (adds or set()) - FACTS.keys()
