"""The designer's pages around a deployment: compare, review, deploy, versions, back again."""

import re
from uuid import UUID

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from engine.commands import design_drafts, design_review
from engine.commands.design_drafts import PACK, PROCESS, Window
from engine.db import Sessions, reading, transaction
from engine.models import DesignDraft, DesignKind
from tests.story import Story
from tests.web.site import application, sign_in

JDZ = "gl-jindianzi"


def at_desk(app: APIFlask, login: str) -> FlaskClient:
    client = app.test_client()
    sign_in(client, login)
    return client


@pytest.fixture
def designer(app: APIFlask) -> FlaskClient:
    return at_desk(app, "she.ji")


def drawn(story: Story, old: str, new: str, path: str = PROCESS, *, login: str = "she.ji") -> UUID:
    """A draft of the shipped process with one thing changed."""
    by = story.actor(login)
    with transaction(story.sessions) as session:
        draft = design_drafts.begin(session, DesignKind.PROCESS, "appeal", by=by)
        text = design_review.look(session, draft).files[path].decode()
        assert old in text
        content = text.replace(old, new).encode()
        design_drafts.save(session, draft, path, content, Window(1, "", 0), by=by)
    return draft


def text_of(client: FlaskClient, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status, answer.text
    return answer.text


def posted(client: FlaskClient, page: str, url: str, **fields: str):
    """Post a form of a page with the hidden inputs that stand in it."""
    html = client.get(page).text
    at = html.index(f'action="{url}"')
    form = html[at : html.index("</form>", at)]
    hidden = dict(re.findall(r'type="hidden" name="([a-z_]+)" value="([^"]*)"', form))
    return client.post(url, data={**hidden, **fields})


@pytest.mark.both
@pytest.mark.story
def test_a_draft_is_compared_reviewed_deployed_and_taken_back(
    designer: FlaskClient, story: Story
) -> None:
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    draft = drawn(story, 'name="联系市民"', 'name="先联系市民"')
    html = text_of(designer, f"/design/drafts/{draft}/compare")
    assert 'data-element="contact_citizen"' in html
    assert re.search(r"<del[^>]*>联系市民</del> → <ins[^>]*>先联系市民</ins>", html)
    assert "1 处不同" in html
    english = text_of(designer, f"/design/drafts/{draft}/compare?lang=en")
    assert "1 difference" in english
    review = f"/design/drafts/{draft}/review"
    html = text_of(designer, review + "?lang=zh")
    assert "没有问题" in html
    assert "在走的 1 件留在原来的版本" in html
    assert "条都通过" in html
    answer = posted(designer, review, f"/design/drafts/{draft}/deploy", note="先打电话")
    assert answer.status_code == 303
    assert answer.location == "/design/versions/process/appeal"
    html = text_of(designer, answer.location)
    assert "部署好了" in html
    assert "先打电话" in html
    assert "部署过了，是第 2 版" in text_of(designer, review)
    answer = posted(
        designer, answer.location, "/design/versions/process/appeal/1/back", note="不好"
    )
    assert answer.status_code == 303
    html = text_of(designer, answer.location)
    assert "退回到第 1 版" in html
    assert "第 3 版" in html
    html = text_of(designer, "/design/compare/process/appeal?old=1&new=3")
    assert "两边一样" in html
    html = text_of(designer, "/design/compare/process/appeal")
    assert re.search(r"<del[^>]*>先联系市民</del> → <ins[^>]*>联系市民</ins>", html)


def test_what_cannot_be_deployed_is_said_and_the_draft_is_kept(
    designer: FlaskClient, story: Story
) -> None:
    draft = drawn(story, 'value="dispatcher"', 'value="wizard"')
    review = f"/design/drafts/{draft}/review"
    html = text_of(designer, review)
    assert "wizard" in html
    assert "处问题不能部署，先改好" in html
    answer = designer.post(
        f"/design/drafts/{draft}/deploy",
        data={"csrf_token": _token(html), "seen": _seen(story, draft)},
    )
    assert answer.status_code == 422
    assert "没有部署；草稿没有动" in answer.text
    _is_open(story.sessions, draft)


@pytest.mark.slow
def test_who_looked_at_something_else_is_shown_what_is_there_now(
    designer: FlaskClient, story: Story
) -> None:
    draft = drawn(story, 'name="联系市民"', 'name="先联系市民"')
    answer = posted(
        designer, f"/design/drafts/{draft}/review", f"/design/drafts/{draft}/deploy", seen="0" * 64
    )
    assert answer.status_code == 409
    assert "请再看一遍" in answer.text
    answer = posted(
        designer,
        f"/design/drafts/{draft}/review",
        f"/design/drafts/{draft}/deploy",
        note="长" * 2001,
    )
    assert answer.status_code == 422
    assert "最多 2000 字" in answer.text
    assert "长长长" in answer.text, "what was typed is there again"
    _is_open(story.sessions, draft)


@pytest.mark.slow
def test_failing_tests_and_a_version_of_somebody_else_ask_for_a_tick(
    designer: FlaskClient, story: Story
) -> None:
    draft = drawn(story, '"class_key": "utility"', '"class_key": "petition"', "classify.tests.json")
    other = drawn(story, 'name="联系市民"', 'name="先联系市民"')
    deployed = posted(designer, f"/design/drafts/{other}/review", f"/design/drafts/{other}/deploy")
    assert deployed.status_code == 303
    review, url = f"/design/drafts/{draft}/review", f"/design/drafts/{draft}/deploy"
    html = text_of(designer, review)
    assert "条没通过" in html
    assert "在用的已经是第 2 版" in html
    answer = posted(designer, review, url)
    assert answer.status_code == 422
    assert "勾上才能部署" in answer.text
    assert posted(designer, review, url, despite="yes").status_code == 303


def test_formatting_alone_offers_nothing_to_deploy(designer: FlaskClient, story: Story) -> None:
    draft = drawn(story, "</bpmn:process>", "<!-- x --></bpmn:process>")
    html = text_of(designer, f"/design/drafts/{draft}/review")
    assert "说的是一回事" in html
    assert "没有可部署的" in html
    answer = designer.post(
        f"/design/drafts/{draft}/deploy",
        data={"csrf_token": _token(html), "seen": _seen(story, draft)},
    )
    assert answer.status_code == 409
    assert "没有新的内容" in answer.text


@pytest.mark.slow
def test_two_persons_propose_refuse_and_deploy(sessions: Sessions, story: Story, tmp_path) -> None:
    app = application(sessions, tmp_path, two_persons=True)
    designer, second = at_desk(app, "she.ji"), at_desk(app, "guan.li")
    draft = drawn(story, 'name="联系市民"', 'name="先联系市民"')
    review, base = f"/design/drafts/{draft}/review", f"/design/drafts/{draft}"
    html = text_of(designer, review)
    assert f'action="{base}/deploy"' not in html
    refused = designer.post(
        f"{base}/deploy", data={"csrf_token": _token(html), "seen": _seen(story, draft)}
    )
    assert refused.status_code == 403
    assert "谁画的谁不能部署" in refused.text
    assert "还没有提请部署" in text_of(second, review)
    assert posted(designer, review, f"{base}/propose", note="请看").status_code == 303
    assert review in text_of(second, "/design")
    html = text_of(second, review)
    assert "提请部署" in html
    assert "请看" in html
    empty = posted(second, review, f"{base}/refuse", reason="")
    assert empty.status_code == 422
    assert "写上理由" in empty.text
    assert posted(second, review, f"{base}/refuse", reason="名字太长").status_code == 303
    html = text_of(designer, review)
    assert "退回了：" in html
    assert "名字太长" in html
    assert posted(designer, review, f"{base}/propose").status_code == 303
    assert posted(designer, review, f"{base}/withdraw").status_code == 303
    assert posted(designer, review, f"{base}/propose").status_code == 303
    done = posted(second, review, f"{base}/deploy")
    assert done.status_code == 303
    assert "画的，" in text_of(second, done.location)
    back = posted(designer, done.location, "/design/versions/process/appeal/1/back")
    assert back.status_code == 303
    assert "/review" in back.location
    assert "由另一位部署" in text_of(designer, back.location)
    assert (
        posted(
            second, back.location, back.location.replace("review", "deploy"), despite="yes"
        ).status_code
        == 303
    )


def test_a_pack_s_draft_shows_who_is_affected(designer: FlaskClient, story: Story) -> None:
    story.receives().goes_through("complete_record", "screen", "dispatch")
    by = story.actor("she.ji")
    with transaction(story.sessions) as session:
        draft = design_drafts.begin(session, DesignKind.PACK, JDZ, by=by)
        content = design_review.look(session, draft).files[PACK]
        shorter = re.sub(rb'("contact": \{[^}]*?"budget": ")5 WD', rb"\g<1>3 WD", content, count=1)
        assert shorter != content
        design_drafts.save(session, draft, PACK, shorter, Window(1, "", 0), by=by)
    html = text_of(designer, f"/design/drafts/{draft}/review")
    assert re.search(r"<del[^>]*>5 个工作日</del> → <ins[^>]*>3 个工作日</ins>", html)
    assert "在办的 1 件留在原来的版本，时限不变" in html
    assert "过去 90 天" in html
    done = posted(designer, f"/design/drafts/{draft}/review", f"/design/drafts/{draft}/deploy")
    assert done.location == f"/design/versions/pack/{JDZ}"
    assert "随系统自带" in text_of(designer, done.location)
    html = text_of(designer, f"/design/compare/pack/{JDZ}?lang=en")
    assert re.search(r"5 working days</del> → <ins[^>]*>3 working days", html)


def test_addresses_that_name_nothing(designer: FlaskClient, story: Story) -> None:
    for url in (
        "/design/versions/process/nothing",
        "/design/versions/pack/appeal",
        "/design/compare/process/appeal?old=9",
        "/design/compare/process/appeal?new=x",
        "/design/compare/process/appeal?old=" + "1" * 5000,
        f"/design/drafts/{UUID(int=1)}/review",
        f"/design/drafts/{UUID(int=1)}/compare",
    ):
        text_of(designer, url, 404)


def test_a_draft_that_nobody_can_read_is_reviewed_all_the_same(
    designer: FlaskClient, story: Story
) -> None:
    by = story.actor("she.ji")
    for content in (b"", b"<", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b"\x00\xff"):
        with transaction(story.sessions) as session:
            files = {PROCESS: content, "classify.dmn": content, "forms/sign.json": content}
            draft = design_drafts.lay(session, DesignKind.PROCESS, "appeal", files, by=by)
        html = text_of(designer, f"/design/drafts/{draft}/review")
        assert "读不出来，没有比" in html
        assert "不能部署" in html


def _token(html: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert found
    return found[1]


def _seen(story: Story, draft: UUID) -> str:
    with reading(story.sessions) as session:
        return design_review.look(session, draft).seen


def _is_open(sessions: Sessions, draft: UUID) -> None:
    with reading(sessions) as session:
        assert session.get_one(DesignDraft, draft).status == "open"
