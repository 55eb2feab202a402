"""Every user task has its form, and every form fits the diagram it belongs to."""

import ast
import re

import pytest

from engine.bpmn.linting.documents import read
from engine.bpmn.linting.tables import read_table
from engine.bpmn.service_tasks import OPERATIONS
from engine.facts import FACTS
from engine.form_schema import RECORDS, problems
from engine.packs import load
from tests.workflows.shipped import (
    BPMN,
    DECISIONS,
    FORMS,
    PACKS,
    PROCESSES,
    SPIFF,
    decision_bytes,
    elements,
    form,
    forms,
    properties,
    tree,
)

NAMED = pytest.mark.parametrize(("process", "key"), FORMS)
CAUSES = {"contact_overdue", "handling_overdue", "co_handling_overdue", "unsolved"}


@pytest.mark.parametrize("process", PROCESSES)
def test_every_user_task_has_its_form_and_every_form_its_task(process):
    named = [properties(task)["form"] for task in tree(process).iter(f"{BPMN}userTask")]
    assert sorted(named) == sorted(forms(process))
    assert len(set(named)) == len(named)


@NAMED
def test_form_is_sound(process, key):
    schema = form(process, key)
    assert problems(schema, FACTS) == []
    assert schema["$id"] == f"urn:huiyin:form:{process}:{key}"
    assert schema["x-record"] in RECORDS
    assert schema["title"] == schema["x-title"]["zh"]


def texts(node):
    """Every `{zh, en}` in a form."""
    if isinstance(node, dict):
        if "zh" in node or "en" in node:
            yield node
        for value in node.values():
            yield from texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)


@NAMED
def test_form_speaks_both_languages(process, key):
    schema = form(process, key)
    found = list(texts(schema))
    assert len(found) > len(schema["properties"])
    for text in found:
        assert re.search(r"[\u4e00-\u9fff]", text["zh"]), text
        assert re.search(r"[A-Za-z]", text["en"]), text
        assert not re.search(r"[\u4e00-\u9fff]", text["en"]), text
    for name, field in schema["properties"].items():
        if "enum" in field:
            assert list(field["x-labels"]) == field["enum"], name


@NAMED
def test_choices_come_from_lists_that_the_packs_have(process, key):
    for pack in ("base-12345", "gl-jindianzi"):
        lists = {"units": (), **load(PACKS / pack).options()}
        for field in form(process, key)["properties"].values():
            assert field.get("x-options", "units") in lists


def names(expression):
    return {
        node.id
        for node in ast.walk(ast.parse(expression.strip(), mode="eval"))
        if isinstance(node, ast.Name) and node.id != "case"
    }


def facts_read(expression):
    return {
        node.attr
        for node in ast.walk(ast.parse(expression.strip(), mode="eval"))
        if isinstance(node, ast.Attribute)
    }


def expressions(process):
    root = tree(process)
    yield from (e.text for e in root.iter(f"{BPMN}conditionExpression"))
    yield from (e.get("value") for e in root.iter(f"{SPIFF}parameter"))
    # A multi-instance collects this variable of each of its tasks.
    yield from (e.get("id") for e in root.iter(f"{BPMN}outputDataItem"))
    for content in decision_bytes(process).values():
        yield from (column.expression for column in read_table(read(content)).inputs)


@pytest.mark.parametrize("process", PROCESSES)
def test_routing_variables_read_are_given_by_a_form_a_decision_or_the_start(process):
    given = {
        name
        for schema in forms(process).values()
        for name, field in schema["properties"].items()
        if field.get("x-routing")
    }
    decided = {
        output.name
        for content in decision_bytes(process).values()
        for output in read_table(read(content)).outputs
    }
    started = {"supervision": {"cause", "asked_rung"}}.get(process, set())
    read_by_diagram = set().union(*(names(e) for e in expressions(process)))
    assert read_by_diagram <= given | decided | started
    # Nothing is carried that nobody reads: facts go to the case, not into the instance.
    assert given <= read_by_diagram
    assert started <= read_by_diagram


@pytest.mark.parametrize("process", PROCESSES)
def test_facts_read_exist_and_somebody_writes_them(process):
    asked = set().union(*(facts_read(e) for e in expressions(process)))
    assert asked <= set(FACTS)
    written = {
        effect["fact"]
        for name in PROCESSES
        for schema in forms(name).values()
        for effect in schema.get("x-facts", [])
    }
    for folder, key in DECISIONS:
        content = decision_bytes(folder)[f"{key}.dmn"]
        written |= {output.name for output in read_table(read(content)).outputs}
    by_the_engine = {"open_supervisions", "supervisions_before", "handling_overdue"}
    assert asked - {"case"} <= written | by_the_engine


def test_causes_cured_are_causes_that_a_diagram_starts():
    started = {
        parameter.get("value").strip('"')
        for operator in tree("appeal").iter(f"{SPIFF}serviceTaskOperator")
        if operator.get("id") == "supervision/start"
        for parameter in operator.iter(f"{SPIFF}parameter")
        if parameter.get("id") == "cause"
    }
    cured = {
        entry["cause"] for schema in forms("appeal").values() for entry in schema.get("x-cures", [])
    }
    assert started == cured == CAUSES


@pytest.mark.parametrize("process", PROCESSES)
def test_service_tasks_ask_for_operations_that_exist(process):
    for operator in tree(process).iter(f"{SPIFF}serviceTaskOperator"):
        asked = {p.get("id") for p in operator.iter(f"{SPIFF}parameter")}
        assert asked == set(OPERATIONS[operator.get("id")].parameters)


@pytest.mark.parametrize("process", PROCESSES)
def test_roles_are_roles_of_the_packs_with_an_office_where_one_is_needed(process):
    pack = load(PACKS / "gl-jindianzi")
    for task in elements(tree(process)):
        said = properties(task)
        if "roles" not in said:
            continue
        assert pack.item("roles", said["roles"]) is not None
        assert (pack.office(said["roles"]) is not None) == (said["unit"] == "office")
