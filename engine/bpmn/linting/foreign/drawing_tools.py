"""Signavio, Bizagi and Trisotech: tools for drawing, whose files mostly are not meant to run."""

from engine.bpmn.linting.foreign import terms as t
from engine.bpmn.linting.foreign.terms import Term, Tool, terms

_LABEL = Term("the words of a label", "write them as the element's name")

SIGNAVIO = Tool(
    name="Signavio",
    prefix="signavio",
    namespaces=("http://www.signavio.com",),
    attributes={},
    elements={
        "signavioMetaData": t.LOOKS,
        "signavioLabel": _LABEL,
        "signavioType": Term(
            "a kind of element of its own", "choose a kind of BPMN, such as a user task", True
        ),
        "signavioMessageName": Term(
            "the name of a message",
            "write a bpmn:message with this name and refer to it (messageRef)",
        ),
        "signavioDiagramMetaData": Term(
            "notes about the diagram", "write those that matter into bpmn:documentation", True
        ),
    },
    rest=t.LOOKS,
)
BIZAGI = Tool(
    name="Bizagi",
    prefix="bizagi",
    namespaces=("http://www.bizagi.com/bpmn20",),
    attributes={},
    elements={
        "BizagiExtensions": Term(
            "colours, and attributes added in Bizagi (BizagiProperties, "
            "BizagiExtendedAttributeValues)",
            "colours may stay; write what matters of the rest as spiffworkflow:property",
            True,
        )
    },
    rest=t.LOOKS,
)
TRISOTECH = Tool(
    name="Trisotech",
    prefix="triso",
    namespaces=(
        "http://www.trisotech.com/2015/triso/modeling",
        "http://www.trisotech.com/2014/triso/bpmn",
        "http://trisotech.com/feed",
    ),
    attributes={
        "displayName": _LABEL,
        **terms(
            Term("a type of data", "variables have no types in the diagram; forms give them", True),
            "basicType", "definitionType", "parameterType", "name",
        ),
        "collectEnds": Term(
            "whether results of several ends are collected",
            "each end names its outcome: write the property outcome",
        ),
    },
    rest=t.LOOKS,
)  # fmt: skip
