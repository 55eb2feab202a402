"""Pairs of files that differ in one thing: exactly that is told, with what was and what is."""

import json
from pathlib import Path

import pytest
from lxml import etree

from engine.comparing import compare_files, compare_packs, same
from engine.packs import load
from tests.databases import PROCESSES, WORKFLOWS

BASE = Path(__file__).parent / "base"
PROCESS, TABLE, TESTS, FORM = (
    "process.bpmn", "classify.dmn", "classify.tests.json", "forms/handle.json"
)  # fmt: skip
NEW_TASK = '<bpmn:endEvent id="end" name="完" /><bpmn:userTask id="legal" name="法律意见"><bpmn:extensionElements><spiffworkflow:properties><spiffworkflow:property name="roles" value="reviewer" /></spiffworkflow:properties></bpmn:extensionElements></bpmn:userTask>'  # noqa: E501
NEW_ROW = '<rule id="row_new"><inputEntry id="i"><text>"fire"</text></inputEntry><outputEntry id="o"><text>"emergency"</text></outputEntry></rule><rule id="row_rest">'  # noqa: E501
NEW_FIELD = '"cost": {"type": "string", "x-title": {"zh": "费用", "en": "Cost"}}, "way": {\n'
FILL = 'bpmnElement="handle" bioc:fill="#ffe0b2">'

