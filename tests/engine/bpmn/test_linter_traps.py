"""What the library refuses late or does silently wrong: each trap, and the rule that tells of it.

What it does right is taken.
"""

import pytest

from engine.bpmn.linter import check, check_table
from tests.engine.bpmn.drawing import (
    boundary,
    catch,
    chain,
    choice,
    end,
    error,
    errors,
    escalation,
    escalations,
    events,
    flow,
    message,
    messages,
    multi,
    node,
    parallel,
    process,
    rule,
    script,
    service,
    start,
    sub,
    table,
    throw,
    timer,
    user,
)  # fmt: skip

SIGNAL = '<bpmn:signalEventDefinition signalRef="x"/>'
COMPENSATE = "<bpmn:compensateEventDefinition/>"
CONDITION = (
    "<bpmn:conditionalEventDefinition><bpmn:condition>a</bpmn:condition>"
    "</bpmn:conditionalEventDefinition>"
)
MULTI = multi("units", "unit", "results", "result")


def line(*parts: str, way: tuple[str, ...] = ("u",), extra: str = "") -> bytes:
    drawn = "" if any('id="u"' in part for part in parts) or "u" not in way else user("u")
    return process(start(), drawn, *parts, end(), chain("s", *way, "e"), extra=extra)


def event_sub(inner: str, interrupting: str = "true") -> bytes:
    begins = node("startEvent", "es", inner, isInterrupting=interrupting)
    body = begins + end("ee") + chain("es", "ee")
    return line(node("subProcess", "x", body, triggeredByEvent="true"), extra=messages("m"))


def split(kind: str, *flows: str, default: str = "g__e") -> bytes:
    return process(start(), choice("g", default, kind), user("u"), end(), end("e2"),
                   chain("s", "g"), *flows, chain("u", "e2"))  # fmt: skip


def repeated(loop: str) -> bytes:
    return line(script("l", "units = case.co_units"), user("u", loop), way=("l", "u"))


def two_stages(code: str, other: str) -> bytes:
    drawn = [
        sub(key, start(f"{key}s"), throw(f"{key}t", escalation(said)), end(f"{key}e"),
            chain(f"{key}s", f"{key}t", f"{key}e"))
        + boundary(f"{key}b", key, escalation(said), False) + end(f"{key}n")
        + flow(f"{key}b", f"{key}n")
        for key, said in (("a", code), ("b", other))
    ]  # fmt: skip
    return process(start(), *drawn, end(), chain("s", "a", "b", "e"),
                   extra=escalations(*sorted({code, other})))  # fmt: skip


def round_again(kind: str) -> bytes:
    fork = parallel("f") if kind == "parallel" else choice("f", "f__v", kind)
    join = parallel("j") if kind == "parallel" else choice("j", kind=kind)
    second = None if kind == "parallel" else "case.ruled"
    return process(start(), choice("m"), fork, user("v"), user("w"), join, choice("x", "x__e"),
                   end(), chain("s", "m", "f", "v", "j", "x", "e"), flow("f", "w", second),
                   chain("w", "j"), flow("x", "m", "case.handle_again"))  # fmt: skip


def help_in_a_loop(interrupting: bool) -> bytes:
    inner = sub("a", start("as"), choice("m"), throw("t", escalation("H")), user("v"),
                choice("x", "x__ae"), end("ae"), chain("as", "m", "t", "v", "x", "ae"),
                flow("x", "m", "case.ruled"))  # fmt: skip
    caught = boundary("b", "a", escalation("H"), interrupting) + end("e2") + flow("b", "e2")
    return line(inner, caught, way=("a",), extra=escalations("H"))


