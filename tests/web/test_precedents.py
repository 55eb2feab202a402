"""Precedents: what was ruled once is listed, offered at the next dispatch, and taken back."""

from pathlib import Path

import pytest
from apiflask import APIFlask
from sqlalchemy import select

from engine.db import Sessions, reading, transaction
from engine.identity import Vault
from engine.models import Case, Precedent
from tests.story import Story
from tests.web.staff import Officer, office, title

RULER, DISPATCHER, SCREENER, HANDLER = "cai.heng", "pai.yun", "chu.mi", "shui.dian"
WITHDRAWAL = "//form[contains(@action,'/withdrawal')]"


@pytest.fixture
def app(sessions: Sessions, story: Story, vault: Vault, tmp_path: Path) -> APIFlask:
    return office(sessions, tmp_path, vault)


@pytest.fixture
def ruled(story: Story) -> Story:
    """A case that three units sent back, and whose ruling is kept."""
    story.receives().goes_through("complete_record", "screen")
    for unit in ("housing_bureau", "utilities_bureau", "xiufeng"):
        story.does("dispatch", mode="push", unit=unit)
        story.does("sign", signing="return", return_reason="not_our_duty", legal_basis="三定方案")
    return story.does(
        "rule_unit",
        ruled_unit="traffic_police",
        precedent=True,
        ground="灯杆属交通设施，按职责表。",
        words="路灯、灯杆",
    )


def kept(sessions: Sessions) -> list[Precedent]:
    with reading(sessions) as session:
        return list(session.scalars(select(Precedent)))


def test_an_office_without_precedents_is_told_how_one_comes(app: APIFlask, story: Story) -> None:
    ruler = Officer(app, RULER)
    ruler.opens("/precedents")
    assert "还没有先例" in ruler.text
    assert "作为先例保存" in ruler.text


def test_a_ruling_is_listed_with_ground_and_case(app: APIFlask, ruled: Story) -> None:
    ruler = Officer(app, RULER)
    ruler.opens("/precedents")
    for said in ("交通警察支队", "灯杆属交通设施，按职责表。", ruled.number, "路灯", "蔡衡平"):
        assert said in ruler.text, said
    assert f"/cases/{ruled.number}" in ruler.page.text


def test_a_case_that_may_not_be_seen_keeps_its_number(
    app: APIFlask, ruled: Story, sessions: Sessions
) -> None:
    with transaction(sessions) as session:
        case = session.get_one(Case, ruled.case.id)
        case.sealed, case.office_key = True, "police_bureau"
    ruler = Officer(app, RULER)
    ruler.opens("/precedents")
    assert ruled.number not in ruler.page.text


def test_one_is_withdrawn_with_a_reason(app: APIFlask, ruled: Story, sessions: Sessions) -> None:
    ruler = Officer(app, RULER)
    ruler.opens("/precedents")
    ruler.fills(WITHDRAWAL, reason=" ")
    assert ruler.page.status_code == 422
    assert "没有撤下，先写理由" in ruler.text
    assert title(ruler.page).startswith("错误：")
    assert kept(sessions)[0].withdrawn_at is None
    action, values = ruler.form(WITHDRAWAL)
    values = {**values, "reason": "职责已经调整。"}
    assert ruler.sends(action, values).status_code == 303
    ruler.follows()
    assert "撤下了" in ruler.text
    assert "还没有先例" in ruler.text
    assert kept(sessions)[0].withdrawn_at is not None
    ruler.opens("/precedents?view=withdrawn")
    assert "交通警察支队" in ruler.text
    assert not ruler.tree.xpath(WITHDRAWAL)
    assert ruler.sends(action, values).status_code == 303, "the same form again"
    assert ruler.sends(action, {**values, "request_token": "another"}).status_code == 409


def test_who_reads_and_who_withdraws(app: APIFlask, ruled: Story, sessions: Sessions) -> None:
    screener, handler, ruler = (Officer(app, who) for who in (SCREENER, HANDLER, RULER))
    screener.opens("/precedents")
    assert "交通警察支队" in screener.text
    assert not screener.tree.xpath(WITHDRAWAL)
    ruler.opens("/precedents")
    action, _ = ruler.form(WITHDRAWAL)
    _, tokens = screener.form("//form[contains(@action,'sign-out')]")
    assert screener.sends(action, {**tokens, "reason": "试试"}).status_code == 403
    assert handler.opens("/precedents").status_code == 403
    assert kept(sessions)[0].withdrawn_at is None


def test_the_dispatch_page_says_the_ground(app: APIFlask, ruled: Story, story: Story) -> None:
    story.receives(title="另一件").goes_through("complete_record", "screen")
    if "dispatch" not in story.waiting_for:
        assert story.case.unit_key == "traffic_police", "sent by the precedent at once"
        return
    dispatcher = Officer(app, DISPATCHER)
    dispatcher.opens(f"/tasks/{story.task('dispatch').id}")
    assert "依据：" in dispatcher.text


def test_in_english(app: APIFlask, ruled: Story) -> None:
    ruler = Officer(app, RULER, "en")
    ruler.opens("/precedents")
    for said in ("Precedents", "1 precedent", "Traffic Police", "Withdraw"):
        assert said in ruler.text, said
