"""The inbox: due first, one's own work only, counts that hold, tasks claimed once."""

from pathlib import Path

import pytest
from apiflask import APIFlask
from sqlalchemy import select, update

from engine.db import Sessions, reading, transaction
from engine.identity import Vault
from engine.models import Deadline, Person, UserTask
from tests.story import Story
from tests.web.staff import Officer, office, statements, title

HANDLER, OTHER, SCREENER = "shui.dian", "zhu.jian", "chu.mi"


@pytest.fixture
def app(sessions: Sessions, story: Story, vault: Vault, tmp_path: Path) -> APIFlask:
    return office(sessions, tmp_path, vault)


def dispatched(story: Story, count: int = 1, unit: str = "utilities_bureau") -> None:
    for _ in range(count):
        story.receives().goes_through("complete_record", "screen").does(
            "dispatch", mode="push", unit=unit
        )


def titles(officer: Officer) -> list[str]:
    return [cell.text_content().strip() for cell in officer.tree.xpath("//td[@class='t']/a")]


def test_a_person_sees_what_the_role_and_unit_may_do(app: APIFlask, story: Story) -> None:
    dispatched(story)
    story.receives(title="另一件").goes_through("complete_record")
    handler, other, screener = (Officer(app, who) for who in (HANDLER, OTHER, SCREENER))
    assert "签收或退单" in handler.opens("/inbox").text
    assert "初审" not in handler.page.text
    assert title(handler.page).startswith("(1) 本单位的待办")
    other.opens("/inbox")
    assert "都办完了" in other.text
    assert title(other.page).startswith("(0)")
    screener.opens("/inbox")
    assert "初审" in screener.text
    assert "签收或退单" not in screener.text


def test_a_unit_above_sees_the_work_of_those_below(app: APIFlask, story: Story) -> None:
    dispatched(story, unit="traffic_police")
    above = Officer(app, "jing.ning")
    above.opens("/inbox")
    assert len(titles(above)) == 1
    assert "交通警察支队" in above.page.text
    above.opens("/inbox?unit=police_bureau")
    assert "没有符合条件的" in above.text


def test_overdue_is_on_top_and_said_in_working_time(app: APIFlask, story: Story) -> None:
    dispatched(story)
    late = story.number
    story.passes(days=8, hours=3)
    dispatched(story)
    handler = Officer(app, HANDLER)
    handler.opens("/inbox")
    rows = handler.tree.xpath("//tbody/tr")
    assert late in rows[0].text_content()
    badge = rows[0].xpath(".//*[contains(@class,'due--late')]")[0]
    assert badge.text_content() == "超期 3 小时"
    assert badge.get("title") == "11月9日（周一）18:00"
    assert "，超期 1 件在最前" in handler.text
    english = Officer(app, HANDLER, "en")
    english.opens("/inbox")
    assert "3 h over" in english.text
    assert "My unit's inbox" in english.text
    assert "Claim" in english.text


def test_views_count_what_they_show(app: APIFlask, story: Story) -> None:
    dispatched(story)
    story.passes(days=8, hours=3)
    dispatched(story, 2)
    handler = Officer(app, HANDLER)
    handler.opens("/inbox")
    views = {
        link.text.strip(): (link.get("href"), int(link.xpath("./span")[0].text))
        for link in handler.tree.xpath("(//div[@class='views'])[1]/a")
    }
    shown = {name: count for name, (_href, count) in views.items()}
    assert shown == {
        "我的": 0,
        "本单位": 3,
        "没人认领": 3,
        "今天到期": 0,
        "超期": 1,
        "被督办": 1,
        "退回给我": 0,
        "等别人": 0,
    }
    for href, count in views.values():
        handler.opens(href)
        assert len(titles(handler)) == count
    story.passes(days=1)
    handler.opens("/inbox?view=today")
    assert len(titles(handler)) == 2


