"""A process designer changes the office without a programmer, with the mouse and by keys alone.

The time to contact the citizen becomes three working days instead of five, a task 法律意见 with a
form of its own comes between handling and review, a decision gets a row with its test. Whoever
came before goes on as before; whoever comes after meets the new task and the new time.
"""

import re
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from engine.db import reading
from engine.models import Case, Deadline
from tests.browser.conftest import DESK
from tests.browser.hands import Keys, Mouse
from tests.browser.studio import opened

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DESIGNER = "she.ji"
BEGIN = "form:has([name=kind][value={}]):has([name=key][value={}]) button"
BETWEEN = "write_answer__handling_answered"  # the way from the written answer out of handling
PROBLEMS = "[data-problems]"
OPINION = "处置有依据，无需再报。"


@pytest.mark.parametrize("hands", [Mouse, Keys], ids=["mouse", "keyboard"])
def test_a_designer_changes_limit_diagram_form_and_decision_and_deploys(
    office: Any, visit: Any, hands: Any
) -> None:
    before = office.receives()
    office.goes_through("complete_record", "screen", "dispatch")
    who = visit(DESK).signs_in(DESIGNER)
    by = hands(who)
    _shorter_limit(who, by)
    _deployed(who, by, "联系由五个工作日改为三个。")
    _new_process(who, by)
    _deployed(who, by, "答复前请法制科看一遍。")
    # One came before, one comes after.
    after = office.receives()
    assert _goes_to_the_answer(office, after) == "3 WD"
    lawyer = office.finds("legal_opinion")
    office.fills(lawyer.page, {"note": "看过全卷。", "opinion_text": OPINION})
    office.sends(lawyer, office.task("legal_opinion"))
    office.task("review_answer")
    assert _goes_to_the_answer(office, before, begun=True) == "5 WD"
    office.task("review_answer")
    assert "legal_opinion" not in {task.element for task in office.open_tasks()}


def _shorter_limit(who: Any, by: Any) -> None:
    """Three working days to contact the citizen, in the pack."""
    who.opens("/design")
    by.follows(BEGIN.format("pack", "gl-jindianzi"))
    by.follows("#limits a[href*='key=contact']")
    by.types("[name='f.budget']", "3")
    by.follows("button[name=do][value=look]")
    assert "5 个工作日" in who.page.inner_text("#look")
    assert "3 个工作日" in who.page.inner_text("#look")
    by.follows("#look button[value=save]")


def _new_process(who: Any, by: Any) -> None:
    """A task with a form of its own between handling and review, and a row of a decision."""
    page = who.page
    who.opens("/design")
    by.follows(BEGIN.format("process", "appeal"))
    opened(page)
    draft = re.search(r"/design/drafts/[0-9a-f-]+", page.url)[0]
    # The form first, so that the task can choose it.
    by.follows(f".tabs a[href$='{draft}/forms']")
    by.types("#d-key", "legal_opinion")
    by.types("#d-zh", "法律意见")
    by.types("#d-en", "Legal opinion")
    by.follows("form[data-main] button.btn--primary")
    by.types("#f-name", "opinion_text")
    by.types("#f-zh", "意见")
    by.types("#f-en", "Opinion")
    by.ticks("#f-required")
    by.follows("#field button.btn--primary")
    assert "opinion_text" in page.inner_text("main")
    # The task.
    by.follows(f".tabs a[href$='{draft}/diagram']")
    opened(page)
    by.comes_to_element(BETWEEN)
    by.chooses("[data-act-list=add]", "user-task")
    by.presses("[data-act=add]")
    by.types("[data-field=name] input", "法律意见")
    by.types("[data-field=name_en] input", "Legal opinion")
    by.unfolds("[data-field=id] input")
    by.types("[data-field=id] input", "legal_opinion")
    # What is missing is told while one draws, and mended from there.
    faults = page.locator(f"{PROBLEMS} tr[data-element=legal_opinion]")
    expect(page.locator(f"{PROBLEMS} tr[data-rule=user-form]")).to_be_visible()
    expect(page.locator(f"{PROBLEMS} tr[data-rule=user-roles]")).to_be_visible()
    by.presses(f"{PROBLEMS} tr[data-rule=user-form] button.problem-jump")
    by.chooses("[data-field=form] select", "legal_opinion")
    by.presses(f"{PROBLEMS} tr[data-rule=user-roles] button.problem-jump")
    by.ticks("[data-field=roles] input[value=handler]")
    by.chooses("[data-field=unit] select", "responsible")
    by.chooses("[data-field=limit] select", "handling")
    expect(faults.filter(has_text="要改")).to_have_count(0)
    expect(page.locator("[data-saved]")).to_contain_text("已存")
    # A row of a decision, with what must come of it.
    by.follows(f".tabs a[href$='{draft}/decisions']")
    by.follows(f"a[href*='{draft}/decisions/classify']")
    by.follows("a[href*='plain=1']")
    by.types("[name=place]", "1")
    by.types("[name='c.n.1']", '"food"')
    by.types("[name='c.n.2']", '"help"')
    by.types("[name='r.n.0']", '"complaint"')
    by.types("[name='zh.n']", "食品求助按投诉")
    by.types("[name='en.n']", "Help about food counts as a complaint")
    by.follows("button[value=add]")
    new = "#tests tr.new "
    by.types(f"{new}[list='v-case.category']", "food")
    by.types(f"{new}[list='v-case.kind']", "help")
    by.types(f"{new}td.out input", "complaint")
    by.follows("#tests button[value=save]")
    assert page.locator("#tests .tag--late").count() == 0, page.inner_text("#tests")


def _deployed(who: Any, by: Any, note: str) -> None:
    """Compared, reviewed and deployed."""
    page = who.page
    by.follows(".tabs a[href$='/compare']")
    assert page.locator("main table tbody tr").count()
    by.follows(".tabs a[href$='/review']")
    by.types("#note", note)
    by.follows("#act form[data-main] button.btn--primary")
    assert "部署好了" in page.inner_text("main"), page.inner_text("main")


def _goes_to_the_answer(office: Any, number: str, *, begun: bool = False) -> str:
    """Send a case on until its answer is written; the time it had to contact the citizen."""
    office.number = number
    if not begun:
        office.goes_through("complete_record", "screen", "dispatch")
    office.goes_through("sign", "contact_citizen", "handle", "write_answer")
    with reading(office.sessions) as session:
        budget = session.scalar(
            select(Deadline.budget)
            .join(Case, Case.id == Deadline.case_id)
            .where(Case.number == number, Deadline.limit == "contact")
        )
    return str(budget)
