"""My day: every figure opens into exactly its tasks; a head sees the people of the unit."""

from pathlib import Path

import pytest
from apiflask import APIFlask
from sqlalchemy import update

from engine import clock
from engine.commands import people, tasks
from engine.db import Sessions, reading, transaction
from engine.identity import Vault
from engine.models import Case, Person, UserTask
from engine.queries import day
from engine.queries.day import Span
from tests.conftest import CHINA, START
from tests.databases import PASSWORD
from tests.story import Story
from tests.web.staff import Officer, office, statements

HANDLER, HEAD, CLERK = "shui.dian", "of.head", "li.zhi"
UNIT = "utilities_bureau"


@pytest.fixture
def app(sessions: Sessions, story: Story, vault: Vault, tmp_path: Path) -> APIFlask:
    with transaction(sessions) as session:
        people.add_person(session, HEAD, "局长", password=PASSWORD, memberships=[(UNIT, "leader")])
    return office(sessions, tmp_path, vault)


def dispatched(story: Story, title: str) -> Story:
    story.receives().does("complete_record", title=title)
    return story.goes_through("screen", "dispatch")


@pytest.fixture
def week(story: Story) -> Story:
    """On Monday the handler does two in time; nine days later one in time and one late."""
    dispatched(story, "早上的").does("sign", by=HANDLER).does("contact_citizen", by=HANDLER)
    dispatched(story, "拖着的").passes(days=9)
    story.does("contact_citizen", by=HANDLER)
    return dispatched(story, "今天的").does("sign", by=HANDLER)


def figures(officer: Officer) -> dict[str, tuple[str, int]]:
    return {
        link.text.strip(): (link.get("href"), int(link.xpath("./b")[0].text))
        for link in officer.tree.xpath("//a[contains(@class,'fig')]")
    }


def listed(officer: Officer) -> list[str]:
    return [
        one.text_content().strip()
        for one in officer.tree.xpath("//section[@id='done']//td[@class='t']/a")
    ]


def test_every_figure_opens_into_exactly_its_tasks(app: APIFlask, week: Story) -> None:
    handler = Officer(app, HANDLER)
    handler.opens("/day")
    told = figures(handler)
    counts = {name: number for name, (_, number) in told.items()}
    assert counts == {
        "手上的": 0,
        "办完（当天）": 2,
        "按时（当天）": 1,
        "超期（当天）": 1,
        "办完（30 天）": 4,
        "按时（30 天）": 3,
        "超期（30 天）": 1,
    }
    assert "30 天按时率：75.0%（4 件中 3 件）" in handler.text
    for name, (url, number) in told.items():
        if name != "手上的":
            handler.opens(url)
            assert len(listed(handler)) == number, name
    handler.opens(told["超期（当天）"][0])
    assert listed(handler) == ["拖着的"]
    assert handler.tree.xpath("//section[@id='done']//*[contains(@class,'due--late')]")


@pytest.mark.slow
def test_another_day_is_looked_at(app: APIFlask, week: Story) -> None:
    handler = Officer(app, HANDLER)
    handler.opens(f"/day?on={START.date().isoformat()}")
    assert figures(handler)["办完（当天）"][1] == 2
    assert listed(handler) == ["早上的", "早上的"]
    handler.opens("/day?on=2026-10-01&span=month&show=late&page=99999999")
    assert figures(handler)["办完（30 天）"][1] == 0
    assert "没有。换一天" in handler.text
    for odd in ("on=nonsense", "on=9999-12-31", "span=year&show=x", "page=0", "page=-1"):
        handler.opens(f"/day?{odd}")
        assert figures(handler)["办完（当天）"][1] == 2, odd


@pytest.mark.slow
def test_what_waits_is_what_one_has_claimed(app: APIFlask, week: Story) -> None:
    task = week.task("contact_citizen")
    with transaction(week.sessions) as session:
        tasks.claim(session, task.id, by=week.actor(HANDLER))
    week.passes(days=9)
    handler = Officer(app, HANDLER)
    handler.opens("/day")
    url, number = figures(handler)["手上的"]
    assert number == 1
    assert "1 件超期" in handler.text
    handler.opens(url)
    assert str(task.id) in handler.page.text


