"""The pictures of the README and of docs/tour.md: `make pictures` makes them all anew.

They are taken in the demo office on a morning that is always the same, so that a picture changes
only when its page does. Each is a palette PNG.
"""

import struct
import sys
import tempfile
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import ARGUMENTS, DESK, Visitor, browser_path
from tests.browser.demo_office import Shown, shown
from tests.browser.studio import begins
from tests.databases import ROOT
from tests.story import BODY
from tests.story import PHONE as NUMBER
from tests.web.citizen import SUBMIT

FOLDER = ROOT / "docs" / "images"
MORNING = "2026-11-02T09:30:00+08:00"  # what the clock says on every picture
WIDTH, TALL = DESK["width"], 1360
PHONE = {"width": 390, "height": 844}
# The banner of rehearsal time is no part of what an office sees.
_NO_BANNER = ".app-banner { display: none }"
_PALETTE = (Path(__file__).parent / "palette.js").read_text(encoding="utf-8").rstrip(";\n")

Way = Callable[[Visitor], object]


@dataclass(frozen=True)
class Picture:
    """name: of the file without language and ending. who: sign-in name, empty for a citizen.

    way: leads the visitor to what is shown. languages: those in which it is taken.
    """

    name: str
    who: str
    way: Way
    languages: tuple[str, ...] = ("en",)
    height: int = DESK["height"]
    phone: bool = False

    def files(self) -> list[tuple[str, str]]:
        """(language, name of the file)."""
        return [(language, f"{self.name}-{language}.png") for language in self.languages]


def _at(path: str) -> Way:
    return lambda who: who.opens(path)


def _by(start: str, link: str) -> Way:
    """Open `start` and go where its first such link leads."""

    def go(who: Visitor) -> None:
        target = who.opens(start).page.locator(link).first.get_attribute("href", timeout=5000)
        assert target
        who.opens(target)

    return go


def _drawn(way: Way) -> Way:
    """And wait for the drawing."""

    def go(who: Visitor) -> None:
        way(who)
        who.page.locator(".drawing .djs-visual").first.wait_for(timeout=10_000)

    return go


def _task(element: str, *answers: str) -> Way:
    """Open the first task of this kind, or else of any, and choose the first of these answers."""

    def go(who: Visitor) -> None:
        page = who.opens(f"/inbox?task={element}").page
        start = f"/inbox?task={element}" if page.locator("main td.t a").count() else "/inbox"
        _drawn(_by(start, "main td.t a"))(who)
        for name in answers:
            control = page.locator(f"[name='answer.{name}']").first
            if control.evaluate("e => e.tagName") == "SELECT":
                control.select_option(index=1)
            else:
                control.check(timeout=5000)

    return go


def _says_it(until: str) -> Way:
    """The citizen's way up to the step `until`: "check", "received" or "track"."""

    def go(who: Visitor) -> None:
        page = who.opens(SUBMIT).page
        page.fill("[name=body]", BODY)
        for name, value in (("place", "解放东路口"), ("phone", NUMBER)):
            page.click("main button[name=go][value=next]:visible")
            page.fill(f"[name={name}]", value)
        page.click("main button[name=go][value=next]:visible")
        if until == "check":
            return
        page.click("main button[name=go][value=send]:visible")
        if until == "track":
            who.opens("/track/case")

    return go


def _listens(who: Visitor) -> None:
    """The clerk types while somebody speaks; a second call of the same phone shows the first."""
    page = who.opens("/intake").page
    page.fill("[name=phone]", NUMBER)
    page.fill("[name=body]", BODY)
    page.click("main h1")


def _asks(who: Visitor) -> None:
    """The supervisor opens rule and evidence from the board."""
    who.opens("/supervision").page.locator("main a[data-open=ask]").first.click()
    who.page.locator("#ask textarea").wait_for(timeout=5000)


