"""Flowable and Activiti, one family with the same words."""

from engine.bpmn.linting.foreign import terms as t
from engine.bpmn.linting.foreign.terms import Term, Tool, terms

_RULES = Term("rules of a rule engine", "put them into a decision table and write calledDecisionId")
_CASE = Term("a case model that is called", "case models are not run here; use a sub-process")
_EVENT = Term(
    "an event of the event registry",
    "send or wait for a message (bpmn:message with a name) instead",
)
_ATTRIBUTES = {
    "assignee": t.ASSIGNEE,
    "owner": t.ASSIGNEE,
    "candidateUsers": t.USERS,
    "candidateGroups": t.GROUPS,
    **terms(t.FORM, "formKey", "formHandlerClass"),
    "formFieldValidation": Term(
        "whether the form is checked", "answers are always checked against their form; remove it"
    ),
    "dueDate": t.DUE,
    "businessCalendarName": Term(
        "the calendar by which a due date is counted",
        "limits in WD count working days by the city's calendar; write the property limit",
    ),
    "priority": t.PRIORITY,
    "category": Term("a label of the task", "it is ignored here; remove it", True),
    **terms(t.JAVA, "class", "delegateExpression", "expression", "extensionId"),
    **terms(t.WORKER, "type", "topic", "triggerable"),
    **terms(t.RESULT, "resultVariable", "resultVariableName", "useLocalScopeForResultVariable",
            "storeResultVariableAsTransient"),
    "autoStoreVariables": Term(
        "whether a script keeps its variables", "what a script sets is kept; remove it"
    ),
    "skipExpression": t.SKIP,
    **terms(_RULES, "rules", "ruleVariablesInput", "exclude"),
    "calledElementType": t.CALLED_VERSION,
    **terms(t.MAPPING, "inheritVariables", "useLocalScopeForOutParameters"),
    **terms(t.BUSINESS_KEY, "businessKey", "inheritBusinessKey", "processInstanceName",
            "idVariableName"),
    **terms(t.TENANT, "fallbackToDefaultTenant", "sameDeployment"),
    **terms(_CASE, "caseDefinitionKey", "caseInstanceName"),
    "collection": t.COLLECTION,
    "elementVariable": t.ITEM,
    "elementIndexVariable": Term(
        "the number of the item", "items are not numbered here; carry what is needed in the item"
    ),
    "endDate": Term(
        "when a repeating timer ends", "repeats are rungs of a limit: write its name"
    ),
    **terms(
        Term("the variable that takes the task's id", "a task's id is not seen here; remove it"),
        "taskIdVariableName", "activeTaskIdVariableName",
    ),
    **terms(t.CODE_VARIABLE, "errorVariableName", "errorVariableLocalScope",
            "errorVariableTransient"),
    "initiator": Term(
        "the variable that takes who started it", "read the facts of the case instead"
    ),
    **terms(t.STARTER, "candidateStarterUsers", "candidateStarterGroups"),
    "terminateAll": Term(
        "whether calling processes end, too", "an end event ends its own level; remove it"
    ),
    **terms(t.ASYNC, "async", "exclusive", "asyncLeave", "asyncLeaveExclusive", "completeAsync",
            "isEagerExecutionFetching"),
    "history": t.HISTORY,
}  # fmt: skip
_ELEMENTS = {
    "formProperty": t.FIELDS,
    **terms(t.LISTENER, "executionListener", "taskListener", "eventListener"),
    **terms(t.MAPPING, "in", "out"),
    **terms(t.JAVA, "field", "httpRequestHandler", "httpResponseHandler"),
    **terms(_EVENT, "eventType", "triggerEventType", "eventInParameter", "eventOutParameter",
            "eventCorrelationParameter", "triggerEventCorrelationParameter",
            "sendSynchronously", "channelKey"),
    "customResource": t.USERS,
    "potentialStarter": t.STARTER,
    "collection": t.COLLECTION,
    "failedJobRetryTimeCycle": t.RETRY,
    "properties": t.PROPERTIES,
}  # fmt: skip

FLOWABLE = Tool(
    name="Flowable",
    prefix="flowable",
    namespaces=("http://flowable.org/bpmn",),
    attributes=_ATTRIBUTES,
    elements=_ELEMENTS,
)
FLOWABLE_MODELER = Tool(
    name="Flowable Modeler",
    prefix="modeler",
    namespaces=("http://flowable.org/modeler", "http://activiti.com/modeler"),
    attributes={},
    rest=t.LOOKS,
)
ACTIVITI = Tool(
    name="Activiti",
    prefix="activiti",
    namespaces=("http://activiti.org/bpmn",),
    attributes=_ATTRIBUTES,
    elements=_ELEMENTS,
)
