"""Every page of the product keeps to the written list of docs/pages.md, in the demo office."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from apiflask import APIFlask
from playwright.sync_api import Browser, BrowserContext

from engine.clock import Held
from engine.db import Sessions
from tests.browser import page_list
from tests.browser.conftest import DESK, PHONE, Visitor
from tests.browser.demo_office import Shown, shown
from tests.browser.page_list import Row
from tests.story import BODY
from tests.story import PHONE as NUMBER
from tests.web.citizen import SUBMIT
from tests.web.site import application
from web.permitted import PUBLIC, grant_of

# By who opens them, so that few browsers are needed at once.
ROWS = sorted(page_list.pages(), key=lambda row: row.who)
EACH = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key.replace(" ", "_"))
LANGUAGES = ("zh-CN", "en")
SIZE = 80, 20  # cases and days: enough to have something of everything to show
MONTH = "2026-10"  # the last whole one
AT_ONCE = 6  # browsers open beside each other: each takes its part of the machine


@pytest.fixture
def app(sessions: Sessions, held: Held, tmp_path: Path) -> APIFlask:
    return application(sessions, tmp_path)


def test_every_page_has_its_row_and_every_row_its_page(app: APIFlask) -> None:
    opened = {
        str(rule)
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not str(rule).startswith(("/api/", "/static/"))
    }
    listed = {row.rule for row in ROWS}
    others = {cells[0].strip("`") for cells in page_list.table("What is no page")}
    assert opened - listed - others == set(), "say what it is in docs/pages.md"
    assert (listed | others) - opened == set(), "docs/pages.md tells of what is not there"
    assert not listed & others


def test_who_opens_a_page_is_somebody_who_may(app: APIFlask) -> None:
    by_rule = {str(rule): rule.endpoint for rule in app.url_map.iter_rules()}
    for row in ROWS:
        assert (grant_of(app, by_rule[row.rule]) == PUBLIC) == (not row.who), row.key


@pytest.fixture(scope="session")
def demo(
    tmp_path_factory: pytest.TempPathFactory, browser: Browser, request: pytest.FixtureRequest
) -> Iterator[Shown]:
    """The demo office, built once a run: the other workers wait for it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if hasattr(request.config, "workerinput") else base
    with shown(tmp_path_factory.mktemp("shown"), shared / "demo-office", *SIZE) as office:
        yield office


@pytest.fixture(scope="module")
def desks(browser: Browser, demo: Shown) -> Iterator["Desks"]:
    """Browsers at which people are signed in, one for each way of looking."""
    made = Desks(browser, demo)
    yield made
    made.close()


@pytest.fixture
def open_page(desks: "Desks") -> Iterator[Callable[..., Visitor]]:
    """Opens a row's page; at the end of the test no page may have complained."""
    desks.complaints.clear()
    yield desks.at
    assert desks.complaints == []


