"""Somebody at a keyboard: everything is done by keys, and what is typed is counted."""

from datetime import datetime
from typing import Any
from urllib.parse import urlparse

from playwright.sync_api import Page

_FARTHEST = 80  # controls to walk past on a page
_AT = "(document.activeElement && document.activeElement.name) || ''"
_CHOSEN = "e => e.type === 'radio' || e.type === 'checkbox' ? e.checked : true"


class Keyboard:
    """The keys of one person; `page` is only looked at."""

    def __init__(self, visitor: Any) -> None:
        self.visitor = visitor
        self.page: Page = visitor.page
        self.pressed = 0
        self.typed: list[tuple[str, str]] = []  # field, words

    def press(self, *keys: str) -> None:
        """Press these keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed += 1

    def path(self) -> str:
        """Where one is."""
        return urlparse(self.page.url).path

    def at(self) -> str:
        """The field the focus is in, without its prefix; "" elsewhere."""
        return str(self.page.evaluate(_AT)).removeprefix("answer.")

    def to(self, field: str) -> None:
        """Go on to a field by the Tab key."""
        for _ in range(_FARTHEST):
            if self.at() == field:
                return
            self.press("Tab")
        raise AssertionError(f"the Tab key does not come to {field}: {self.page.url}")

    def writes(self, field: str, text: str, *, instead: bool = False) -> None:
        """Type at the end of a field, or instead of what the page proposed."""
        self.to(field)
        self.press("Control+a" if instead else "Control+End")
        self.page.keyboard.type(text)
        self.pressed += len(text)
        self.typed.append((field, text))

    def chooses(self, field: str, value: str) -> None:
        """Choose one of a list or of radio buttons by the arrows."""
        self.to(field)
        for _ in range(_FARTHEST):
            here = self.page.evaluate_handle("document.activeElement").as_element()
            assert here is not None
            if here.evaluate("e => e.value") == value:
                if not here.evaluate(_CHOSEN):
                    self.press("Space")
                return
            self.press("ArrowDown")
        raise AssertionError(f"the arrows do not come to {value} of {field}")

    def dates(self, field: str, at: datetime) -> None:
        """Type a moment into its parts, which stand as the browser's own language has them."""
        wanted = f"{at:%Y-%m-%dT%H:%M}"
        year, time = (f"{at:%Y}", "ArrowRight"), (f"{at:%H}", f"{at:%M}")
        english = (f"{at:%m}", f"{at:%d}", *year, f"{at:%I}", f"{at:%M}", f"{at:%p}"[0])
        for parts in (english, (*year, f"{at:%m}", f"{at:%d}", *time)):
            self.to(field)
            for part in parts:
                if part == "ArrowRight":
                    self.press(part)
                else:
                    self.page.keyboard.type(part)
            if self.page.evaluate("document.activeElement.value") == wanted:
                return
            while self.at() == field:
                self.press("Shift+Tab")
        raise AssertionError(f"{field} does not take {wanted}")

    def leaves(self, *keys: str) -> None:
        """Press keys that lead to another page, and wait for it; it finds no fault."""
        with self.page.expect_navigation():
            self.press(*keys)
        self.page.wait_for_selector("html.js")
        faults = self.page.locator(".errors")
        assert not faults.count(), faults.inner_text()

    def sends(self) -> None:
        """Submit the form one is in and come to the next task."""
        self.leaves("Control+Enter")

    def inbox(self) -> bool:
        """Go to one's tasks and open the first; whether there is one."""
        self.page.wait_for_selector("html.js")
        self.press("Escape", "g")
        with self.page.expect_navigation():
            self.press("i")
        if not self.page.locator("[data-open-row]").count():
            return False
        self.press("j")
        self.leaves("Enter")
        return True
