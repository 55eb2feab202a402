"""Problems of a draft: in both languages, with a reason, and a fix where one is certain."""

import re
import time
from collections import Counter
from pathlib import Path

import orjson
import pytest
from lxml import etree

from engine.bpmn import linter
from engine.bpmn.linting import showing
from engine.bpmn.linting.documents import BPMN, SPIFF
from engine.commands import deployments, design_faults
from engine.designing import fault_words
from tests.databases import ROOT

HAN = re.compile(r"[\u3400-\u9fff]")
# What stays as it is written in a Chinese sentence: names, values, what a file itself says.
WRITTEN = re.compile(r"「[^」]*」|[\w.:/]*[_./:=\[\]{}()\"'-][\w./:=\"'{}$()-]*|\b[\w]*\d\w*\b")
ENGLISH = re.compile(r"\b(the|a|an|is|are|not|of|to|and|or|in|has|must|write|needs?|expects?)\b")
FORM = (showing.FOLDER / "form" / "good.json").read_bytes()
FORMS = {f"forms/{key}.json": FORM for key in ("reply", "check")}
CONDITION = re.compile(rb"<bpmn:conditionExpression[^>]*>opinion == \"check\"</[^>]*>")
FIXED = (
    "default-missing", "default-unknown", "default-condition", "join-in-loop", "error-interrupts",
    "not-executable", "property-misspelt", "unknown-form", "unknown-role", "unknown-unit",
    "unknown-limit", "unknown-decision", "sealed-unit", "default-row", "foreign-expression",
    "camunda-7", "flowable", "activiti",
)  # fmt: skip


def files_at(path: Path) -> dict[str, bytes]:
    """One side of an example as files of a draft; of two ways of a choice one has no condition."""
    if path.is_dir():
        return {one.name: one.read_bytes() for one in sorted(path.iterdir())}
    if path.suffix == ".dmn":
        return {path.name: path.read_bytes(), "process.bpmn": b""}
    return {"process.bpmn": CONDITION.sub(b"", path.read_bytes()), **FORMS}


def problems(files, key=showing.PROCESS):
    return design_faults.faults_of(key, files, {"handling", "contact"})


@pytest.mark.parametrize("rule", sorted(linter.RULES))
def test_each_rule_says_in_chinese_what_it_found(rule):
    shown = showing.example(rule)
    found = [one for one in showing.faults(shown.bad) if one.rule == rule]
    assert found
    for one in found:
        told = fault_words.zh(one)
        assert HAN.search(told), told
        assert not ENGLISH.search(WRITTEN.sub("", told)), told
        assert told.endswith(("。", "？")), told
    for one in problems(files_at(shown.bad)):
        assert orjson.dumps(design_faults.as_json(one, "en"))


def test_what_is_named_in_english_is_named_in_chinese():
    for rule, file in (("unknown-form", "bad.bpmn"), ("unknown-role", "bad.bpmn")):
        (one,) = [f for f in showing.faults(showing.FOLDER / rule / file) if f.rule == rule]
        assert one.message.split()[4].rstrip(";") in fault_words.zh(one)


def test_every_fault_of_a_process_is_told_with_its_reason():
    shown = showing.example("unknown-form")
    told = {one.fault.rule: one for one in problems(files_at(shown.bad))}
    one = told["unknown-form"]
    assert one.shown
    assert one.why["en"] == linter.RULES["unknown-form"].en
    as_json = design_faults.as_json(one, "zh")
    assert as_json["fix"]["operations"] == [
        {"do": "property", "element": one.fault.element, "name": "form", "value": "reply"}
    ]
    assert as_json["message"] == "没有表单 replly，是不是 reply。"


def test_errors_come_first():
    files = files_at(showing.example("unknown-form").bad)
    severities = [one.fault.severity for one in problems(files)]
    assert severities == sorted(severities), "errors before warnings"


# What the editor does with an operation, on the file itself -------------------------------------


def performed(files, file, operations):
    root = etree.fromstring(files[file])
    by_id = {node.get("id"): node for node in root.iter() if node.get("id")}
    for step in operations:
        _DONE[step["do"]](root, by_id.get(step.get("element")), step)
    return {**files, file: etree.tostring(root)}


def _property(_root, element, step):
    holder = element.find(f"{{{BPMN}}}extensionElements")
    if holder is None:
        holder = etree.Element(f"{{{BPMN}}}extensionElements")
        element.insert(0, holder)
    listed = holder.find(f"{{{SPIFF}}}properties")
    if listed is None:
        listed = etree.SubElement(holder, f"{{{SPIFF}}}properties")
    for one in [one for one in listed if one.get("name") == step["name"]]:
        listed.remove(one)
    if step["value"]:
        etree.SubElement(listed, f"{{{SPIFF}}}property", name=step["name"], value=step["value"])


