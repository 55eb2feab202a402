"""Whatever the bytes, the linter answers with faults, soon, and without going outside."""

import contextlib
import inspect
import random
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from lxml import etree

from engine.bpmn.execution import Execution
from engine.bpmn.linter import check, check_table
from engine.bpmn.linting.documents import BPMN
from engine.bpmn.parser import parse
from engine.errors import StepFailed
from tests.engine.bpmn.drawing import (
    HEAD,
    SKETCHED,
    boundary,
    chain,
    choice,
    end,
    extensions,
    facts,
    flow,
    message,
    node,
    process,
    script,
    start,
    sub,
    table,
    timer,
    user,
)  # fmt: skip
from tests.engine.bpmn.hard import DECISIONS, HARD

WELL = process(start(), user("u"), end(), chain("s", "u", "e"))
ENTITY = (
    b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">'
    b'<!ENTITY a "aaaaaaaaaa">]><d>&x;&a;</d>'
)
LAUGHS = (
    '<!DOCTYPE l [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY a{n} "{"&a" + str(n - 1) + ";" if n else "&a;"}">' for n in range(50))
    + "]><l>&a49;</l>"
).encode()


def wrapped(inner: str) -> bytes:
    text = f'<bpmn:definitions {HEAD}><bpmn:process id="p">{inner}</bpmn:process>'
    return f"{text}</bpmn:definitions>".encode()


def nested(depth: int) -> bytes:
    return wrapped("<bpmn:subProcess>" * depth + "</bpmn:subProcess>" * depth)