# What changes: file, text, its replacement; what is told: kind, element, what, old, new.
PAIRS = {
    "a name": (
        PROCESS,
        'name="审核"',
        'name="复核"',
        ("changed", "review", "name", "审核", "复核"),
    ),
    "an English name": (
        PROCESS,
        'value="Handle"',
        'value="Act"',
        ("changed", "handle", "property.name_en", "Handle", "Act"),
    ),
    "roles": (
        PROCESS,
        'value="handler"',
        'value="handler, reviewer"',
        ("changed", "handle", "property.roles", "handler", "handler, reviewer"),
    ),
    "a form": (
        PROCESS,
        'name="form" value="handle"',
        'name="form" value="handle_new"',
        ("changed", "handle", "property.form", "handle", "handle_new"),
    ),
    "a limit": (
        PROCESS,
        'name="limit" value="contact"',
        'name="limit" value="3 WD"',
        ("changed", "handle", "property.limit", "contact", "3 WD"),
    ),
    "a property gone": (
        PROCESS,
        '<spiffworkflow:property name="limit" value="contact" />',
        "",
        ("changed", "handle", "property.limit", "contact", None),
    ),
    "documentation": (
        PROCESS,
        "去现场看。",
        "先打电话。",
        ("changed", "handle", "documentation", "去现场看。", "先打电话。"),
    ),
    "a timer": (
        PROCESS,
        "5 WD<",
        "3 WD<",
        ("changed", "late", "timer", "timeDuration 5 WD", "timeDuration 3 WD"),
    ),
    "a timer of another kind": (
        PROCESS,
        '<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">5 WD</bpmn:timeDuration>',
        "<bpmn:timeDate>due</bpmn:timeDate>",
        ("changed", "late", "timer", "timeDuration 5 WD", "timeDate due"),
    ),
    "interrupting": (
        PROCESS,
        ' cancelActivity="false"',
        "",
        ("changed", "late", "interrupting", "false", None),
    ),
    "a condition": (
        PROCESS,
        "tries &gt; 1",
        "tries &gt; 2",
        ("changed", "choose__review", "condition", "tries > 1", "tries > 2"),
    ),
    "the way taken else": (
        PROCESS,
        'default="choose__end"',
        'default="choose__review"',
        ("changed", "choose", "default", "choose__end", "choose__review"),
    ),
    "where a flow leads": (
        PROCESS,
        'sourceRef="late" targetRef="review"',
        'sourceRef="late" targetRef="end"',
        ("changed", "late__review", "to", "review", "end"),
    ),
    "a message": (
        PROCESS,
        'messageRef="message_answered"',
        'messageRef="message_withdrawn"',
        ("changed", "wait", "message", "message_answered", "message_withdrawn"),
    ),
    "a decision": (
        PROCESS,
        "calledDecisionId>classify<",
        "calledDecisionId>assign<",
        ("changed", "classify", "decision", "classify", "assign"),
    ),
    "a script": (
        PROCESS,
        "tries = 1",
        "tries = 2",
        ("changed", "handle", "after", "tries = 1", "tries = 2"),
    ),
    "one after another": (
        PROCESS,
        ' isSequential="true"',
        "",
        ("changed", "handle", "many", "sequential", "parallel"),
    ),
    "over what": (
        PROCESS,
        ">units<",
        ">offices<",
        ("changed", "handle", "many.loopDataInputRef", "units", "offices"),
    ),
    "until when": (
        PROCESS,
        ">enough<",
        ">all_done<",
        ("changed", "handle", "many.completionCondition", "enough", "all_done"),
    ),
    "a lane": (
        PROCESS,
        "<bpmn:flowNodeRef>choose</bpmn:flowNodeRef>\n      </bpmn:lane>",
        "</bpmn:lane>",
        ("changed", "choose", "lane", "lane_unit", None),
    ),
    "another vendor's attribute": (
        PROCESS,
        'camunda:assignee="li"',
        'camunda:assignee="wang"',
        ("changed", "handle", "extension.camunda:assignee", "li", "wang"),
    ),
    "another vendor's element": (
        PROCESS,
        'name="colour" value="red"',
        'name="colour" value="blue"',
        (
            "changed",
            "handle",
            "extension.camunda:properties/camunda:property[colour]/@value",
            "red",
            "blue",
        ),
    ),
    "another kind of task": (
        PROCESS,
        "receiveTask",
        "sendTask",
        ("changed", "wait", "type", "receiveTask", "sendTask"),
    ),
    "a task more": (
        PROCESS,
        '<bpmn:endEvent id="end" name="完" />',
        NEW_TASK,
        ("added", "legal", "userTask", None, None),
    ),
    "a colour": (
        PROCESS,
        'bpmnElement="handle">',
        FILL,
        ("changed", "handle", "fill", None, "#ffe0b2"),
    ),
    "moved": (
        PROCESS,
        '<dc:Bounds x="300" y="80"',
        '<dc:Bounds x="320" y="80.0"',
        ("moved", "handle", "place", "@small 300,80 100×80", "@small 320,80 100×80"),
    ),
    "a flow laid elsewhere": (
        PROCESS,
        '<di:waypoint x="460" y="120" />',
        '<di:waypoint x="460" y="125" />',
        (
            "moved",
            "handle__choose",
            "place",
            "@small 400,120 460,120",
            "@small 400,120 460,125",
        ),
    ),
    "a cell": (
        TABLE,
        '"many_units"',
        '"many_units", "several"',
        ("changed", "row_many", "cell.hazard", '"many_units"', '"many_units", "several"'),
    ),
    "a row more": (TABLE, '<rule id="row_rest">', NEW_ROW, ("added", "row_new", "row", None, None)),
    "a note on a row": (
        TABLE,
        "危及生命",
        "危及生命财产",
        ("changed", "row_life", "cell.description", "危及生命", "危及生命财产"),
    ),
    "a hit policy": (
        TABLE,
        ' hitPolicy="FIRST"',
        "",
        ("changed", "classify", "hit_policy", "FIRST", "UNIQUE"),
    ),
    "an input": (
        TABLE,
        "case.hazard<",
        "case.kind<",
        ("changed", "hazard", "expression", "case.hazard", "case.kind"),
    ),
    "an output": (
        TABLE,
        'name="class_key"',
        'name="grade"',
        ("changed", "class", "variable", "class_key", "grade"),
    ),
    "a column's width": (
        TABLE,
        'width="120"',
        'width="90"',
        ("moved", "hazard", "width", "120", "90"),
    ),
    "a test": (
        TESTS,
        '{"class_key": "plain"}',
        '{"class_key": "other"}',
        ("changed", "", "test", '{"class_key":"plain"}', '{"class_key":"other"}'),
    ),
    "a keyword of a field": (
        FORM,
        '"maxLength": 500',
        '"maxLength": 800',
        ("changed", "measures", "maxLength", "500", "800"),
    ),
    "a label": (
        FORM,
        '"en": "Measures"',
        '"en": "What was done"',
        ("changed", "measures", "title.en", "Measures", "What was done"),
    ),
    "required no more": (
        FORM,
        '["measures"],\n  "add',
        '[],\n  "add',
        ("changed", "measures", "required", "true", None),
    ),
    "a field more": (FORM, '"way": {\n', NEW_FIELD, ("added", "cost", "field", None, None)),
    "when a field is shown": (
        FORM,
        '"op": "!="',
        '"op": "=="',
        ("changed", "way", "x-show-if.op", "!=", "=="),
    ),
    "an option": (
        FORM,
        '"enum": ["phone", "visit"]',
        '"enum": ["phone", "visit", "letter"]',
        ("changed", "way", "option.letter", None, "letter"),
    ),
    "fields in another order": (
        FORM,
        '[["measures"], ["way"]]',
        '[["way"], ["measures"]]',
        ("changed", "measures", "order", "1", "2"),
    ),
}
# Written otherwise, and saying the same.
WRITTEN = {
    "spaces": (PROCESS, "      <bpmn:incoming>", "\n\t<bpmn:incoming>"),
    "another prefix": (PROCESS, "camunda:", "cam:", ("xmlns:camunda", "xmlns:cam")),
    "a comment": (PROCESS, "<bpmn:startEvent", "<!-- here --><bpmn:startEvent"),
    "a default written out": (
        PROCESS,
        '<bpmn:userTask id="review"',
        '<bpmn:userTask isForCompensation="false" id="review"',
    ),
    "ids of inner parts": (PROCESS, 'id="late_timer"', 'id="TimerEventDefinition_1x"'),
    "who wrote the file": (
        PROCESS,
        'id="definitions_small"',
        'id="definitions_small" exporter="Some Modeler"',
    ),
    "ids of shapes": (PROCESS, 'id="handle_di"', 'id="BPMNShape_17"'),
    "spaces of a table": (TABLE, "<text>", "\n<text> "),
    "members in another order": (
        FORM,
        '"type": "string", "maxLength": 500',
        '"maxLength":500,"type":"string"',
    ),
    "spaces of tests": (TESTS, "{", "{ "),
}