class Desks:
    """Signed-in browsers by (who, language, size, with JavaScript)."""

    def __init__(self, browser: Browser, demo: Shown) -> None:
        self.browser = browser
        self.demo = demo
        self.complaints: list[str] = []
        self._kept: dict[str, object] = {}  # storage of who is signed in
        self._open: dict[tuple[object, ...], tuple[BrowserContext, Visitor]] = {}

    def at(
        self, row: Row, language: str = "zh-CN", size: dict[str, int] = PHONE, *, js: bool = True
    ) -> Visitor:
        """The row's page, opened as its person in this language at this size."""
        key = (row.who, language, size["width"], js)
        if key not in self._open:
            if len(self._open) == AT_ONCE:
                self._open.pop(next(iter(self._open)))[0].close()
            self._open[key] = self._sit_down(row.who, language, size, js=js)
        who = self._open[key][1]
        who.page.set_viewport_size(size)  # whoever looked before may have made it another
        if row.key in BY_FILLING_IN:
            BY_FILLING_IN[row.key](who, self.demo)
        elif row.rule in BY_LINK:
            start, link, *below = BY_LINK[row.rule]
            who.opens(start)
            found = who.page.locator(link).first.get_attribute("href", timeout=2000)
            assert found
            who.opens("".join((found, *below)))
        else:
            who.opens(row.rule)
        who.page.wait_for_load_state()
        if js:  # an editor says when it is there
            who.page.locator("[data-studio]:not([data-ready])").wait_for(state="detached")
        return who

    def close(self) -> None:
        """Everybody goes home."""
        for context, _ in self._open.values():
            context.close()

    def _sit_down(
        self, login: str, language: str, size: dict[str, int], *, js: bool
    ) -> tuple[BrowserContext, Visitor]:
        if login and login not in self._kept:
            first = self.browser.new_context(viewport=DESK, locale="zh-CN")
            Visitor(first.new_page(), self.demo.base, self.demo.password).signs_in(login)
            self._kept[login] = first.storage_state()
            first.close()
        context = self.browser.new_context(
            viewport=size,
            locale=language,
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
            java_script_enabled=js,
            storage_state=self._kept.get(login),
        )
        who = Visitor(context.new_page(), self.demo.base, self.demo.password, self.complaints)
        who.listens()
        return context, who


Way = Callable[[Visitor, Shown], object]


def _fills(*names: str, until: str = "next") -> Way:
    """Goes through the steps of saying something, up to the named one."""

    def fill(who: Visitor, _demo: Shown) -> None:
        page = who.opens(SUBMIT).page
        page.fill("[name=body]", BODY)
        for name, value in (("place", "解放东路口"), ("phone", NUMBER)):
            page.click("main button[name=go][value=next]:visible")
            if name not in names:
                return
            page.fill(f"[name={name}]", value)
        page.click("main button[name=go][value=next]:visible")
        if until == "send":
            page.click("main button[name=go][value=send]:visible")

    return fill


def _tracks(who: Visitor, demo: Shown) -> None:
    _fills("place", "phone", until="send")(who, demo)
    who.opens("/track/case")


def _asks_for_receipt(who: Visitor, demo: Shown) -> None:
    _tracks(who, demo)
    who.opens("/track/receipt")


def _enters(who: Visitor, _demo: Shown) -> None:
    """The clerk writes down a call; the rest is completed later."""
    page = who.opens("/intake").page
    page.fill("[name=body]", BODY)
    page.click("button[name=then][value=leave]")


def _freezes(who: Visitor, _demo: Shown) -> None:
    """A supervisor keeps a figure as it stands."""
    who.opens("/rates/closing").page.locator("form[action*='/freeze'] button").first.click()
    who.page.wait_for_load_state()


def _rates(who: Visitor, demo: Shown) -> None:
    """A link of a notice that has been sent, and not used."""
    for token in demo.rating_tokens():
        if who.opens(f"/rate/{token}").page.locator("form[data-main]").count():
            return
    raise AssertionError("every link to rate has been used")


def _passes_over(who: Visitor, _demo: Shown) -> None:
    """The step that stopped decides the way, so that it stays where it is."""
    page = who.opens("/operations/incidents").page
    page.check("[name=incident]")
    page.fill("[name=remark]", "试一试")
    page.click("button[name=act][value=skip]")


def _moves(who: Visitor, _demo: Shown) -> None:
    """From the step that stopped to where its process stands, and what a move would do."""
    page = who.opens("/operations").page
    for link in ("/operations/incidents/", "/operations/instances/", "token="):
        page.locator(f"main a[href*='{link}']").first.click()
    page.click("main form[method=get] button")


def _chooses_cases(*, and_urges: bool = False) -> Way:
    """The supervisor ticks the first case of the board, and may urge it."""

    def choose(who: Visitor, _demo: Shown) -> None:
        page = who.opens("/supervision").page
        page.locator("main input[name=number]").first.check()
        page.locator(".bulk button").first.click()
        page.wait_for_url("**/cases/urge?*")
        if and_urges:
            page.locator("main form[data-main] button.btn--primary").click()
            page.wait_for_url("**/cases/urged/**")

    return choose


