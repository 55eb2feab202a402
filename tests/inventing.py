"""Diagrams and decisions that nobody drew: put together at random, too many, too deep, too long."""

import random
from collections.abc import Callable

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"
TAGS = [
    *("userTask", "subProcess", "startEvent", "endEvent", "boundaryEvent", "exclusiveGateway"),
    *("parallelGateway", "inclusiveGateway", "eventBasedGateway", "callActivity", "serviceTask"),
    *("businessRuleTask", "scriptTask", "process", "transaction", "adHocSubProcess", "task"),
    *("intermediateCatchEvent", "intermediateThrowEvent", "sequenceFlow", "laneSet", "lane"),
    *("definitions", "collaboration", "participant", "message", "error", "escalation", "group"),
    *("decision", "decisionTable", "rule", "input", "output", "inputEntry", "outputEntry"),
    *("timerEventDefinition", "linkEventDefinition", "conditionExpression", "script", "incoming"),
    *("multiInstanceLoopCharacteristics", "loopDataInputRef", "inputDataItem", "extensionElements"),
]


def _definitions(inner: str, key: str = "extension") -> bytes:
    return (
        f'<bpmn:definitions xmlns:bpmn="{BPMN}" xmlns:spiffworkflow="{SPIFF}" '
        f'targetNamespace="urn:x"><bpmn:process id="{key}" isExecutable="true">{inner}'
        "</bpmn:process></bpmn:definitions>"
    ).encode()


def _random_process(chance: random.Random) -> bytes:
    size = chance.choice((2, 6, 12, 40, 120))
    parts = []
    for number in range(size):
        tag = chance.choice(TAGS[:22])
        ref = f'attachedToRef="n{chance.randrange(size)}"' if tag == "boundaryEvent" else ""
        loop = "<bpmn:multiInstanceLoopCharacteristics/>" if chance.random() < 0.1 else ""
        parts.append(f'<bpmn:{tag} id="n{number}" {ref}>{loop}</bpmn:{tag}>')
    for number in range(size * 2):
        a, b = chance.randrange(size), chance.randrange(size)
        said = chance.choice(("n == 1", "${x}", "a &lt;"))
        condition = (
            f"<bpmn:conditionExpression>{said}</bpmn:conditionExpression>"
            if chance.random() < 0.2
            else ""
        )
        parts.append(
            f'<bpmn:sequenceFlow id="f{number}" sourceRef="n{a}" targetRef="n{b}">{condition}'
            "</bpmn:sequenceFlow>"
        )
    return _definitions("".join(parts))


def _many_tasks(chance: random.Random) -> bytes:
    count = chance.choice((160, 1_000, 6_000))
    return _definitions("".join(f'<bpmn:userTask id="u{n}" name="办"/>' for n in range(count)))


def _many_flows(chance: random.Random) -> bytes:
    nodes = "".join(f'<bpmn:exclusiveGateway id="g{n}"/>' for n in range(140))
    flows = "".join(
        f'<bpmn:sequenceFlow id="f{n}" sourceRef="g{chance.randrange(140)}" '
        f'targetRef="g{chance.randrange(140)}"/>'
        for n in range(chance.choice((500, 5_000)))
    )
    return _definitions(nodes + flows)


def _many_attributes(chance: random.Random) -> bytes:
    given = " ".join(f'a{n}="x"' for n in range(chance.choice((50, 5_000))))
    return _definitions(f'<bpmn:userTask id="u" {given}/>')


def _many_properties(chance: random.Random) -> bytes:
    given = "".join(
        f'<spiffworkflow:property name="{chance.choice(("form", "roles", "x" * 900))}{n}"/>'
        for n in range(chance.choice((20, 700)))
    )
    return _definitions(
        '<bpmn:userTask id="u"><bpmn:extensionElements><spiffworkflow:properties>'
        f"{given}</spiffworkflow:properties></bpmn:extensionElements></bpmn:userTask>"
    )