def files() -> dict[str, bytes]:
    return {path: (BASE / path).read_bytes() for path in (PROCESS, TABLE, TESTS, FORM)}


def replaced(path: str, *pairs: tuple[str, str]) -> dict[str, bytes]:
    text = (BASE / path).read_text("utf-8")
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return {**files(), path: text.encode()}


@pytest.mark.parametrize("pair", PAIRS)
def test_exactly_the_change_is_told(pair: str) -> None:
    path, old, new, told = PAIRS[pair]
    there, back = replaced(path, (old, new)), files()
    found = compare_files(back, there)
    assert [_short(one) for one in found.changes] == [told]
    assert {one.file for one in found.changes} == {path}
    assert found.moved_only == (told[0] == "moved")
    assert not found.same
    kind, element, what, was, now = told
    turned = {"added": "removed", "removed": "added"}.get(kind, kind)
    [opposite] = compare_files(there, back).changes
    assert (opposite.kind, opposite.what) == (turned, what)
    if what != "order":  # which of two that changed places moved is a matter of words
        assert _short(opposite) == (turned, element, what, now, was)


@pytest.mark.parametrize("pair", WRITTEN)
def test_how_a_file_is_written_is_no_change(pair: str) -> None:
    path, old, new, *more = WRITTEN[pair]
    found = compare_files(files(), replaced(path, *more, (old, new)))
    assert [_short(one) for one in found.changes] == [("formatted", "", "written", None, None)]
    assert found.same
    assert same(path, files()[path], replaced(path, *more, (old, new))[path])


