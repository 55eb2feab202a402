"""Decisions of a draft: rules and tests changed on plain pages, run, new ones, bad input."""

import json
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from engine.commands import deployments, design_drafts
from engine.db import Sessions, transaction
from engine.designing import decision_edits, decision_grid, decision_tests
from engine.designing.decision_grid import Column, Rule
from engine.errors import InvalidInput
from engine.models import DesignKind
from engine.queries import design_drafts as read_drafts
from tests.databases import WORKFLOWS
from tests.story import Story
from tests.web.design_pages import begun, controls, files, saves
from tests.web.site import application, post, sign_in

CLASSIFY = (WORKFLOWS / "appeal" / "classify.dmn").read_bytes()


@pytest.fixture
def app(sessions: Sessions, story: Story, tmp_path: Path) -> APIFlask:
    return application(sessions, tmp_path)


@pytest.fixture
def designer(app: APIFlask) -> FlaskClient:
    client = app.test_client()
    sign_in(client, "she.ji")
    return client


@pytest.fixture
def draft(story: Story) -> str:
    return begun(story)


def test_a_row_and_its_test_are_added_without_javascript(
    designer: FlaskClient, story: Story, draft: str
) -> None:
    at = f"{draft}/decisions/classify"
    page = designer.get(f"{at}?plain=1").text
    assert "16 个测试对上，共 16 个。每一行都测到了。" in page
    sent = controls(page, f"{at}/rules")
    assert sent["place"] == "9", "before the row that takes all the rest"
    sent |= {"do": "add", "c.n.1": '"lift"', "r.n.0": '"lift"', "zh.n": "电梯", "en.n": "Lifts"}
    assert post(designer, f"{at}/rules", **sent).status_code == 303
    table = decision_grid.grid(files(story, draft)["classify.dmn"])
    assert table is not None
    assert [rule.zh for rule in table.rules[-2:]] == ["电梯", "其他：默认行"]

    page = designer.get(f"{at}?plain=1").text
    assert "没有测试到的行：9。" in page
    sent = controls(page, f"{at}/tests")
    sent |= {"do": "save", "i.16.1": "lift", "i.16.2": "help", "o.16.0": "lift"}
    assert post(designer, f"{at}/tests", **sent).status_code == 303
    page = designer.get(at).text
    assert "17 个测试对上，共 17 个。每一行都测到了。" in page
    rows = json.loads(files(story, draft)["classify.tests.json"])["rows"]
    assert rows[-1] == {
        "in": {"case.hazard": "", "case.category": "lift", "case.kind": "help"},
        "out": {"class_key": "lift"},
    }
    assert len(rows) == 17


def test_a_wrong_test_says_what_came_and_from_which_row(
    designer: FlaskClient, story: Story, draft: str
) -> None:
    at = f"{draft}/decisions/classify"
    sent = controls(designer.get(f"{at}?plain=1").text, f"{at}/tests") | {"o.0.0": "ordinary"}
    post(designer, f"{at}/tests", do="save", **sent)
    assert "来的是 类级 = emergency（第 1 行）" in designer.get(at).text
    told = designer.get(f"{at}/results").json
    assert told is not None
    assert told["tests"][0]["state"] == "late"
    assert told["coverage"]["state"] == "late"
    # What it says of a table that answers twice, or not at all.
    sent = controls(designer.get(f"{at}?plain=1").text, f"{at}/rules")
    post(designer, f"{at}/rules", **{**sent, "do": "policy", "policy": "UNIQUE"})
    assert "行都对得上，UNIQUE 只能有一行。" in designer.get(at).text
    sent = controls(designer.get(f"{at}?plain=1").text, f"{at}/rules")
    post(designer, f"{at}/rules", **{**sent, "do": "remove:classify_r8"})
    assert "没有一行对得上，也没有默认值" in designer.get(at).text


def test_a_number_in_words_is_refused_at_its_cell_and_nothing_is_lost(
    designer: FlaskClient, story: Story, draft: str
) -> None:
    at = f"{draft}/decisions/assign_unit"
    before = files(story, draft)["assign_unit.tests.json"]
    sent = controls(designer.get(at).text, f"{at}/tests")
    answer = post(designer, f"{at}/tests", **{**sent, "do": "save", "i.0.2": "三"})
    assert answer.status_code == 422
    assert 'href="#i.0.2"' in answer.text
    assert 'value="三"' in answer.text
    assert files(story, draft)["assign_unit.tests.json"] == before