def test_filters_are_in_the_address(app: APIFlask, story: Story) -> None:
    dispatched(story)
    story.receives(title="饭馆油烟").does("complete_record", title="饭馆油烟", category="food")
    story.goes_through("screen", "dispatch")
    handler = Officer(app, HANDLER)
    handler.opens("/inbox?category=food")
    assert titles(handler) == ["饭馆油烟"]
    assert handler.tree.xpath("//select[@name='category']/option[@selected]/@value") == ["food"]
    assert "去掉条件：类别" in handler.page.text
    assert "category=food" in handler.tree.xpath("//td[@class='t']/a/@href")[0]
    handler.opens("/inbox?q=油烟&stage=handling")
    assert titles(handler) == ["饭馆油烟"]
    handler.opens(f"/inbox?q={story.number.lower()}")
    assert titles(handler) == ["饭馆油烟"]
    handler.opens("/inbox?q=%25&view=nonsense&page=0")
    assert titles(handler) == []
    assert "没有符合条件的" in handler.text


def test_fifty_on_a_page_in_four_statements(
    app: APIFlask, story: Story, sessions: Sessions
) -> None:
    dispatched(story, 52)
    handler = Officer(app, HANDLER)
    handler.opens("/inbox")
    with statements(sessions) as asked:
        handler.opens("/inbox")
    assert len(titles(handler)) == 50
    assert len(asked) <= 4, asked
    assert title(handler.page).startswith("(52)")
    handler.opens("/inbox?page=2")
    assert len(titles(handler)) == 2
    handler.opens("/inbox?page=3")
    assert "这一页已经空了" in handler.text


def test_claiming_takes_a_task_once(app: APIFlask, story: Story, sessions: Sessions) -> None:
    dispatched(story, 3)
    with transaction(sessions) as session:
        person = session.scalar(select(Person).where(Person.login == OTHER))
        assert person is not None
        person.memberships[0].unit_key = "utilities_bureau"
    first, second = Officer(app, HANDLER), Officer(app, OTHER)
    second.opens("/inbox")
    first.opens("/inbox")
    button = first.tree.xpath("//button[@name='claim']/@value")[0]
    ticks = second.tree.xpath("//input[@name='id']/@value")
    which = "//form[.//table]"
    first.fills(which, claim=button)
    first.follows()
    assert "已认领 1 件" in first.text
    assert first.tree.xpath("count(//td[normalize-space()='我'])") == 1
    action, values = second.form(which)
    second.sends(action, {**values, "id": [*ticks, "nonsense"]})
    second.follows()
    assert "已认领 2 件；1 件被水典常（演示）先认领了" in second.text
    second.sends(action, values | {"id": []})
    second.follows()
    assert "没有选中待办" in second.text
    second.opens("/inbox?view=mine")
    assert len(titles(second)) == 2


def test_a_task_done_meanwhile_cannot_be_claimed(
    app: APIFlask, story: Story, sessions: Sessions
) -> None:
    dispatched(story)
    handler = Officer(app, HANDLER)
    handler.opens("/inbox")
    action, values = handler.form("//form[.//table]")
    task = handler.tree.xpath("//button[@name='claim']/@value")[0]
    story.does("sign")
    handler.sends(action, {**values, "claim": task})
    handler.follows()
    assert "1 件已经办完或不在这里了" in handler.text


def test_nobody_claims_another_units_task(app: APIFlask, story: Story, sessions: Sessions) -> None:
    dispatched(story)
    other = Officer(app, OTHER)
    other.opens("/start")
    _, values = other.form("//form[contains(@action,'sign-out')]")
    task = story.task("sign")
    other.sends("/inbox", {**values, "claim": str(task.id)})
    with reading(sessions) as session:
        assert session.get_one(UserTask, task.id).assignee_id is None


def test_a_citizens_words_are_text(app: APIFlask, story: Story) -> None:
    story.receives(title="<script>alert(1)</script>")
    clerk = Officer(app, "li.zhi")
    clerk.opens("/inbox")
    assert "<script>alert(1)" not in clerk.page.text
    assert "&lt;script&gt;alert(1)" in clerk.page.text


