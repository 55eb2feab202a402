"""The screening desk: what came in left, the record right, what is proposed taken with one key."""

from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask

from engine.db import Sessions
from engine.identity import Vault
from engine.models import CaseStatus
from tests.story import Story
from tests.web.staff import Officer, office, statements, title

CLERK, SCREENER, DISPATCHER = "li.zhi", "chu.mi", "pai.yun"
RAW = "解放东路口\u3000\u3000第三盏路灯\u200b不亮，\r\n\r\n\r\n\r\n晚上看不清。"
MOST_STATEMENTS = 10


@pytest.fixture
def app(sessions: Sessions, story: Story, vault: Vault, tmp_path: Path) -> APIFlask:
    return office(sessions, tmp_path, vault)


def at(story: Story, element: str) -> str:
    return f"/tasks/{story.task(element).id}"


def proposed(officer: Officer) -> list[tuple[str, str]]:
    """What is offered, with the key that takes it."""
    buttons = officer.tree.xpath("//button[@name='take']")
    return [(one.get("value"), one.get("accesskey") or "") for one in buttons]


def looks(officer: Officer, story: Story, element: str, **typed: Any) -> None:
    """Press the button that asks anew, or take something, without JavaScript."""
    _, values = officer.form()
    answers = {k if k == "take" else f"answer.{k}": said for k, said in typed.items()}
    officer.sends(f"{at(story, element)}/look", {**values, **answers})
    assert officer.page.status_code == 200


def test_the_text_stands_as_it_came_and_what_was_cleaned_is_marked(
    app: APIFlask, story: Story
) -> None:
    story.receives(body=RAW)
    clerk = Officer(app, CLERK)
    clerk.opens(at(story, "complete_record"))
    (raw,) = clerk.tree.xpath("//div[@class='raw']")
    assert [mark.get("title") for mark in raw.xpath("mark")] == [
        "整理掉的空格",
        "整理掉的看不见的字符",
        "整理掉的空行",
    ]
    assert "一字未改；标出的 4 个空白和看不见的字符" in clerk.text
    order = [
        one.get("class") or one.get("id")
        for one in clerk.tree.xpath(
            "//div[@class='raw'] | //form[@id='task-form'] | //div[@id='proposed']"
        )
    ]
    assert order == ["raw", "panel", "stack"], "read, then write, then what is proposed"


def test_category_and_unit_are_proposed_with_why_and_taken_without_javascript(
    app: APIFlask, story: Story
) -> None:
    story.receives(title="夜里施工噪声", body="工地夜里施工，噪声很大。")
    clerk = Officer(app, CLERK)
    clerk.opens(at(story, "complete_record"))
    assert proposed(clerk)[0] == ("category=noise", "1")
    assert "写到「噪声」" in clerk.text
    looks(clerk, story, "complete_record", take="category=noise", place_kind="site")
    _, values = clerk.form()
    assert values["answer.category"] == ["noise"]
    assert "已采用" in clerk.text
    assert "派单目录第 6 行：工地噪声" in clerk.text
    clerk.fills(kind="complaint", place="解放东路")
    assert clerk.page.status_code == 303


def test_a_fragment_answers_what_is_typed_and_keeps_nothing(app: APIFlask, story: Story) -> None:
    story.receives()
    clerk = Officer(app, CLERK)
    clerk.opens(at(story, "complete_record"))
    _, values = clerk.form()
    typed = {**values, "answer.title": "小区停水两天"}
    page = clerk.client.post(
        f"{at(story, 'complete_record')}/look", data=typed, headers={"HX-Request": "true"}
    )
    assert "<html" not in page.text
    assert "category=water" in page.text
    assert Officer(app, CLERK).opens(at(story, "complete_record")).status_code == 200
    clerk.opens(at(story, "complete_record"))
    _, values = clerk.form()
    assert values["answer.title"] != ["小区停水两天"]


def test_what_the_screener_corrects_holds_for_limits_and_dispatch(
    app: APIFlask, story: Story
) -> None:
    story.receives().does("complete_record", category="urban")
    screener = Officer(app, SCREENER)
    screener.opens(at(story, "screen"))
    _, values = screener.form()
    assert values["answer.category"] == ["urban"]
    assert "「城市建设与管理」归它管" in screener.text, "the table lists no such category"
    screener.fills(opinion="accept", category="water", advised_unit="xiufeng")
    assert story.case.category == "water"
    assert story.case.facts["class_key"] == "utility"
    dispatcher = Officer(app, DISPATCHER)
    dispatcher.opens(at(story, "dispatch"))
    _, values = dispatcher.form()
    assert values["answer.unit"] == ["xiufeng"]
    assert "依据：初审时建议" in dispatcher.text


