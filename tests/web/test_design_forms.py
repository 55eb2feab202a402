"""Forms of a draft: fields added, moved, changed and taken out; what is seen; bad input."""

import json
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from engine.commands import design_tables
from engine.db import Sessions
from engine.designing import form_edits, form_fields
from tests.databases import WORKFLOWS
from tests.story import Story
from tests.web.design_pages import begun, controls, files, saves
from tests.web.site import application, post, sign_in


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


def form(story: Story, draft: str, key: str) -> dict:
    return json.loads(files(story, draft)[f"forms/{key}.json"])


def field_part(page: str) -> str:
    """The part of a form's page where a field is typed."""
    return page.split('id="field"')[1]


def test_a_form_is_begun_and_gets_a_list_on_a_condition(
    designer: FlaskClient, story: Story, draft: str
) -> None:
    refused = post(designer, f"{draft}/forms", key="Legal", zh="")
    assert refused.status_code == 422
    assert "标识用小写字母开头" in refused.text
    made = post(designer, f"{draft}/forms", key="legal_opinion", zh="法律意见", en="Legal opinion")
    assert made.status_code == 303
    at = f"{draft}/forms/legal_opinion"
    typed = controls(field_part(designer.get(at).text), f"{at}/fields") | {
        "name": "lawful",
        "zh": "合不合法",
        "en": "Is it lawful?",
        "kind": "choice",
        "options": "yes | 合法 | Lawful\nno ｜ 不合法 ｜ Unlawful",
        "required": "yes",
        "routing": "yes",
        "fact": "ground",
    }
    assert post(designer, f"{at}/fields", **typed).status_code == 303
    typed = controls(field_part(designer.get(at).text), f"{at}/fields") | {
        "name": "article",
        "zh": "依据哪一条",
        "kind": "text",
        "longest": "80",
        "required": "yes",
        "if_field": "lawful",
        "if_value": "no",
    }
    assert post(designer, f"{at}/fields", **typed).status_code == 303
    said = form(story, draft, "legal_opinion")
    assert said["properties"]["lawful"] == {
        "type": "string",
        "x-title": {"zh": "合不合法", "en": "Is it lawful?"},
        "x-routing": True,
        "enum": ["yes", "no"],
        "x-labels": {
            "yes": {"zh": "合法", "en": "Lawful"},
            "no": {"zh": "不合法", "en": "Unlawful"},
        },
    }
    assert said["properties"]["article"] == {
        "type": "string",
        "maxLength": 80,
        "x-title": {"zh": "依据哪一条"},
        "x-show-if": {"field": "lawful", "op": "==", "value": "no"},
        "x-required": True,
    }
    assert said["required"] == ["note", "lawful"]
    assert said["x-facts"] == [{"fact": "ground", "from": "lawful"}]
    assert design_tables.form_faults("legal_opinion", json.dumps(said).encode()) == []
    page = designer.get(at).text
    assert 'name="desk-answer.lawful"' in page
    assert 'name="phone-answer.lawful"' in page
    assert "「合不合法」选「不合法」时填" in page
    assert "「合不合法」" not in designer.get(f"{at}?shown=en").text.split('id="preview"')[1]


def test_fields_are_moved_changed_and_taken_out(
    designer: FlaskClient, story: Story, draft: str
) -> None:
    at = f"{draft}/forms/sign"
    before = form(story, draft, "sign")
    page = designer.get(f"{at}?field=legal_basis").text
    sent = controls(field_part(page), f"{at}/fields")
    assert sent["if_value"] == "return"
    post(designer, f"{at}/fields", **sent)
    assert form(story, draft, "sign") == before, "saved as it was"
    post(designer, f"{at}/fields", do="up:legal_basis", revision="2")
    moved = form(story, draft, "sign")
    assert list(moved["properties"])[1:3] == ["legal_basis", "return_reason"]
    assert moved["layout"] == [["signing"], ["legal_basis"], ["return_reason"], ["proposed_unit"]]
    post(designer, f"{at}/fields", do="remove:proposed_unit", revision="3")
    less = form(story, draft, "sign")
    assert "proposed_unit" not in json.dumps(less["properties"])
    assert {"fact": "return_proposal", "from": "proposed_unit"} not in less["x-facts"]
    assert len(less["x-facts"]) == len(before["x-facts"]) - 1
    assert post(designer, f"{at}/fields", do="up:nobody", revision="4").status_code == 404


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"name": "Bad Name"}, "标识用小写字母开头"),
        ({"name": "signing"}, "已经有「signing」了。"),
        ({"zh": ""}, "写上中文名"),
        ({"kind": "choice", "options": "同意"}, "第 1 项写成"),
        ({"kind": "choice", "options": "a|甲\na|乙"}, "写了两次"),
        ({"kind": "several", "options": ""}, "写出可选的各项"),
        ({"kind": "nothing"}, "选一种填法"),
        ({"longest": "many"}, "写 1 到 5000 的数"),
        ({"if_field": "nobody", "if_value": "x"}, "只能看排在上面的一项"),
        ({"if_field": "signing", "if_value": "maybe"}, "上面那一项没有这个值"),
        ({"if_field": "signing", "if_value": "a, b"}, "写上一个值"),
        ({"fact": "nothing"}, "从列表里选"),
    ],
)
def test_what_cannot_be_is_said_at_its_control(
    designer: FlaskClient, story: Story, draft: str, typed: dict[str, str], told: str
) -> None:
    at = f"{draft}/forms/sign"
    full = {"do": "add", "revision": "1", "name": "more", "zh": "更多", "kind": "text", **typed}
    answer = post(designer, f"{at}/fields", **{"if_op": "==", **full})
    assert answer.status_code == 422
    assert told in answer.text
    assert "错误：" in answer.text
    assert "more" not in form(story, draft, "sign")["properties"]


