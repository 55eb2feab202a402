"""Two versions side by side in a real browser, and a deployment reviewed and made from it."""

import re

import pytest
from playwright.sync_api import expect

from engine.commands import design_drafts, design_review
from engine.commands.design_drafts import PROCESS, Window
from engine.db import connect, transaction
from engine.models import DesignKind
from engine.queries import people
from tests.browser.conftest import DESK, PHONE

SECOND = '<bpmn:userTask id="contact_citizen" name="先联系市民"'


pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(autouse=True)
def patient():
    """Two drawings take their time where the machine does other things too."""
    expect.set_options(timeout=15_000)


@pytest.fixture
def draft(live):
    """A draft with a task renamed and a task drawn elsewhere."""
    sessions = connect(live.office.database_url)
    with transaction(sessions) as session:
        by = people.by_login(session, "she.ji")
        made = design_drafts.begin(session, DesignKind.PROCESS, "appeal", by=by)
        text = design_review.look(session, made).files[PROCESS].decode()
        renamed = text.replace('id="contact_citizen" name="联系市民"', SECOND[15:], 1)
        assert renamed != text
        shape = re.search(r'bpmnElement="handle"[^>]*>\s*<dc:Bounds x="(\d+)"', renamed)
        assert shape
        at = shape.start(1)
        moved = renamed[:at] + str(int(shape[1]) + 9) + renamed[shape.end(1) :]
        design_drafts.save(session, made, PROCESS, moved.encode(), Window(1, "", 0), by=by)
    sessions.kw["bind"].dispose()
    return made


def test_differences_stand_on_both_drawings_and_lead_there(visit, draft):
    who = visit(DESK).signs_in("she.ji").opens(f"/design/drafts/{draft}/compare")
    page = who.page
    area = page.locator("[data-compare]")
    expect(area).to_have_attribute("data-ready", "yes")
    for side in ("old", "new"):
        box = page.locator(f"[data-side={side}]")
        expect(box.locator(".bjs-powered-by")).to_be_visible()
        # What lies on a stage's own plane is marked on the stage that hides it.
        expect(box.locator(".hy-within[data-element-id=handling]")).to_have_count(1)
    page.locator("td.t a[data-element=contact_citizen]").click()
    for side in ("old", "new"):
        task = page.locator(f"[data-side={side}] [data-element-id=contact_citizen]")
        expect(task).to_be_visible()
        expect(task).to_have_class(re.compile("hy-changed"))
        expect(
            page.locator(f"[data-side={side}] .djs-shape[data-element-id=handle]")
        ).to_have_class(re.compile("hy-moved"))
    assert who.axe() == []
    assert who.width_is_kept()
    english = visit(DESK, "en-GB").signs_in("she.ji")
    english.opens(f"/design/drafts/{draft}/compare")
    expect(english.page.locator("[data-compare]")).to_have_attribute("data-ready", "yes")
    assert "1 only moved" in english.sees()


def test_a_draft_is_reviewed_and_deployed_by_keyboard(visit, draft):
    who = visit(PHONE).signs_in("she.ji").opens(f"/design/drafts/{draft}/review")
    page = who.page
    assert who.width_is_kept()
    assert who.axe() == []
    page.locator("#note").focus()
    page.keyboard.type("先打电话")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/design/versions/process/appeal"))
    assert "部署好了" in who.sees()
    assert "先打电话" in who.sees()
    assert who.axe() == []
    assert who.width_is_kept()
    page.locator("summary", has_text="退回到这一版").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("市民不满意")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("退回了：第 1 版的内容成了最新一版")