def _attribute(_root, element, step):
    element.set(step["name"], str(step["value"]).lower())


def _condition(_root, element, step):
    for one in element.findall(f"{{{BPMN}}}conditionExpression"):
        if step["value"]:
            one.text = step["value"]
        else:
            element.remove(one)


def _decision(_root, element, step):
    element.find(f".//{{{SPIFF}}}calledDecisionId").text = step["value"]


def _default(_root, element, step):
    element.set("default", step["flow"])


def _foreign(_root, element, step):
    prefix, _, name = step["name"].partition(":")
    full = f"{{{element.nsmap[prefix]}}}{name}"
    element.attrib.pop(full, None)
    for one in element.findall(f"{{{BPMN}}}extensionElements/{full}"):
        one.getparent().remove(one)


def _row(root, _element, step):
    table = next(root.iter("{*}decisionTable"))
    inputs = len(table.findall("{*}input"))
    space = etree.QName(table).namespace
    rule = etree.SubElement(table, f"{{{space}}}rule", id="added")
    for place, cell in enumerate(step["cells"]):
        kind = "inputEntry" if place < inputs else "outputEntry"
        entry = etree.SubElement(rule, f"{{{space}}}{kind}", id=f"added_{place}")
        etree.SubElement(entry, f"{{{space}}}text").text = cell


def _wrap(_root, _element, step):
    """Into a sub-process with a start and an end of its own, as the editor draws it."""
    by_id = {node.get("id"): node for node in _root.iter() if node.get("id")}
    inside = [by_id[key] for key in step["elements"]]
    process = inside[0].getparent()
    stage = etree.SubElement(process, f"{{{BPMN}}}subProcess", id="wrapped")
    ids = set(step["elements"])
    for flow in process.findall(f"{{{BPMN}}}sequenceFlow"):
        source, target = flow.get("sourceRef") in ids, flow.get("targetRef") in ids
        if source and target:
            stage.append(flow)
        elif target:
            first = flow.get("targetRef")
            flow.set("targetRef", "wrapped")
        elif source:
            last = flow.get("sourceRef")
            flow.set("sourceRef", "wrapped")
    for node in inside:
        stage.append(node)
    etree.SubElement(stage, f"{{{BPMN}}}startEvent", id="w_start")
    etree.SubElement(stage, f"{{{BPMN}}}endEvent", id="w_end")
    for key, source, target in (("w_1", "w_start", first), ("w_2", last, "w_end")):
        etree.SubElement(
            stage, f"{{{BPMN}}}sequenceFlow", id=key, sourceRef=source, targetRef=target
        )


_DONE = {
    "property": _property,
    "attribute": _attribute,
    "condition": _condition,
    "decision": _decision,
    "default": _default,
    "remove-foreign": _foreign,
    "append-rule": _row,
    "wrap": _wrap,
}


@pytest.mark.parametrize("rule", FIXED)
def test_each_fix_mends_its_fault_and_makes_no_other(rule):
    files = files_at(showing.example(rule).bad)
    before = problems(files)
    mended = [one for one in before if one.fault.rule == rule and one.fix is not None]
    assert mended, f"{rule}: no fix of {[one.fault.message for one in before]}"
    for one in mended[:1]:
        assert HAN.search(one.fix.label["zh"])
        assert not HAN.search(one.fix.label["en"])
        after = problems(performed(files, one.fault.file, one.fix.operations))
        told = Counter(b.fault.rule for b in after)
        had = Counter(b.fault.rule for b in before)
        assert told[rule] < had[rule]
        worse = {
            name: count
            for name, count in (told - had).items()
            if linter.RULES[name].severity == "error" and name not in ("empty-result",)
        }
        assert not worse, [b.fault.message for b in after]


VENDORS = (
    ('camunda:candidateGroups="handler, screener"', "", "roles", "handler, screener"),
    ('camunda:formKey="embedded:app:forms/reply.html"', "", "form", "reply"),
    ('camunda:dueDate="P5D"', "", "limit", "5 d"),
    ("", '<zeebe:assignmentDefinition candidateGroups="handler"/>', "roles", "handler"),
    ("", '<zeebe:formDefinition formId="reply"/>', "form", "reply"),
    ("", '<zeebe:taskSchedule dueDate="=duration(&quot;P3D&quot;)"/>', "limit", "3 d"),
    ('flowable:assignee="handler"', "", "roles", "handler"),
)


def drawn_elsewhere(attribute="", extension=""):
    return (
        f'<b:definitions xmlns:b="{BPMN}" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
        'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
        'xmlns:flowable="http://flowable.org/bpmn"><b:process id="example" isExecutable="true">'
        f'<b:startEvent id="s"/><b:userTask id="t" {attribute}><b:extensionElements>{extension}'
        '</b:extensionElements></b:userTask><b:endEvent id="e"/>'
        '<b:sequenceFlow id="f1" sourceRef="s" targetRef="t"/>'
        '<b:sequenceFlow id="f2" sourceRef="t" targetRef="e"/></b:process></b:definitions>'
    ).encode()