def _chooses(act: str) -> Way:
    """Ticks the two most urgent tasks, and presses the button of an act."""

    def choose(who: Visitor, _demo: Shown) -> None:
        page = who.opens("/inbox?view=unit").page
        for box in page.locator("tbody input[name=id]").all()[:2]:
            box.check()
        page.click(f"form[data-list] button[name=do][value={act}]")

    return choose


def _beside(part: str) -> Way:
    """What a fold of the task page shows, as a page of its own."""

    def read(who: Visitor, _demo: Shown) -> None:
        page = who.opens("/inbox").page
        task = page.locator("main a[href*='/tasks/']").first.get_attribute("href") or ""
        who.opens(f"{task.partition('?')[0]}/{part}")

    return read


def _keeps_a_phrase(who: Visitor, _demo: Shown) -> None:
    """Writes one, then opens it."""
    page = who.opens("/phrases").page
    page.fill("#p-title", "路灯修好")
    page.fill("#p-text", "路灯已修好，还有不亮的请直接回电。")
    page.click("form[data-main] button.btn--primary")
    page.locator("main th a[href*='/phrases/']").first.click()


def _splits(*, done: bool = False) -> Way:
    """From a case that is being screened to where its message is cut, and made."""

    def split(who: Visitor, _demo: Shown) -> None:
        page = who.opens("/inbox?view=unit").page
        line = page.locator("main tr", has_text=re.compile("初审|Screen"))
        task = line.locator("a[href*='/tasks/']").first
        who.opens(task.get_attribute("href", timeout=2000) or "")
        who.opens(page.locator("main a[accesskey=s]").get_attribute("href", timeout=2000) or "")
        if done:
            page.fill("[name=body-2]", "井盖响，晚上睡不着。")
            page.click("form[data-main] button.btn--primary")

    return split


def _looks_back(who: Visitor, _demo: Shown) -> None:
    """From a ladder to the history of the unit it is about."""
    page = who.opens("/supervision").page
    page.locator("main a.seal[href*='/supervision/']").first.click()
    page.locator("main a[href*='/supervision/units/']").first.click()


def _changes(kind: str, key: str, path: str) -> Way:
    """Begins a draft of a process or a pack, unless there is one, and goes to one of its pages."""

    def change(who: Visitor, _demo: Shown) -> None:
        page = who.opens("/design").page
        begin = f"form:has([name=kind][value={kind}]):has([name=key][value={key}]) button"
        known = page.locator("main td.t:has(+ td code:text-is('" + key + "')) a")
        if known.count():
            who.opens(known.first.get_attribute("href") or "")
        else:
            page.click(begin)
        draft = re.search(r"/design/drafts/[0-9a-f-]+", page.url)
        assert draft, page.url
        who.opens(draft[0] + path)

    return change


