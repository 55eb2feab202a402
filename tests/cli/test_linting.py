"""`huiyin lint`: rules listed, one form checked, limits and sealed routes known from the packs."""

import json
import shutil
from pathlib import Path

import pytest

from engine.commands.deployments import SEALED_ROLES
from tests.databases import ROOT, WORKFLOWS
from tests.workflows.shipped import PACK_KEYS, PACKS, pack_of


def test_the_rules_are_listed(empty):
    listed = empty.well("lint", "--rules")
    rules = json.loads(empty.well("lint", "--rules", "--format", "json"))
    assert len(rules) >= 40
    assert set(rules[0]) == {"id", "severity", "zh", "en"}
    for rule in rules:
        assert f"{rule['id']} ({rule['severity']})\n  {rule['zh']}\n  {rule['en']}\n" in listed


def test_the_page_of_rules_is_printed(empty):
    printed = empty.well("lint", "--rules", "--format", "markdown")
    assert printed == (ROOT / "docs" / "rules.md").read_text("utf-8")


@pytest.mark.parametrize("asked", [["--rules", "x.bpmn"], ["x.bpmn", "--format", "markdown"], []])
def test_what_makes_no_sense_together_is_told(empty, asked):
    result = empty("lint", *asked)
    assert result.exit_code == 2
    assert "--rules" in result.stderr


def test_a_form_is_checked_by_itself(empty, tmp_path):
    good = WORKFLOWS / "appeal" / "forms" / "sign.json"
    assert json.loads(empty.well("lint", str(good), "--format", "json")) == []
    bad = tmp_path / "sign.json"
    bad.write_text('{"title": 1}')
    result = empty("lint", str(bad), "--format", "json")
    faults = json.loads(result.stdout)
    assert result.exit_code == 1
    assert {(fault["rule"], fault["element"]) for fault in faults} == {("form", "sign")}


@pytest.fixture
def workflows(tmp_path) -> Path:
    """A copy of the shipped folder, to be spoilt."""
    return Path(shutil.copytree(WORKFLOWS, tmp_path / "workflows"))


def spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def faults(empty, path: Path) -> set[tuple[str, str]]:
    told = json.loads(empty("lint", str(path), "--format", "json").stdout)
    return {(fault["rule"], fault["element"]) for fault in told}


def test_a_limit_that_no_pack_beside_has_is_told(empty, workflows):
    spoil(workflows / "appeal" / "process.bpmn", 'value="refusal_notice"', 'value="refusal_notic"')
    assert faults(empty, workflows / "appeal") == {("unknown-limit", "tell_refusal")}
    shutil.rmtree(workflows / "packs")
    assert faults(empty, workflows / "appeal") == set(), "there is no pack to know limits from"


def test_a_sealed_route_in_an_open_process_is_told(empty, workflows):
    process = workflows / "qd_discipline" / "process.bpmn"
    spoil(process, '<spiffworkflow:property name="sealed" value="yes" />', "")
    assert faults(empty, workflows / "packs" / "qd-sanwo-5") == {("pack", "")}
    assert faults(empty, process.parent) == {("sealed-undeclared", "count_case")}
    process.write_bytes(b"<not xml")
    assert faults(empty, workflows / "packs" / "qd-sanwo-5") == set(), "the diagram says so itself"
    process.unlink()
    assert faults(empty, workflows / "packs" / "qd-sanwo-5") == set(), "it lies elsewhere"


def test_a_sealed_case_given_to_the_unit_complained_of_is_refused(empty, workflows):
    process = workflows / "qd_discipline" / "process.bpmn"
    spoil(process, 'name="unit" value="office"', 'name="unit" value="responsible"')
    spoil(process, 'name="roles" value="inspector"', 'name="roles" value="handler"')
    assert faults(empty, process.parent) == {
        ("sealed-unit", "receive_clue"),
        ("sealed-role", "receive_clue"),
    }


def test_a_pack_that_cannot_be_read_lends_no_limits(empty, workflows):
    (workflows / "packs" / "gl-jindianzi" / "pack.json").write_text("{")
    assert faults(empty, workflows / "appeal") == set()


def test_roles_of_compartments_are_those_of_the_shipped_packs():
    seated = {
        role["key"]
        for key in PACK_KEYS
        for role in json.loads((PACKS / key / "pack.json").read_text("utf-8")).get("roles", [])
        if role.get("office") == "compartment"
    }
    assert seated == SEALED_ROLES
    assert any(route.get("sealed") for route in pack_of("qd_discipline").items("routes"))