def _nested(chance: random.Random) -> bytes:
    depth = chance.choice((20, 200, 5_000))
    opening = "".join(f'<bpmn:subProcess id="s{n}">' for n in range(depth))
    return _definitions(opening + "</bpmn:subProcess>" * depth)


def _long_names(chance: random.Random) -> bytes:
    name = "名" * chance.choice((201, 100_000, 600_000))
    return _definitions(f'<bpmn:startEvent id="{name[:900]}" name="{name}"/>')


def _wide_splits(chance: random.Random) -> bytes:
    count = chance.choice((8, 30, 65))
    kind = chance.choice(("parallel", "inclusive", "exclusive", "eventBased"))
    parts = [f'<bpmn:startEvent id="s"/><bpmn:{kind}Gateway id="a"/><bpmn:{kind}Gateway id="b"/>']
    parts += ['<bpmn:endEvent id="e"/>'] + [f'<bpmn:userTask id="u{n}"/>' for n in range(count)]
    ways = [("s", "a"), ("b", "e"), *((("a", f"u{n}")) for n in range(count))]
    ways += [(f"u{n}", chance.choice(("b", "b", "b", "a", "e"))) for n in range(count)]
    parts += [
        f'<bpmn:sequenceFlow id="f{n}" sourceRef="{a}" targetRef="{b}"/>'
        for n, (a, b) in enumerate(ways)
    ]
    return _definitions("".join(parts))


def _bytes(chance: random.Random) -> bytes:
    return chance.randbytes(chance.choice((0, 1, 50, 5_000)))


def _other_xml(chance: random.Random) -> bytes:
    return chance.choice(
        [b"<html><body/></html>", b"<svg xmlns='urn:svg'/>", b"<x/>", b"<a><b></a>",
         b'<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL"/>', b"[]", b"null",
         b'<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"/>', b" \n"]
    )  # fmt: skip


def _table(chance: random.Random) -> bytes:
    rows, inputs = chance.choice(((0, 1), (3, 2), (40, 6), (600, 2), (100, 30)))
    outputs = chance.choice((0, 1, 3))
    cells = [
        '"a"',
        '"a","b"',
        "[1..5]",
        "> 3",
        "-",
        "",
        "not(1)",
        "? != x",
        "]1..2[",
        "1,",
        "case.x",
    ]
    cells += ["a" * 500, "not(" * 30, '"', "contains(x)", "true", "> 1) or (True", "x in y"]

    def entry(tag: str, text: str) -> str:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return f"<{tag}><text>{text}</text></{tag}>"

    body = "".join(
        f'<input label="i{n}">{entry("inputExpression", f"x{n}")}</input>' for n in range(inputs)
    )
    body += "".join(f'<output name="o{n}"/>' for n in range(outputs))
    for number in range(rows):
        width = inputs + (chance.random() < 0.02)
        body += f'<rule id="r{number}">'
        body += "".join(entry("inputEntry", chance.choice(cells)) for _ in range(width))
        body += "".join(
            entry("outputEntry", chance.choice(('"x"', "1", "", "y +"))) for _ in range(outputs)
        )
        body += "</rule>"
    policy = chance.choice(("UNIQUE", "FIRST", "COLLECT", "ANY", "NONSENSE"))
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"><decision id="d">'
        f'<decisionTable hitPolicy="{policy}">{body}</decisionTable></decision></definitions>'
    ).encode()


MADE_UP: dict[str, Callable[[random.Random], bytes]] = {
    "process at random": _random_process, "process at random again": _random_process,
    "many tasks": _many_tasks, "many flows": _many_flows, "many attributes": _many_attributes,
    "many properties": _many_properties, "nested": _nested, "long names": _long_names,
    "wide splits": _wide_splits, "bytes": _bytes, "other XML": _other_xml, "table": _table,
    "table again": _table,
}  # fmt: skip
