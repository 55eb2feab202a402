"""Each rule of the linter, on a diagram that breaks it and on one that does not."""

import pytest

from engine.bpmn.execution import Execution
from engine.bpmn.linter import Fault, check
from engine.bpmn.parser import parse
from tests.engine.bpmn.drawing import (
    SKETCHED,
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
    extensions,
    facts,
    flow,
    message,
    messages,
    multi,
    node,
    parallel,
    process,
    properties,
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

FORMS = {"u": {"opinion"}, "v": {"judgement"}, "co": {"result"}, "plain": set()}
LIMITS = {"handling", "contact"}
ROLES = {"clerk", "handler"}
GRADE = table("grade", ["case.kind"], ["class_key"], ['"help"', '"a"'], ["", '"b"'])


def lint(content: bytes, key: str = "p", **known) -> list[Fault]:
    """What the linter says of a diagram, except what it says of every sketch."""
    given = {"forms": FORMS, "limits": LIMITS, "roles": ROLES, **known}
    found = check(key, content, {"grade.dmn": GRADE}, **given)
    return [fault for fault in found if fault.rule not in SKETCHED]


def straight(*parts: str, way: tuple[str, ...] = ("u",), extra: str = "") -> bytes:
    """Start, what is given, end; `way` are the ids between."""
    drawn = user("u") if way == ("u",) and not any('id="u"' in p for p in parts) else ""
    return process(start(), drawn, *parts, end(), chain("s", *way, "e"), extra=extra)


def gateway(*flows: str, default: str = "g__e", kind: str = "exclusive") -> bytes:
    return process(
        start(), user("u"), choice("g", default, kind), user("v"), end(), end("e2"),
        chain("s", "u", "g"), *flows, chain("v", "e2"),
    )  # fmt: skip


def looping(*inner: str, after: str = "") -> bytes:
    return process(
        start(), choice("m"), *inner, user("u"), choice("x", "x__e"), end(), after,
        flow("x", "m", "opinion == 1"), flow("x", "e"), chain("u", "x"), chain("s", "m"),
    )  # fmt: skip


def around(*inner: str, extra: str = "", more: str = "") -> bytes:
    return process(
        start(), sub("a", start("as"), *inner, end("ae")), more, end(), chain("s", "a", "e"),
        extra=extra,
    )  # fmt: skip


def co(loop: str) -> bytes:
    return straight(
        script("l", "units = case.co_units\nresults = []"), user("co", loop), way=("l", "co")
    )


CONDITION = (
    "<bpmn:conditionalEventDefinition><bpmn:condition>a</bpmn:condition>"
    "</bpmn:conditionalEventDefinition>"
)
SIGNAL = '<bpmn:signalEventDefinition signalRef="x"/>'
GOOD_MULTI = multi("units", "unit", "results", "result")

BAD: dict[str, list[bytes]] = {
    "not-bpmn": [b"<definitions/>", b"<html/>"],
    "process-key": [process(start(), user("u"), end(), chain("s", "u", "e"), key="other")],
    "several-processes": [
        straight(extra='<bpmn:process id="q"><bpmn:startEvent id="qs"/></bpmn:process>')
    ],
    "drawing": [straight().replace(b'isExecutable="true"', b'isExecutable="false"')],
    "not-executable": [
        straight(
            node("callActivity", "u", calledElement="q"),
            extra='<bpmn:process id="q" isExecutable="false"><bpmn:startEvent id="qs"/>'
            '<bpmn:endEvent id="qe"/><bpmn:sequenceFlow id="qf" sourceRef="qs" targetRef="qe"/>'
            "</bpmn:process>",
        )
    ],
    "duplicate-id": [process(start(), user("u"), end(), end("u"), chain("s", "u", "e"))],
    "id-missing": [straight().replace(b'<bpmn:userTask id="u"', b"<bpmn:userTask")],
    "bad-id": [
        process(start(), user("End"), end(), chain("s", "End", "e")),
        process(start(), user("a.b"), end(), chain("s", "a.b", "e")),
        straight(extra='<bpmn:message id="a]b" name="m"/>'),
    ],
    "misplaced": [
        straight(user("u", flow("u", "e", key="odd"))),
        straight(user("u"), boundary("b", "u", timer("5 WD") + GOOD_MULTI), end("e2"),
                 flow("b", "e2")),
    ],
    "refused-element": [
        straight(node("complexGateway", "u")),
        straight(node("adHocSubProcess", "u")),
        straight(node("transaction", "u")),
        straight(node("task", "u")),
        straight(node("choreographyTask", "u")),
    ],
    "event-subprocess": [straight(node("subProcess", "es", start("es1"), triggeredByEvent="true"))],
    "compensation": [
        straight(throw("u", "<bpmn:compensateEventDefinition/>")),
        straight(user("u"), boundary("b", "u", "<bpmn:compensateEventDefinition/>")),
        straight(node("userTask", "u", isForCompensation="true")),
    ],
    "link": [straight(throw("u", '<bpmn:linkEventDefinition name="l"/>'))],
    "conditional": [
        straight(catch("u", CONDITION)),
        straight(user("u"), boundary("b", "u", CONDITION), end("e2"), chain("b", "e2")),
    ],
    "signal": [
        straight(throw("u", SIGNAL)),
        straight(catch("u", SIGNAL)),
        straight(user("u"), boundary("b", "u", SIGNAL)),
    ],
    "signal-end": [process(start(), user("u"), end(inner=SIGNAL), chain("s", "u", "e"))],
    "message-end": [
        process(start(), user("u"), end(inner=message("m")), chain("s", "u", "e"),
                extra=messages("m")),
    ],
    "cancel": [process(start(), end(inner="<bpmn:cancelEventDefinition/>"), chain("s", "e"))],
    "start-event": [
        process(node("startEvent", "s", message("m")), end(), chain("s", "e"), extra=messages("m")),
        process(node("startEvent", "s", timer("5 WD")), end(), chain("s", "e")),
    ],
    "multiple-events": [
        straight(catch("u", message("m") + timer("5 WD")), extra=messages("m")),
    ],
    "event-without-trigger": [straight(catch("u", "")), straight(throw("u", ""))],
    "timer-cycle": [straight(catch("u", timer("R3/PT1H", "timeCycle")))],
    "timer-text": [
        straight(catch("u", timer("P1M"))),
        straight(catch("u", timer(""))),
        straight(catch("u", timer("five days"))),
        straight(catch("u", timer("2026-12-01T09:00:00", "timeDate"))),
        straight(catch("u", "<bpmn:timerEventDefinition/>")),
    ],
    "unknown-limit": [
        straight(catch("u", timer("handlin", "timeDate"))),
        straight(catch("u", timer('limit("handlin")', "timeDate"))),
        straight(user("u", limit="handlin")),
        straight(user("u", limit="five days")),
        straight(service("u", "ledger/extend", limit='"handlin"', days="5")),
    ],
    "clock": [straight(user("u", clock="city"))],
    "message-missing": [
        straight(node("receiveTask", "u")),
        straight(node("receiveTask", "u", messageRef="gone")),
        straight(node("sendTask", "u")),
        straight(catch("u", "<bpmn:messageEventDefinition/>")),
        straight(catch("u", message("m")), extra='<bpmn:message id="m"/>'),
    ],
    "message-payload": [
        straight(
            catch("u", message("m")),
            extra='<bpmn:message id="m" name="m"><bpmn:extensionElements><spiffworkflow:'
            "messageVariable>x</spiffworkflow:messageVariable></bpmn:extensionElements>"
            "</bpmn:message>",
        )
    ],
    "correlation": [straight(extra='<bpmn:correlationProperty id="c"/>')],
    "code-missing": [
        around(user("u"), chain("as", "u", "ae"),
               more=boundary("b", "a", "<bpmn:errorEventDefinition/>") + end("e2") + flow("b",
                   "e2")),
    ],
    "shared-code": [
        process(
            start(),
            *(sub(k, start(f"{k}s"), throw(f"{k}t", escalation("X")), end(f"{k}e"),
                  chain(f"{k}s", f"{k}t", f"{k}e")) for k in "ab"),
            *(boundary(f"{k}b", k, escalation("X"), False) + end(f"{k}n") + flow(f"{k}b", f"{k}n")
              for k in "ab"),
            end(), chain("s", "a", "b", "e"), extra=escalations("X"),
        ),
    ],
    "uncaught": [
        process(start(), end(inner=error("E")), chain("s", "e"), extra=errors("E")),
        around(throw("t", escalation("X")), chain("as", "t", "ae"), extra=escalations("X")),
    ],
    "boundary-host": [straight(boundary("b", "nothing", timer("5 WD")), end("e2"), flow("b",
        "e2"))],
    "boundary-never": [
        straight(script("u", "a = 1"), boundary("b", "u", timer("5 WD")), end("e2"), flow("b",
            "e2")),
        straight(user("u"), boundary("b", "u", error("E")), end("e2"), flow("b", "e2"),
                 extra=errors("E")),
    ],
    "boundary-incoming": [
        straight(user("u"), boundary("b", "u", timer("5 WD")), choice("g", "g__e2"), end("e2"),
                 flow("b", "g"), flow("g", "b", "True"), flow("g", "e2")),
    ],
    "error-interrupts": [
        around(user("u"), chain("as", "u", "ae"), extra=errors("E"),
               more=boundary("b", "a", error("E"), False) + end("e2") + flow("b", "e2")),
    ],
    "fires-once": [
        straight(user("u"), boundary("b", "u", message("m"), False), end("e2"), flow("b", "e2"),
                 extra=messages("m")),
    ],
    "one-start": [
        process(user("u"), end(), chain("u", "e")),
        process(start(), start("s2"), user("u"), end(), chain("s", "u", "e"), flow("s2", "u")),
        process(start(), sub("a", user("u"), end("ae"), flow("u", "ae")), end(), chain("s", "a",
            "e")),
    ],
    "no-end": [
        process(start(), user("u"), chain("s", "u")),
        process(start(), sub("a", start("as"), user("u"), flow("as", "u")), end(),
                chain("s", "a", "e")),
    ],
    "start-incoming": [
        process(start(), user("u"), choice("g", "g__e"), end(), chain("s", "u", "g", "e"),
                flow("g", "s", "True")),
    ],
    "end-outgoing": [process(start(), end(), user("u"), chain("s", "e", "u"))],
    "flow-ends": [
        straight(flow("u", "nowhere")),
        process(start(), sub("a", start("as"), user("u"), end("ae"), chain("as", "u", "ae")), end(),
                chain("s", "a", "e"), flow("u", "e")),
    ],
    "implicit-split": [straight(end("e2"), flow("u", "e2"))],
    "condition-on-task": [process(start(), user("u"), end(), chain("s", "u"), flow("u", "e", "1"))],
    "condition-ignored": [
        process(start(), parallel("f"), user("u"), user("v"), end(), end("e2"), chain("s", "f"),
                flow("f", "u", "True"), flow("f", "v"), chain("u", "e"), chain("v", "e2")),
    ],
    "default-missing": [
        gateway(flow("g", "e", 'opinion == "a"'), flow("g", "v", 'opinion == "b"'), default=""),
        gateway(flow("g", "e"), flow("g", "v", 'opinion == "b"'), default="", kind="inclusive"),
    ],
    "default-unknown": [gateway(flow("g", "e"), flow("g", "v", "True"), default="s__u")],
    "default-condition": [gateway(flow("g", "e", "True"), flow("g", "v", "True"))],
    "condition-missing": [gateway(flow("g", "e"), flow("g", "v"))],
    "event-gateway": [
        process(start(), events("g"), catch("c", timer("5 WD")), end(), chain("s", "g", "c", "e")),
    ],
    "event-gateway-target": [
        process(start(), events("g"), catch("c", timer("5 WD")), user("u"), end(), end("e2"),
                chain("s", "g", "c", "e"), chain("g", "u", "e2")),
    ],
    "event-gateway-same": [
        process(start(), events("g"), catch("c", message("m")), catch("d", message("m")), end(),
                end("e2"), chain("s", "g", "c", "e"), chain("g", "d", "e2"), extra=messages("m")),
    ],
    "two-timers": [
        process(start(), events("g"), catch("c", timer("5 WD")), catch("d", timer("3 WD")), end(),
                end("e2"), chain("s", "g", "c", "e"), chain("g", "d", "e2")),
    ],
    "unreachable": [straight(user("v"), end("e2"), flow("v", "e2"))],
    "dead-end": [
        process(start(), parallel("f"), user("u"), user("v"), end(), chain("s", "f", "u", "e"),
                flow("f", "v")),
        straight(user("u"), boundary("b", "u", timer("5 WD"))),
    ],
    "no-way-out": [
        process(start(), choice("g", "g__e"), user("u"), user("v"), end(), chain("s", "g", "e"),
                flow("g", "u", "True"), chain("u", "v", "u")),
    ],
    "join-in-loop": [
        looping(parallel("f"), user("v"), user("co"), parallel("j"), chain("m", "f", "v", "j", "u"),
                chain("f", "co", "j")),
        looping(choice("f", "f__v", "inclusive"), user("v"), user("co"), choice("j",
            kind="inclusive"),
                chain("m", "f", "v", "j", "u"), flow("f", "co", "True"), chain("co", "j")),
    ],
    "endless-loop": [
        process(start(), choice("m"), script("n", "a = 1"), choice("x", "x__e"), end(),
                chain("s", "m", "n", "x", "e"), flow("x", "m", "a == 1")),
    ],
    "too-many": [
        process(start(), *(user(f"u{n}") for n in range(220)), end(),
                chain("s", *(f"u{n}" for n in range(220)), "e")),
    ],
    "user-form": [straight(user("u", form="")), straight(user("u", form="../x"))],
    "unknown-form": [straight(user("u", form="uu"))],
    "user-roles": [straight(user("u", roles="")), straight(node("manualTask", "u"))],
    "unknown-role": [straight(user("u", roles="clerk, boss"))],
    "operation-missing": [straight(node("serviceTask", "u"))],
    "unknown-operation": [straight(service("u", "supervision/begin"))],
    "operation-parameters": [
        straight(service("u", "notice/send")),
        straight(service("u", "notice/send", kind='"a"', to='"b"')),
        straight(service("u", "notice/send", kind="5")),
        straight(service("u", "ledger/extend", limit='"handling"', days='"5"')),
    ],
    "foreign-expression": [
        gateway(flow("g", "e"), flow("g", "v", "=opinion = 1")),
        gateway(flow("g", "e"), flow("g", "v", "${opinion}")),
    ],
    "expression": [
        gateway(flow("g", "e"), flow("g", "v", "opinion ==== 1")),
        gateway(flow("g", "e"), flow("g", "v", "open(1)")),
        straight(service("u", "notice/send", kind="open()")),
        straight(script("u", "import os")),
    ],
    "unknown-unit": [straight(user("u", unit="open(1)")), straight(user("u", unit="ofice"))],
    "expression-missing": [
        gateway(flow("g", "e"), flow("g", "v", " ")),
        straight(script("u", "")),
        straight(node("scriptTask", "u")),
    ],
    "unknown-fact": [
        gateway(flow("g", "e"), flow("g", "v", "case.bounce &gt; 1")),
        straight(service("u", "notice/send", kind="case.kinds")),
        straight(script("u", "a = case.nothing")),
    ],
    "decision-missing": [straight(node("businessRuleTask", "u"))],
    "unknown-decision": [straight(rule("u", "grades"))],
    "unknown-process": [straight(node("callActivity", "u", calledElement="q"))],
    "standard-loop": [straight(node("userTask", "u", "<bpmn:standardLoopCharacteristics/>"))],
    "multi-output": [
        co(GOOD_MULTI.replace("<bpmn:loopDataOutputRef>results</bpmn:loopDataOutputRef>", "")),
        co(GOOD_MULTI.replace('<bpmn:outputDataItem id="result"/>', "")),
    ],
    "multi-input": [
        co(GOOD_MULTI.replace('<bpmn:inputDataItem id="unit"/>', "")),
        co("<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>3</bpmn:loopCardinality>"
           "</bpmn:multiInstanceLoopCharacteristics>"),
    ],
    "multi-result": [co(multi("units", "unit", "results", "outcome"))],
    "hidden-script": [
        straight(node("userTask", "u", extensions(
            "<spiffworkflow:preScript>a = 1</spiffworkflow:preScript>"))),
    ],
    "foreign-extension": [
        straight(user("u").replace("<spiffworkflow:properties>",
                                   '<x:form xmlns:x="urn:other"/><spiffworkflow:properties>')),
    ],
    "variable-not-set": [
        gateway(flow("g", "e"), flow("g", "v", "opinon == 1")),
        process(start(), choice("f", "f__g"), user("u"), choice("g", "g__e"), user("v"), end(),
                end("e2"), chain("s", "f", "g", "e"), flow("f", "u", "case.ruled"), flow("u", "g"),
                flow("g", "v", "opinion == 1"), chain("v", "e2")),
        straight(user("co", GOOD_MULTI), script("l", "units = []"), way=("co", "l")),
    ],
    "variable-given": [straight(service("u", "notice/send", kind="what"))],
    "name-en": [straight(user("u").replace('id="u"', 'id="u" name="办理"', 1))],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content"), [(name, content) for name, all_ in BAD.items() for content in all_]
)
def test_a_diagram_that_breaks_a_rule_is_told_so(name, content):
    faults = [fault for fault in lint(content) if fault.rule == name]
    assert faults
    for fault in faults:
        assert fault.file == "process.bpmn"
        assert fault.line
        assert len(fault.message) > 15
        assert fault.severity in ("error", "warning")


WARNINGS = {"fires-once", "foreign-extension", "variable-given", "name-en"}


@pytest.mark.parametrize("name", sorted(WARNINGS))
def test_a_warning_does_not_stop_a_deployment(name):
    assert [f for f in lint(BAD[name][0]) if f.severity == "error"] == []


GOOD = {
    "straight": straight(),
    "choice": gateway(flow("g", "e"), flow("g", "v", 'opinion == "a"')),
    "fact": gateway(flow("g", "e"), flow("g", "v", "case.bounces &gt;= 3 and not case.ruled")),
    "inclusive": gateway(flow("g", "e"), flow("g", "v", 'opinion == "a"'), kind="inclusive"),
    "loop with a person": looping(flow("m", "u")),
    "join in its own sub-process": looping(
        sub("a", start("as"), parallel("f"), user("v"), user("co"), parallel("j"), end("ae"),
            chain("as", "f", "v", "j", "ae"), chain("f", "co", "j")), chain("m", "a", "u")),
    "timers": straight(
        user("u", limit="handling", clock="unit"),
        boundary("b", "u", timer("handling", "timeDate"), False), end("e2"), flow("b", "e2"),
        boundary("c", "u", timer("5 WD")), end("e3"), flow("c", "e3"),
        boundary("d", "u", timer("working_days(5)")), end("e4"), flow("d", "e4")),
    "messages": straight(
        node("receiveTask", "u", messageRef="m"), throw("t", message("m")),
        node("sendTask", "w", messageRef="m"), way=("u", "t", "w"), extra=messages("m")),
    "decision": straight(rule("u", "grade")),
    "services": straight(
        service("u", "supervision/start", cause='"x"', target="case.unit"),
        service("w", "ledger/extend", limit='"handling"', days="5"), way=("u", "w")),
    "multi-instance": co(GOOD_MULTI),
    "event gateway": process(
        start(), events("g"), catch("c", message("m")), catch("d", timer("3 WD")), end(), end("e2"),
        chain("s", "g", "c", "e"), chain("g", "d", "e2"), extra=messages("m")),
    "escalation": around(
        throw("t", escalation("X")), user("u"), chain("as", "t", "u", "ae"), extra=escalations("X"),
        more=boundary("b", "a", escalation("X"), False) + end("e2") + flow("b", "e2")),
    "error": process(
        start(), sub("a", start("as"), user("u"), choice("g", "g__ae"), end("ae"),
                     end("bad", error("E")), chain("as", "u", "g", "ae"),
                     flow("g", "bad", "opinion == 1")),
        boundary("b", "a", error("E")), end("e2"), flow("b", "e2"), end(), chain("s", "a", "e"),
        extra=errors("E")),
    "terminate": process(
        start(), user("u"), end(inner="<bpmn:terminateEventDefinition/>"), chain("s", "u", "e")),
    "variable set by every branch": process(
        start(), choice("f", "f__n"), script("n", "a = 1"), script("o", "a = 2"), choice("g"),
        choice("h", "h__e"), user("u"), end(), end("e2"), chain("s", "f", "n", "g", "h", "e"),
        flow("f", "o", "case.ruled"), chain("o", "g"), flow("h", "u", "a == 1"), chain("u", "e2")),
    "variable handed on by a sub-process": process(
        start(), sub("a", start("as"), user("u"), end("ae"), chain("as", "u", "ae")),
        choice("h", "h__e"), user("v"), end(), end("e2"), chain("s", "a", "h", "e"),
        flow("h", "v", "opinion == 1"), chain("v", "e2")),
    "variable given at the start": process(
        properties(given="what"), start(), service("u", "notice/send", kind="what"), end(),
        chain("s", "u", "e")),
    "drawing only": straight(
        node("dataObject", "d"), node("dataObjectReference", "r", dataObjectRef="d"),
        user("u", '<bpmn:dataOutputAssociation id="o"><bpmn:targetRef>r</bpmn:targetRef>'
                  "</bpmn:dataOutputAssociation>"),
        node("textAnnotation", "n"), node("group", "k"),
        '<bpmn:association id="w" sourceRef="u" targetRef="n"/>'),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_a_sound_diagram_has_no_fault(name):
    assert lint(GOOD[name]) == []


@pytest.mark.parametrize("name", GOOD)
def test_a_sound_diagram_starts(name):
    spec = parse("p", GOOD[name], {"grade.dmn": GRADE})
    Execution.start(spec, facts(unit="roads"), {"what": "x"}).dump()


def test_two_files_with_one_decision_are_refused():
    faults = check("p", straight(), {"a.dmn": GRADE, "b.dmn": GRADE})
    assert "duplicate-decision" in {fault.rule for fault in faults}


def test_what_is_not_known_is_not_checked():
    content = straight(user("u", limit="some_limit", form="some_form", roles="some_role"))
    assert {fault.rule for fault in check("p", content, {})} <= SKETCHED


def test_a_near_name_is_offered():
    [fault] = [
        f for f in lint(straight(service("u", "supervision/begin"))) if "operation" in f.rule
    ]
    assert "supervision/" in fault.message
    [fault] = lint(straight(user("u", limit="handlin")))
    assert "did you mean handling?" in fault.message


def test_every_fault_of_several_is_told_with_its_element():
    content = process(
        start(), user("u", form=""), node("task", "odd"), catch("c", timer("R3/PT1H", "timeCycle")),
        end(), chain("s", "u", "c", "e"),
    )  # fmt: skip
    found = {(fault.element, fault.rule) for fault in lint(content)}
    assert {("u", "user-form"), ("odd", "refused-element"), ("c", "timer-cycle")} <= found


def test_a_fault_is_what_the_command_line_prints():
    fault = lint(straight(user("u", roles="boss")))[0]
    assert list(fault.as_dict()) == [
        "file", "element", "name", "line", "rule", "severity", "message",
    ]  # fmt: skip
