"""Rating by link: three questions, once, in words whatever the link is."""

import json
from pathlib import Path

import pytest
from apiflask import APIFlask
from sqlalchemy import select

from engine.db import Sessions, reading
from engine.identity import Vault
from engine.models import Evaluation
from tests.story import TITLE, Story
from tests.web.citizen import Citizen, portal
from tests.web.test_callbacks import ANSWERED


@pytest.fixture
def app(sessions: Sessions, story: Story, vault: Vault, tmp_path: Path) -> APIFlask:
    return portal(sessions, tmp_path, vault)


@pytest.fixture
def citizen(app: APIFlask) -> Citizen:
    return Citizen(app)


def link(story: Story) -> str:
    """The address in the citizen's notice."""
    story.receives().goes_through(*ANSWERED)
    notices = [json.loads(line) for line in story.journal.read_text("utf-8").splitlines()]
    token = next(one["payload"]["rate"] for one in notices if one["kind"] == "case.answered")
    return f"/rate/{token}"


def answers(citizen: Citizen, url: str, **typed: str) -> None:
    """Fill in the page that is open and send it."""
    citizen.sends(url, {**citizen.values, **typed})


def ratings(sessions: Sessions) -> list[Evaluation]:
    with reading(sessions) as session:
        return list(session.scalars(select(Evaluation)))


def test_three_questions_and_thanks(citizen: Citizen, story: Story, sessions: Sessions) -> None:
    url = link(story)
    citizen.opens(url)
    for said in (TITLE, "市政维护处已更换灯泡", "承办人联系过您吗？", "这个链接只能用一次"):
        assert said in citizen.text, said
    answers(citizen, url, contacted="yes", result="solved", satisfaction="5", words="谢谢师傅。")
    assert "谢谢，记下了" in citizen.text
    (one,) = ratings(sessions)
    assert (one.contacted, one.result, one.satisfaction, one.words) == (
        True,
        "solved",
        5,
        "谢谢师傅。",
    )
    assert story.case.status == "closed", "nobody need call any more"
    citizen.opens(url)
    assert "已经评价过了" in citizen.text
    assert "11月2日（周一）09:00 记下的，这个链接只能用一次" in citizen.text
    assert "谢谢，记下了" not in citizen.text


def test_not_solved_says_what_happens(citizen: Citizen, story: Story) -> None:
    url = link(story)
    answers(citizen.opens(url), url, contacted="unsure", result="unsolved", satisfaction="1")
    assert "会有人再打电话给您，这件事接着办" in citizen.text
    assert "sign" in story.waiting_for


def test_nothing_chosen_is_said_beside_the_question(
    citizen: Citizen, story: Story, sessions: Sessions
) -> None:
    url = link(story)
    answers(citizen.opens(url), url, words="八点以后没人值守")
    assert citizen.page.status_code == 422
    assert citizen.tree.xpath("//*[@class='errors']//a/@href") == ["#result"]
    assert "八点以后没人值守" in citizen.page.text
    assert ratings(sessions) == []
    answers(citizen, url, result="partly", words="很" * 1001)
    assert citizen.page.status_code == 422
    assert ratings(sessions) == []


def test_a_second_browser_with_the_same_link(
    app: APIFlask, citizen: Citizen, story: Story, sessions: Sessions
) -> None:
    url = link(story)
    late = Citizen(app, "198.51.100.8").opens(url)
    answers(citizen.opens(url), url, result="solved", satisfaction="5")
    answers(late, url, result="unsolved", satisfaction="1")
    assert "已经评价过了" in late.text
    assert [one.result for one in ratings(sessions)] == ["solved"]


def test_a_link_that_was_never_given(citizen: Citizen, story: Story) -> None:
    url = link(story)
    for wrong in ("/rate/abc", f"{url}x", f"/rate/{'é' * 40}"):
        citizen.opens(wrong)
        assert citizen.page.status_code == 404
        assert "没有对上这个链接" in citizen.text
        assert TITLE not in citizen.page.text
    citizen.opens(url)
    citizen.sends("/rate/abc", {**citizen.values, "result": "solved"})
    assert citizen.status == 404


def test_a_page_that_lay_open_too_long_keeps_what_was_chosen(
    app: APIFlask, story: Story, sessions: Sessions
) -> None:
    url = link(story)
    answer = app.test_client().post(url, data={"result": "partly", "words": "还差一盏"})
    assert answer.status_code == 400
    assert "还差一盏" in answer.text
    assert "这一页开得太久了" in answer.text
    assert ratings(sessions) == []


def test_in_english(citizen: Citizen, story: Story) -> None:
    url = link(story)
    citizen.opens(f"{url}?lang=en")
    for said in ("How did we do?", "Is it solved?", "Send rating"):
        assert said in citizen.text, said