TRAPS = {
    # Refused by the library only when it parses, in its own words.
    "complex gateway": ("refused-element", line(node("complexGateway", "u"))),
    "plain task, which waits for a person": ("refused-element", line(node("task", "u"))),
    "ad-hoc sub-process": ("refused-element", line(node("adHocSubProcess", "u"))),
    "transaction": ("refused-element", line(node("transaction", "u"))),
    "compensation boundary": ("compensation", line(user("u"), boundary("b", "u", COMPENSATE))),
    "two flows from a task": ("implicit-split", line(end("e2"), flow("u", "e2"))),
    "sub-process without a start": (
        "one-start", line(sub("u", user("v"), end("ve"), flow("v", "ve")))),
    "sub-process with two starts": (
        "one-start", line(sub("u", start("a"), start("b"), user("v"), end("ve"),
                              chain("a", "v", "ve"), flow("b", "v")))),
    "sub-process without an end": (
        "no-end", line(sub("u", start("a"), user("v"), flow("a", "v")))),
    "XOR flow without condition": (
        "condition-missing", split("exclusive", flow("g", "e"), flow("g", "u"))),
    "OR flow without condition": (
        "condition-missing", split("inclusive", flow("g", "e"), flow("g", "u"))),
    "no way taken": (
        "default-missing",
        split("exclusive", flow("g", "e", "case.ruled"), flow("g", "u", "case.returned"),
              default="")),
    "called process that is not there": (
        "unknown-process", line(node("callActivity", "u", calledElement="gone"))),
    "decision that is not there": ("unknown-decision", line(rule("u", "gone"))),
    "service without an operator": ("operation-missing", line(node("serviceTask", "u"))),
    "failing service call": ("unknown-operation", line(service("u", "no/such"))),
    # Silently wrong.
    "signal end": (
        "signal-end", process(start(), user("u"), end(inner=SIGNAL), chain("s", "u", "e"))),
    "signal": ("signal", line(catch("u", SIGNAL))),
    "compensation throw": ("compensation", line(throw("u", COMPENSATE))),
    "link event": ("link", line(throw("u", '<bpmn:linkEventDefinition name="l"/>'))),
    "condition on a flow that leaves a task": (
        "condition-on-task",
        process(start(), user("u"), end(), chain("s", "u"), flow("u", "e", "case.ruled"))),
    "event sub-process with an error": (
        "event-subprocess", event_sub("<bpmn:errorEventDefinition/>")),
    "event sub-process that does not interrupt": (
        "event-subprocess", event_sub(message("m"), "false")),
    "event sub-process with a timer": ("event-subprocess", event_sub(timer("5 WD"))),
    "event sub-process with a message": ("event-subprocess", event_sub(message("m"))),
    "receive task without a message": ("message-missing", line(node("receiveTask", "u"))),
    "error end of the process itself": (
        "uncaught", process(start(), user("u"), end(inner=error("E")), chain("s", "u", "e"),
                            extra=errors("E"))),
    "conditional event": ("conditional", line(catch("u", CONDITION))),
    "start that waits": (
        "start-event", process(node("startEvent", "s", timer("5 WD")), user("u"), end(),
                               chain("s", "u", "e"))),
    "several starts": (
        "one-start", process(start(), start("t"), user("u"), end(), chain("s", "u", "e"),
                             flow("t", "u"))),
    "collaboration": (
        "several-processes",
        line(extra='<bpmn:process id="q"><bpmn:startEvent id="qs"/></bpmn:process>')),
    "message correlation": ("correlation", line(extra='<bpmn:correlationProperty id="c"/>')),
    # Bugs met.
    "multi-instance without a list of results": (
        "multi-output",
        repeated(MULTI.replace("<bpmn:loopDataOutputRef>results</bpmn:loopDataOutputRef>", ""))),
    "multi-instance without a result": (
        "multi-output", repeated(MULTI.replace('<bpmn:outputDataItem id="result"/>', ""))),
    "multi-instance by number": (
        "multi-input",
        repeated("<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>3"
                 "</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>")),
    "standard loop": (
        "standard-loop", line(user("u", "<bpmn:standardLoopCharacteristics/>"))),
    # Scopes.
    "code shared by two sub-processes": ("shared-code", two_stages("X", "X")),
    "error without a code": (
        "code-missing",
        line(sub("u", start("a"), end("z"), chain("a", "z")),
             boundary("b", "u", "<bpmn:errorEventDefinition/>"), end("e2"), flow("b", "e2"))),
    "boundary event that is taken once": (
        "fires-once",
        line(boundary("b", "u", message("m"), False), end("e2"), flow("b", "e2"),
             extra=messages("m"))),
    "escalation of a loop that is taken once": ("fires-once", help_in_a_loop(False)),
    # Joins, timers, data.
    "parallel join in a loop": ("join-in-loop", round_again("parallel")),
    "inclusive join in a loop": ("join-in-loop", round_again("inclusive")),
    "two timers behind one event gateway": (
        "two-timers",
        process(start(), events("g"), catch("c", timer("5 WD")), catch("d", timer("3 WD")),
                end(), end("e2"), chain("s", "g", "c", "e"), chain("g", "d", "e2"))),
    "cycle that fires all its rounds at once": (
        "timer-cycle", line(catch("u", timer("R3/PT1H", "timeCycle")))),
    "timer that fails when it is reached": ("timer-text", line(catch("u", timer("P1M")))),
    "script hidden in a task": (
        "hidden-script",
        line(user("u").replace("<spiffworkflow:properties>",
                               "<spiffworkflow:preScript>a = 1</spiffworkflow:preScript>"
                               "<spiffworkflow:properties>", 1))),
    "import in a script": ("expression", line(script("u", "import os"))),
    "walk through attributes": ("expression", line(script("u", "a = ().__class__"))),
    "many elements in a row": (
        "too-many", process(start(), *(user(f"u{n}") for n in range(160)), end(),
                            chain("s", *(f"u{n}" for n in range(160)), "e"))),
}  # fmt: skip


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_is_told_at_its_element(name):
    key, content = TRAPS[name]
    faults = [fault for fault in check("p", content, {}) if fault.rule == key]
    assert faults, name
    assert all(fault.line for fault in faults)


