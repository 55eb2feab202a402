"""The page of a draft's diagram over HTTP: what it offers, an example of a limit, who may draw."""

import re

import pytest

from engine import packs
from engine.bpmn.linting.rules.people import UNITS
from engine.bpmn.service_tasks import OPERATIONS
from engine.models import Role
from tests.databases import WORKFLOWS
from tests.web.staff import Officer, office
from tests.web.test_design_drafts import Designer

DRAWN = {path.parent.name: path.read_text("utf-8") for path in WORKFLOWS.glob("*/process.bpmn")}


@pytest.fixture
def app(story, tmp_path, vault):
    return office(story.sessions, tmp_path, vault)


@pytest.fixture
def designer(app):
    return Designer(app, "she.ji").begins()


def _values(listed):
    return {one["value"] for one in listed}


def test_the_lists_hold_what_the_shipped_diagrams_say(designer):
    told = designer.gets("options").json
    of = {
        "form": "forms",
        "unit": "units",
        "clock": "clocks",
        "outcome": "outcomes",
        "stage": "stages",
    }
    for name, listed in of.items():
        said = set(re.findall(rf'property name="{name}" value="([^"]+)"', DRAWN["appeal"]))
        assert said <= _values(told[listed]), name
    for text in DRAWN.values():
        said = set(re.findall(r'property name="limit" value="([a-z_]+)"', text))
        assert said <= _values(told["limits"])
        assert set(re.findall(r'<bpmn:message id="\w+" name="(\w+)"', text)) <= _values(
            told["messages"]
        )
    assert _values(told["units"]) == set(UNITS)
    assert _values(told["roles"]) == {role.value for role in Role}
    assert _values(told["decisions"]) == {"assign_unit", "classify", "time_limit"}
    assert set(DRAWN) <= _values(told["processes"])
    assert {one["value"]: [p["value"] for p in one["parameters"]] for one in told["services"]} == {
        name: list(one.parameters) for name, one in OPERATIONS.items()
    }


def test_every_choice_is_named_in_both_languages(designer):
    told = designer.gets("options").json
    for name, listed in told.items():
        if name == "decisions":
            continue  # a decision is called by its file
        for one in listed:
            assert re.search(r"[一-鿿]", one["zh"]), (name, one)
            assert one["en"], (name, one)
            assert not re.search(r"[一-鿿]", one["en"]), (name, one)


def test_a_limit_has_the_budget_of_the_citys_own_pack(designer):
    found = {one["value"]: one["budget"] for one in designer.gets("options").json["limits"]}
    own = packs.load(WORKFLOWS / "packs" / "gl-jindianzi")
    base = packs.load(WORKFLOWS / "packs" / "base-12345")
    assert found["contact"] == own.limits["contact"].budget != base.limits["contact"].budget


def test_a_budget_says_when_it_would_end(designer):
    answer = designer.client.get("/design/due?budget=3+WD")
    assert answer.json == {
        "due_at": "2026-11-05T10:00:00+00:00",
        "said": "3 个工作日：现在开始，11月5日（周四）18:00到期",
    }


def test_what_is_no_budget_is_refused_in_words(designer):
    odd = ("", "x" * 81, "0 WD", "5", "5 XX", "99999 d", "9999 WD", "limit(x)", "<b>", "%00")
    for budget in odd:
        answer = designer.client.get(f"/design/due?budget={budget}")
        assert answer.status_code == 422, budget
        assert answer.json["said"]
        assert answer.json["code"] == "invalid-input"


def test_without_javascript_the_file_can_be_taken_and_brought_back(designer):
    page = designer.opens(f"{designer.draft}/diagram")
    assert "画图要用 JavaScript" in page.text
    assert f'{designer.draft}/files/process.bpmn?download"' in page.text
    assert f'href="{designer.draft}/import"' in page.text
    assert designer.gets("files/process.bpmn?download").data.decode() == DRAWN["appeal"]


def test_only_the_editor_may_carry_styles(designer):
    policy = designer.gets("diagram").headers["Content-Security-Policy"]
    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "script-src 'self';" in f"{policy};"
    policy = designer.client.get("/design").headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy


def test_somebody_elses_drawing_is_only_looked_at(app, designer):
    page = Officer(app, "guan.li").opens(f"{designer.draft}/diagram")
    assert 'data-editable="no"' in page.text
    assert "只能看" in page.text


def test_a_draft_without_a_drawing_has_no_such_page(app):
    packing = Officer(app, "she.ji")
    packing.opens("/design")
    action, values = packing.form(
        "//form[.//input[@name='kind'][@value='pack']][.//input[@value='gl-jindianzi']]"
    )
    draft = packing.sends(action, values).location
    assert packing.client.get(f"{draft}/diagram").status_code == 404
