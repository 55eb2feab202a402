"""The desks in a real browser: by keyboard, without leaving the page, no phone in an address."""

import pytest
from sqlalchemy import select

from engine.commands import cases
from engine.commands.cases import Said
from engine.db import connect, reading, transaction
from engine.identity import Reporter, Vault
from engine.models import Case, Contact
from tests.browser.conftest import DESK

pytestmark = pytest.mark.browser
PHONE = "13800001234"
BODY = "南门菜市场后门夜里烧烤摊排烟，窗户不敢开。"


@pytest.fixture
def sessions(live):
    factory = connect(live.office.database_url)
    yield factory
    factory.kw["bind"].dispose()


@pytest.fixture
def known(live, sessions):
    """A case of a phone, taken in before."""
    said = Said(
        channel="web",
        title="解放东路一盏路灯不亮",
        body="解放东路口第三盏路灯不亮。",
        reporter=Reporter("陈女士", PHONE),
        place="解放东路",
    )
    with transaction(sessions) as session:
        return cases.receive(session, Vault.at(live.office.home), "gl-jindianzi", said).number


def test_a_call_is_taken_in_by_keyboard(visit, sessions):
    clerk = visit(DESK).signs_in("li.zhi")
    page = clerk.opens("/intake").page
    assert page.evaluate("document.activeElement.id") == "phone"
    page.keyboard.type("13900008806")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("覃先生")
    page.keyboard.press("Tab")
    page.keyboard.type(BODY)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".errors:focus")
    assert page.input_value("#body") == BODY
    page.select_option("#f-category", "environment")
    page.select_option("#f-kind", "complaint")
    page.fill("#f-place", "南门菜市场后门")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/intake/received")
    page.keyboard.press("Enter")  # the next call
    page.wait_for_url("**/intake?**")
    assert page.input_value("#body") == ""
    with reading(sessions) as session:
        assert session.scalars(select(Case.place)).all() == ["南门菜市场后门"]


@pytest.mark.slow
def test_the_phone_is_looked_up_while_it_is_typed(visit, known, sessions):
    clerk = visit(DESK).signs_in("li.zhi")
    page = clerk.opens("/intake").page
    asked = []

    def note(request):
        asked.append(request.url)

    page.on("request", note)
    page.fill("#body", "昨晚又黑了。")
    page.fill("#phone", "138 0000 1234")
    page.keyboard.press("Tab")
    page.wait_for_selector(f"#known >> text={known}")
    assert page.input_value("#body") == "昨晚又黑了。"
    assert asked
    assert not [url for url in asked if "1234" in url]
    page.click("#known button[name=number]")
    page.wait_for_url("**/intake/received")
    assert known in clerk.sees()
    with reading(sessions) as session:
        bodies = session.scalars(select(Contact.raw_body).order_by(Contact.id)).all()
    assert bodies[1:] == ["昨晚又黑了。"]


@pytest.mark.slow
def test_a_duplicate_fills_its_number_in_and_keeps_what_was_written(visit, live, known):
    clerk = visit(DESK).signs_in("li.zhi")
    page = clerk.opens("/intake").page
    page.fill("#body", "解放东路的路灯不亮。")
    page.fill("#f-title", "解放东路一盏路灯不亮了")
    page.select_option("#f-category", "urban")
    page.select_option("#f-kind", "help")
    page.fill("#f-place", "解放东路")
    page.keyboard.press("Tab")
    page.wait_for_selector(f"#known >> text={known}")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/intake/received")
    screener = visit(DESK).signs_in("chu.mi")
    page = screener.opens("/inbox").page
    page.click("td.t a")
    page.fill("textarea", "同一盏灯。")
    page.click("[data-fill][value^='matter=']")
    assert page.input_value("[name='answer.matter']") == known
    assert page.is_checked("[name='answer.opinion'][value=duplicate]")
    assert page.is_visible("[name='answer.matter']")
    assert page.input_value("textarea") == "同一盏灯。"