def test_an_interrupting_escalation_is_taken_once_and_that_is_right():
    assert "fires-once" not in {fault.rule for fault in check("p", help_in_a_loop(True), {})}


ROW = ["", "1"]
TABLES = {
    "two decisions": (
        "one-decision",
        table("d", ["x"], ["y"], ROW).replace(b"</definitions>", b"<decision/></definitions>")),
    "unknown hit policy": ("hit-policy", table("d", ["x"], ["y"], ROW, policy="NONSENSE")),
    "first match of all rows": ("hit-policy", table("d", ["x"], ["y"], ROW, policy="PRIORITY")),
    "ignored aggregation": (
        "aggregation",
        table("d", ["x"], ["y"], ROW, policy="COLLECT").replace(
            b"hitPolicy", b'aggregation="SUM" hitPolicy')),
    "literal expression": (
        "one-table",
        b"<definitions><decision id='d'><literalExpression/></decision></definitions>"),
    "no row fits": ("default-row", table("d", ["x"], ["y"], ['"a"', "1"])),
    "two rows of a unique table fit": (
        "rows-overlap", table("d", ["x"], ["y"], ["> 1", "1"], ["> 2", "2"], ["<= 1", "3"],
                              policy="UNIQUE")),
    "FEEL that is never true": ("cell", table("d", ["x"], ["y"], ['"a" or "b"', "1"], ROW)),
    "rows that compare with variables": (
        "default-row", table("d", ["x"], ["y"], ["> other", "1"])),
    "dots in an output": ("output-name", table("d", ["x"], ["y.z"], ROW)),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_a_trap_of_a_decision_is_told(name):
    key, content = TABLES[name]
    assert key in {fault.rule for fault in check_table("d.dmn", content)[1]}


def test_what_the_library_does_right_is_taken():
    content = line(
        node("dataObject", "o"),
        node("dataObjectReference", "r", dataObjectRef="o"),
        node("dataStoreReference", "st"),
        node("receiveTask", "w", messageRef="m"), node("sendTask", "t", messageRef="m"),
        sub("a", start("as"), user("v"), end("ae"), chain("as", "v", "ae")),
        boundary("b", "a", timer("5 WD"), False), end("e2"), flow("b", "e2"),
        repeated_sub(),
        way=("u", "w", "t", "a", "l", "k"), extra=messages("m"),
    )  # fmt: skip
    assert {fault.rule for fault in check("p", content, {}) if fault.severity == "error"} == set()


def repeated_sub() -> str:
    return script("l", "units = case.co_units\nresults = []") + sub(
        "k", start("ks"), script("kx", "result = 1"), end("ke"), chain("ks", "kx", "ke"), MULTI
    )


MEANT = [
    ('"a" or "b"', '"a", "b"'),
    ("urgent help, advice", '"urgent help", "advice"'),
    ("1 to 5", "[1..5]"),
    ("≥ 3", ">= 3"),
    ("<> 3", "not(3)"),
    ("“a”", '"a"'),
    ("= 5", "5"),
]


@pytest.mark.parametrize(("written", "meant"), MEANT)
def test_a_cell_that_cannot_be_read_is_proposed_as_it_was_meant(written, meant):
    faults = check_table("d.dmn", table("d", ["x"], ["y"], [written, "1"], ROW))[1]
    [fault] = [fault for fault in faults if fault.rule == "cell"]
    assert f"did you mean `{meant}`?" in fault.message


def test_a_cell_that_means_nothing_gets_the_forms_there_are():
    faults = check_table("d.dmn", table("d", ["x"], ["y"], ["starts with(?, 1)", "1"], ROW))[1]
    [fault] = [fault for fault in faults if fault.rule == "cell"]
    assert "[1..5]" in fault.message
    assert "FEEL" in fault.message


KINDS = [
    ("case.bounces == '3'", True),
    ("case.bounces + 'a' == case.unit", True),
    ("case.ruled > 2", True),
    ("case.unit in case.bounces", True),
    ("case.bounces in case.unit", True),
    ("not case.ruled == 'yes'", True),
    ("case.co_units - 1 == 2", True),
    ("case.ruled + 1 == 2", True),
    ("case.unit in [-1, days(2)]", False),
    ("1 < case.bounces < 5", False),
    ("case.unit in case.co_units", False),
    ("case.unit + 'a' == case.first_unit", False),
    ("case.ruled == 1", False),
    ("x == '3' and x + 1 > 2", False),
]


@pytest.mark.parametrize(("source", "wrong"), KINDS)
def test_values_of_two_kinds_are_not_compared(source, wrong):
    written = source.replace("<", "&lt;").replace(">", "&gt;")
    content = split("exclusive", flow("g", "e"), flow("g", "u", written))
    assert ("expression-type" in {fault.rule for fault in check("p", content, {})}) is wrong
