"""Two ways to do the same at a page: with the mouse, and by keys alone.

A control is named by a selector. By keys one goes there as people do, by the Tab key from where one
is, and never by a script.
"""

from typing import Any

from playwright.sync_api import Page, expect

_FARTHEST = 700  # controls to walk past on a page
_ROWS = 400  # of a list
_HERE = "selector => document.activeElement?.matches(selector)"
_VALUE = "document.activeElement.value"
_OUTLINE = "[data-outline]"


class Mouse:
    """Clicks, and types where one clicked."""

    def __init__(self, visitor: Any) -> None:
        self.page: Page = visitor.page

    def presses(self, selector: str) -> None:
        """Press a button; the page stays."""
        self.page.locator(selector).first.click()

    def follows(self, selector: str) -> None:
        """Press a link or a button that leads to a page."""
        with self.page.expect_navigation():
            self.presses(selector)

    def types(self, selector: str, text: str) -> None:
        """Type into a line instead of what is in it."""
        self.page.locator(selector).first.fill(text)
        self.page.locator(selector).first.blur()

    def chooses(self, selector: str, value: str) -> None:
        """Choose one of a list."""
        self.page.locator(selector).first.select_option(value)

    def ticks(self, selector: str) -> None:
        """Tick a box."""
        self.page.locator(selector).first.check()

    def unfolds(self, selector: str) -> None:
        """Open the fold that a control lies in."""
        summary = f"details:has({selector}) > summary"
        if not self.page.locator(selector).first.is_visible():
            self.presses(summary)

    def comes_to_element(self, element: str) -> None:
        """Select an element of the diagram, by the list beside the canvas."""
        self.presses(f"{_OUTLINE} [data-id='{element}'] button")
        expect(self.page.locator("[data-props] [data-what]")).to_contain_text(element)


class Keys(Mouse):
    """Keys alone: Tab, Enter, Space, arrows and what one writes."""

    def comes_to(self, selector: str) -> None:
        """Go by the Tab key to what a selector means."""
        for _ in range(_FARTHEST):
            if self.page.evaluate(_HERE, selector):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the Tab key does not come to {selector}: {self.page.url}")

    def presses(self, selector: str) -> None:
        self.comes_to(selector)
        self.page.keyboard.press("Enter")

    def types(self, selector: str, text: str) -> None:
        self.comes_to(selector)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)
        self.page.keyboard.press("Tab")

    def chooses(self, selector: str, value: str) -> None:
        self.comes_to(selector)
        self.page.keyboard.press("Home")
        for _ in range(_ROWS):
            if self.page.evaluate(_VALUE) == value:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"the arrows do not come to {value} of {selector}")

    def ticks(self, selector: str) -> None:
        self.comes_to(selector)
        if not self.page.evaluate("document.activeElement.checked"):
            self.page.keyboard.press("Space")

    def comes_to_element(self, element: str) -> None:
        self.comes_to(f"{_OUTLINE} button")
        self.page.keyboard.press("Home")
        for _ in range(_ROWS):
            if self.page.evaluate(_HERE, f"{_OUTLINE} [data-id='{element}'] button"):
                self.page.keyboard.press("Enter")
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"the arrows do not come to {element}")