UNREADABLE = {
    "nothing": b"",
    "blanks": b" \n\t ",
    "no XML": "办理 %PDF-1.7".encode(),
    "half": WELL[: len(WELL) // 2],
    "zeros": b"\x00" * 1000,
    "random": bytes(range(256)) * 4,
    "entity": ENTITY,
    "laughs": LAUGHS,
    "entity in UTF-16": ENTITY.decode().encode("utf-16"),
    "document type": b"<!DOCTYPE html><html/>",
    "deep": nested(10_000),
    "too large": WELL + b" " * 2_000_001,
    "UTF-32": WELL.decode().encode("utf-32"),
    "latin": b'<?xml version="1.0" encoding="iso-8859-1"?>' + WELL,
    "not UTF-8": WELL.replace(b'id="u"', b'id="\xff\xfe"'),
    "unknown encoding": b'<?xml version="1.0" encoding="klingon"?>' + WELL,
    "control character": WELL.replace(b'id="u"', b'id="\x01"'),
    "surrogate": WELL.replace(b'id="u"', b'id="&#xD800;"'),
    "undeclared prefix": WELL.replace(b"xmlns:bpmn", b"xmlns:other"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_one_fault_in_words(name):
    began = time.perf_counter()
    for faults in (check("p", UNREADABLE[name], {}), check_table("d", UNREADABLE[name])[1]):
        assert [fault.rule for fault in faults] == ["unreadable"]
        assert faults[0].severity == "error"
        assert "root:" not in faults[0].message
    assert time.perf_counter() - began < 3


@pytest.mark.parametrize(
    "content",
    [
        WELL,
        b"\xef\xbb\xbf" + WELL,
        b'<?xml version="1.0" encoding="UTF-8"?>\n' + WELL,
        ('<?xml version="1.0" encoding="UTF-16"?>' + WELL.decode()).encode("utf-16"),
        ('<?xml version="1.0" encoding="UTF-16"?>' + WELL.decode()).encode("utf-16-le"),
        ('<?xml version="1.0" encoding="UTF-16"?>' + WELL.decode()).encode("utf-16-be"),
        ('<?xml version="1.0" encoding="GBK"?>' + WELL.decode()).encode("gbk"),
    ],
)
def test_every_usual_encoding_is_read(content):
    assert {fault.rule for fault in check("p", content, {})} == SKETCHED


def test_lines_are_those_of_the_file():
    content = b'<?xml version="1.0"?>\n\n' + WELL.replace(
        b"<bpmn:userTask", b"\n<bpmn:task"
    ).replace(b"</bpmn:userTask>", b"</bpmn:task>")
    [fault] = [f for f in check("p", content, {}) if f.rule == "refused-element"]
    assert fault.line == 4


@pytest.mark.parametrize(
    "content",
    [
        nested(100),
        wrapped("<bpmn:userTask/>" * 3000),
        wrapped("".join(user(f"u{n}") for n in range(3000))),
        wrapped("".join(user("u") for _ in range(3000))),
        wrapped('<bpmn:sequenceFlow id="f" sourceRef="f" targetRef="f"/>' * 2000),
        wrapped("<bpmn:boundaryEvent id='b' attachedToRef='b'/>"),
        wrapped("<bpmn:subProcess id='p'><bpmn:startEvent id='p'/></bpmn:subProcess>"),
        process(start(), sub("a", *[user(f"u{n}") for n in range(140)], start("as"), end("ae"),
                chain("as", *[f"u{n}" for n in range(140)], "ae")), end(), chain("s", "a", "e")),
        wrapped(script("x", "a" * 100_000)),
        wrapped(node("serviceTask", "x", extensions("<y/>"))),
        wrapped("<?php x ?><!-- c -->" + end("x", message(""))),
        wrapped("<bpmn:userTask id='x\"]' name='&#10;&quot;'/>"),
    ],
)  # fmt: skip
def test_odd_diagrams_get_faults_soon(content):
    began = time.perf_counter()
    assert len(check("p", content, {})) <= 600
    assert time.perf_counter() - began < 5


def test_a_long_row_of_tasks_on_one_level_is_taken():
    names = [f"u{n}" for n in range(140)]
    content = process(start(), *map(user, names), end(), chain("s", *names, "e"))
    assert {fault.rule for fault in check("p", content, {})} == SKETCHED


def test_a_huge_table_is_answered_soon():
    rows = [[f'"a{n}"', f"> {n}", "1"] for n in range(480)]
    began = time.perf_counter()
    check_table("d", table("d", ["x", "y"], ["z"], *rows, policy="UNIQUE"))
    assert time.perf_counter() - began < 10


def test_a_shallow_stack_gives_a_fault_instead_of_an_exception():
    # Deep in a web request less of the stack is left than here.
    names = [f"u{n}" for n in range(140)]
    content = process(start(), *map(user, names), end(), chain("s", *names, "e"))
    limit, depth = sys.getrecursionlimit(), len(inspect.stack(0))
    try:
        for room in (60, 90, 150, 300):
            sys.setrecursionlimit(depth + room)
            rules = {fault.rule for fault in check("p", content, {})}
            assert rules & {"too-many", "too-deep"}
    finally:
        sys.setrecursionlimit(limit)


NAMES = [
    "userTask", "subProcess", "startEvent", "endEvent", "boundaryEvent", "exclusiveGateway",
    "parallelGateway", "eventBasedGateway", "callActivity", "businessRuleTask", "serviceTask",
    "process", "transaction", "intermediateCatchEvent", "sequenceFlow", "script", "scriptTask",
]  # fmt: skip


@pytest.mark.slow
@settings(max_examples=300, deadline=None, derandomize=True)
@given(some.sampled_from(sorted(HARD)), some.integers(0, 2**32))
def test_diagrams_with_parts_moved_removed_and_renamed_never_raise(name, seed):
    chance = random.Random(seed)
    root = etree.fromstring(HARD[name])
    for _ in range(chance.randrange(1, 5)):
        nodes = list(root.iter())
        if len(nodes) < 2:
            break
        node = chance.choice(nodes[1:])
        kind = chance.randrange(5)
        if kind == 0:
            node.getparent().remove(node)
        elif kind == 1:
            target = chance.choice(nodes)
            if node not in [target, *target.iterancestors()]:
                target.append(node)
        elif kind == 2:
            node.tag = f"{{{BPMN}}}{chance.choice(NAMES)}"
        elif kind == 3 and node.attrib:
            key = chance.choice(list(node.attrib))
            node.set(key, chance.choice(["", "u", "Start", "x__e", "f", "-", "True", "[1..2]"]))
        elif node.text:
            node.text = chance.choice(["", "P", "not(", "a == ", "5 WD", "handling"])
    content = etree.tostring(root)
    check("p", content, {"grade.dmn": content})
    faults = check("p", content, DECISIONS)
    assert not {"library", "internal"} & {fault.rule for fault in faults}
    if not any(fault.severity == "error" or fault.rule == "drawing" for fault in faults):
        specification = parse("p", content, DECISIONS)
        with contextlib.suppress(StepFailed):
            Execution.start(specification, facts(co_units=["a"]), {"n": 1, "again": False}).dump()


PIECES = [HARD[name] for name in sorted(HARD)]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(some.integers(0, len(PIECES) - 1), some.data())
def test_damaged_diagrams_never_raise(which, data):
    content = bytearray(PIECES[which])
    for _ in range(data.draw(some.integers(1, 6))):
        place = data.draw(some.integers(0, len(content) - 1))
        kind = data.draw(some.integers(0, 2))
        if kind == 0:
            content[place] = data.draw(some.integers(32, 126))
        elif kind == 1:
            del content[place : place + data.draw(some.integers(1, 40))]
        else:
            content[place:place] = content[place : place + data.draw(some.integers(1, 200))]
    faults = check("p", bytes(content), {"grade.dmn": bytes(content)})
    assert "internal" not in {fault.rule for fault in faults}


@settings(max_examples=100, deadline=None, derandomize=True)
@given(some.binary(max_size=300))
def test_random_bytes_never_raise(content):
    faults = check("p", content, {"d": content})
    assert faults
    assert "internal" not in {fault.rule for fault in faults}


def test_places_in_the_drawing_that_are_no_numbers_do_not_matter():
    drawn = WELL.replace(
        b"</bpmn:definitions>",
        b'<d:BPMNDiagram xmlns:d="http://www.omg.org/spec/BPMN/20100524/DI"><d:BPMNPlane>'
        b'<d:BPMNShape bpmnElement="u"><c:Bounds xmlns:c="http://www.omg.org/spec/DD/20100524/DC" '
        b'x="18x" y="nan" width="" height="1e999"/></d:BPMNShape></d:BPMNPlane></d:BPMNDiagram>'
        b"</bpmn:definitions>",
    )
    assert "library" not in {fault.rule for fault in check("p", drawn, {})}
    assert Execution.start(parse("p", drawn, {}), facts()).open_tasks()


def beside(attributes: str) -> bytes:
    return WELL.replace(b'<bpmn:userTask id="u"', f'<bpmn:userTask {attributes} id="u"'.encode())


def conditional(condition: str) -> bytes:
    return process(start(), choice("g", "g__e"), end(), end("e2"), flow("s", "g"), flow("g", "e"),
                   flow("g", "e2", condition))  # fmt: skip


CAMUNDA = 'xmlns:c="http://camunda.org/schema/1.0/bpmn" '
GIANTS = {
    "attributes of another tool": lambda: beside(
        CAMUNDA + " ".join(f'c:a{n}="x"' for n in range(30_000))
    ),
    "a property's name": lambda: WELL.replace(b'name="form"', b'name="' + b"ab" * 900_000 + b'"'),
    "a name": lambda: beside(f'name="{"a" * 1_900_000}"'),
    "brackets in JUEL": lambda: conditional("${" + "(" * 900_000 + "}"),
    "nots in JUEL": lambda: conditional("${" + "not (" * 300_000 + "}"),
    "words in FEEL": lambda: conditional("=" + "a and " * 300_000),
    "quotes in a timer": lambda: process(
        start(), user("u"), boundary("b", "u", timer('"' * 1_900_000)), end(), chain("s", "u", "e")
    ),
    "a script": lambda: process(start(), script("u", "a = 1\n" * 300_000), end()),
}


@pytest.mark.parametrize("name", GIANTS)
def test_a_giant_is_answered_within_two_seconds(name):
    content = GIANTS[name]()
    began = time.thread_time()
    faults = check("p", content, {})
    assert time.thread_time() - began < 2
    assert faults
    assert all(len(fault.message) < 1_000 for fault in faults)