def test_the_head_sees_the_people_of_the_unit_and_no_other(app: APIFlask, week: Story) -> None:
    head = Officer(app, HEAD)
    head.opens("/day")
    head.opens(head.tree.xpath("//a[normalize-space()='看本单位']/@href")[0])
    assert figures(head)["办完（30 天）"][1] == 4
    (row,) = head.tree.xpath("//section[@id='people']//tbody/tr[contains(.,'水典常')]")
    assert "75.0%（4 件中 3 件）" in row.text_content()
    for link in row.xpath(".//td/a/@href"):
        assert head.opens(link).status_code == 200
    head.opens(row.xpath("./th/a/@href")[0])
    assert figures(head)["办完（当天）"][1] == 2
    assert listed(head)[0] == "今天的"
    assert head.opens("/day/unit?unit=housing_bureau").status_code == 403
    assert head.opens(f"/day/unit?unit={UNIT}&person=li.zhi").status_code == 404
    handler = Officer(app, HANDLER)
    handler.opens("/day")
    assert "看本单位" not in handler.text
    assert handler.opens("/day/unit").status_code == 403


@pytest.mark.slow
def test_who_has_more_due_than_a_day_holds_is_named(app: APIFlask, week: Story) -> None:
    task = week.task("contact_citizen")
    with transaction(week.sessions) as session:
        tasks.claim(session, task.id, by=week.actor(HANDLER))
        session.execute(update(Person).where(Person.login == HANDLER).values(capacity=0))
    week.passes(days=9)
    head = Officer(app, HEAD)
    head.opens("/day/unit")
    assert "1 人手上的今天办不完：水典常（演示）" in head.text
    (row,) = head.tree.xpath("//section[@id='people']//tbody/tr[contains(.,'水典常')]")
    held = row.xpath(".//td[4]//a | .//td/a[contains(@href,'held')]")[-1].get("href")
    head.opens(held)
    assert listed(head) == ["今天的"]


def test_what_does_not_exist_for_the_reader_is_not_counted(week: Story) -> None:
    with transaction(week.sessions) as session:
        session.execute(update(Case).where(Case.title != "今天的").values(sealed=True))
    actor, on = week.actor(HANDLER), START.date()
    with reading(week.sessions) as session:
        mine = day.mine(session, actor, on, CHINA)
        span = Span.of(day.MONTH, on, CHINA)
        assert day.done(session, actor, [actor.id], span) == []
    assert mine.finished[day.MONTH].finished == 0


@pytest.mark.slow
def test_a_task_without_a_limit_is_neither_in_time_nor_late(week: Story) -> None:
    actor = week.actor(HANDLER)
    with transaction(week.sessions) as session:
        session.execute(update(UserTask).where(UserTask.closed_by == actor.id).values(due_at=None))
    with reading(week.sessions) as session:
        mine = day.mine(session, actor, clock.now().astimezone(CHINA).date(), CHINA)
    counted = mine.finished[day.MONTH]
    assert (counted.finished, counted.limited, counted.on_time, counted.no_limit) == (4, 0, 0, 4)


@pytest.mark.parametrize("path", ["/day", "/day?show=late&span=month"])
def test_a_day_asks_little(app: APIFlask, week: Story, sessions: Sessions, path: str) -> None:
    handler = Officer(app, HANDLER)
    handler.opens(path)
    with statements(sessions) as asked:
        handler.opens(path)
    assert len(asked) <= 6, asked


@pytest.mark.slow
def test_a_units_day_asks_little(app: APIFlask, week: Story, sessions: Sessions) -> None:
    head = Officer(app, HEAD)
    head.opens("/day/unit")
    with statements(sessions) as asked:
        head.opens("/day/unit")
    assert len(asked) <= 8, asked


@pytest.mark.slow
def test_in_english(app: APIFlask, week: Story) -> None:
    handler = Officer(app, HANDLER, "en")
    handler.opens("/day")
    for said in ("My day", "75.0% (3 of 4)", "In hand"):
        assert said in handler.text, said
