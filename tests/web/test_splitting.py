"""Splitting at the desk: cut, made, told, followed; twice the same form is once done."""

from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import select

from engine.db import Sessions, reading
from engine.identity import Vault
from engine.models import Case
from tests.story import Story
from tests.web.staff import Officer, office, title

SCREENER = "chu.mi"
BODY = "您好，反映三件事。一、路灯不亮。二、井盖响，晚上睡不着。三、公交站牌倒了。"


@pytest.fixture
def app(sessions: Sessions, story: Story, vault: Vault, tmp_path: Path) -> APIFlask:
    return office(sessions, tmp_path, vault)


@pytest.fixture
def screener(app: APIFlask, story: Story) -> Officer:
    story.receives(body=BODY).does("complete_record")
    return Officer(app, SCREENER)


def url(story: Story) -> str:
    return f"/cases/{story.number}/split"


def cases(story: Story) -> list[Case]:
    with reading(story.sessions) as session:
        return list(session.scalars(select(Case).order_by(Case.id)))


def told(screener: Officer) -> list[str]:
    """The code of each part, as the page says it."""
    said = [dd.text_content() for dd in screener.tree.xpath("//main//dl[@class='facts']/dd")]
    return said[1::2]


def stands(officer: Officer, name: str) -> str:
    """What stands in a box of the form."""
    text: str = officer.form()[1][name][0]
    return text.strip()


def test_the_text_is_cut_as_it_is_numbered_and_the_same_form_twice_is_done_once(
    screener: Officer, story: Story
) -> None:
    screener.opens(f"/tasks/{story.task('screen').id}")
    (link,) = screener.tree.xpath("//a[@accesskey='s']")
    screener.opens(link.get("href"))
    assert title(screener.page).startswith("拆件：")
    action, values = screener.form()
    assert stands(screener, "body-2") == "井盖响，晚上睡不着。"
    for _ in range(2):
        screener.sends(action, values)
        screener.follows()
        assert "拆成了 3 件" in screener.text
    assert len(cases(story)) == 3
    codes = told(screener)
    assert codes[0] == "原来的查询码"
    assert len({*codes}) == 3
    assert screener.tree.xpath("//a[contains(@class, 'btn--primary')]/@href") == [
        f"/tasks/{story.task('screen').id}"
    ]
    story.clock.advance(minutes=16)
    assert screener.opens(f"{url(story)}/done").status_code == 303, "not for ever"


def test_the_citizen_sees_each_part_with_its_code_on_both_pages(
    app: APIFlask, screener: Officer, story: Story
) -> None:
    screener.opens(url(story))
    screener.sends(*screener.form())
    screener.follows()
    codes = told(screener)[1:]
    first, second, _ = cases(story)
    citizen = app.test_client()

    def post(path: str, **data: Any) -> Any:
        page = citizen.get("/track").text
        token = page.split('name="csrf_token" value="')[1].split('"')[0]
        return citizen.post(path, data={"csrf_token": token, **data})

    assert story.received is not None
    assert post("/track", code=story.received.code, digits="1234").status_code == 303
    for path in ("/track/case", "/track/receipt"):
        page = citizen.get(path).text
        for code in codes:
            assert code in page
        assert second.number in page
    assert "您说了几件事，分开办" in citizen.get("/track/case").text
    assert post("/track/part", number=second.number).status_code == 303
    assert f"{second.number} · " in citizen.get("/track/case").text
    post("/track/part", number="GL-19990101-000001")
    assert f"{second.number} · " in citizen.get("/track/case").text, "only to a part of it"
    other = app.test_client()
    page = other.get("/track").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    asked = {"csrf_token": token, "code": codes[0], "digits": "1234"}
    assert other.post("/track", data=asked).status_code == 303
    assert first.number in other.get("/track/case").text


def test_what_is_refused_keeps_every_word(screener: Officer, story: Story) -> None:
    screener.opens(url(story))
    action, values = screener.form()
    values |= {"body-1": "只有一件。", "body-2": "", "title-2": "", "body-3": ""}
    screener.sends(action, values)
    assert screener.page.status_code == 422
    assert title(screener.page).startswith("错误：")
    _, kept = screener.form()
    assert stands(screener, "body-1") == "只有一件。"
    screener.sends(action, {**kept, "then": "more"})
    _, more = screener.form()
    assert int(more["count"][0]) == int(kept["count"][0]) + 1
    assert len(cases(story)) == 1


def test_two_at_once_one_is_told(app: APIFlask, screener: Officer, story: Story) -> None:
    screener.opens(url(story))
    action, values = screener.form()
    late = Officer(app, SCREENER)
    late.opens(url(story))
    slow, typed = late.form()
    screener.sends(action, values)
    late.sends(slow, typed)
    assert late.page.status_code == 409
    assert "没有拆" in late.text
    assert len(cases(story)) == 3


def test_only_while_it_is_screened_and_by_who_screens(
    app: APIFlask, screener: Officer, story: Story
) -> None:
    for login, expected in (("zhu.jian", 403), ("shai.xuan", 403), ("li.zhi", 403)):
        assert Officer(app, login).opens(url(story)).status_code == expected
    assert screener.opens("/cases/GL-19990101-000001/split").status_code == 404
    story.does("screen")
    screener.opens(url(story))
    assert "这一件已经初审过" in screener.text


def test_every_part_says_what_it_is_a_part_of(screener: Officer, story: Story) -> None:
    screener.opens(url(story))
    screener.sends(*screener.form())
    numbers = [one.number for one in cases(story)]
    for number in numbers:
        screener.opens(f"/cases/{number}")
        assert "一个来件拆成几件" in screener.text
        for other in numbers:
            assert other in screener.text
