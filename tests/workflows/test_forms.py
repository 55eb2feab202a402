"""Every user task has its form, and every form fits the diagram it belongs to."""

import ast

import pytest

from engine.bpmn.linting.documents import read
from engine.bpmn.linting.tables import read_table
from engine.bpmn.service_tasks import OPERATIONS
from engine.facts import FACTS
from engine.form_schema import RECORDS, problems
from engine.packs import load
from engine.promising import BROKEN
from tests.workflows.shipped import (
    BPMN,
    DECISIONS,
    FORMS,
    PACK_KEYS,
    PACKS,
    PROCESSES,
    SPIFF,
    decision_bytes,
    elements,
    form,
    forms,
    pack_of,
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


@NAMED
def test_every_choice_has_its_label(process, key):
    for name, field in form(process, key)["properties"].items():
        if "enum" in field:
            assert list(field["x-labels"]) == field["enum"], name


# Fields whose title says all there is to say: (process, form, field) -> why.
PLAIN: dict[tuple[str, str, str], str] = {}


@NAMED
def test_every_field_has_help_beside_it(process, key):
    for name, field in form(process, key)["properties"].items():
        said = field.get("x-help")
        assert said or PLAIN.get((process, key, name)), f"{name}: what goes here? Say it in x-help"
        for text in (said or {}).values():
            assert text != field["x-title"]["zh"]
            assert len(text) <= 140, f"{name}: help is one line or two"
            assert text[-1] in "。.？?」”", f"{name}: help is a sentence"


@NAMED
def test_choices_come_from_lists_that_the_packs_have(process, key):
    for pack in PACK_KEYS:
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
    by_the_engine = {
        "open_supervisions",
        "supervisions_before",
        "handling_overdue",
        "anonymous",
        "precedent_unit",
        "first_unit",
        "callback_days",
    }
    assert asked - {"case"} <= written | by_the_engine


def test_causes_cured_are_causes_that_a_diagram_starts():
    started = {
        parameter.get("value").strip('"')
        for operator in tree("appeal").iter(f"{SPIFF}serviceTaskOperator")
        if operator.get("id").startswith("supervision/start")
        for parameter in operator.iter(f"{SPIFF}parameter")
        if parameter.get("id") == "cause"
    }
    cured = {
        entry["cause"] for schema in forms("appeal").values() for entry in schema.get("x-cures", [])
    }
    # A promise that was broken starts a ladder of its own, not a step of the diagram.
    assert started | {BROKEN} == cured == CAUSES | {BROKEN}


@pytest.mark.parametrize("process", PROCESSES)
def test_service_tasks_ask_for_operations_that_exist(process):
    for operator in tree(process).iter(f"{SPIFF}serviceTaskOperator"):
        asked = {p.get("id") for p in operator.iter(f"{SPIFF}parameter")}
        assert asked == set(OPERATIONS[operator.get("id")].parameters)


@pytest.mark.parametrize("process", PROCESSES)
def test_roles_are_roles_of_the_packs_with_an_office_where_one_is_needed(process):
    pack = pack_of(process)
    for task in elements(tree(process)):
        said = properties(task)
        if "roles" not in said:
            continue
        assert pack.item("roles", said["roles"]) is not None
        # A role without an office of its own works in the one that runs the case.
        at_an_office = pack.office(said["roles"]) is not None or said["roles"] != "handler"
        assert at_an_office == (said["unit"] == "office")