def _draws(who: Visitor) -> None:
    """The designer takes the handling stage of a draft up and looks at a task's properties."""
    begins(who, "appeal")
    who.page.locator("[data-outline] [data-id=contact_citizen] button").click()
    who.page.locator("[data-props] [data-due]:not(:empty)").wait_for()


BOTH = ("zh", "en")
PICTURES = (
    Picture("portal", "", _at("/"), BOTH),
    Picture("inbox", "shui.dian", _at("/inbox"), BOTH),
    Picture("task", "shui.dian", _task("write_answer", "outcome"), BOTH, TALL),
    Picture("case", "du.cheng", _drawn(_by("/supervision", "main td.t a")), BOTH, TALL),
    Picture("board", "du.cheng", _at("/supervision"), BOTH),
    Picture("studio", "she.ji", _draws, BOTH),
    Picture("check", "", _says_it("check"), phone=True),
    Picture("track", "", _says_it("track"), phone=True),
    Picture("intake", "li.zhi", _listens),
    Picture("start", "chu.mi", _at("/start")),
    Picture("dispatch", "pai.yun", _task("dispatch")),
    Picture("callback", "hui.yin", _at("/callbacks")),
    Picture("evidence", "du.cheng", _asks),
    Picture("routes", "wen.bao", _task("first_screen", "opinion")),
    Picture("diagram", "she.ji", _drawn(_by("/definitions", "main td a[href*='/appeal/']"))),
)


def take_all(folder: Path, pictures: tuple[Picture, ...] = PICTURES) -> None:
    """Take them into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as here, sync_playwright() as driver:
        home = Path(here)
        arguments = [*ARGUMENTS, "--no-sandbox", "--force-color-profile=srgb"]
        browser = driver.chromium.launch(executable_path=browser_path(), args=arguments)
        with shown(home, home / "kept", 300, 30) as demo:
            workbench = browser.new_page()
            signed_in: dict[str, Any] = {}
            for picture in pictures:
                for language, name in picture.files():
                    png = _taken(browser, demo, picture, language, signed_in)
                    (folder / name).write_bytes(small(png, workbench))
                    sys.stderr.write(f"{name}  {(folder / name).stat().st_size // 1024} kB\n")
        browser.close()


def _taken(
    browser: Browser, demo: Shown, picture: Picture, language: str, signed_in: dict[str, Any]
) -> bytes:
    """One picture. signed_in: what browsers keep of people who have signed in."""
    demo.is_at(MORNING)
    if picture.who and picture.who not in signed_in:
        first = browser.new_context(locale="zh-CN")
        Visitor(first.new_page(), demo.base, demo.password).signs_in(picture.who)
        signed_in[picture.who] = first.storage_state()
        first.close()
    context = browser.new_context(
        viewport=PHONE if picture.phone else {"width": WIDTH, "height": picture.height},
        locale="zh-CN" if language == "zh" else "en",
        timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
        bypass_csp=True,  # for the style below, of which the product knows nothing
        storage_state=signed_in.get(picture.who),
    )
    who = Visitor(context.new_page(), demo.base, demo.password)
    picture.way(who)
    who.page.wait_for_load_state("networkidle")
    who.page.add_style_tag(content=_NO_BANNER)
    png = who.page.screenshot(animations="disabled", caret="hide")
    context.close()
    return png


def small(png: bytes, page: Page) -> bytes:
    """The picture with at most 256 colours."""
    seen = page.evaluate(f"png => ({_PALETTE})(png)", b64encode(png).decode())
    width, height = seen["width"], seen["height"]
    indices = b64decode(seen["indices"])
    rows = b"".join(
        b"\0" + indices[start : start + width] for start in range(0, width * height, width)
    )
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", b64decode(seen["palette"])),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )


if __name__ == "__main__":
    wanted = tuple(one for one in PICTURES if not sys.argv[1:] or one.name in sys.argv[1:])
    take_all(FOLDER, wanted)