def test_the_preview_shows_what_is_being_typed_and_keeps_nothing(
    designer: FlaskClient, story: Story, draft: str
) -> None:
    at = f"{draft}/forms/sign"
    answer = post(designer, f"{at}/preview", name="stamp", zh="盖章人", kind="text", if_op="==")
    assert answer.status_code == 200
    assert "盖章人" in answer.text
    assert "退单理由" in answer.text
    assert "盖章人" not in files(story, draft)["forms/sign.json"].decode()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "行起不是 JSON"),
        ('{"properties": {"a": 1}}', "表单的 JSON"),
        ('{"properties": {"a": {"type": "tree"}}}', "表单"),
        ('{"title": "a", "x-title": "b", "properties": {}}', "表单"),
        (
            '{"properties": {"a": {"x-title": 1, "enum": 5, "items": [], "x-show-if": []}}}',
            "表单",
        ),
        ("[" * 5000, "不是 JSON"),
    ],
)
def test_json_with_faults_is_kept_and_told(
    designer: FlaskClient, story: Story, draft: str, text: str, told: str
) -> None:
    at = f"{draft}/forms/sign"
    assert post(designer, f"{at}/json", content=text, revision="1").status_code == 303
    assert files(story, draft)["forms/sign.json"].decode() == text + "\n"
    page = designer.get(at)
    assert page.status_code == 200
    assert told in page.text
    assert designer.get(f"{at}?field=a").status_code == 200
    assert designer.get(f"{draft}/forms").status_code == 200


def test_a_copy_a_title_and_a_removal(designer: FlaskClient, story: Story, draft: str) -> None:
    post(designer, f"{draft}/forms", key="sign_again", zh="再签收", en="Sign again", like="sign")
    made = form(story, draft, "sign_again")
    assert made["x-title"] == {"zh": "再签收", "en": "Sign again"}
    assert made["properties"] == form(story, draft, "sign")["properties"]
    at = f"{draft}/forms/sign_again"
    post(designer, f"{at}/title", zh="第二次签收", revision="1")
    assert form(story, draft, "sign_again")["title"] == "第二次签收"
    assert post(designer, f"{at}/title", zh="", revision="2").status_code == 422
    post(designer, f"{at}/removal")
    assert "forms/sign_again.json" not in files(story, draft)
    assert designer.get(at).status_code == 404


def test_two_windows_change_one_form_and_both_are_kept(
    designer: FlaskClient, story: Story, draft: str
) -> None:
    at = f"{draft}/forms/sign"
    theirs = form_edits.dumped(form_edits.without(form(story, draft, "sign"), "legal_basis"))
    saves(story, draft, "forms/sign.json", theirs)
    typed = {"do": "add", "name": "more", "zh": "更多", "kind": "text", "if_op": "=="}
    answer = post(designer, f"{at}/fields", revision="1", **typed)
    beside = answer.location.rsplit("/forms/", 1)[0]
    assert beside != draft
    assert files(story, draft)["forms/sign.json"] == theirs
    assert "more" in form(story, beside, "sign")["properties"]


def test_every_shipped_field_is_read_and_written_as_it_was() -> None:
    for path in WORKFLOWS.glob("*/forms/*.json"):
        schema = form_fields.parsed(path.read_bytes())
        assert schema is not None
        for name in schema["properties"]:
            field = form_fields.field_of(schema, name)
            assert field.kind != "other", (path, name)
            assert form_edits.with_field(schema, field) == schema, (path, name)