def test_a_new_decision_is_begun_asked_tested_and_taken_out(
    designer: FlaskClient, story: Story, draft: str
) -> None:
    typed = {
        "key": "legal_check",
        "zh": "要不要法律意见",
        "en": "Legal opinion?",
        "policy": "FIRST",
        "input0": "category",
        "input1": "bounces",
        "output": "needs_legal",
        "output_zh": "要法律意见",
    }
    refused = post(designer, f"{draft}/decisions", **{**typed, "key": "Legal check", "zh": ""})
    assert refused.status_code == 422
    assert "标识用小写字母开头" in refused.text
    assert "Error" in refused.text or "错误：" in refused.text
    assert post(designer, f"{draft}/decisions", **{**typed, "key": "classify"}).status_code == 422
    made = post(designer, f"{draft}/decisions", **typed)
    assert made.status_code == 303
    page = designer.get(made.location).text
    assert "要不要法律意见" in page
    table = decision_grid.grid(files(story, draft)["legal_check.dmn"])
    assert table is not None
    assert [column.name for column in table.inputs] == ["case.category", "case.bounces"]
    assert "legal_check" in designer.get(f"{draft}/decisions").text
    assert post(designer, f"{draft}/decisions/legal_check/removal").status_code == 303
    assert "legal_check.dmn" not in files(story, draft)
    assert designer.get(f"{draft}/decisions/legal_check").status_code == 404


def test_another_window_saved_first_and_both_are_kept(
    designer: FlaskClient, story: Story, draft: str
) -> None:
    at = f"{draft}/decisions/classify"
    sent = controls(designer.get(f"{at}?plain=1").text, f"{at}/rules")
    saves(story, draft, "classify.dmn", decision_edits.removed(CLASSIFY, "classify_r3"))
    answer = post(designer, f"{at}/rules", **{**sent, "do": "save", "r.0.0": '"urgent"'})
    beside = answer.location.rsplit("/decisions/", 1)[0]
    assert beside != draft
    assert "别的窗口先存了一版" in designer.get(answer.location).text
    theirs, mine = (files(story, one)["classify.dmn"] for one in (draft, beside))
    assert b"many_units" not in theirs
    assert b'"urgent"' not in theirs
    assert b'"urgent"' in mine
    assert b"many_units" in mine


def test_a_thousand_rows_are_shown_told_and_changed_page_by_page(
    designer: FlaskClient, story: Story, draft: str
) -> None:
    content = CLASSIFY
    root = content.index(b'   <rule id="classify_r4">')
    rule = (
        '   <rule id="many_{0}"><inputEntry id="many_{0}a"><text>"k{0}"</text></inputEntry>'
        '<inputEntry id="many_{0}b"><text></text></inputEntry>'
        '<inputEntry id="many_{0}c"><text></text></inputEntry>'
        '<outputEntry id="many_{0}o"><text>"m"</text></outputEntry></rule>\n'
    )
    many = content[:root] + "".join(map(rule.format, range(1000))).encode() + content[root:]
    saves(story, draft, "classify.dmn", many)
    at = f"{draft}/decisions/classify"
    page = designer.get(f"{at}?page=3").text
    assert "1,009 行" in page
    assert "行很多，先用简单表格。" in page
    assert "500" in page, "the fault says how many can be used"
    sent = controls(page, f"{at}/rules") | {"do": "save", "r.0.0": '"changed"'}
    assert post(designer, f"{at}/rules", **sent).status_code == 303
    table = decision_grid.grid(files(story, draft)["classify.dmn"])
    assert table is not None
    changed = [number for number, one in enumerate(table.rules, 1) if one.results == ('"changed"',)]
    assert changed == [101]


