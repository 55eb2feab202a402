"""The inbox by keyboard alone: moved through, looked into, claimed; and never in the way."""

from threading import Thread
from types import SimpleNamespace
from uuid import UUID

import pytest
from sqlalchemy import select, update
from werkzeug.serving import make_server

from engine.commands import people
from engine.db import reading, transaction
from engine.models import Person, UserTask
from engine.queries import people as known
from tests.browser.conftest import DESK, PHONE
from tests.databases import PASSWORD
from tests.web.site import application

pytestmark = pytest.mark.browser
HANDLER, OTHER = "shui.dian", "ling.deng"
UNIT = "utilities_bureau"


@pytest.fixture
def live(sessions, story, vault, tmp_path):
    """The application served from this process, on the database of the story."""
    server = make_server("127.0.0.1", 0, application(sessions, tmp_path, vault), threaded=True)
    serving = Thread(target=server.serve_forever)
    serving.start()
    yield SimpleNamespace(base=f"http://127.0.0.1:{server.port}")
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.fixture
def busy(story, sessions):
    """Five slips to sign, and a second handler in the unit."""
    for _ in range(5):
        dispatched(story)
    with transaction(sessions) as session:
        people.add_person(
            session, OTHER, "凌灯", password=PASSWORD, memberships=[(UNIT, "handler")]
        )
    return story


def dispatched(story):
    """One more slip; the number of its case."""
    story.receives().goes_through("complete_record", "screen", "dispatch")
    return story.number


def whose(sessions):
    """Who has each slip, the oldest first."""
    with reading(sessions) as session:
        rows = session.execute(
            select(Person.login)
            .select_from(UserTask)
            .outerjoin(Person, Person.id == UserTask.assignee_id)
            .where(UserTask.element == "sign", UserTask.status == "open")
            .order_by(UserTask.id)
        )
        return [row.login or "" for row in rows]


def here(page):
    return page.evaluate(
        "[...document.querySelectorAll('tbody tr')].findIndex(r => r.classList.contains('is-here'))"
    )


def ticked(page):
    return page.evaluate(
        "[...document.querySelectorAll('tbody input[name=id]')].map(one => one.checked)"
    )


@pytest.mark.slow
def test_an_inbox_is_worked_by_keyboard(visit, sessions, busy):
    who = visit(DESK).signs_in(HANDLER)
    page = who.opens("/start").page
    keys = page.keyboard
    keys.press("g")
    keys.press("i")
    page.wait_for_url("**/inbox")
    keys.press("j")
    keys.press("j")
    keys.press("k")
    assert here(page) == 0
    assert page.evaluate("document.activeElement.matches('td.t a')")

    # The next two are looked into without leaving the list.
    keys.press(" ")
    page.wait_for_selector("#peek[open] h2")
    first = page.inner_text("#peek [data-number]")
    assert "经过" in page.inner_text("#peek")
    assert page.locator("#peek .stages [aria-current=step]").count() == 1
    keys.press("j")
    page.wait_for_selector(f"#peek [data-number]:not(:text-is('{first}'))")
    keys.press("Escape")
    page.wait_for_selector("#peek:not([open])", state="attached")
    assert here(page) == 1

    # Selected one by one and in a range.
    keys.press("k")
    keys.press("x")
    for _ in range(2):
        keys.press("j")
    keys.press("Shift+X")
    assert ticked(page) == [True, True, True, False, False]
    assert page.inner_text(".bulk [data-n]") == "3"
    page.locator("tbody input[name=id]").nth(4).click(modifiers=["Shift"])
    assert ticked(page) == [True] * 5

    # Claimed at once; the faster colleague is named.
    keys.press("j")
    with transaction(sessions) as session:
        row = page.locator("tbody tr").nth(4)
        task = row.locator("input[name=id]").get_attribute("value")
        other = known.by_login(session, OTHER)
        session.execute(
            update(UserTask).where(UserTask.id == UUID(task)).values(assignee_id=other.id)
        )
    keys.press("c")
    page.wait_for_selector("tbody tr:nth-child(5) [data-words]")
    assert "凌灯" in page.inner_text("tbody tr:nth-child(5) [data-who]")
    assert "1 件被凌灯先认领了" in page.inner_text("[data-told]")
    keys.press("k")
    keys.press("c")
    page.wait_for_selector("tbody tr:nth-child(4) [data-words]")
    assert sorted(whose(sessions)) == sorted(["", "", "", OTHER, HANDLER])

    # Opened, and back.
    keys.press("Enter")
    page.wait_for_url("**/tasks/**")
    assert "签收或退单" in who.sees()
    assert who.width_is_kept()


