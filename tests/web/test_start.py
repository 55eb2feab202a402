"""The start of the day: counts that open into exactly their tasks, and what one's role does."""

from pathlib import Path

import pytest
from apiflask import APIFlask
from flask import url_for

from engine.db import Sessions
from engine.identity import Vault
from engine.models import Role
from tests.story import Story
from tests.web.staff import Officer, office, statements
from web import duties

HANDLER, SCREENER, CLERK, ADMINISTRATOR = "shui.dian", "chu.mi", "li.zhi", "guan.li"


@pytest.fixture
def app(sessions: Sessions, story: Story, vault: Vault, tmp_path: Path) -> APIFlask:
    return office(sessions, tmp_path, vault)


@pytest.fixture
def busy(story: Story) -> Story:
    """Two slips to sign, one overdue; two cases to contact about; one of another unit."""
    story.receives(title="旧的").goes_through("complete_record", "screen", "dispatch")
    story.passes(days=2)
    story.receives().goes_through("complete_record", "screen", "dispatch")
    for _ in range(2):
        story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    story.receives().goes_through("complete_record", "screen")
    story.does("dispatch", mode="push", unit="housing_bureau")
    return story


def test_every_count_opens_into_exactly_its_tasks(app: APIFlask, busy: Story) -> None:
    handler = Officer(app, HANDLER)
    handler.opens("/start")
    rows = handler.tree.xpath("//table[.//th[normalize-space()='还没办的']]/tbody/tr")
    told = {row.xpath("./th")[0].text_content(): row for row in rows}
    assert set(told) == {"签收或退单", "联系市民"}
    links = [
        (link.get("href"), int(link.text.strip())) for row in rows for link in row.xpath("./td/a")
    ]
    assert [number for _, number in links] == [2, 1, 2]
    figures = [
        (link.get("href"), int(link.xpath("./b")[0].text))
        for link in handler.tree.xpath("//a[contains(@class,'fig')]")
    ]
    assert len(figures) == 5
    for url, number in [*links, *figures]:
        handler.opens(url)
        assert len(handler.tree.xpath("//td[@class='t']/a")) == number, url


def test_the_most_urgent_stand_first_and_say_why(app: APIFlask, busy: Story) -> None:
    handler = Officer(app, HANDLER)
    handler.opens("/start")
    first = handler.tree.xpath("//section[h2[starts-with(normalize-space(),'接下来')]]//tbody/tr")[
        0
    ]
    assert "超期，没人认领" in " ".join(first.text_content().split())
    start = handler.tree.xpath("//a[contains(@class,'btn--primary')]/@href")[0]
    assert start == first.xpath(".//a[starts-with(@href,'/tasks/')]/@href")[0]
    assert handler.tree.xpath("count(//a[contains(@class,'btn--primary')])") == 1
    busy.receives().goes_through("complete_record", "screen", "dispatch").supervises("phone")
    handler.opens("/start")
    assert "督办中" in handler.text


def test_a_days_start_asks_little(app: APIFlask, busy: Story, sessions: Sessions) -> None:
    handler = Officer(app, HANDLER)
    handler.opens("/start")
    with statements(sessions) as asked:
        handler.opens("/start")
    assert len(asked) <= 5, asked


@pytest.mark.parametrize(
    ("login", "door", "idle"),
    [
        (CLERK, "/intake", "没有等着补全的登记"),
        (SCREENER, "/inbox", "没有等着初审的"),
        ("fa.bu", "/publishing", "没有等着公开的答复"),
        ("hui.yin", "/callbacks", "换一个时段再看"),
        ("cai.heng", "/precedents", "没有要裁定的"),
        ("du.cheng", "/supervision", "没有等您办的督办"),
        ("she.ji", "/definitions", "流程图在「流程」里"),
        (ADMINISTRATOR, "/operations", "停住的步骤在「运行」里"),
    ],
)
def test_an_idle_person_is_told_what_to_do(
    app: APIFlask, story: Story, login: str, door: str, idle: str
) -> None:
    officer = Officer(app, login)
    officer.opens("/start")
    assert "都办完了" in officer.text
    assert idle in officer.text
    assert door in officer.tree.xpath("//main//a[contains(@class,'btn')]/@href")
    assert officer.opens(door).status_code == 200


def test_every_role_has_its_duty_and_its_door(app: APIFlask) -> None:
    with app.test_request_context("/"):
        told = duties.of(set(Role))
        assert len(told) == len(Role)
        assert {one.url for one in told} >= {url_for("inbox.index"), url_for("intake.index")}
        assert all(one.does and one.when_idle and one.label for one in told)


def test_in_english(app: APIFlask, busy: Story) -> None:
    handler = Officer(app, HANDLER, "en")
    handler.opens("/start")
    for said in ("By kind", "Sign or return", "Your part"):
        assert said in handler.text, said
