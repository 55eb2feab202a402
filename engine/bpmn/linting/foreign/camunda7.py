"""Camunda 7, and what was made from it (Operaton, CIB seven, eximeeBPMS)."""

from engine.bpmn.linting.foreign import terms as t
from engine.bpmn.linting.foreign.terms import Term, Tool, terms

CAMUNDA_7 = Tool(
    name="Camunda 7",
    prefix="camunda",
    namespaces=("http://camunda.org/schema/1.0/bpmn",),
    attributes={
        "assignee": t.ASSIGNEE,
        "candidateUsers": t.USERS,
        "candidateGroups": t.GROUPS,
        **terms(t.FORM, "formKey", "formRef"),
        **terms(
            Term("which version of the form", "the form beside the diagram is used; remove it"),
            "formRefBinding", "formRefVersion",
        ),
        "formHandlerClass": t.FORM,
        "dueDate": t.DUE,
        "followUpDate": t.FOLLOW_UP,
        "priority": t.PRIORITY,
        **terms(t.JAVA, "class", "delegateExpression", "expression"),
        **terms(t.WORKER, "type", "topic"),
        "resultVariable": t.RESULT,
        "resource": t.SCRIPT_FILE,
        "decisionRef": t.DECISION,
        **terms(t.DECISION_VERSION, "decisionRefBinding", "decisionRefVersion",
                "decisionRefVersionTag"),
        "mapDecisionResult": Term(
            "the shape of the decision's result",
            "each output becomes a variable of its name; a table with COLLECT gives lists",
        ),
        **terms(t.CALLED_VERSION, "calledElementBinding", "calledElementVersion",
                "calledElementVersionTag"),
        **terms(t.TENANT, "calledElementTenantId", "decisionRefTenantId", "caseTenantId"),
        **terms(
            Term("a case model that is called", "case models are not run here; use a sub-process"),
            "caseRef", "caseBinding", "caseVersion",
        ),
        **terms(t.MAPPING, "variableMappingClass", "variableMappingDelegateExpression"),
        "collection": t.COLLECTION,
        "elementVariable": t.ITEM,
        **terms(t.CODE_VARIABLE, "errorCodeVariable", "errorMessageVariable", "errorMessage",
                "escalationCodeVariable"),
        **terms(
            Term("when a condition is looked at", "conditional events cannot be used; use a "
                 "message event or a gateway"),
            "variableName", "variableEvents",
        ),
        "initiator": Term(
            "the variable that takes who started it", "read the facts of the case instead"
        ),
        **terms(t.STARTER, "candidateStarterGroups", "candidateStarterUsers",
                "isStartableInTasklist"),
        **terms(t.ASYNC, "async", "asyncBefore", "asyncAfter", "exclusive"),
        **terms(t.PRIORITY, "jobPriority", "taskPriority"),
        "historyTimeToLive": t.HISTORY,
        "versionTag": t.VERSION,
        **terms(t.TEMPLATE, "modelerTemplate", "modelerTemplateVersion", "diagramRelationId"),
    },
    elements={
        **terms(t.FIELDS, "formData", "formProperty"),
        "inputOutput": t.MAPPING,
        **terms(t.MAPPING, "in", "out"),
        **terms(t.LISTENER, "executionListener", "taskListener"),
        "connector": t.JAVA,
        "field": t.JAVA,
        "errorEventDefinition": Term(
            "an error for what a worker reports",
            "an operation that fails is an incident; draw an error event on a sub-process",
        ),
        "potentialStarter": t.STARTER,
        "failedJobRetryTimeCycle": t.RETRY,
        "properties": t.PROPERTIES,
    },
)  # fmt: skip
