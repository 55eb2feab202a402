"""Camunda 8: everything is an extension element of the namespace zeebe."""

from engine.bpmn.linting.foreign import terms as t
from engine.bpmn.linting.foreign.terms import Term, Tool, terms

CAMUNDA_8 = Tool(
    name="Camunda 8",
    prefix="zeebe",
    namespaces=("http://camunda.org/schema/zeebe/1.0",),
    attributes={
        **terms(t.TEMPLATE, "modelerTemplate", "modelerTemplateVersion", "modelerTemplateIcon"),
        "retryCounter": t.RETRY,
    },
    elements={
        "assignmentDefinition": Term(
            "who does the task (assignee, candidateGroups, candidateUsers)",
            "write the property roles, such as clerk, and unit if it is one office's",
        ),
        "formDefinition": t.FORM,
        "userTaskForm": t.FIELDS,
        "userTask": Term(
            "that the engine itself keeps the task", "all user tasks are kept here; remove it", True
        ),
        "taskSchedule": t.DUE,
        "priorityDefinition": t.PRIORITY,
        "taskDefinition": t.WORKER,
        "taskHeaders": Term(
            "constants for the worker",
            "give them as spiffworkflow:parameter of the operation, if it takes them",
        ),
        "calledDecision": t.DECISION,
        "calledElement": t.CALLED,
        "ioMapping": t.MAPPING,
        "script": Term(
            "an expression in FEEL with a result",
            "write it into bpmn:script as result = expression",
        ),
        "loopCharacteristics": Term(
            "the lists and items of a repeated task (inputCollection, inputElement, "
            "outputCollection, outputElement)",
            "write bpmn:loopDataInputRef, bpmn:inputDataItem, bpmn:loopDataOutputRef and "
            "bpmn:outputDataItem",
        ),
        "subscription": t.CORRELATION,
        **terms(t.LISTENER, "executionListeners", "taskListeners"),
        "conditionalFilter": Term(
            "when a condition is looked at",
            "conditional events cannot be used; use a message event or a gateway",
        ),
        "adHoc": Term(
            "which inner elements run", "ad-hoc sub-processes cannot be used; draw the order"
        ),
        "versionTag": t.VERSION,
        "properties": t.PROPERTIES,
    },
)
CAMUNDA_MODELER = Tool(
    name="Camunda Modeler",
    prefix="modeler",
    namespaces=("http://camunda.org/schema/modeler/1.0",),
    attributes=terms(
        Term("the engine it was drawn for", "it is ignored here and may stay", True),
        "executionPlatform", "executionPlatformVersion",
    ),
)  # fmt: skip
