"""The clerk's desk: written down while somebody speaks, complete at once, nothing typed twice."""

import logging
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import func, select

from engine.db import Sessions, reading
from engine.identity import Vault
from engine.models import Case, Contact, Idempotency, UserTask
from tests.story import PHONE, TITLE, Story
from tests.web.staff import Officer, office, title
from web.pages import intake as pages

CLERK, SCREENER, HANDLER = "li.zhi", "chu.mi", "shui.dian"
BODY = "南门菜市场后门夜里烧烤摊排烟，窗户不敢开。打过城管一次，来了就散。"
RECORD = {
    "answer.category": "environment",
    "answer.kind": "complaint",
    "answer.place": "南门菜市场后门",
}


@pytest.fixture
def app(sessions: Sessions, story: Story, vault: Vault, tmp_path: Path) -> APIFlask:
    return office(sessions, tmp_path, vault)


@pytest.fixture
def clerk(app: APIFlask) -> Officer:
    return Officer(app, CLERK)


def enters(clerk: Officer, url: str = "/intake", **typed: Any) -> Any:
    """Open the desk, fill it in, press a button."""
    clerk.opens("/intake")
    _, values = clerk.form()
    return clerk.sends(url, {**values, "channel": "phone", "body": BODY, **typed})


def cases(sessions: Sessions) -> list[Case]:
    with reading(sessions) as session:
        return list(session.scalars(select(Case).order_by(Case.id)))


def test_one_page_and_the_case_is_with_the_screener(clerk: Officer, story: Story) -> None:
    enters(clerk, name="覃先生", phone="139 0000 8806", **RECORD)
    clerk.follows()
    (case,) = cases(story.sessions)
    assert title(clerk.page).startswith(f"登记好了 {case.number}")
    assert f"您的编号是 {case.number}，查询码是 " in clerk.text
    assert "登记下一件" in clerk.text
    assert "还没有补全" not in clerk.text
    assert case.title == "南门菜市场后门夜里烧烤摊排烟，窗户不敢开"
    assert (case.category, case.place, case.channel) == ("environment", "南门菜市场后门", "phone")
    with reading(story.sessions) as session:
        states = session.execute(
            select(UserTask.element, UserTask.status, UserTask.closed_by).order_by(UserTask.id)
        ).all()
        contact = session.scalars(select(Contact)).one()
    clerk_id = story.actor(CLERK).id
    assert [tuple(one) for one in states] == [
        ("complete_record", "completed", clerk_id),
        ("screen", "open", None),
    ]
    assert contact.entered_by == clerk_id


def test_the_code_that_is_read_out_opens_the_case(
    app: APIFlask, clerk: Officer, sessions: Sessions
) -> None:
    enters(clerk, phone="13900008806", **RECORD)
    clerk.follows()
    code = clerk.tree.xpath("//dd[@class='big']")[1].text_content()
    assert len(code) == 12
    citizen = app.test_client()
    page = citizen.get("/track").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    asked = {"csrf_token": token, "code": code, "digits": "8806"}
    assert citizen.post("/track", data=asked).status_code == 303
    with reading(sessions) as session:
        kept = session.scalars(select(Idempotency.answer)).all()
    assert code not in str(kept), "the code lies in the database sealed only"


def test_the_receipt_is_this_browsers_and_for_a_while(
    app: APIFlask, clerk: Officer, story: Story
) -> None:
    assert clerk.opens("/intake/received").status_code == 303
    enters(clerk, **RECORD)
    clerk.follows()
    other = Officer(app, SCREENER)
    assert other.opens("/intake/received").location == "/intake"
    story.clock.advance(minutes=16)
    assert clerk.opens("/intake/received").location == "/intake"


def test_only_registered_the_record_waits(clerk: Officer, story: Story) -> None:
    enters(clerk, then="leave")
    clerk.follows()
    assert "只登记了，还没有补全" in clerk.text
    with reading(story.sessions) as session:
        assert session.scalars(select(UserTask.element)).all() == ["complete_record"]


def test_a_screener_takes_in_what_an_intake_clerk_completes(app: APIFlask, story: Story) -> None:
    screener = Officer(app, SCREENER)
    enters(screener, **{"answer.place": "南门", "answer.confidential": "true"})
    screener.follows()
    assert "只登记了，还没有补全" in screener.text
    (case,) = cases(story.sessions)
    assert (case.place, case.confidential) == ("南门", True)
    with reading(story.sessions) as session:
        assert session.scalars(select(UserTask.element)).all() == ["complete_record"]


def test_every_fault_is_said_at_once_and_no_word_is_lost(clerk: Officer, story: Story) -> None:
    enters(clerk, phone="约好再打", name="覃先生", body="", **{"answer.kind": "complaint"})
    assert clerk.page.status_code == 422
    assert title(clerk.page).startswith("错误：")
    assert {a.get("href") for a in clerk.tree.xpath("//*[@class='errors']//a")} == {
        "#phone",
        "#body",
        "#f-category",
        "#f-place",
        "#f-title",
    }
    assert "电话写 5 到 20 位数字" in clerk.text
    _, values = clerk.form()
    assert values["phone"] == ["约好再打"]
    assert values["name"] == ["覃先生"]
    assert values["answer.kind"] == ["complaint"]
    assert cases(story.sessions) == []
    _, values = clerk.form()
    clerk.sends("/intake", {**values, "phone": "", "body": BODY, **RECORD})
    assert clerk.page.status_code == 303, "mended, it is taken"


