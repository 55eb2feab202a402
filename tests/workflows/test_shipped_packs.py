"""The shipped packs: sourced, bilingual, and in step with the diagrams; the demo cities."""

import json

import pytest

from engine.bpmn.linting.documents import read
from engine.bpmn.linting.tables import read_table
from engine.facts import FACTS
from engine.pack_schema import SECTIONS
from engine.packs import load
from engine.working_time import Budget
from tests.workflows.shipped import (
    BPMN,
    PACK_KEYS,
    PACKS,
    PROCESSES,
    WORKFLOWS,
    forms,
    properties,
    tree,
)

EACH = pytest.mark.parametrize("key", PACK_KEYS)
CITIES = pytest.mark.parametrize("key", ["gl-jindianzi", "qd-sanwo-5"])
OWN_TEXTS = {"name", "processes"}  # sections that cite no rule


@EACH
def test_every_section_stated_has_a_source_and_a_mark(key):
    content = json.loads((PACKS / key / "pack.json").read_text(encoding="utf-8"))
    assert content["key"] == key
    for section in set(content) & set(SECTIONS) - OWN_TEXTS - {"prefix"}:
        said = content[section]
        entries = said if isinstance(said, list) else [*said.values()]
        one_by_one = all(isinstance(e, dict) and "mark" in e for e in entries)
        assert one_by_one or "mark" in said or section in content["sources"], section


@EACH
def test_every_number_can_be_read_and_every_fact_exists(key):
    for limit in load(PACKS / key).limits.values():
        assert str(Budget.parse(limit.budget)) == limit.budget
        assert limit.mark in "TPK"
        for rung in limit.rungs:
            assert Budget.parse(rung.before or rung.after)
        for fact in (limit.settled_by, limit.decided_by, limit.overdue):
            assert fact is None or fact in FACTS


@EACH
def test_contact_and_handling_warn_before_they_pass(key):
    limits = load(PACKS / key).limits
    assert limits["contact"].rungs
    assert limits["handling"].rungs
    assert limits["contact"].settled_by == "contacted"


def stage_of(element):
    return properties(element).get("stage")


def test_every_process_is_some_packs():
    used = set()
    for key in PACK_KEYS:
        pack = load(PACKS / key)
        used |= {*pack.parts.values(), *(route["process"] for route in pack.items("routes"))}
    assert used == set(PROCESSES)


@EACH
def test_stages_ladder_and_processes_are_those_of_the_diagrams(key):
    pack = load(PACKS / key)
    routed = [route["process"] for route in pack.items("routes")]
    assert {*pack.parts.values(), *routed} <= set(PROCESSES)
    drawn = {
        process: [said for s in tree(process).iter(f"{BPMN}subProcess") if (said := stage_of(s))]
        for process in (pack.parts["appeal"], *routed)
    }
    stages = [stage["key"] for stage in pack.items("stages")]
    assert {stage for some in drawn.values() for stage in some} == set(stages)
    assert all(some == [stage for stage in stages if stage in some] for some in drawn.values())
    ladder = tree("supervision").iter(f"{BPMN}userTask")
    assert {task.get("id"): properties(task)["roles"] for task in ladder} == {
        rung["key"]: rung["role"] for rung in pack.items("ladder")
    }
    outcomes = {entry["key"] for entry in pack.items("outcomes")}
    answer = forms("appeal")["write_answer"]["properties"]["outcome"]
    assert set(answer["enum"]) < outcomes
    labels = {o["key"]: {"zh": o["zh"], "en": o["en"]} for o in pack.items("outcomes")}
    assert all(labels[k] == text for k, text in answer["x-labels"].items())


def test_classes_of_the_base_pack_are_what_the_decision_gives():
    base = load(PACKS / "base-12345")
    path = WORKFLOWS / "appeal" / "time_limit.tests.json"
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
    again = {"contact": base.content["rehandling"]["contact"]}
    again["handling"] = base.content["rehandling"]["handling"]
    known = {entry["key"]: entry for entry in base.items("classes")}
    for row in rows:
        key, before = row["in"]["case.class_key"], row["in"]["case.handled_before"]
        said = again if before else known.get(key, known["ordinary"])
        assert row["out"] == {"contact_limit": said["contact"], "handling_limit": said["handling"]}
    assert {row["in"]["case.class_key"] for row in rows} >= set(known)


def test_extension_form_asks_for_no_more_than_the_pack_allows():
    days = forms("extension")["request_extension"]["properties"]["days"]
    assert days["maximum"] == load(PACKS / "base-12345").content["extension"]["most"]


