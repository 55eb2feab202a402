"""Many tasks at once: exactly those selected, a result for each, taken back where it can be."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from pypdf import PdfReader
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from engine.db import Sessions, reading, transaction
from engine.identity import Vault
from engine.models import Notice, Person, UserTask
from tests.story import Story
from tests.web.staff import Officer, office
from web import inbox_export

HANDLER, OTHER, STRANGER = "shui.dian", "zhu.jian", "xiu.feng"
LIST, MAIN = "//form[@data-list]", "//main//form[@data-main]"


@pytest.fixture
def app(sessions: Sessions, story: Story, vault: Vault, tmp_path: Path) -> APIFlask:
    return office(sessions, tmp_path, vault)


@pytest.fixture
def two(story: Story, sessions: Sessions) -> Story:
    """Three slips to sign, and a second handler in the unit."""
    for _ in range(3):
        story.receives().goes_through("complete_record", "screen", "dispatch")
    with transaction(sessions) as session:
        person = session.scalar(select(Person).where(Person.login == OTHER))
        assert person is not None
        person.memberships[0].unit_key = "utilities_bureau"
    return story


def ticks(officer: Officer) -> list[str]:
    return [str(one) for one in officer.tree.xpath("//tbody//input[@name='id']/@value")]


def does(officer: Officer, act: str, ids: list[str], view: str = "unit") -> Any:
    """Tick these rows and press the button."""
    officer.opens(f"/inbox?view={view}")
    action, values = officer.form(LIST)
    return officer.sends(action, {**values, "id": ids, "do": act})


def assignees(sessions: Sessions) -> list[str]:
    """Logins of who has the open tasks, in the order they came; "" for nobody."""
    with reading(sessions) as session:
        rows = session.execute(
            select(Person.login)
            .select_from(UserTask)
            .outerjoin(Person, Person.id == UserTask.assignee_id)
            .where(UserTask.status == "open")
            .order_by(UserTask.id)
        )
        return [row.login or "" for row in rows]


def test_claiming_many_says_what_came_of_each_and_can_be_undone(
    app: APIFlask, two: Story, sessions: Sessions
) -> None:
    first, second = Officer(app, HANDLER), Officer(app, OTHER)
    keys = ticks_of(first)
    does(first, "claim", keys[:1])
    does(second, "claim", keys)
    second.follows()
    assert "已认领 2 件；1 件被水典常（演示）先认领了" in second.text
    results = [cell.text_content() for cell in second.tree.xpath("//tbody/tr/td[4]")]
    assert sorted(results) == ["被水典常（演示）先认领了", "认领了", "认领了"]
    assert sorted(assignees(sessions)) == [HANDLER, OTHER, OTHER]
    second.fills("//form[contains(@action,'/undo')]")
    second.follows()
    results = [cell.text_content() for cell in second.tree.xpath("//tbody/tr/td[4]")]
    assert sorted(results) == ["已撤销", "已撤销", "被水典常（演示）先认领了"]
    assert sorted(assignees(sessions)) == ["", "", HANDLER]
    assert not second.tree.xpath("//form[contains(@action,'/undo')]"), "once"
    second.sends(second.page.request.path + "/undo", second.form("//form")[1])
    second.follows()
    assert "已经撤销过了" in second.text
    assert first.opens(second.page.request.path).status_code == 404, "everybody's own"


def ticks_of(officer: Officer) -> list[str]:
    officer.opens("/inbox?view=unit&sort=newest")
    return ticks(officer)


def test_the_same_form_twice_is_one_act(app: APIFlask, two: Story, sessions: Sessions) -> None:
    handler = Officer(app, HANDLER)
    keys = ticks_of(handler)
    action, values = handler.form(LIST)
    first = handler.sends(action, {**values, "id": keys, "do": "claim"}).location
    again = handler.sends(action, {**values, "id": keys, "do": "claim"}).location
    assert first == again
    handler.follows()
    assert "已认领 3 件" in handler.text


def test_work_goes_to_a_colleague_who_is_told(
    app: APIFlask, two: Story, sessions: Sessions
) -> None:
    handler = Officer(app, HANDLER)
    keys = ticks_of(handler)
    does(handler, "assign", keys[:2])
    handler.follows()
    assert "把 2 件转给同事" in handler.text
    assert "手里 0 件" in handler.text
    action, values = handler.form()
    assert handler.sends(action, {**values, "to": []}).status_code == 422
    assert "选一位同事。" in handler.text
    to = handler.tree.xpath("//input[@name='to']/@value")
    handler.fills(MAIN, to=to[0])
    handler.follows()
    assert "已转出 2 件" in handler.text
    assert sorted(assignees(sessions)) == ["", OTHER, OTHER]
    with reading(sessions) as session:
        told = session.execute(
            select(Person.login, Notice.kind).join(Person, Person.id == Notice.person_id)
        ).all()
    assert [tuple(row) for row in told if row.kind == "assigned"] == [(OTHER, "assigned")] * 2
    story_events = two.events()
    assert "task.assigned" in story_events
    handler.fills("//form[contains(@action,'/undo')]")
    handler.follows()
    assert assignees(sessions) == ["", "", ""]
    assert two.chain_is_whole()
    handler.opens(f"/cases/{two.number}")
    assert "转给" in handler.text


def test_nothing_goes_to_somebody_who_may_not_do_it(
    app: APIFlask, two: Story, sessions: Sessions
) -> None:
    handler, stranger = Officer(app, HANDLER), two.actor(STRANGER)
    keys = ticks_of(handler)
    does(handler, "assign", keys[:1])
    handler.follows()
    action, values = handler.form()
    handler.sends(action, {**values, "to": str(stranger.id)})
    handler.follows()
    assert "这位同事办不了这一步" in handler.text
    assert assignees(sessions) == ["", "", ""]


def test_urging_is_told_and_seen(app: APIFlask, two: Story, sessions: Sessions) -> None:
    handler, other = Officer(app, HANDLER), Officer(app, OTHER)
    keys = ticks_of(handler)
    does(other, "claim", keys[:1])
    does(handler, "remind", keys[:2])
    handler.follows()
    assert "催办 2 件" in handler.text
    assert handler.fills(MAIN, note="字" * 201).status_code == 422
    assert "最多 200 个字，现在 201 个。" in handler.text
    handler.fills(MAIN, note="市民今天又来电。")
    handler.follows()
    assert "已催办 2 件" in handler.text
    assert not handler.tree.xpath("//form[contains(@action,'/undo')]"), "what is said is said"
    with reading(sessions) as session:
        told = session.scalars(
            select(Person.login)
            .join(Notice, Notice.person_id == Person.id)
            .where(Notice.kind == "urged")
        ).all()
    assert set(told) == {OTHER}, "the claimer of one, the colleague for the other, not oneself"
    handler.opens("/inbox?view=urged")
    assert len(ticks(handler)) == 2
    assert handler.text.count("催 ") >= 2
    does(handler, "remind", keys[:1])
    handler.follows()
    handler.fills(MAIN, note="")
    handler.follows()
    assert "1 件刚催过" in handler.text


def test_the_sheet_has_exactly_the_chosen_rows(
    app: APIFlask, story: Story, sessions: Sessions
) -> None:
    for title in ("=HYPERLINK(1)", "＝1+1", "-1+2", "普通的一件"):
        story.receives(title=title).does("complete_record", title=title)
        story.goes_through("screen", "dispatch")
    handler = Officer(app, HANDLER)
    keys = ticks_of(handler)
    does(handler, "csv", [*keys[:3], "0190a0a0-0000-7000-8000-000000000000"])
    assert handler.page.mimetype == "text/csv"
    told = handler.page.headers["Content-Disposition"]
    assert told.startswith("attachment")
    assert told.isascii(), "as a header must be"
    rows = list(csv.reader(io.StringIO(handler.page.get_data().decode("utf-8-sig"))))
    assert len(rows) == 5, "a head, three rows, what was left out"
    assert {row[3] for row in rows[1:4]} == {"普通的一件", "'-1+2", "＝1+1"}
    assert "另有 1 件" in rows[4][0]
    does(handler, "xlsx", keys)
    book = CalamineWorkbook.from_filelike(io.BytesIO(handler.page.get_data()))
    sheet = book.get_sheet_by_index(0).to_python()
    assert [row[3] for row in sheet[1:]] == ["普通的一件", "-1+2", "＝1+1", "=HYPERLINK(1)"]
    assert b"<f>" not in handler.page.get_data()
    stranger = Officer(app, STRANGER)
    stranger.opens("/inbox")
    csrf = stranger.form("//form[contains(@action,'sign-out')]")[1]["csrf_token"]
    stranger.sends("/inbox", {"csrf_token": csrf, "id": keys, "do": "csv"})
    assert "普通的一件" not in stranger.page.get_data().decode("utf-8-sig")


def test_nothing_a_spreadsheet_would_run_stands_first_in_a_cell() -> None:
    for text in ("=1", "+1", "-1", "@a", "\t=1", "\r=1", "  =1", "\u3000=1"):
        assert inbox_export.safe(text).startswith("'")
    for text in ("路灯", "1-2", "'x"):
        assert inbox_export.safe(text) == text


@pytest.mark.slow
def test_the_slips_come_as_one_file(app: APIFlask, two: Story) -> None:
    two.receives().goes_through("complete_record")
    handler = Officer(app, HANDLER)
    keys = ticks_of(handler)
    does(handler, "print", keys[:2])
    handler.follows()
    assert "2 件有处理签" in handler.text
    numbers = re.findall(r"GL-\d{8}-\d{6}-P\d", handler.text)
    assert len(numbers) == 2
    handler.fills(MAIN)
    assert handler.page.mimetype == "application/pdf"
    book = PdfReader(io.BytesIO(handler.page.get_data()))
    assert len(book.pages) == 2
    for number, page in zip(numbers, book.pages, strict=True):
        assert number in page.extract_text()
    screener = Officer(app, "chu.mi")
    does(screener, "print", ticks_of(screener))
    screener.follows()
    assert "还没有处理签" in screener.text


def test_a_claim_in_the_list_answers_the_row(app: APIFlask, two: Story) -> None:
    first, second = Officer(app, HANDLER), Officer(app, OTHER)
    key = ticks_of(first)[0]
    values = {"csrf_token": first.form(LIST)[1]["csrf_token"], "claim": key}
    first.page = first.client.post("/inbox", data=values, headers={"HX-Request": "true"})
    assert (first.page.status_code, first.text) == (200, "我")
    second.opens("/inbox")
    values["csrf_token"] = second.form(LIST)[1]["csrf_token"]
    second.page = second.client.post("/inbox", data=values, headers={"HX-Request": "true"})
    assert (second.page.status_code, second.text) == (409, "水典常（演示）")
    assert "水典常（演示） 09:00 认领了这件。" in second.page.text


def test_what_is_chosen_is_asked_for_before_anything_is_done(
    app: APIFlask, two: Story, sessions: Sessions
) -> None:
    handler = Officer(app, HANDLER)
    handler.opens("/inbox")
    csrf = handler.form(LIST)[1]["csrf_token"]
    for path in ("/inbox/assign", "/inbox/remind", "/inbox/slips"):
        handler.opens(path)
        handler.follows()
        assert "没有选中待办" in handler.text
        handler.sends(path, {"csrf_token": csrf})
        handler.follows()
        assert "没有" in handler.text
    assert assignees(sessions) == ["", "", ""]