_PACK = "/design/drafts/<uuid:draft_id>/pack"
_DRAFT = "/design/drafts/<uuid:draft_id>"
BY_FILLING_IN: dict[str, Way] = {
    f"{_DRAFT}/diagram": _changes("process", "appeal", "/diagram"),
    f"{_DRAFT}/decisions": _changes("process", "appeal", "/decisions"),
    f"{_DRAFT}/decisions/<key>": _changes("process", "appeal", "/decisions/classify"),
    f"{_DRAFT}/forms": _changes("process", "appeal", "/forms"),
    f"{_DRAFT}/forms/<key>": _changes("process", "appeal", "/forms/sign"),
    "/design/drafts/<uuid:draft_id>/import": _changes("process", "appeal", "/import"),
    "/design/drafts/<uuid:draft_id>/comments": _changes("process", "appeal", "/comments"),
    f"{_DRAFT}/compare": _changes("process", "appeal", "/compare"),
    f"{_DRAFT}/review": _changes("process", "appeal", "/review"),
    "/design/compare/<any(process,pack):design>/<key>": lambda who, _demo: who.opens(
        "/design/compare/process/appeal"
    ),
    "/design/versions/<any(process,pack):design>/<key>": lambda who, _demo: who.opens(
        "/design/versions/process/appeal"
    ),
    _PACK: _changes("pack", "gl-jindianzi", "/pack"),
    f"{_PACK}/<section>": _changes("pack", "gl-jindianzi", "/pack/categories"),
    f"{_PACK}/<section>/entry": _changes("pack", "gl-jindianzi", "/pack/limits/entry"),
    f"{_PACK}/<section>/remove": _changes(
        "pack", "gl-jindianzi", "/pack/categories/remove?key=other"
    ),
    "/supervision/units/<key>": _looks_back,
    "/cases/<number>/split": _splits(),
    "/cases/<number>/split/done": _splits(done=True),
    "/tasks/<uuid:task_id>/earlier": _beside("earlier"),
    "/tasks/<uuid:task_id>/nearby": _beside("nearby"),
    "/phrases/<uuid:phrase_id>": _keeps_a_phrase,
    "/inbox/views": lambda who, _demo: who.opens("/inbox/views?view=unclaimed&sort=newest"),
    "/inbox/assign": _chooses("assign"),
    "/inbox/remind": _chooses("remind"),
    "/inbox/slips": _chooses("print"),
    "/inbox/acts/<uuid:act_id>": _chooses("claim"),
    "/cases/urge": _chooses_cases(),
    "/cases/urged/<uuid:act_id>": _chooses_cases(and_urges=True),
    "/operations/batches/<uuid:batch_id>": _passes_over,
    "/operations/instances/<uuid:instance_id>": _moves,
    "/submit": lambda who, _demo: who.opens(SUBMIT),
    "/submit where": _fills(),
    "/submit contact": _fills("place"),
    "/submit check": _fills("place", "phone"),
    "/submit/received": _fills("place", "phone", until="send"),
    "/track/case": _tracks,
    "/track/receipt": _asks_for_receipt,
    "/intake/received": _enters,
    "/rate/<token>": _rates,
    "/rates/frozen/<uuid:snapshot_id>": _freezes,
}
# Rules with a key in them: the page from which one goes there, and the link.
BY_LINK = {
    "/admin/units/<key>": ("/admin", "main td.t a[href$='/utilities_bureau']"),
    "/admin/units/<key>/closing": (
        "/admin",
        "main td.t a[href$='/utilities_bureau']",
        "/closing",
    ),
    "/admin/people/<uuid:person_id>": ("/admin/people?q=shui", "main td.t a"),
    "/admin/people/<uuid:person_id>/handover": ("/admin/people?q=shui", "main td.t a", "/handover"),
    "/design/rules/<key>": ("/design/rules", "main td.t a[href$='/default-missing']"),
    "/admin/packs/<key>": ("/admin/packs", "main td.t a[href$='/gl-jindianzi']"),
    "/tasks/<uuid:task_id>": ("/inbox", "main a[href*='/tasks/']"),
    "/cases/<number>": ("/supervision", "main td.t a[href*='/cases/']"),
    "/cases/<number>/notes": ("/cases?status=open", "main td.t a[href*='/cases/']", "/notes"),
    "/cases/<number>/opinions": ("/cases?status=open", "main td.t a[href*='/cases/']", "/opinions"),
    "/supervision/<number>": ("/supervision", "main a.seal[href*='/supervision/']"),
    "/supervision/cases/<number>": ("/supervision", "main a[data-open=ask]"),
    "/supervision/rules/<key>": ("/supervision/rules", "main th a[href$='/overdue_10_30']"),
    "/supervision/<number>/promises": (
        "/supervision",
        "main a.seal[href*='/supervision/']",
        "/promises",
    ),
    "/supervision/<number>/notice": (
        "/supervision",
        "main a.seal[href*='/supervision/']",
        "/notice",
    ),
    "/rates/<key>": ("/rates", "main th a[href*='/rates/closing']"),
    "/rates/<key>/cases": (f"/rates?month={MONTH}", "main td a[href*='/rates/closing/cases']"),
    "/rates/<key>/compare": ("/rates", "main td a[href*='/rates/closing/compare']"),
    "/digests/<uuid:digest_id>": ("/digests", "main tr:has(.tag--ok) th a"),
    "/digests/<uuid:digest_id>/sections/<section>": (
        "/digests",
        "main tr:has(.tag--soon) th a",
        "/sections/period",
    ),
    "/digests/<uuid:digest_id>/numbers": ("/digests", "main tr:has(.tag--soon) th a", "/numbers"),
    "/digests/<uuid:digest_id>/instruct": (
        "/digests",
        "main tr:has(.tag--ok) th a",
        "/instruct?line=period-1",
    ),
    "/instructions/<uuid:instruction_id>": ("/instructions", "main th a"),
    "/definitions/<key>/<int:version>": ("/definitions", "main td a[href*='/definitions/appeal/']"),
    "/design/map/<key>": ("/definitions", "main a[href='/design/map/appeal']"),
    "/design/map/<key>/cases": (
        "/design/map/appeal",
        "main td a[href*='/cases?'][href*='element=screen&']",
    ),
    "/operations/incidents/<uuid:incident_id>": ("/operations", "main a[href*='/incidents/']"),
}


