"""Diagrams drawn for other engines: each word is told with what it means and what replaces it."""

from collections import Counter
from pathlib import Path

import pytest

from engine.bpmn.allow_list import compiled
from engine.bpmn.linter import check, check_table
from engine.bpmn.linting.foreign.finding import NAMESPACES, TOOLS
from engine.bpmn.linting.foreign.translating import translated, translated_timer
from engine.bpmn.linting.registry import RULES
from engine.bpmn.parser import parse
from engine.bpmn.service_tasks import OPERATIONS
from engine.errors import InvalidDiagram
from tests.engine.bpmn.drawing import chain, end, process, start, table, user

FILES = Path(__file__).parent / "foreign"
KEYS = {"camunda_7": "street_light", "camunda_8": "street_light"}


def told(name):
    """Faults of a file of another tool."""
    content = (FILES / f"{name}.bpmn").read_bytes()
    return check(KEYS.get(name, "leave"), content, {})


# What is told, per element: the rule, and a part of the message.
EXPECTED = {
    "camunda_7": {
        "street_light": ["camunda:candidateStarterGroups", "camunda:historyTimeToLive"],
        "reported": ["camunda:initiator", "camunda:asyncAfter"],
        "triage": [
            'camunda:assignee="${starter}" is in Camunda 7 the person who does the task; tasks are '
            "given to roles, not to people: write the property roles",
            "camunda:candidateGroups",
            "write the property form",
            "write the property limit",
            "camunda:taskListener",
            "camunda:formData",
        ],
        "rate": ["spiffworkflow:calledDecisionId", "camunda:mapDecisionResult"],
        "send_crew": ["spiffworkflow:serviceTaskOperator", "camunda:inputOutput"],
        "plan": ['camunda:topic="planning" is in Camunda 7 work for an external worker'],
        "repair": ["bpmn:loopDataInputRef", "bpmn:inputDataItem", "camunda:candidateUsers"],
        "late": ["the timer `${repairTime}` is JUEL; write a limit's name"],
        "tell": ["camunda:calledElementBinding", 'camunda:in (source="grade"', "camunda:out"],
        "done": ["camunda:executionListener"],
        "is_urgent": ["here it is written severity == 'high' and lamps_out > 3"],
    },
    "camunda_8": {
        "Message_crew": ['zeebe:subscription (correlationKey="=report_id")'],
        "triage": [
            "zeebe:formDefinition",
            "write the property roles",
            "write the property limit",
            "zeebe:taskListeners",
            "zeebe:userTask",
        ],
        "rate": ['zeebe:calledDecision (decisionId="light_severity"'],
        "send_crew": ['zeebe:taskDefinition (type="crew", retries="3")', "zeebe:ioMapping"],
        "plan": ["write it into bpmn:script"],
        "repair": ["bpmn:loopDataInputRef, bpmn:inputDataItem"],
        "late": ['the timer `=duration("P2D")` is FEEL; write P2D'],
        "tell": ["write calledElement with the id of a process of this file"],
        "is_urgent": ['here it is written severity == "high" and lamps_out > 3'],
    },
    "flowable": {
        "leave": ["flowable:candidateStarterGroups", "flowable:eventListener"],
        "asked": ["flowable:formKey", "flowable:formFieldValidation"],
        "approve": [
            'flowable:assignee="$INITIATOR"',
            "flowable:businessCalendarName",
            "draw an exclusive gateway before it",
            "flowable:formProperty",
            "modeler:initiator-can-complete",
        ],
        "f3": ['here it is written opinion == "yes" and not (days_off > 30)'],
        "book": ["flowable:class", "flowable:resultVariableName", "flowable:field"],
        "mail": ['flowable:type="mail"'],
        "refused": ["flowable:terminateAll"],
    },
    "activiti": {
        "asked": ["activiti:initiator"],
        "approve": ["activiti:assignee", "activiti:collection", "here it is written signed =="],
        "count": ["activiti:autoStoreVariables"],
        "rules": ["put them into a decision table"],
    },
    "trisotech": {
        "_9d9f2b30-0004-4f1c-8b8a-7d4f3e2c1b01": ['triso:displayName="登记来信"'],
        "_9d9f2b30-0001-4f1c-8b8a-7d4f3e2c1b01": ["triso:readOnly (on 6 elements)"],
    },
}


@pytest.mark.parametrize("name", EXPECTED)
def test_each_word_of_another_tool_is_told_at_its_element(name):
    faults = told(name)
    for element, parts in EXPECTED[name].items():
        at = [fault.message for fault in faults if fault.element == element]
        for part in parts:
            assert any(part in message for message in at), f"{element}: {part} not in {at}"
    assert all(fault.line for fault in faults)
    assert "foreign-extension" not in {fault.rule for fault in faults}


@pytest.mark.parametrize("name", EXPECTED)
def test_nothing_is_told_twice(name):
    counted = Counter(
        (fault.element, fault.message)
        for fault in told(name)
        if fault.rule in TOOLS or fault.rule == "foreign-expression"
    )
    assert set(counted.values()) == {1}


DRAWINGS = ["signavio", "bizagi", "collaboration_only"]


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_is_one_clear_fault(name):
    [fault] = told(name)
    assert fault.rule == "drawing"
    assert fault.message.startswith("a drawing, not a process: kept as a drawing; to run it, ")
    assert fault.element or fault.line
    with pytest.raises(InvalidDiagram):
        parse("leave", (FILES / f"{name}.bpmn").read_bytes(), {})