def test_a_precedent_is_named_as_the_reason(app: APIFlask, story: Story) -> None:
    story.receives().goes_through("complete_record", "screen")
    for _ in range(3):
        story.does("dispatch").does(
            "sign", signing="return", return_reason="not_our_duty", legal_basis="三定方案"
        )
    story.does("rule_unit", ruled_unit="xiufeng", words="路灯")
    ruled = story.number
    story.receives(body="巷口路灯不亮。")
    clerk = Officer(app, CLERK)
    clerk.opens(at(story, "complete_record"))
    looks(clerk, story, "complete_record", category="urban")
    assert "派单目录第 2 行：有先例" in clerk.text
    assert ruled in clerk.text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_refusal_has_its_channel_and_its_letter_ready(
    app: APIFlask, story: Story, language: str
) -> None:
    story.receives().does("complete_record")
    screener = Officer(app, SCREENER, language)
    screener.opens(at(story, "screen"))
    looks(screener, story, "screen", opinion="refuse", refusal_reason="discipline")
    assert "12388" in screener.text
    assert "不归我们这里办理" in screener.text
    screener.fills(opinion="refuse", refusal_reason="discipline", then="on")
    assert at(story, "tell_refusal") in screener.page.location
    screener.follows()
    _, values = screener.form()
    assert values["answer.legal_channel"] == ["discipline_organ"]
    (letter,) = values["answer.letter"]
    assert "属于「属于纪检监察」的情形" in letter
    assert "电话 12388" in letter
    looks(screener, story, "tell_refusal", legal_channel="petition_office")
    assert "请向信访部门提出" in screener.tree.xpath("//p[@class='quote']")[0].text_content()
    screener.fills(letter=letter + "\n祝好。")
    assert story.case.status == CaseStatus.REFUSED


def test_likely_duplicates_are_offered_and_joined_in_both_cities(
    app: APIFlask, story: Story
) -> None:
    for pack, element, login, unit in (
        ("gl-jindianzi", "screen", SCREENER, "utilities_bureau"),
        ("qd-sanwo-5", "first_screen", "shai.xuan", "qd_urban_bureau"),
    ):
        channel = "phone"
        story.receives(pack, channel=channel).does("complete_record").does(element)
        main = story.number
        story.does("dispatch", unit=unit)
        story.receives(pack, channel=channel, name="李先生", phone="13900001111")
        story.does("complete_record")
        screener = Officer(app, login)
        screener.opens(at(story, element))
        assert (f"matter={main}", "m") in proposed(screener)
        assert "一字不差" in screener.text
        looks(screener, story, element, take=f"matter={main}")
        _, values = screener.form()
        assert values["answer.opinion"] == ["duplicate"]
        assert values["answer.matter"] == [main]
        screener.fills()
        assert screener.page.status_code == 303
        assert story.case.status == CaseStatus.MERGED


def test_the_routes_of_a_city_are_tiles(app: APIFlask, story: Story) -> None:
    story.receives("qd-sanwo-5", channel="phone").does("complete_record")
    screener = Officer(app, "shai.xuan")
    screener.opens(at(story, "first_screen"))
    tiles = screener.tree.xpath("//div[contains(@class, 'tiles')]//input[@name='answer.route']")
    assert [one.get("value") for one in tiles] == ["media", "petition", "government", "discipline"]
    looks(screener, story, "first_screen", opinion="accept", route="government")
    assert "承办单位：" in screener.text, "the table of the route that was chosen"


def test_the_desk_asks_the_database_little(app: APIFlask, sessions: Sessions, story: Story) -> None:
    story.receives()
    for login, element in ((CLERK, "complete_record"), (SCREENER, "screen")):
        officer = Officer(app, login)
        officer.opens(at(story, element))
        with statements(sessions) as asked:
            officer.opens(at(story, element))
        assert title(officer.page)
        assert len(asked) <= MOST_STATEMENTS, asked
        if element == "complete_record":
            story.does(element)


def test_nobody_looks_through_a_task_that_is_not_theirs(app: APIFlask, story: Story) -> None:
    story.receives()
    for login, expected in (("zhu.jian", 403), ("shai.xuan", 403)):
        officer = Officer(app, login)
        officer.opens("/inbox")
        token = officer.page.text.split('name="csrf_token" value="')[1].split('"')[0]
        officer.sends(f"{at(story, 'complete_record')}/look", {"csrf_token": token})
        assert officer.page.status_code == expected
