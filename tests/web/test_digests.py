"""Digests at the browser: drafted, edited, reviewed, issued; numbers open; instructions return."""

import re
from pathlib import Path

import pytest
from apiflask import APIFlask
from sqlalchemy import select

from engine import clock
from engine.commands import digests, figures
from engine.db import Sessions, reading, transaction
from engine.digests import making
from engine.errors import NotAllowed
from engine.identity import Vault
from engine.models import Digest, Instruction
from tests.story import TO_THE_ANSWER, Story
from tests.web.staff import Officer, office

FORM = "//main//form[@data-main]"


@pytest.fixture
def app(sessions: Sessions, story: Story, vault: Vault, tmp_path: Path) -> APIFlask:
    return office(sessions, tmp_path, vault)


@pytest.fixture
def week(story: Story) -> Story:
    """A week that is over: one case closed, two about noise at one place."""
    story.receives(phone="13800000001").goes_through(*TO_THE_ANSWER).does("callback")
    for phone in ("13800000002", "13800000003"):
        story.receives(phone=phone).does("complete_record", category="noise", place="南门菜市场")
    story.passes(days=7)
    figures.refresh(story.sessions)
    return story


def drafted(officer: Officer, story: Story, kind: str = "weekly_digest") -> str:
    """Draft one by hand; its address."""
    officer.opens("/digests")
    value = f"{kind}|gl-jindianzi|2026-W45"
    assert value in officer.page.text
    assert officer.fills(FORM, what=value).status_code == 303
    with reading(story.sessions) as session:
        key = session.scalars(select(Digest.id).order_by(Digest.id.desc()).limit(1)).one()
    return f"/digests/{key}"


def leader_of(story: Story) -> str:
    return story.with_role("leader", "jdz_office").login


def acts(officer: Officer, address: str, what: str, **typed: str):
    officer.opens(address)
    return officer.fills(f"//form[contains(@action, '/{what}')]", **typed)


def issued(app: APIFlask, story: Story) -> tuple[str, Officer]:
    """A digest that was drafted, sent and issued."""
    writer, leader = Officer(app, "du.cheng"), Officer(app, leader_of(story))
    address = drafted(writer, story)
    assert acts(writer, address, "send").status_code == 303
    assert acts(leader, address, "issue").status_code == 303
    return address, leader


def test_from_draft_to_files_that_stay(app, week):
    address, leader = issued(app, week)
    assert leader.opens(address).status_code == 200
    assert "第 1 期" in leader.text
    assert "收到诉求 3 件" in leader.text
    first = {end: leader.opens(f"{address}/file.{end}").data for end in ("docx", "pdf", "en.pdf")}
    assert first["pdf"].startswith(b"%PDF")
    assert first["docx"].startswith(b"PK")
    week.receives(phone="13800000004").passes(days=30)
    figures.refresh(week.sessions)
    leader = Officer(app, leader_of(week))
    for ending, content in first.items():
        assert leader.opens(f"{address}/file.{ending}").data == content
    leader.opens(address)
    assert "收到诉求 3 件" in leader.text


@pytest.mark.slow
def test_every_number_opens_its_frozen_cases(app, week):
    writer = Officer(app, "du.cheng")
    address = drafted(writer, week)
    writer.opens(address)
    links = set(re.findall(r'href="(/rates/frozen/[^"]+)"', writer.page.text))
    assert len(links) > 10
    for link in links:
        assert writer.opens(link).status_code == 200
        assert "和定格时一样" in writer.text
    writer.opens(f"{address}/numbers")
    received = writer.tree.xpath("//tr[.//code[.='{hot_place}']]//a/@href")[0]
    writer.opens(received)
    assert writer.page.text.count('<a href="/cases/') == 2