STRAIGHT = process(start(), user("u"), end(), chain("s", "u", "e"))


@pytest.mark.parametrize(
    ("content", "drawing"),
    [
        (STRAIGHT, False),
        (STRAIGHT.replace(b'isExecutable="true"', b'isExecutable="false"'), True),
        (STRAIGHT.replace(b'isExecutable="true"', b""), False),
        (STRAIGHT.replace(b'id="definitions"', b'id="d" exporter="Bizagi Modeler"'), False),
        (process(), False),
        (process().replace(b'isExecutable="true"', b""), True),
    ],
)
def test_what_is_meant_to_run_is_no_drawing(content, drawing):
    rules = [fault.rule for fault in check("p", content, {})]
    assert (rules == ["drawing"]) is drawing


@pytest.mark.parametrize("namespace", sorted(NAMESPACES))
def test_an_unknown_word_of_a_known_tool_is_told_too(namespace):
    content = STRAIGHT.replace(
        b'id="u"', f'id="u" xmlns:t="{namespace}" t:inventedLately="7"'.encode()
    )
    [fault] = [fault for fault in check("p", content, {}) if fault.element == "u"
               and fault.rule in TOOLS]  # fmt: skip
    assert "inventedLately" in fault.message
    assert fault.severity == "warning"


def test_colours_of_a_drawing_are_told_once():
    tasks = "".join(
        f'<bpmn:userTask id="u{n}"><bpmn:extensionElements><s:signavioMetaData '
        f'xmlns:s="http://www.signavio.com" metaKey="bgcolor"/></bpmn:extensionElements>'
        "</bpmn:userTask>"
        for n in range(50)
    )
    [fault] = [fault for fault in check("p", process(tasks), {}) if fault.rule == "signavio"]
    assert "(on 50 elements)" in fault.message


@pytest.mark.parametrize("rule", TOOLS)
def test_the_tables_say_what_to_do(rule):
    assert RULES[rule].severity == "warning"
    for tool in TOOLS[rule]:
        for term in (*tool.attributes.values(), *tool.elements.values(), tool.rest):
            assert term.means
            assert term.instead
            assert not term.means.endswith(".")
            for word in term.instead.replace(",", " ").split():
                if "/" in word and word.count("/") == 1 and word.islower():
                    assert word in OPERATIONS, word


TRANSLATED = {
    "${a == 1}": "a == 1",
    "#{ a eq 'x' }": "a == 'x'",
    '${a == "x" && b != null}': 'a == "x" and b != None',
    "${a || b and not c}": "a or b and not c",
    "${!approved}": "not approved",
    "${!(a && b)}": "not (a and b)",
    "${a gt 3 and b le 4.5}": "a > 3 and b <= 4.5",
    "${(a + 1) * 2 >= b mod 3}": "(a + 1) * 2 >= b % 3",
    "= a = 1": "a == 1",
    '=status = "open" or done': 'status == "open" or done',
    "=not(a) and b": "not (a) and b",
    "=a != null": "a != None",
    "=类别 = \"噪声\"": '类别 == "噪声"',
    # What could mean something else is not translated.
    "${order.total > 3}": None,
    "${execution.getVariable('x')}": None,
    "${bean.check(a)}": None,
    "${check(a)}": None,
    "${empty a}": None,
    "${a ? b : c}": None,
    "${a} and ${b}": None,
    "Dear ${name}": None,
    "${a == '5'}": None,
    "${a == 'true'}": None,
    "${!a == b}": None,
    "${a == b == c}": None,
    "${a b}": None,
    "${nrOfCompletedInstances > 1}": None,
    "${}": None,
    "=if a then b else c": None,
    "=a in [1..5]": None,
    "=count(items) > 3": None,
    "=now()": None,
    "=some x in y satisfies x > 1": None,
    '=a = "say \\"hi\\""': None,
    "=a.b": None,
    "={a: 1}": None,
    "=a and": None,
    "=": None,
    "a == 1": None,
}  # fmt: skip


@pytest.mark.parametrize("source", TRANSLATED)
def test_an_expression_is_translated_where_that_is_certain(source):
    ours = translated(source)
    assert ours == TRANSLATED[source]
    if ours is not None:
        compiled(ours)


@pytest.mark.parametrize(
    ("source", "ours"),
    [('=duration("P2D")', "P2D"), ('="PT2H"', "PT2H"), ("= due", None), ('=duration("P1M")', None)],
)
def test_a_timer_in_feel_is_translated(source, ours):
    assert translated_timer(source) == ours


RULE = "foreign-decision"


def test_what_camunda_adds_to_a_decision_is_told_at_its_element():
    plain = table("d", ["case.kind"], ["g"], ['"a"', "1"], ["", "2"])
    content = plain.replace(
        b'<input id="i0"',
        b'<input xmlns:c="http://camunda.org/schema/1.0/dmn" c:inputVariable="kind" id="i0"',
    ).replace(b'<inputExpression id="x0"', b'<inputExpression expressionLanguage="juel" id="x0"')
    told = {f.element: f.message for f in check_table("d", content)[1] if f.rule == RULE}
    assert "in a cell write ? where the input stands" in told["i0"]
    assert "expressionLanguage juel is not spoken here" in told["x0"]
    assert not [f for f in check_table("d", plain)[1] if f.rule == RULE]
