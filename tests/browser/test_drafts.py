"""What is typed at the task page in a real browser: kept as it is typed, also without a server."""

import pytest
from sqlalchemy import select

from engine.clock import system
from engine.commands import cases, tasks
from engine.commands.cases import Said
from engine.db import connect, reading, transaction
from engine.identity import Reporter, Vault
from engine.models import Draft, Evidence, Measure, UserTask
from engine.queries import people
from tests import photos
from tests.browser.conftest import DESK
from tests.story import answers_for

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SENTENCE = "更换灯泡与镇流器，当晚亮灯。"
STEPS = ("complete_record", "screen", "dispatch", "sign", "contact_citizen")
WHO = {
    "complete_record": "li.zhi",
    "screen": "chu.mi",
    "dispatch": "pai.yun",
    "sign": "shui.dian",
    "contact_citizen": "shui.dian",
}


@pytest.fixture
def sessions(live):
    factory = connect(live.office.database_url)
    yield factory
    factory.kw["bind"].dispose()


@pytest.fixture
def task(live, sessions):
    """The address of a task that waits for the handler."""
    said = Said(
        "web", "解放东路一盏路灯不亮", "第三盏路灯不亮。", Reporter("陈女士", "13800001234")
    )
    with transaction(sessions) as session:
        cases.receive(session, Vault.at(live.office.home), "gl-jindianzi", said)
    for element in STEPS:
        with transaction(sessions) as session:
            row = session.scalars(select(UserTask).where(UserTask.element == element)).one()
            answers = answers_for(element, system())
            tasks.complete(session, row.id, answers, by=people.by_login(session, WHO[element]))
    with reading(sessions) as session:
        row = session.scalars(select(UserTask).where(UserTask.element == "handle")).one()
    return f"/tasks/{row.id}"


def drafts(sessions):
    with reading(sessions) as session:
        return [one.fields["answer.measures"] for one in session.scalars(select(Draft))]


def said(page, text):
    page.locator("[data-draft-said]", has_text=text).wait_for(state="attached")


def forget_the_outage(who):
    """The console names every request that failed; these were meant to."""
    who.complaints[:] = [one for one in who.complaints if "ERR_INTERNET_DISCONNECTED" not in one]


def test_a_lost_connection_loses_no_word(visit, sessions, task):
    who = visit(DESK).signs_in("shui.dian")
    page = who.opens(task).page
    page.fill("#f-measures", "换了")
    said(page, "已存")
    assert drafts(sessions) == [["换了"]]
    page.context.set_offline(True)
    page.focus("#f-measures")
    page.keyboard.press("Control+End")
    page.keyboard.type("四盏灯")
    said(page, "起连不上。接着写，内容存在这台电脑，连上就传。")
    page.keyboard.type("，通电正常")
    page.keyboard.press("Control+Enter")
    said(page, "还没有提交")
    assert page.input_value("#f-measures") == "换了四盏灯，通电正常"
    assert page.url.endswith(task)
    assert drafts(sessions) == [["换了"]]
    page.context.set_offline(False)
    said(page, "已存")
    assert drafts(sessions) == [["换了四盏灯，通电正常"]]
    assert (
        page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('huiyin.draft.'))") == []
    )
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: task not in url)
    forget_the_outage(who)
    assert drafts(sessions) == []
    with reading(sessions) as session:
        assert session.scalars(select(Measure.measures)).all() == ["换了四盏灯，通电正常"]


def test_what_this_computer_kept_comes_back_after_a_crash(visit, sessions, task):
    who = visit(DESK).signs_in("shui.dian")
    page = who.opens(task).page
    page.context.set_offline(True)
    page.fill("#f-measures", "断网时写的")
    said(page, "起连不上")
    page.goto("about:blank")  # the page is gone before the connection is back
    page.context.set_offline(False)
    forget_the_outage(who)
    who.opens(task)
    said(page, "已存")
    assert page.input_value("#f-measures") == "断网时写的"
    assert drafts(sessions) == [["断网时写的"]]


def test_two_windows_and_a_colleague(visit, live, sessions, task):
    who = visit(DESK).signs_in("shui.dian")
    first = who.opens(task).page
    second = first.context.new_page()
    second.goto(who.base + task)
    first.fill("#f-measures", "第一扇窗")
    said(first, "已存")
    second.fill("#f-measures", "第二扇窗写的")
    said(second, "另一个窗口也写了这件")
    assert sorted(drafts(sessions)) == [["第一扇窗"], ["第二扇窗写的"]]
    first.fill("#f-measures", SENTENCE)
    first.keyboard.press("Control+Enter")
    first.wait_for_url(lambda url: task not in url)
    second.focus("#f-measures")
    second.keyboard.type("，还没交")
    said(second, "个字在草稿里")
    assert "办完了这一步" in second.inner_text("[data-draft-said]")
    second.keyboard.press("Control+Enter")
    second.wait_for_selector("text=做下一件")
    assert "还没交" in second.input_value("#f-measures")


def test_files_by_hand_by_paste_and_phrases_by_two_colons(visit, sessions, task):
    who = visit(DESK).signs_in("shui.dian")
    page = who.opens("/phrases").page
    page.fill("#p-title", "路灯修好")
    page.fill("#p-text", "{{person}}的路灯已修好。")
    page.click("form[data-main] button.btn--primary")
    page.goto(who.base + task)
    page.focus("#f-measures")
    page.keyboard.type("今天")
    page.keyboard.type("::")
    page.wait_for_selector("dialog#phrases[open]")
    page.keyboard.type("路灯")
    page.keyboard.press("Enter")
    assert page.input_value("#f-measures") == "今天陈女士的路灯已修好。"
    page.set_input_files(
        "#f-photos_after", {"name": "后.png", "mimeType": "image/png", "buffer": photos.png()}
    )
    page.wait_for_selector("text=后.png")
    page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.items.add(new File(['说明'], '说明.txt', {type: 'text/plain'}));
          const area = document.getElementById('f-measures');
          area.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true}));
        }"""
    )
    page.wait_for_selector("text=说明.txt")
    page.set_input_files(
        "#f-evidence", {"name": "x.png", "mimeType": "image/png", "buffer": b"<svg/>"}
    )
    page.wait_for_selector("text=是网页或 SVG")
    said(page, "已存")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: task not in url)
    with reading(sessions) as session:
        found = session.execute(select(Evidence.name, Evidence.phase)).all()
    assert sorted(found) == [("后.png", "after"), ("说明.txt", "")]
