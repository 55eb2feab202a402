"""The studio's diagram editor in a real browser: opened for a draft, looked at, drawn in."""

from typing import Any

from playwright.sync_api import Page

STUDIO = "document.querySelector('[data-studio]').studio"
_OPENS = """one => {
  for (let at = one; at; at = at.parentElement) if (at.open === false) at.open = true;
}"""
_READY = "[data-studio][data-ready=yes]"


def begins(who: Any, key: str) -> Page:
    """A draft of a process, begun at the studio's first page, with its drawing open."""
    page: Page = who.opens("/design").page
    page.click(
        f"form:has(input[name=kind][value=process]):has(input[name=key][value={key}]) button"
    )
    return opened(page)


def opened(page: Page) -> Page:
    """The page once its drawing is there."""
    page.locator(_READY).wait_for()
    return page


def asks(page: Page, expression: str, told: object = None) -> Any:
    """What an expression says; in it `studio` is the editor and `told` what is handed over."""
    return page.evaluate(f"async told => {{ const studio = {STUDIO}; return {expression}; }}", told)


def imports(page: Page, xml: str) -> None:
    """Put another drawing into the editor, without saving it."""
    asks(page, "studio.modeler.importXML(told).then(() => null)", xml)


def drawn(page: Page) -> str:
    """The file as the editor would save it now."""
    return str(asks(page, "studio.read()"))


def selects(page: Page, element: str) -> None:
    """Select an element and wait for its properties."""
    asks(page, "(studio.select(told), null)", element)
    page.locator("[data-props] [data-what]", has_text=element).wait_for()


def field(page: Page, name: str) -> Any:
    """The control of a property, its fold opened."""
    box = page.locator(f"[data-props] [data-field={name}]")
    box.evaluate(_OPENS)
    return box.locator("input, select, textarea").first