def test_the_same_form_twice_is_one_case(clerk: Officer, story: Story) -> None:
    clerk.opens("/intake")
    _, values = clerk.form()
    values = {**values, "channel": "visit", "body": BODY, **RECORD}
    clerk.sends("/intake", values)
    clerk.follows()
    first = clerk.text
    clerk.sends("/intake", values)
    clerk.follows()
    assert clerk.text == first
    assert len(cases(story.sessions)) == 1
    clerk.sends("/intake", {**values, "body": "另一件事。"})
    assert clerk.page.status_code == 409
    assert "另一件事。" in clerk.page.text


def test_channels_that_come_by_themselves_are_not_offered(clerk: Officer) -> None:
    clerk.opens("/intake")
    offered = clerk.tree.xpath("//input[@name='channel']/@value")
    assert {"phone", "visit", "letter"} <= set(offered)
    assert not {"web", "callback"} & set(offered)
    enters(clerk, channel="teleport", **RECORD)
    assert clerk.page.status_code == 422
    assert "要从列表里选" in clerk.text


def test_the_same_phone_is_known_and_never_in_an_address(
    clerk: Officer, story: Story, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    clerk.opens("/intake")
    _, values = clerk.form()
    typed = {**values, "phone": "138-0000 1234", "body": BODY, "name": "陈女士"}
    fragment = clerk.client.post("/intake/look", data=typed, headers={"HX-Request": "true"})
    assert TITLE in fragment.text
    assert "<form" not in fragment.text
    assert PHONE not in fragment.text
    clerk.sends("/intake/look", typed)
    assert TITLE in clerk.text, "and without JavaScript the whole page"
    assert clerk.form()[1]["body"][0].strip() == BODY
    assert clerk.form()[1]["name"] == ["陈女士"]
    assert PHONE not in caplog.text
    typed["phone"] = "13900000000"
    clerk.sends("/intake/look", typed)
    assert "没有查到，是第一次来" in clerk.text
    for nothing in ("", "12", "不说"):
        clerk.sends("/intake/look", {**typed, "phone": nothing})
        assert clerk.page.status_code == 200
        assert TITLE not in clerk.text


def test_a_clerk_finds_only_what_may_be_opened(
    app: APIFlask, story: Story, sessions: Sessions
) -> None:
    story.receives()
    story.receives(title="局里的事")
    with sessions.begin() as session:
        case = session.get_one(Case, story.case.id)
        case.sealed, case.office_key = True, "police_bureau"
    clerk = Officer(app, CLERK)
    enters(clerk, "/intake/look", phone=PHONE)
    assert TITLE in clerk.text
    assert "局里的事" not in clerk.text
    assert "1 件" in clerk.text


def test_like_cases_are_shown_while_it_is_written(clerk: Officer, story: Story) -> None:
    story.receives(title="南门菜市场后门烧烤油烟", name="", phone="").does(
        "complete_record", title="南门菜市场后门烧烤油烟", place="南门菜市场后门"
    )
    story.receives(title="公交车晚点", name="", phone="")
    enters(clerk, "/intake/look", **RECORD, **{"answer.title": "南门菜市场后门烧烤"})
    assert "南门菜市场后门烧烤油烟" in clerk.text
    assert "同一地点" in clerk.text
    assert "公交车晚点" not in clerk.text


def test_the_same_person_about_the_same_case(clerk: Officer, story: Story) -> None:
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    first = story.number
    enters(clerk, "/intake/look", phone=PHONE, body="昨晚又黑了。")
    button = clerk.tree.xpath("//button[@name='number']")[0]
    assert (button.get("form"), button.get("formaction")) == ("entry", "/intake/same")
    _, values = clerk.form()
    clerk.sends("/intake/same", {**values, "body": "昨晚又黑了。", "number": button.get("value")})
    clerk.follows()
    assert title(clerk.page).startswith(f"加好了 {first}")
    assert len(cases(story.sessions)) == 1
    with reading(story.sessions) as session:
        contacts = session.scalars(select(Contact).order_by(Contact.id)).all()
    assert [one.raw_body for one in contacts][1:] == ["昨晚又黑了。"]
    assert "contact.added" in story.events()


def test_somebody_who_only_urges_need_say_nothing_more(clerk: Officer, story: Story) -> None:
    story.receives()
    enters(clerk, "/intake/same", phone=PHONE, body="", urge=story.number)
    assert clerk.page.status_code == 303
    with reading(story.sessions) as session:
        last = session.scalars(select(Contact.raw_body).order_by(Contact.id.desc())).first()
    assert last == pages._URGED


def test_adding_to_no_case_or_saying_nothing(clerk: Officer, story: Story) -> None:
    story.receives()
    assert enters(clerk, "/intake/same", number="GL-20200101-000001").status_code == 404
    refused = enters(clerk, "/intake/same", number=story.number, body="")
    assert refused.status_code == 422
    with reading(story.sessions) as session:
        assert session.scalar(select(func.count()).select_from(Contact)) == 1


def test_who_does_not_take_in_gets_no_desk(app: APIFlask) -> None:
    handler = Officer(app, HANDLER)
    handler.opens("/start")
    assert "/intake" not in handler.page.text
    assert handler.opens("/intake").status_code == 403
    _, tokens = handler.form("//form[contains(@action,'sign-out')]")
    for path in ("/intake", "/intake/look", "/intake/same"):
        assert handler.sends(path, {**tokens, "pack": "gl-jindianzi"}).status_code == 403


def test_a_system_of_another_office_is_refused(clerk: Officer) -> None:
    assert clerk.opens("/intake?pack=base-12345").status_code == 404
    assert enters(clerk, pack="base-12345").status_code == 403


def test_in_english(app: APIFlask) -> None:
    clerk = Officer(app, CLERK, "en")
    clerk.opens("/intake")
    for said in ("Take in a contact", "What they say", "This number before"):
        assert said in clerk.text, said
    enters(clerk, **RECORD)
    clerk.follows()
    assert "Read out" in clerk.text
