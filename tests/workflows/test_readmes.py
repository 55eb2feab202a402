"""Each diagram's page names its lanes, stages, forms and limits, with the legal source."""

import pytest

from engine.packs import load
from engine.working_time import Budget
from tests.workflows.shipped import (
    BPMN,
    PACKS,
    PROCESSES,
    WORKFLOWS,
    elements,
    forms,
    limits,
    properties,
    tree,
)


def page(process):
    return (WORKFLOWS / process / "README.md").read_text(encoding="utf-8")


def row(process, name):
    """The cells of the line of the page's table that begins with this name."""
    found = [line for line in page(process).splitlines() if line.startswith(f"| `{name}` ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in found]


@pytest.mark.parametrize("process", PROCESSES)
def test_every_limit_is_explained_with_budget_clock_source_and_mark(process):
    base = load(PACKS / "base-12345")
    named = limits(process)
    assert bool(named) == (process != "qd_discipline")
    for name in named:
        limit = base.limits[name]
        cells = next(cells for cells in row(process, name) if len(cells) == 6)
        assert cells[2:] == [limit.budget, limit.clock, limit.source["en"], limit.mark]


@pytest.mark.parametrize("process", PROCESSES)
def test_the_clock_drawn_is_the_limits_clock(process):
    base = load(PACKS / "base-12345")
    for element in elements(tree(process)):
        said = properties(element)
        if "limit" in said:
            assert said["clock"] == base.limits[said["limit"]].clock, element.get("id")


def test_base_pack_has_no_limit_that_no_diagram_names():
    named = {name for process in PROCESSES for name in limits(process)}
    assert set(load(PACKS / "base-12345").limits) == named


@pytest.mark.parametrize("process", PROCESSES)
def test_lanes_stages_and_forms_are_on_the_page(process):
    text = page(process)
    for lane in tree(process).iter(f"{BPMN}lane"):
        assert f"`{lane.get('id')}` {lane.get('name')}" in text
    for stage in tree(process).iter(f"{BPMN}subProcess"):
        assert f"`{stage.get('id')}`" in text
    assert all(row(process, name) for name in forms(process))
    for heading in ("Lanes", "Stages", "Decisions", "Forms", "Limits"):
        assert f"## {heading}\n" in text


def test_classes_of_the_page_are_those_of_the_pack():
    base = load(PACKS / "base-12345")
    for entry in base.items("classes"):
        cells = row("appeal", entry["key"])[0]
        assert cells[1:3] == [entry["contact"], entry["handling"]]
        assert all(Budget.parse(cell) for cell in cells[1:3])