@pytest.mark.parametrize(
    "content", [b"", b"<a", b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', b"<a/>"]
)
def test_what_is_no_table_is_shown_with_its_fault(
    designer: FlaskClient, story: Story, draft: str, content: bytes
) -> None:
    saves(story, draft, "classify.dmn", content)
    at = f"{draft}/decisions/classify"
    page = designer.get(at)
    assert page.status_code == 200
    assert "读不出一张决策表" in page.text
    assert designer.get(f"{draft}/decisions").status_code == 200
    answer = post(designer, f"{at}/rules", do="add", revision="2")
    assert answer.status_code == 422


def test_a_colleague_may_look_and_not_change(app: APIFlask, draft: str) -> None:
    client = app.test_client()
    sign_in(client, "guan.li")
    page = client.get(f"{draft}/decisions/classify?plain=1")
    assert page.status_code == 200
    assert 'value="add"' not in page.text
    answer = post(client, f"{draft}/decisions/classify/rules", do="add", revision="1")
    assert answer.status_code == 403


@pytest.mark.both
def test_tests_are_deployed_beside_the_process_and_make_no_version_of_it(story: Story) -> None:
    with transaction(story.sessions) as session:
        draft_id = design_drafts.begin(
            session, DesignKind.PROCESS, "appeal", by=story.actor("she.ji")
        )
        contents = read_drafts.opened(session, story.actor("she.ji"), draft_id).contents
        shipped = contents["classify.tests.json"]
        assert shipped == (WORKFLOWS / "appeal" / "classify.tests.json").read_bytes()
        told = decision_tests.tested("classify", contents["classify.dmn"], None)
        contents["classify.tests.json"] = none = decision_tests.write(told.key, [])
        done = deployments.deploy(session, design_drafts.as_files("appeal", contents), by="she.ji")
        assert done.definitions == [("tests", "appeal.classify", 2)]
        again = deployments.deploy(session, design_drafts.as_files("appeal", contents), by="she.ji")
        assert again.definitions == []
        # The next version of the process: the first keeps the tests of its own time.
        contents["classify.dmn"] = decision_edits.removed(contents["classify.dmn"], "classify_r3")
        made = deployments.deploy(session, design_drafts.as_files("appeal", contents), by="she.ji")
        assert ("bpmn", "appeal", 2) in made.definitions
        contents["classify.tests.json"] = shipped
        deployments.deploy(session, design_drafts.as_files("appeal", contents), by="she.ji")
        found = {}
        for version in (1, 2):
            of = design_drafts.begin(
                session, DesignKind.PROCESS, "appeal", by=story.actor("she.ji"), version=version
            )
            found[version] = read_drafts.opened(session, story.actor("she.ji"), of).contents
    assert found[1]["classify.tests.json"] == none
    assert found[2]["classify.tests.json"] == shipped


def test_changing_one_row_leaves_the_rest_of_the_file_as_it_was() -> None:
    table = decision_grid.grid(CLASSIFY)
    assert table is not None
    assert decision_edits.written(CLASSIFY, table.rules) == CLASSIFY
    added = decision_edits.added(CLASSIFY, Rule("", ('"x"',), ('"y"',), "甲"), 2)
    assert decision_edits.removed(added, "classify_r9") == CLASSIFY
    assert added.count(b"<rule ") == 10
    moved = decision_edits.moved(CLASSIFY, "classify_r8", -1)
    assert moved != CLASSIFY
    assert decision_edits.moved(moved, "classify_r8", 1) == CLASSIFY
    assert decision_edits.moved(CLASSIFY, "classify_r0", -1) == CLASSIFY
    made = decision_edits.new(
        "a", "甲", "A", "COLLECT", [Column("类别", "", "case.category")], [Column("丙", "C", "c")]
    )
    again = decision_grid.grid(decision_edits.added(made, Rule("", ("1",), ("2",), "说", "Say")))
    assert again is not None
    assert again.rules[1] == Rule("a_r1", ("1",), ("2",), "说", "Say")


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"[]", "rows"), (b"{", "JSON"), (b'{"rows": [1]}', "row 1"), (b'{"rows": {}}', "rows")],
)
def test_a_test_file_that_is_none_is_told(content: bytes, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        decision_tests.read(content)
    assert not decision_tests.tested("classify", CLASSIFY, content).passed
