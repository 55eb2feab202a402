"""A tool's words: what each attribute and extension element means, and what stands for it here."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Term:
    """One attribute or element. means: what it says there; instead: what to do here.

    folded: told once a file, since it stands on most elements and nothing is lost without it.
    """

    means: str
    instead: str
    folded: bool = False


@dataclass(frozen=True)
class Tool:
    """A tool. prefix: the one it writes; namespaces: its own; rest: for what is in no table.

    attributes, elements: by name; `kind@name` where a name means something else on one kind of
    element, such as `serviceTask@type`. Elements are those right in `extensionElements`.
    """

    name: str
    prefix: str
    namespaces: tuple[str, ...]
    attributes: Mapping[str, Term]
    elements: Mapping[str, Term] = field(default_factory=dict)
    rest: Term = Term("a setting of its own", "it is ignored here; remove it, or keep it for there")


def terms(term: Term, *names: str) -> dict[str, Term]:
    """Several names with one meaning."""
    return dict.fromkeys(names, term)


# What most engines have ------------------------------------------------------------------------

ASSIGNEE = Term(
    "the person who does the task",
    "tasks are given to roles, not to people: write the property roles, such as clerk",
)
USERS = Term(
    "the people who may do the task",
    "write the property roles; which people have a role is set up under people, not drawn",
)
GROUPS = Term(
    "the groups that may do the task",
    "write the property roles with the roles of these groups, and unit if it is one office's",
)
FORM = Term(
    "the form that is filled in",
    "write the property form with the name of a file forms/NAME.json beside the diagram",
)
FIELDS = Term(
    "fields of a form inside the diagram",
    "put them into a file forms/NAME.json (JSON Schema) and write the property form",
)
DUE = Term(
    "when the task is due",
    "write the property limit with the name of a limit or a budget such as 5 WD",
)
FOLLOW_UP = Term(
    "when to look at the task again", "reminders are rungs of a limit: write the property limit"
)
PRIORITY = Term("the order in a list of tasks", "tasks are ordered by their limit; remove it", True)
JAVA = Term(
    "code that is run",
    "use a service task with spiffworkflow:serviceTaskOperator and one of the operations here, "
    "such as notice/send or slip/issue",
)
WORKER = Term(
    "work for an external worker",
    "use spiffworkflow:serviceTaskOperator with one of the operations here; the effect happens "
    "after the commit and answers with a message",
)
RESULT = Term(
    "the variable the result goes to",
    "operations change facts of the case: read them as case.…; remove it",
)
DECISION = Term(
    "the decision that is asked", "write its id as spiffworkflow:calledDecisionId in this task"
)
DECISION_VERSION = Term(
    "which version of the decision is asked",
    "the decision deployed together with the diagram is asked; remove it",
)
CALLED = Term(
    "the process that is called",
    "write calledElement with the id of a process of this file, or use a sub-process",
)
CALLED_VERSION = Term(
    "which version of the process is called",
    "the process of the same file is called; remove it",
)
MAPPING = Term(
    "variables handed in and out",
    "variables are seen as they are, without mapping; set what is needed in a script task or let "
    "the form give it (x-routing)",
)
COLLECTION = Term(
    "the list a repeated task goes over",
    "name it in bpmn:loopDataInputRef, and the list of results in bpmn:loopDataOutputRef",
)
ITEM = Term(
    "the item of a repeated task",
    "name it as bpmn:inputDataItem, and the result as bpmn:outputDataItem",
)
LISTENER = Term(
    "code run when the element begins or ends",
    "draw what it does: a script task, a service task with an operation, or a message event",
)
SKIP = Term("when the element is left out", "draw an exclusive gateway before it")
STARTER = Term(
    "who may start the process", "who starts it is set up in the pack, not drawn; remove it"
)
ASYNC = Term(
    "where the transaction is cut",
    "every wait of a person, timer or message is a commit of its own here; remove it",
    True,
)
RETRY = Term(
    "how often a failed step is tried again",
    "a failed step becomes an incident, which an operator tries again; remove it",
    True,
)
HISTORY = Term(
    "how long history is kept",
    "history is kept by the kind of record, set up for the city; remove it",
    True,
)
VERSION = Term("a mark of the version", "versions are counted when it is deployed; remove it", True)
TENANT = Term("whose definition it is", "one database is one city; remove it", True)
TEMPLATE = Term("the template it was made from", "it is ignored here and may stay", True)
LOOKS = Term("colours and layout", "only the drawing has use for it, and it may stay", True)
PROPERTIES = Term(
    "properties of its own",
    "write those that matter as spiffworkflow:property; the others are ignored",
)
CODE_VARIABLE = Term(
    "the variable that takes the code",
    "the code is not handed on; give each error or escalation an event and a way of its own",
)
BUSINESS_KEY = Term(
    "the key the instance is known by", "an instance belongs to a case and its number; remove it"
)
SCRIPT_FILE = Term("a script in a file of its own", "write the script into the script task")
CORRELATION = Term(
    "the key by which the message finds its instance",
    "a message is always for the process of one case; remove it",
)