def test_a_row_that_is_asked_earlier_is_told_with_its_places() -> None:
    text = (BASE / TABLE).read_text("utf-8")
    begin, end = text.index('<rule id="row_many">'), text.index('<rule id="row_rest">')
    row = text[begin:end]
    moved = text.replace(row, "").replace('<rule id="row_life">', row + '<rule id="row_life">')
    [change] = compare_files({TABLE: text.encode()}, {TABLE: moved.encode()}).changes
    assert change.what == "row_order"
    assert {change.old, change.new} == {"1", "2"}


def test_the_order_of_a_gateway_s_conditions_is_a_change() -> None:
    text = (BASE / PROCESS).read_text("utf-8")
    begin = text.index('    <bpmn:sequenceFlow id="choose__wait"')
    end = text.index('    <bpmn:sequenceFlow id="choose__end"')
    flow = text[begin:end]
    first = '    <bpmn:sequenceFlow id="choose__review"'
    moved = text.replace(flow, "").replace(first, flow + first)
    [change] = compare_files({PROCESS: text.encode()}, {PROCESS: moved.encode()}).changes
    assert _short(change) == (
        "changed", "choose", "order",
        "choose__review choose__wait choose__end", "choose__wait choose__review choose__end",
    )  # fmt: skip


def test_an_added_task_says_what_it_holds_and_moves_nothing_else() -> None:
    found = compare_files(
        files(), replaced(PROCESS, ('<bpmn:endEvent id="end" name="完" />', NEW_TASK))
    )
    assert found.changes[0].details == (("property.roles", "reviewer"),)
    assert found.changes[0].name == {"zh": "法律意见", "en": "法律意见"}


def test_a_way_more_is_one_change_and_no_new_order() -> None:
    flow = '<bpmn:sequenceFlow id="choose__legal" sourceRef="choose" targetRef="review" />'
    last = '<bpmn:sequenceFlow id="choose__end"'
    [change] = compare_files(files(), replaced(PROCESS, (last, flow + last))).changes
    assert (change.kind, change.what) == ("added", "sequenceFlow")
    assert change.name["zh"] == "要审吗 → 审核"
    assert change.details == (("from", "choose"), ("to", "review"))


# What says nothing of its own: ids of inner parts and shapes, both ends of a flow told by the flow.
SILENT = {"incoming", "outgoing", "BPMNDiagram", "BPMNPlane", "BPMNShape", "BPMNEdge"}


@pytest.mark.parametrize("path", [PROCESS, TABLE])
def test_no_attribute_and_no_text_changes_untold(path: str) -> None:
    content = files()[path]
    root = etree.fromstring(content)
    places = [
        (node, name)
        for node in root.iter(etree.Element)
        for name in (*node.attrib, None)
        if name not in {"id", "isSequential"} and not (name or "").startswith("{http://www.w3")
        if name or (node.text or "").strip()
        if etree.QName(node).localname not in SILENT
    ]
    assert len(places) > 15
    for node, name in places:
        was = node.get(name) if name else node.text.strip()
        _put(node, name, was + "0")
        changed = etree.tostring(root, encoding="utf-8")
        assert not same(path, content, changed), f"{node.tag} {name} {was}"
        _put(node, name, was)


def _put(node, name, text):
    if name:
        node.set(name, text)
    else:
        node.text = text