def test_guilin_states_its_contact_limit_and_leaves_the_rest_open():
    guilin = load(PACKS / "gl-jindianzi")
    contact = guilin.limits["contact"]
    assert (contact.budget, contact.stated, contact.mark) == ("5 WD", True, "P")
    assert [(r.name, r.after) for r in contact.rungs] == [("remind", "3 WD")]
    assert contact.budget_for({"contact_limit": "1 WD"}) == "5 WD"
    assert not any(limit.stated for name, limit in guilin.limits.items() if name != "contact")
    assert guilin.prefix == "GL"
    top = [entry["zh"] for entry in guilin.items("categories") if "parent" not in entry]
    assert top == [
        "城市建设与管理",
        "食品安全",
        "生态环境",
        "文化教育",
        "交通出行",
        "社会保障",
        "医疗卫生",
        "社区建设与公共服务",
        "其他",
    ]


@EACH
def test_what_is_not_stated_is_inherited_and_named_rightly(key):
    pack = load(PACKS / key)
    for entry in pack.not_stated:
        section, _, name = entry["key"].partition(".")
        assert section in SECTIONS
        assert entry["key"] not in pack.stated
        assert not name or name in pack.content[section]
    assert bool(pack.not_stated) == (key != "base-12345")


def city_of(key):
    path = PACKS / key / "organisation.json"
    return json.loads(path.read_text(encoding="utf-8"))


@CITIES
def test_demo_city_has_each_unit_that_a_decision_category_or_office_names(key):
    city = city_of(key)
    units = {unit["key"]: unit for unit in city["units"]}
    assert len(units) == len(city["units"])
    seen = set()
    for unit in units.values():
        assert unit["parent"] is None or unit["parent"] in seen, "a parent stands above"
        assert unit["kind"] in {"department", "territory", "compartment"}
        assert unit["level"] in {"city", "district"}
        seen.add(unit["key"])
    folder = {"gl-jindianzi": "appeal", "qd-sanwo-5": "qd_government"}[key]
    catalogue = read_table(read((WORKFLOWS / folder / "assign_unit.dmn").read_bytes()))
    proposed = [row.results[0].strip('"') for row in catalogue.rows]
    named = {unit for unit in proposed if not unit.startswith("case.")}
    pack = load(PACKS / key)
    named |= {c["unit"] for c in pack.items("categories") if "unit" in c}
    inherited = set() if key == "gl-jindianzi" else {"supervision_office"}
    named |= set(pack.content["offices"].values()) - inherited
    assert named <= set(units)


@CITIES
def test_demo_city_has_somebody_for_every_role_and_a_handler_for_every_unit_that_acts(key):
    city = city_of(key)
    units = {unit["key"] for unit in city["units"]}
    held = [(m["unit"], m["role"]) for p in city["persons"] for m in p["memberships"]]
    pack = load(PACKS / key)
    roles = {role["key"] for role in pack.items("roles")}
    assert {role for _, role in held} == roles
    offices = {*pack.content["offices"].values(), city["units"][0]["key"]}
    assert {unit for unit, role in held if role == "handler"} == units - offices
    assert {unit for unit, _ in held} <= units
    logins = [person["login"] for person in city["persons"]]
    assert len(set(logins)) == len(logins)
    assert all(person["zh"].endswith("（演示）") for person in city["persons"])
    assert "password" not in json.dumps(city)


def test_two_cities_share_no_unit_and_nobody():
    guilin, qingdao = city_of("gl-jindianzi"), city_of("qd-sanwo-5")
    for part, name in (("units", "key"), ("persons", "login")):
        assert not {one[name] for one in guilin[part]} & {one[name] for one in qingdao[part]}
    assert all(unit["key"].startswith("qd_") for unit in qingdao["units"])
    assert [u["key"] for u in qingdao["units"] if u["kind"] == "compartment"] == ["qd_discipline"]


def test_qingdao_leads_what_is_valid_into_four_routes():
    pack = load(PACKS / "qd-sanwo-5")
    routes = {route["key"]: route for route in pack.items("routes")}
    assert [route["zh"] for route in routes.values()] == [
        "舆论监督",
        "信访事项",
        "政务服务",
        "纪检监察",
    ]
    assert [key for key, route in routes.items() if route.get("sealed")] == ["discipline"]
    assert pack.content["offices"][routes["discipline"]["office"]] == "qd_discipline"
    asked = forms("qd_first_screening")["first_screen"]["properties"]["route"]
    assert asked["x-options"] == "pack.routes"
    again = forms("qd_discipline")["receive_clue"]["properties"]["route"]
    assert again["enum"] == [key for key in routes if key != "discipline"]
    for key in again["enum"]:
        assert again["x-labels"][key] == {"zh": routes[key]["zh"], "en": routes[key]["en"]}
    assert pack.reception("newspaper") == "qd_daily"
    assert pack.reception("tv") == "qd_tv"
    assert (pack.prefix, len(pack.items("topics"))) == ("QD", 10)
