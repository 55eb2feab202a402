"""What Camunda and Flowable add to decision tables."""

from engine.bpmn.linting.foreign import terms as t
from engine.bpmn.linting.foreign.terms import Term, Tool, terms

_INPUT = Term(
    "another name for the input inside its cells", "in a cell write ? where the input stands"
)
_ATTRIBUTES = {
    "inputVariable": _INPUT,
    "historyTimeToLive": t.HISTORY,
    "versionTag": t.VERSION,
    **terms(t.TEMPLATE, "diagramRelationId", "modelerTemplate"),
}

DECISION_TOOLS = (
    Tool(
        name="Camunda",
        prefix="camunda",
        namespaces=("http://camunda.org/schema/1.0/dmn",),
        attributes=_ATTRIBUTES,
    ),
    Tool(
        name="Flowable",
        prefix="flowable",
        namespaces=("http://flowable.org/dmn",),
        attributes=_ATTRIBUTES,
    ),
)