@pytest.mark.parametrize(("attribute", "extension", "name", "value"), VENDORS)
def test_other_tools_words_become_our_properties(attribute, extension, name, value):
    files = {"process.bpmn": drawn_elsewhere(attribute, extension), **FORMS}
    found = [one for one in problems(files) if one.fix and "属性" in one.fix.label["zh"]]
    (one,) = found
    given, gone = one.fix.operations
    assert given == {"do": "property", "element": "t", "name": name, "value": value}
    assert gone["do"] == "remove-foreign"
    after = problems(performed(files, "process.bpmn", one.fix.operations))
    assert not {b.fault.rule for b in after} & {"camunda-7", "camunda-8", "flowable"}
    assert f"user-{name}" not in {b.fault.rule for b in after}


def test_whom_nobody_knows_is_no_role():
    files = {"process.bpmn": drawn_elsewhere('camunda:assignee="${starter}"'), **FORMS}
    assert all(one.fix is None for one in problems(files) if one.fault.rule == "camunda-7")


def test_what_means_nothing_here_is_taken_away_everywhere_at_once():
    content = drawn_elsewhere('camunda:asyncBefore="true"').replace(
        b'<b:endEvent id="e"', b'<b:endEvent id="e" camunda:asyncBefore="true"'
    )
    files = {"process.bpmn": content, **FORMS}
    (one,) = [one for one in problems(files) if one.fault.rule == "camunda-7"]
    assert [step["element"] for step in one.fix.operations] == ["t", "e"]
    after = problems(performed(files, "process.bpmn", one.fix.operations))
    assert "camunda-7" not in {b.fault.rule for b in after}


def test_what_only_a_person_knows_has_no_fix():
    for rule in ("name-en", "user-form", "user-roles", "dead-end", "duplicate-id", "cell"):
        for one in problems(files_at(showing.example(rule).bad)):
            assert one.fault.rule != rule or one.fix is None


def large(stages=10, each=29):
    """A process of about 300 elements, in stages as ours are."""
    parts, last = [], "start"
    flows = []
    for number in range(stages):
        inner, before = [f'<bpmn:startEvent id="s{number}"/>'], f"s{number}"
        for place in range(each - 2):
            key = f"t{number}_{place}"
            inner.append(
                f'<bpmn:userTask id="{key}" name="办 {place}"><bpmn:extensionElements>'
                f'<spiff:properties><spiff:property name="form" value="reply"/><spiff:property '
                f'name="roles" value="handler"/><spiff:property name="name_en" value="Do"/>'
                f'<spiff:property name="limit" value="5 WD"/></spiff:properties>'
                f"</bpmn:extensionElements></bpmn:userTask>"
                f'<bpmn:sequenceFlow id="f{key}" sourceRef="{before}" targetRef="{key}"/>'
            )
            before = key
        inner.append(
            f'<bpmn:endEvent id="e{number}"/>'
            f'<bpmn:sequenceFlow id="fe{number}" sourceRef="{before}" targetRef="e{number}"/>'
        )
        parts.append(f'<bpmn:subProcess id="p{number}">{"".join(inner)}</bpmn:subProcess>')
        flows.append(
            f'<bpmn:sequenceFlow id="b{number}" sourceRef="{last}" targetRef="p{number}"/>'
        )
        last = f"p{number}"
    return (
        f'<bpmn:definitions xmlns:bpmn="{BPMN}" xmlns:spiff="{SPIFF}" id="d">'
        f'<bpmn:process id="example" isExecutable="true"><bpmn:startEvent id="start"/>'
        f'{"".join(parts)}<bpmn:endEvent id="end"/>{"".join(flows)}'
        f'<bpmn:sequenceFlow id="last" sourceRef="{last}" targetRef="end"/>'
        "</bpmn:process></bpmn:definitions>"
    ).encode()


def test_three_hundred_elements_are_checked_within_the_mark(record_property):
    folder = deployments.read_folder(ROOT / "workflows" / "appeal")
    files = {
        **{f"{key}.dmn": content for key, content in folder.decisions.items()},
        **{f"forms/{key}.json": content for key, content in folder.forms.items()},
        "forms/reply.json": FORM,
        "process.bpmn": large(),
    }
    problems(files)
    began = time.process_time()
    found = problems(files)
    spent = time.process_time() - began
    record_property("ms of processor for 300 elements", round(spent * 1000))
    assert not [
        one for one in found if one.fault.file == "process.bpmn" and one.fault.severity == "error"
    ]
    assert spent < 0.3
