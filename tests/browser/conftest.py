"""A real browser before a real server: pages are opened, clicked and read as people do."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlparse

import axe_playwright_python
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    sync_playwright,
)

from tests.browser.office import OfficeInBrowser
from tests.databases import PASSWORD
from tests.processes import Office, free_port, wait_for

# The first is the same browser without windows of its own: its pages take half as long.
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
ARGUMENTS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
]
Size = dict[str, int]
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1366, "height": 850}
AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# A Monday without holidays near.
MONDAY = "2026-11-02T09:00:00+08:00"


def browser_path() -> str | None:
    """The machine's own browser."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The driver, or a skip that says how to get a browser."""
    if browser_path() is None:
        told = "no Chromium here: apt-get install chromium fonts-noto-cjk"
        if os.environ.get("HUIYIN_TEST_REQUIRE_BROWSER"):
            pytest.fail(told)
        pytest.skip(told)
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One browser for the run; each visitor has a context of their own."""
    arguments = [*ARGUMENTS, "--no-sandbox"] if os.geteuid() == 0 else ARGUMENTS
    launched = playwright.chromium.launch(executable_path=browser_path(), args=arguments)
    yield launched
    launched.close()


@dataclass
class Live:
    """A running installation: server, worker, rehearsal clock."""

    office: Office
    base: str

    def advance(self, duration: str) -> None:
        """Move the rehearsal clock, e.g. by "1d"."""
        done = self.office.huiyin("clock", "advance", duration)
        assert done.returncode == 0, done.stderr


@pytest.fixture
def before_serving() -> tuple[tuple[str, ...], ...]:
    """Commands to run before the installation serves: here, a Monday morning of rehearsal time."""
    return (("clock", "set", MONDAY),)


@pytest.fixture
def live(
    database_url: str, tmp_path: Path, before_serving: tuple[tuple[str, ...], ...]
) -> Iterator[Live]:
    """An installation that serves and works."""
    office = Office(tmp_path, database_url)
    for words in before_serving:
        done = office.huiyin(*words)
        assert done.returncode == 0, done.stderr
    port = free_port()
    with (
        office.running("serve", "--port", str(port)) as server,
        office.running("worker"),
    ):
        base = f"http://127.0.0.1:{port}"
        wait_for(f"{base}/healthz", server)
        yield Live(office, base)


@dataclass
class Visitor:
    """Somebody at a browser; everything their pages complain about is kept."""

    page: Page
    base: str
    password: str = PASSWORD
    complaints: list[str] = field(default_factory=list)

    def listens(self) -> "Visitor":
        """Keep what pages complain about: errors in scripts, refused content, other hosts."""
        self.page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        self.page.on("console", self._told)
        self.page.on("request", self._asked)
        return self

    def _told(self, told: ConsoleMessage) -> None:
        if told.type == "error" and "status of 4" not in told.text:
            self.complaints.append(f"{self.page.url}: {told.text}")

    def _asked(self, asked: Request) -> None:
        if urlparse(asked.url).hostname not in {"127.0.0.1", None}:
            self.complaints.append(f"asked {asked.url}")

    def opens(self, path: str) -> "Visitor":
        """Open a page of the installation."""
        self.page.goto(self.base + path)
        return self

    def signs_in(self, login: str) -> "Visitor":
        """Sign in."""
        self.opens("/sign-in")
        self.page.fill("[name=username]", login)
        self.page.fill("[name=password]", self.password)
        self.page.click("form[data-main] button.btn--primary")
        assert "/sign-in" not in self.page.url, self.page.inner_text("main")
        return self

    def sees(self) -> str:
        """The text of the page."""
        return self.page.inner_text("body")

    def width_is_kept(self) -> bool:
        """Whether nothing makes the page scroll sideways."""
        # A click ends when the next page has begun to arrive, which has no root element yet.
        self.page.wait_for_load_state()
        return bool(
            self.page.evaluate(
                "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
            )
        )

    def axe(self) -> list[str]:
        """What axe finds, one line each."""
        self.page.evaluate(AXE.read_text("utf-8"))
        found = self.page.evaluate(
            "tags => axe.run({runOnly: tags, resultTypes: ['violations']})", TAGS
        )
        return [
            f"{one['id']}: {', '.join(str(node['target']) for node in one['nodes'][:3])}"
            for one in found["violations"]
        ]


@pytest.fixture
def visit(browser: Browser, live: Live) -> Iterator[Callable[..., Visitor]]:
    """A new visitor; at the end no page may have complained or asked another host."""
    opened: list[tuple[BrowserContext, Visitor]] = []

    def visitor(
        size: dict[str, int] = PHONE, language: str = "zh-CN", **options: object
    ) -> Visitor:
        context = browser.new_context(
            viewport=size, locale=language, timezone_id="Asia/Shanghai", **options
        )
        who = Visitor(context.new_page(), live.base).listens()
        opened.append((context, who))
        return who

    yield visitor
    complaints = [told for _, who in opened for told in who.complaints]
    for context, _ in opened:
        context.close()
    assert not complaints, complaints


@pytest.fixture
def office(live: Live, visit: Callable[..., Visitor]) -> Iterator[OfficeInBrowser]:
    """The installation's people and citizens, each at a browser; this process keeps its time."""
    made = OfficeInBrowser(live, visit)
    yield made
    made.close()