def test_what_cannot_be_read_is_said_and_nothing_breaks() -> None:
    for path in (PROCESS, TABLE, TESTS, FORM):
        for content in (b"", b"<", b"[]", b"\xff\xfe\x00", b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'):
            found = compare_files(files(), {**files(), path: content})
            assert [one.what for one in found.changes] == ["unreadable"]


def test_files_that_come_and_go_are_told_whole() -> None:
    found = compare_files({PROCESS: b"a", TABLE: b"b"}, {PROCESS: b"a", FORM: b"c", TESTS: b"d"})
    assert [(one.kind, one.file, one.what) for one in found.changes] == [
        ("removed", TABLE, "decision"),
        ("added", TESTS, "tests"),
        ("added", FORM, "form"),
    ]


@pytest.mark.parametrize("key", PROCESSES)
def test_a_shipped_diagram_written_anew_is_the_same(key: str) -> None:
    content = (WORKFLOWS / key / PROCESS).read_bytes()
    root = etree.fromstring(content, etree.XMLParser(remove_blank_text=True))
    for node in root.iter(etree.Element):
        told = sorted(node.attrib.items(), reverse=True)
        node.attrib.clear()
        node.attrib.update(told)
    anew = etree.tostring(root, encoding="utf-8", pretty_print=True)
    assert anew != content
    assert same(PROCESS, content, anew)


PACK = {
    "a limit": (
        ("limits", "contact", "budget"),
        "3 WD",
        ("changed", "limits.contact", "budget", "5 WD", "3 WD"),
    ),
    "a list's entry": (
        ("return_reasons", 0, "zh"),
        "不是我们的事",
        ("changed", "return_reasons.not_our_duty", "zh", "不属于本单位职责", "不是我们的事"),
    ),
    "an office": (
        ("offices", "supervision"),
        "somewhere",
        ("changed", "offices.supervision", "", "jdz_office", "somewhere"),
    ),
    "the name": (("name", "en"), "Guilin", ("changed", "name", "en", None, "Guilin")),
    "a window": (
        ("office_hours", "close"),
        "17:00",
        ("changed", "office_hours", "close", None, "17:00"),
    ),
}


@pytest.mark.parametrize("pair", PACK)
def test_exactly_the_change_of_a_pack_is_told(pair: str) -> None:
    where, value, (kind, element, what, _, new) = PACK[pair]
    old = _pack()
    changed = json.loads(json.dumps(old))
    inner = changed
    for step in where[:-1]:
        inner = inner[step]
    was, inner[where[-1]] = inner[where[-1]], value
    if isinstance(where[1], int):
        element = f"{where[0]}.{old[where[0]][where[1]]['key']}"
    [change] = compare_packs(old, changed)
    assert _short(change) == (kind, element, what, was, new)


def test_entries_of_a_pack_that_come_go_or_change_places() -> None:
    old, new = _pack(), _pack()
    new["channels"] = [*new["channels"][1:], {"key": "drone", "zh": "无人机", "en": "Drone"}]
    new["outcomes"] = [new["outcomes"][-1], *new["outcomes"][:-1]]
    first, last = old["channels"][0]["key"], old["outcomes"][-1]["key"]
    assert [_short(one)[:3] for one in compare_packs(old, new)] == [
        ("added", "channels.drone", "channels"),
        ("removed", f"channels.{first}", "channels"),
        ("changed", f"outcomes.{last}", "order"),
    ]


def test_that_a_pack_states_a_limit_itself_is_told_where_nothing_else_is() -> None:
    old, new = _pack(), _pack()
    new["stated"] = [*new["stated"], "limits.sign"]
    assert "limits.sign" not in old["stated"]
    [change] = compare_packs(old, new)
    assert _short(change) == ("changed", "limits.sign", "stated", "false", "true")
    new["limits"]["sign"]["budget"] = "7 WD"
    assert [one.what for one in compare_packs(old, new)] == ["budget"]


def _pack():
    return json.loads(json.dumps(dict(load(WORKFLOWS / "packs" / "gl-jindianzi").content)))


def _short(change):
    return (change.kind, change.element, change.what, change.old, change.new)