@pytest.mark.slow
@pytest.mark.browser
@EACH
def test_a_page_keeps_to_the_list(open_page: Callable[..., Visitor], row: Row) -> None:
    """Chinese, begun on a phone, and English, begun at a desk: axe, then the other size; no script.

    A page is made for no size: the one that was opened at the first is looked at in the other.
    """
    faults = []
    for language, first, then in (("zh-CN", PHONE, DESK), ("en", DESK, PHONE)):
        who = open_page(row, language, first)
        faults += page_list.found(who, language, *page_list.QUICK, page_list.accessible)
        who.page.set_viewport_size(then)
        action = row.action if language == "zh-CN" else ""
        keyboard = partial(page_list.by_keyboard, action=action)
        faults += page_list.found(
            who, language, *page_list.QUICK, page_list.on_paper, by_keyboard=keyboard
        )
    plain = open_page(row, "zh-CN", DESK, js=False)
    faults += [f"no script: {told}" for told in page_list.without_scripts(plain, row.action)]
    assert not faults, "\n".join(faults)


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("row", [r for r in ROWS if r.empty], ids=lambda row: row.key)
def test_a_page_with_nothing_to_show_says_so(open_page: Callable[..., Visitor], row: Row) -> None:
    for language, size in zip(LANGUAGES, (PHONE, DESK), strict=True):
        who = open_page(row, language, size).opens(row.empty)
        faults = [*page_list.nothing_there(who), *page_list.title_and_heading(who)]
        faults += [*page_list.one_language(who), *who.axe()]
        assert not faults, "\n".join(faults)


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("row", [r for r in ROWS if r.refused], ids=lambda row: row.key)
def test_a_form_with_nothing_in_it_is_refused_in_words(
    open_page: Callable[..., Visitor], row: Row
) -> None:
    for language, size in zip(LANGUAGES, (DESK, PHONE), strict=True):
        who = open_page(row, language, size)
        faults = [*page_list.refused(who), *page_list.fits(who), *who.axe()]
        assert not faults, "\n".join(faults)


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("login", ["", "chu.mi"])
def test_an_address_that_leads_nowhere_says_so_and_leads_on(
    open_page: Callable[..., Visitor], login: str
) -> None:
    home = next(row for row in ROWS if row.who == login)
    for language, size in zip(LANGUAGES, (PHONE, DESK), strict=True):
        who = open_page(home, language, size).opens("/nowhere")
        faults = [told for check in page_list.QUICK for told in check(who)] + who.axe()
        assert not faults, "\n".join(faults)
        assert who.page.locator("main a.btn--primary").count() == 1