def test_a_section_is_written_anew_and_a_number_added(app, week):
    writer = Officer(app, "du.cheng")
    address = drafted(writer, week)
    writer.opens(f"{address}/numbers")
    assert (
        writer.fills(FORM, rate="digest_received", show="denominator", category="noise").status_code
        == 303
    )
    writer.opens(f"{address}/sections/ideas")
    refused = writer.fills(FORM, body_zh="噪声 {nothing} 件。")
    assert refused.status_code == 422
    assert "没有叫 nothing 的数" in writer.text
    writer.opens(f"{address}/sections/ideas")
    assert writer.fills(FORM, body_zh="噪声 {digest_received} 件。").status_code == 303
    writer.opens(address)
    assert "噪声 2 件。" in writer.text
    old = writer.tree.xpath("//form[contains(@action, '/send')]//input[@name='revision']/@value")
    assert acts(writer, address, "recount").status_code == 303
    writer.opens(address)
    assert "噪声 2 件。" in writer.text, "a number added by hand is counted anew with the others"
    assert old != writer.tree.xpath(
        "//form[contains(@action, '/send')]//input[@name='revision']/@value"
    )


@pytest.mark.slow
def test_whoever_sends_does_not_issue_and_it_comes_back_with_a_word(app, week):
    writer, leader = Officer(app, "du.cheng"), Officer(app, leader_of(week))
    address = drafted(writer, week)
    assert acts(writer, address, "send").status_code == 303
    writer.opens(address)
    assert not writer.tree.xpath("//form[contains(@action, '/issue')]")
    assert acts(leader, address, "return").status_code == 422
    assert acts(leader, address, "return", note="第三段先核对").status_code == 303
    writer.opens(address)
    assert "第三段先核对" in writer.text
    assert writer.tree.xpath("//form[contains(@action, '/send')]")


def test_an_instruction_goes_to_its_unit_and_comes_back(app, week):
    address, leader = issued(app, week)
    leader.opens(f"{address}/instruct?line=period-1")
    assert "收到诉求 3 件" in leader.text
    assert leader.fills(FORM, text="", unit="").status_code == 422
    leader.opens(f"{address}/instruct?line=period-1")
    due = f"{clock.now():%Y-%m-28}"
    asked = {"leader": "市长", "unit": "utilities_bureau", "due_on": due}
    assert leader.fills(FORM, text="两周内全部亮起来", **asked).status_code == 303
    with reading(week.sessions) as session:
        one = f"/instructions/{session.scalars(select(Instruction.id)).one()}"
    handler = Officer(app, week.with_role("handler", "utilities_bureau").login)
    handler.opens("/instructions")
    assert "两周内全部亮起来" in handler.text
    handler.opens("/notices")
    assert "领导批示交" in handler.text
    handler.opens(one)
    assert address not in handler.page.text, "the digest is not the unit's to read"
    assert handler.fills(FORM, result="").status_code == 422
    handler.opens(one)
    assert handler.fills(FORM, result="24 盏已亮。").status_code == 303
    stranger = Officer(app, week.with_role("handler", "police_bureau").login)
    assert stranger.opens(one).status_code == 404
    assert acts(leader, one, "again", word="还有 2 盏").status_code == 303
    handler.opens(one)
    assert "还有 2 盏" in handler.text
    assert handler.fills(FORM, result="全部亮了。").status_code == 303
    assert acts(leader, one, "done").status_code == 303
    leader.opens(f"{address}")
    assert "已办结" in leader.text
    assert leader.opens("/instructions?view=done").status_code == 200
    assert "全部亮了" in Officer(app, leader_of(week)).opens(one).text


@pytest.mark.slow
def test_the_english_page_marks_what_was_written_in_chinese(app, week):
    address, _leader = issued(app, week)
    reader = Officer(app, "du.cheng", "en")
    assert reader.opens(address).status_code == 200
    assert "3 cases came in" in reader.text
    assert '<span lang="zh-CN">南门菜市场</span>' in reader.page.text


def test_another_office_reads_none_of_it(app, week):
    writer = Officer(app, "du.cheng")
    address = drafted(writer, week)
    with reading(week.sessions) as session:
        row = session.scalars(select(Digest)).one()
    foreign = week.with_role("supervisor", "qd_hotline")
    with pytest.raises(NotAllowed), transaction(week.sessions) as session:
        digests.send(session, row, by=foreign)
    other = Officer(app, week.with_role("supervisor", "qd_hotline").login)
    assert other.opens(address).status_code == 404
    assert "民声摘报" not in other.opens("/digests").text
    assert making.draft_due(week.sessions) == 1, "only the week's count is left to draft"