@pytest.mark.slow
def test_keys_keep_out_of_the_way(visit, busy):
    who = visit(DESK).signs_in(HANDLER)
    page = who.opens("/inbox").page
    keys = page.keyboard
    keys.press("/")
    assert page.evaluate("document.activeElement.type") == "search"
    keys.type("jkxc? ")
    assert page.input_value("input[type=search]") == "jkxc? "
    assert here(page) == -1
    assert not any(ticked(page))
    page.evaluate("document.activeElement.blur()")

    # While an input method composes, keys are its own; older browsers tell by the key code alone.
    for told in ({"isComposing": True}, {"keyCode": 229}):
        page.evaluate(
            "told => document.body.dispatchEvent("
            "new KeyboardEvent('keydown', {key: 'j', bubbles: true, ...told}))",
            told,
        )
    assert here(page) == -1
    keys.press("Control+j")
    assert here(page) == -1

    # The switch is where the keys are listed, and is remembered.
    keys.press("?")
    assert page.is_visible("#keys")
    assert "g i" in page.inner_text("#keys")
    keys.press("j")
    assert here(page) == -1, "not behind a dialog"
    page.uncheck("[data-shortcuts-switch]")
    page.click("#keys [data-close]")
    keys.press("j")
    assert here(page) == -1
    page.reload()
    keys.press("j")
    keys.press("?")
    assert here(page) == -1
    assert not page.is_visible("#keys")
    page.click("[data-open=keys]")
    page.check("[data-shortcuts-switch]")
    page.click("#keys [data-close]")
    page.evaluate("document.activeElement.blur()")
    keys.press("j")
    assert here(page) == 0


@pytest.mark.slow
def test_new_work_waits_behind_a_button(visit, busy):
    who = visit(DESK).signs_in(HANDLER)
    page = who.opens("/inbox").page
    assert page.title().startswith("(5)")
    rows = page.locator("tbody tr").count()
    busy.passes(minutes=1)
    number = dispatched(busy)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_selector("[data-news] a")
    assert "1 件新待办，放进列表" in page.inner_text("[data-news]")
    assert page.title().startswith("(6)")
    assert page.locator("tbody tr").count() == rows, "nothing jumps"
    page.click("[data-news] a")
    page.wait_for_url("**/inbox?**since=**")
    assert page.locator("tbody tr.is-new").count() == 1
    assert number in page.inner_text("tbody tr.is-new")


@pytest.mark.slow
def test_the_acts_in_a_browser(visit, busy):
    who = visit(PHONE).signs_in(HANDLER)
    page = who.opens("/inbox").page
    for box in page.locator("tbody input[name=id]").all()[:2]:
        box.check()
    page.click(".bulk button[value=claim]")
    page.wait_for_url("**/inbox/acts/**")
    assert "已认领 2 件" in who.sees()
    assert who.axe() == []
    assert who.width_is_kept()
    page.click("form[action*='/undo'] button")
    page.wait_for_load_state()
    assert "已撤销" in who.sees()
    who.opens("/inbox")
    page.locator("tbody input[name=id]").first.check()
    with page.expect_download() as saved:
        page.click(".bulk button[value=xlsx]")
    assert saved.value.suggested_filename.endswith(".xlsx")
    page.click(".bulk button[value=assign]")
    page.wait_for_url("**/inbox/assign?**")
    assert who.axe() == []
    assert who.width_is_kept()
    page.check("input[name=to]")
    page.click("form[data-main] button.btn--primary")
    page.wait_for_url("**/inbox/acts/**")
    assert "转给凌灯了" in who.sees()
    who.opens("/inbox?view=waiting")
    assert who.width_is_kept()
    who.opens("/inbox?category=urban")
    page.click(".more summary")
    assert who.width_is_kept()
    assert who.axe() == []
