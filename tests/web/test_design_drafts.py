"""The studio's drafts over HTTP: files, problems, comments, who is there, files drawn elsewhere."""

import io
import re

import pytest

from tests.web.staff import Officer, office

FORM = "//main//form[@data-main]"
TOKEN = re.compile(r'data-csrf="([^"]+)"')


@pytest.fixture
def app(story, tmp_path, vault):
    return office(story.sessions, tmp_path, vault)


class Designer(Officer):
    """A designer with a draft of a process open."""

    def begins(self, key="appeal", kind="process"):
        self.opens("/design")
        action, values = self.form(
            f"//form[.//input[@name='kind'][@value='{kind}']][.//input[@value='{key}']]"
        )
        self.page = self.sends(action, values)
        self.draft = self.page.location
        self.opens(f"{self.draft}/comments")
        self.csrf = TOKEN.search(self.page.text)[1]
        return self

    def posts(self, path, body=None, **more):
        return self.client.post(
            f"{self.draft}/{path}", json=body, headers={"X-CSRFToken": self.csrf}, **more
        )

    def gets(self, path, **more):
        return self.client.get(f"{self.draft}/{path}", **more)

    def saves(self, content, revision=1, tab="one", turn=1, path="process.bpmn"):
        body = {"content": content, "revision": revision, "tab": tab, "turn": turn}
        return self.posts(f"files/{path}", body)


@pytest.fixture
def designer(app):
    return Designer(app, "she.ji").begins()


def test_a_file_is_kept_and_read_again(designer):
    answer = designer.saves("<图/>")
    assert answer.json["revision"] == 2
    assert answer.json["apart"] is None
    assert answer.json["said"].endswith("已存")
    found = designer.gets("files/process.bpmn")
    assert found.data.decode() == "<图/>"
    assert found.headers["ETag"] == '"2"'
    assert found.headers["X-CSRFToken"]
    kept = designer.gets("files/process.bpmn?download")
    assert "filename=appeal.bpmn" in kept.headers["Content-Disposition"]
    assert designer.gets("files/forms/none.json").status_code == 404


def test_another_window_gets_a_draft_of_its_own(designer):
    designer.saves("<一/>", tab="one")
    answer = designer.saves("<二/>", tab="two")
    assert answer.json["apart"].startswith("/design/drafts/")
    assert answer.json["apart"] != designer.draft
    found = designer.client.get(f"{answer.json['apart']}/files/process.bpmn")
    assert found.data.decode() == "<二/>"
    assert "另一个窗口的" in designer.opens("/design").text


def test_bad_input_is_refused_in_words(designer):
    for body in (
        None, [], {"content": 1}, {"content": "x", "revision": "1"}, {"content": "x", "turn": -1},
        {"content": "x", "tab": "x" * 41},
    ):  # fmt: skip
        answer = designer.posts("files/process.bpmn", body)
        assert answer.status_code == 422, body
        assert answer.json["said"]
    url = f"{designer.draft}/files/process.bpmn"
    headers = {"X-CSRFToken": designer.csrf, "Content-Type": "application/json"}
    half = designer.client.post(url, data=b'{"content": "\\ud800"}', headers=headers)
    assert half.status_code == 422
    assert designer.saves("x", path="evil.exe").status_code == 422
    assert designer.saves("x" * 6_000_001).status_code == 413
    for body in ({"files": []}, {"files": {"evil.exe": "x"}}, {"files": {"process.bpmn": 1}}):
        assert designer.posts("faults", body).status_code == 422


def test_nobody_writes_without_a_token_or_into_anothers_draft(designer, app):
    url = f"{designer.draft}/files/process.bpmn"
    assert designer.client.post(url, json={"content": "<x/>"}).status_code == 400
    other = Designer(app, "guan.li").begins()
    other.draft = designer.draft
    answer = other.saves("<你的/>")
    assert answer.status_code == 403
    assert designer.gets("files/process.bpmn").data != "<你的/>".encode()


def test_a_new_token_is_given_to_who_signs_in_again(app, designer):
    again = Designer(app, "she.ji")
    again.draft, again.csrf = designer.draft, designer.csrf
    assert again.saves("<x/>").status_code == 400, "the token is the other session's"
    fresh = again.client.head(f"{again.draft}/files/process.bpmn")
    again.csrf = fresh.headers["X-CSRFToken"]
    assert again.saves("<x/>").status_code == 200
    signed_out = app.test_client().head(f"{again.draft}/files/process.bpmn")
    assert "X-CSRFToken" not in signed_out.headers


@pytest.mark.parametrize(("language", "word"), [("zh", "没有表单"), ("en", "there is no form")])
def test_problems_of_what_the_window_has(app, language, word):
    designer = Designer(app, "she.ji", language).begins()
    deployed = designer.posts("faults", {}).json["faults"]
    assert not [one for one in deployed if one["severity"] == "error"]
    drawn = designer.gets("files/process.bpmn").data.decode()
    wrong = drawn.replace('name="form" value="sign"', 'name="form" value="signn"')
    assert wrong != drawn
    found = designer.posts("faults", {"files": {"process.bpmn": wrong}}).json["faults"]
    first = found[0]
    assert (first["rule"], first["element"], first["severity"]) == ("unknown-form", "sign", "error")
    assert word in first["message"]
    assert first["fix"]["operations"][0]["value"] == "sign"
    assert first["why"]
    broken = designer.posts("faults", {"files": {"process.bpmn": "<!DOCTYPE x>"}}).json["faults"]
    assert broken[0]["rule"] == "unreadable"


