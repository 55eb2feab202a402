"""Decisions and forms of a draft at a real browser: typed, kept on the server, tried at once."""

import pytest
from playwright.sync_api import Page, expect

from engine.commands import design_drafts
from engine.db import connect, reading, transaction
from engine.models import DesignKind
from engine.queries import design_drafts as read_drafts
from engine.queries import people
from tests.browser.conftest import AXE, DESK, TAGS

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def sessions(live):
    factory = connect(live.office.database_url)
    yield factory
    factory.kw["bind"].dispose()


@pytest.fixture
def draft(sessions):
    with transaction(sessions) as session:
        return design_drafts.begin(
            session, DesignKind.PROCESS, "appeal", by=people.by_login(session, "she.ji")
        )


def kept(sessions, draft, path):
    with reading(sessions) as session:
        actor = people.by_login(session, "she.ji")
        return read_drafts.opened(session, actor, draft).files[path].content.decode()


@pytest.fixture(autouse=True)
def patient():
    """The server saves after a pause, and the machine does other things too."""
    expect.set_options(timeout=15_000)


def ready(page: Page) -> None:
    page.locator("[data-decision][data-ready]").wait_for()


def cell(page: Page, row: int, column: int):
    """A cell of the table editor, both counted from 1."""
    return page.locator(f".decision tbody tr:nth-child({row}) td.cell").nth(column - 1)


def test_a_row_is_added_in_the_editor_kept_and_tried(visit, sessions, draft):
    who = visit(DESK).signs_in("she.ji")
    page = who.opens(f"/design/drafts/{draft}/decisions/classify").page
    ready(page)
    expect(page.locator("[data-plain]")).to_be_hidden()
    mark = page.get_by_role("link", name="Powered by bpmn.io")
    expect(mark).to_be_visible()
    on_top = "([x, y]) => Boolean(document.elementFromPoint(x, y).closest('a[href*=bpmn]'))"
    mark.scroll_into_view_if_needed()
    box = mark.bounding_box()
    assert page.evaluate(on_top, [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2])
    before = kept(sessions, draft, "classify.dmn")

    # What has been typed is saved by itself, and the tests are run on it.
    cell(page, 1, 4).click()
    page.keyboard.press("Control+a")
    page.keyboard.type('"urgent"')
    expect(page.locator("[data-result='0']")).to_contain_text("来的是 类级 = urgent")
    assert '"urgent"' in kept(sessions, draft, "classify.dmn")
    expect(page.locator("[data-coverage]")).to_contain_text("14 个测试对上")
    page.get_by_role("button", name="撤销", exact=True).click()
    expect(page.locator("[data-result='0']")).to_contain_text("对上了")
    expect(page.locator("[data-coverage]")).to_contain_text("16 个测试对上")

    page.get_by_role("button", name="加一行", exact=True).first.click()
    expect(page.locator("[data-coverage]")).to_contain_text("表还不能算")
    cell(page, 10, 4).click()
    page.keyboard.type('"never"')
    expect(page.locator("[data-coverage]")).to_contain_text("没有测试到的行：10")
    after = kept(sessions, draft, "classify.dmn")
    assert after.count("<rule ") == before.count("<rule ") + 1

    # The row the problems panel offers is one step, too.
    page.evaluate(
        "document.querySelector('[data-decision]').studio.append(['', '', '', '\"last\"'])"
    )
    expect(page.locator(".decision tbody tr").nth(10)).to_contain_text('"last"')
    page.get_by_role("button", name="撤销", exact=True).click()
    expect(page.locator(".decision")).not_to_contain_text('"last"')
    page.evaluate(AXE.read_text("utf-8"))
    outside = "tags => axe.run({exclude: ['.decision']}, {runOnly: tags})"
    assert [one["id"] for one in page.evaluate(outside, TAGS)["violations"]] == []


def test_the_editor_speaks_chinese_wherever_one_clicks(visit, draft):
    page = visit(DESK).signs_in("she.ji").opens(f"/design/drafts/{draft}/decisions/classify").page
    ready(page)
    for head in page.locator(".decision thead th").all():
        head.click()
        head.dblclick()
        page.keyboard.press("Escape")
    for row in (1, 2):
        for column in range(1, 6):
            cell(page, row, column).click()
            cell(page, row, column).click(button="right")
            page.keyboard.press("Escape")
    page.locator(".hit-policy-edit-policy-select").first.click()
    offered = page.locator(".decision .option, .dms-select-options .option").all_inner_texts()
    missing = page.evaluate("[...document.querySelector('[data-decision]').studio.missing]")
    assert missing == []
    assert [one for one in offered if "取" in one or "许" in one] == offered
    assert len(offered) == 3


def test_a_form_is_seen_while_its_field_is_typed(visit, sessions, draft):
    who = visit(DESK).signs_in("she.ji")
    page = who.opens(f"/design/drafts/{draft}/forms/handle").page
    assert who.axe() == []
    page.fill("#f-name", "legal_opinion")
    page.fill("#f-zh", "法律意见")
    page.select_option("#f-kind", "long")
    expect(page.locator("#preview")).to_contain_text("法律意见")
    expect(page.get_by_role("form", name="手机上看到的")).to_contain_text("法律意见")
    assert "legal_opinion" not in kept(sessions, draft, "forms/handle.json")
    page.get_by_role("button", name="加上", exact=True).click()
    expect(page.locator("table")).to_contain_text("legal_opinion")
    assert "legal_opinion" in kept(sessions, draft, "forms/handle.json")
    page.get_by_role("button", name="「法律意见」上移").press("Enter")
    expect(page.locator("tbody tr").nth(-2)).to_contain_text("legal_opinion")
    assert who.width_is_kept()