def test_a_paused_task_says_so_and_comes_last(
    app: APIFlask, story: Story, sessions: Sessions
) -> None:
    dispatched(story)
    paused = story.number
    task = story.task("sign")
    dispatched(story)
    with transaction(sessions) as session:
        session.execute(update(UserTask).where(UserTask.id == task.id).values(due_at=None))
        session.execute(update(Deadline).where(Deadline.id == task.deadline_id).values(due_at=None))
    handler = Officer(app, HANDLER)
    handler.opens("/inbox")
    rows = handler.tree.xpath("//tbody/tr")
    assert paused in rows[-1].text_content()
    assert "暂停，不计时" in rows[-1].text_content()


def test_the_day_starts_with_the_most_urgent(app: APIFlask, story: Story) -> None:
    dispatched(story, 2)
    handler = Officer(app, HANDLER)
    handler.opens("/start")
    assert "上午好" in handler.text
    first = handler.tree.xpath("//a[contains(@class,'btn--primary')]/@href")[0]
    assert handler.opens(first).status_code == 200
    idle = Officer(app, "ling.yuan", "en")
    idle.opens("/start")
    assert "All done" in idle.text


def test_who_has_not_signed_in_sees_nothing(app: APIFlask, story: Story) -> None:
    for path in ("/inbox", "/start", "/cases"):
        answer = app.test_client().get(path)
        assert answer.status_code == 303
        assert answer.location.startswith("/sign-in")


def test_a_badge_says_why_and_opens_into_its_count(app: APIFlask, story: Story) -> None:
    dispatched(story)
    handler = Officer(app, HANDLER)
    handler.opens("/inbox")
    [badge] = handler.tree.xpath("//tbody//a[contains(@class,'due')]")
    assert badge.get("title") == "11月3日（周二）18:00"
    assert badge.get("data-why") == "签收：1 个工作日，11月2日 09:00 起算"
    where, _, part = badge.get("href").partition("#")
    assert part == "clock"
    handler.opens(where)
    assert handler.tree.xpath("//*[@id='clock']")


def test_a_peek_shows_what_is_asked_how_far_it_is_and_what_was_done(
    app: APIFlask, story: Story
) -> None:
    dispatched(story)
    handler, stranger = Officer(app, HANDLER), Officer(app, OTHER)
    handler.opens("/inbox")
    address = handler.tree.xpath("//tbody/tr/@data-peek")[0]
    handler.opens(address)
    for part in (story.number, "晚上走路看不清", "发出处理签", "11月3日（周二）18:00 到期"):
        assert part in handler.text
    assert handler.tree.xpath("//ol[@class='stages']/li[@aria-current]/text()") == ["办理与协调"]
    assert handler.tree.xpath("//a[@data-open-peeked]/@href")[0].startswith("/tasks/")
    assert stranger.opens(address).status_code == 404


def test_what_waits_for_others_can_be_read_and_urged_only(app: APIFlask, story: Story) -> None:
    dispatched(story)
    for element in ("sign", "contact_citizen", "handle", "write_answer"):
        story.does(element, by=HANDLER)
    handler = Officer(app, HANDLER)
    handler.opens("/inbox?view=waiting")
    assert handler.tree.xpath("//td[@class='t']/a/@href") == [f"/cases/{story.number}"]
    assert handler.tree.xpath("//div[@class='bulk']//button/@value") == [
        "remind",
        "print",
        "xlsx",
        "csv",
    ]
    assert not handler.tree.xpath("//button[@data-claim]")
    handler.opens(handler.tree.xpath("//tbody/tr/@data-peek")[0])
    assert handler.tree.xpath("//a[@data-open-peeked]/@href") == [f"/cases/{story.number}"]
    assert not handler.tree.xpath("//button")