def test_a_pack_has_no_drawing_to_check(app):
    designer = Designer(app, "she.ji")
    designer.opens("/design")
    action, values = designer.form("//form[.//input[@value='gl-jindianzi']]")
    designer.draft = designer.sends(action, values).location
    designer.csrf = values["csrf_token"][0]
    assert designer.posts("faults", {}).status_code == 404
    assert designer.gets("comments").status_code == 404


def test_comments_on_elements(designer, app):
    designer.opens(f"{designer.draft}/comments")
    designer.fills(FORM, element="sign", text="签收要不要分两步？")
    designer.opens(f"{designer.draft}/comments")
    assert "签收要不要分两步？" in designer.text
    other = Designer(app, "guan.li").begins()
    told = other.gets("comments", headers={"Accept": "application/json"}).json["comments"]
    assert [(one["element"], one["settled"]) for one in told] == [("sign", "")]
    answer = other.posts(f"comments/{told[0]['id']}/settle", {})
    assert answer.json["comments"][0]["settled_by"].startswith("管理齐")
    designer.opens(f"{designer.draft}/comments")
    assert "管理齐" in designer.text
    assert designer.posts("comments", {"element": "sign", "text": "好"}).status_code == 200
    assert designer.posts("comments", {"element": "", "text": "好"}).status_code == 422
    assert designer.posts("comments", {"element": "sign", "text": "x" * 2001}).status_code == 422
    designer.opens(f"{designer.draft}/comments")
    assert designer.fills(FORM, element="", text="还没选").status_code == 422
    assert "选一个图元" in designer.text
    assert "还没选" in designer.page.text
    designer.opens(f"{designer.draft}/comments")
    assert designer.fills(FORM, element="sign", text=" ").status_code == 422


def test_who_else_has_it_open(designer, app):
    assert designer.posts("presence").json["said"] == ""
    other = Designer(app, "guan.li").begins()
    assert other.posts("presence").json["said"] == "佘绘图（演示）也开着"
    assert "管理齐" in designer.posts("presence").json["said"]


DRAWN = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d"><process id="noise" '
    'isExecutable="true"><userTask id="t" name="办" camunda:assignee="x"/></process></definitions>'
)


def sends_file(designer, url, content, **more):
    action, values = designer.form()
    assert action in (None, url)
    values |= {name: [value] for name, value in more.items()}
    file = (io.BytesIO(content), "a.bpmn")
    data = {name: value for name, value in values.items() if name != "file"}
    answer = designer.client.post(
        url, data={**data, "file": file}, content_type="multipart/form-data"
    )
    answer.request.environ["wsgi.input"].close()  # a large one lies in a file
    return answer


def test_a_file_drawn_elsewhere_becomes_a_draft(designer):
    designer.opens("/design/import")
    answer = sends_file(designer, "/design/import", DRAWN.encode())
    assert answer.status_code == 303
    found = designer.client.get(f"{answer.location}/files/process.bpmn").data.decode()
    assert 'id="noise"' in found
    designer.opens(f"{answer.location}/comments")
    for word in ("收下了，3 个图元", "没有图形", "Camunda 7"):
        assert word in designer.text


UNFIT = (
    (b"<!DOCTYPE x [<!ENTITY a 'b'>]><x/>", "DOCTYPE"),
    (b"<cut", "格式完整"),
    (b"<html/>", "BPMN 2.0"),
    (b" " * 5_000_001, "5 MB"),
    (DRAWN.replace('id="noise"', 'id="Noise 1"').encode(), "标识"),
)


def test_what_cannot_be_taken_is_said(designer):
    for content, word in UNFIT:
        designer.opens("/design/import")
        designer.page = sends_file(designer, "/design/import", content)
        assert designer.page.status_code == 422
        assert designer.tree.findtext(".//title").startswith("错误")
        assert word in designer.text
    designer.opens("/design/import")
    assert designer.fills().status_code == 422
    assert "选一个文件" in designer.text


def test_a_file_takes_the_place_of_the_drawing(designer):
    designer.opens(f"{designer.draft}/import")
    answer = sends_file(designer, f"{designer.draft}/import", DRAWN.encode())
    assert answer.location == designer.draft
    found = designer.gets("files/process.bpmn").data.decode()
    assert 'id="appeal"' in found
    assert "camunda:assignee" in found
    designer.opens("/design")
    assert "导入前的图" in designer.text
    designer.opens(f"{designer.draft}/import")
    designer.page = sends_file(designer, f"{designer.draft}/import", b"<html/>")
    assert designer.page.status_code == 422


def test_rules_with_their_examples(designer):
    designer.opens("/design/rules")
    assert "default-missing" in designer.text
    designer.opens("/design/rules/default-missing")
    assert "条件都不成立时网关就走不下去" in designer.text
    assert designer.opens("/design/rules/default-missing/bad/bad.bpmn").status_code == 200
    marks = designer.opens("/design/rules/default-missing/bad/marks.json").json
    assert marks["active"][0]["element"] == "choose"
    assert designer.opens("/design/rules/default-missing/good/marks.json").json == {"active": []}
    for path in ("no-such", "default-missing/bad/none.bpmn", "default-missing/worse/bad.bpmn"):
        assert designer.opens(f"/design/rules/{path}").status_code == 404
    designer.opens("/design/rules/unknown-decision")
    assert "没有决策" in designer.text
