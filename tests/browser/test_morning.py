"""The supervisor's morning by keyboard alone, in both languages.

Board, what is overdue with one unit, the evidence, an interview called, its notice printed, the
minutes with a promise, the public commitment, and the board of the next day.
"""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from engine.db import reading
from engine.models import CalledInterview, Promise, Supervision
from tests.browser.at_keys import Keyboard
from tests.browser.conftest import DESK
from tests.processes import until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

UNIT, SUPERVISOR = "utilities_bureau", "du.cheng"
_FARTHEST = 250
_DUE_ON = "document.activeElement.value"


class Hands(Keyboard):
    """A supervisor's keys: links are followed by Tab and Enter."""

    def follows(self, selector: str) -> None:
        """Go by the Tab key to what the selector means, and press Enter."""
        self.comes_to(selector)
        self.leaves("Enter")

    def comes_to(self, selector: str) -> None:
        """Go by the Tab key to what the selector means."""
        for _ in range(_FARTHEST):
            self.press("Tab")
            if self.page.evaluate("s => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(f"the Tab key does not come to {selector}: {self.page.url}")

    def days(self, field: str, on: date) -> None:
        """Type a day into its parts, which stand as the browser's own language has them."""
        year = f"{on:%Y}"
        for parts in ((f"{on:%m}", f"{on:%d}", year), (year, "ArrowRight", f"{on:%m}", f"{on:%d}")):
            self.to(field)
            for part in parts:
                if part == "ArrowRight":
                    self.press(part)
                else:
                    self.page.keyboard.type(part)
            if self.page.evaluate(_DUE_ON) == on.isoformat():
                return
            while self.at() == field:
                self.press("Shift+Tab")
        raise AssertionError(f"{field} does not take {on}")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_morning_from_the_board_to_the_next_day(office, visit, language):
    chinese = language == "zh-CN"
    office.receives()
    for element in ("complete_record", "screen", "dispatch"):
        office.goes_on(element)
    office.live.advance("8d")
    office.task("phone")
    who = visit(DESK, language).signs_in(SUPERVISOR)
    hands = Hands(who)
    # The board is counted by the worker within the minute.
    overdue = f"main a[href*='unit={UNIT}'][href*='state=overdue']"
    until(lambda: who.opens("/supervision").page.locator(overdue).count() > 0)
    hands.follows(overdue)
    assert office.number in who.sees()
    # The evidence, and the interview.
    hands.comes_to("main a[data-open=ask]")
    hands.press("Enter")
    who.page.wait_for_selector("#ask-body form")
    assert who.page.locator("#ask-body ol.days li").count() > 0, "the clock day by day"
    hands.chooses("rung", "interview")
    hands.comes_to("#ask-body form button.btn--primary")
    hands.leaves("Enter")
    office.task("interview")
    number = _ladder(office)
    hands.follows(f"main a.seal[href$='/supervision/{number}']")
    # Called in writing.
    hands.follows("main a[href$='/notice']")
    hands.dates("held_at", office.now() + timedelta(days=1))
    hands.writes("place", "市民中心 402 室")
    hands.comes_to("main form[data-main] button.btn--primary")
    hands.leaves("Enter")
    assert ("等单位确认" if chinese else "Not confirmed yet") in who.sees()
    with reading(office.sessions) as session:
        assert session.scalars(select(CalledInterview.place)).all() == ["市民中心 402 室"]
    hands.comes_to("main a[href*='/papers/interview.pdf']")
    printed = who.page.request.get(
        who.base + str(who.page.evaluate("document.activeElement.getAttribute('href')"))
    )
    assert printed.body().startswith(b"%PDF")
    # Held, with a promise by a day.
    task = office.task("interview")
    head = Hands(visit(DESK, language).signs_in(office.login_for(task)))
    head.visitor.opens(f"/supervision/{number}")
    head.follows(f"main a[href*='/tasks/{task.id}']")
    head.dates("held_at", office.now())
    head.chooses("attendance", "head")
    head.writes("present", "蒋局长、督办室")
    head.writes("minutes", "说明了人手不足，答应增派两人。")
    head.writes("promise", "三天内联系市民并修好。")
    head.days("cure_by", (office.now() + timedelta(days=1)).date())
    head.sends()
    # The day passes and nothing was done: the ladder wakes at the public commitment.
    office.live.advance("2d")
    task = office.task("commitment")
    head.visitor.opens(f"/supervision/{number}")
    assert ("没兑现" if chinese else "Broken") in head.visitor.sees()
    head.follows(f"main a[href*='/tasks/{task.id}']")
    head.writes("signed_by", "蒋局长")
    head.days("cure_by", (office.now() + timedelta(days=7)).date())
    head.to("published")
    head.press("Space")
    head.writes("pledge", "七天内修复全部路灯并公示。")
    head.sends()
    anybody = visit(language=language).opens("/public/promises")
    assert "七天内修复全部路灯并公示。" in anybody.sees()
    # The next day's board.
    office.live.advance("1d")
    board = f"/supervision?unit={UNIT}"
    until(lambda: "七天内修复全部路灯并公示。" in who.opens(board).sees())
    assert who.page.locator(f"main a.seal[href$='/supervision/{number}']").count() == 1
    with reading(office.sessions) as session:
        states = session.scalars(select(Promise.status).order_by(Promise.id)).all()
    assert states == ["broken", "open"]


def _ladder(office) -> str:
    """The number of the ladder that was begun at the interview."""
    with reading(office.sessions) as session:
        return str(
            session.scalars(
                select(Supervision.number).where(Supervision.cause == "asked_interview")
            ).one()
        )
