"""Nothing drawn is lost: server killed, connection dropped, two windows, signed out, closed."""

import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from subprocess import Popen

import pytest
from sqlalchemy import select

from engine.db import connect, reading
from engine.models import DesignFile
from tests.browser.conftest import DESK, MONDAY, Visitor
from tests.databases import ROOT
from tests.processes import Office, free_port, until, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.slow]
QUIETLY = (
    "ERR_FAILED",
    "ERR_CONNECTION_REFUSED",
    "ERR_INTERNET_DISCONNECTED",
    "ERR_CONNECTION_RESET",
)
READY = "[data-studio][data-ready=yes]"
# One stroke: the name of an element, through the editor's own stack of commands.
STROKE = """([id, name]) => {
  const { modeler } = document.querySelector('[data-studio]').studio;
  modeler.get('modeling').updateProperties(modeler.get('elementRegistry').get(id), { name });
}"""


@dataclass
class Desk:
    """A designer at a browser before a server that can be killed."""

    office: Office
    port: int
    running: list[Popen[bytes]] = field(default_factory=list)
    leaving: list[object] = field(default_factory=list)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def serve(self) -> None:
        """Start the server, on the port it had before."""
        block = self.office.running("serve", "--port", str(self.port))
        self.running.append(block.__enter__())
        self.leaving.append(block)
        wait_for(f"{self.base}/healthz", self.running[-1])

    def kill(self) -> None:
        """Kill the server as a power cut would."""
        self.running[-1].send_signal(signal.SIGKILL)
        self.running[-1].wait(10)

    def close(self) -> None:
        for block in self.leaving:
            block.__exit__(None, None, None)

    def kept(self) -> list[str]:
        """Every diagram in any draft."""
        sessions = connect(self.office.database_url)
        with reading(sessions) as session:
            found = session.scalars(
                select(DesignFile.content).where(DesignFile.path == "process.bpmn")
            ).all()
        sessions.kw["bind"].dispose()
        return [one.decode() for one in found]


@pytest.fixture
def desk(database_url, tmp_path) -> Iterator[Desk]:
    office = Office(tmp_path, database_url)
    assert office.huiyin("clock", "set", MONDAY).returncode == 0
    made = Desk(office, free_port())
    made.serve()
    yield made
    made.close()


@pytest.fixture
def designer(desk, browser) -> Iterator[Visitor]:
    context = browser.new_context(viewport=DESK, locale="zh-CN", timezone_id="Asia/Shanghai")
    who = Visitor(context.new_page(), desk.base).listens()
    who.signs_in("she.ji")
    who.opens("/design").page.click(
        "form:has([name=kind][value=process]):has([name=key][value=appeal]) button"
    )
    ready(who.page)
    yield who
    context.close()
    wrong = [told for told in who.complaints if not any(one in told for one in QUIETLY)]
    assert wrong == []


def ready(page):
    page.locator(READY).wait_for(timeout=20_000)


def draws(page, element, name):
    page.evaluate(STROKE, [element, name])


def line(page, text):
    page.locator("[data-saved]", has_text=text).wait_for(timeout=20_000)


def named(page, name):
    """The element of this name in the drawing that is open."""
    return page.evaluate(
        """name => document.querySelector('[data-studio]').studio.modeler.get('elementRegistry')
          .filter((one) => one.businessObject.name === name).map((one) => one.id)""",
        name,
    )


def held(page):
    """How much this browser holds that the server may not have."""
    return page.evaluate(
        """() => new Promise((resolve) => {
          const opening = indexedDB.open('huiyin.studio', 1);
          opening.onsuccess = () => {
            const asked = opening.result.transaction('kept').objectStore('kept').count();
            asked.onsuccess = () => { opening.result.close(); resolve(asked.result); };
          };
        })"""
    )


def saved(desk, name):
    return [one for one in desk.kept() if f'name="{name}"' in one]


def test_every_stroke_is_found_again_whatever_breaks(desk, designer):
    page = designer.page
    address = re.sub(r"/diagram.*", "", page.url)

    draws(page, "screen", "初审一")
    until(lambda: len(saved(desk, "初审一")) == 1)

    # The server is killed while one draws, and comes back.
    desk.kill()
    draws(page, "screen", "初审二")
    line(page, "起连不上。接着画，改动存在这台电脑")
    draws(page, "sign", "签收二")
    assert saved(desk, "初审二") == []
    desk.serve()
    line(page, "已存")
    assert len([one for one in saved(desk, "初审二") if 'name="签收二"' in one]) == 1

    # The connection drops; the page is closed before it is back.
    context = page.context
    context.set_offline(True)
    draws(page, "screen", "初审三")
    line(page, "起连不上")
    page.close()
    context.set_offline(False)
    assert saved(desk, "初审三") == []
    page = designer.page = context.new_page()
    designer.listens()
    page.goto(f"{address}/diagram")
    line(page, "找回了")
    ready(page)
    assert named(page, "初审三") == ["screen"]
    assert len(saved(desk, "初审三")) == 1

    # Closed in mid-save: the server has it, and its answer is never read.
    def unheard(route):
        if route.request.method == "POST":
            route.fetch()
        route.abort()

    page.route("**/files/process.bpmn", unheard)
    with page.expect_event("requestfailed", lambda one: "/files/" in one.url):
        draws(page, "screen", "初审四")
    assert len(saved(desk, "初审四")) == 1
    page.close()
    page = designer.page = context.new_page()
    designer.listens()
    page.goto(f"{address}/diagram")
    ready(page)
    assert named(page, "初审四") == ["screen"]
    until(lambda: held(page) == 0, why="this browser still holds what the server has")
    ready(page)
    assert len(desk.kept()) == 1, "no draft beside it: nobody else drew"

    # Two windows: both are kept, each in a draft of its own.
    second = page.context.new_page()
    second.goto(f"{address}/diagram")
    ready(second)
    draws(page, "screen", "第一扇窗")
    until(lambda: len(saved(desk, "第一扇窗")) == 1)
    draws(second, "screen", "第二扇窗")
    line(second, "另一个窗口也在改这份草稿，两份都留着")
    draws(second, "sign", "第二扇窗又画")
    apart = second.locator("[data-saved] a").get_attribute("href")
    until(lambda: any("第二扇窗又画" in one for one in saved(desk, "第二扇窗")))
    assert len(saved(desk, "第一扇窗")) == 1
    second.goto(f"{desk.base}{apart}")
    ready(second)
    assert named(second, "第二扇窗又画") == ["sign"]
    second.close()

    # The sign-in runs out while one draws.
    page.context.clear_cookies()
    draws(page, "screen", "没登录时画的")
    line(page, "登录过期了，改动存在这台电脑")
    with page.context.expect_page() as opened:
        page.click("[data-saved] a")
    again = opened.value
    again.fill("[name=username]", "she.ji")
    again.fill("[name=password]", designer.password)
    again.click("form[data-main] button.btn--primary")
    again.close()
    line(page, "已存")
    assert len(saved(desk, "没登录时画的")) == 1


STUDIO = "document.querySelector('[data-studio]').studio"
LOOPING = ROOT / "engine" / "bpmn" / "linting" / "examples" / "join-in-loop" / "bad.bpmn"


def problem(page, rule, element=""):
    which = f"[data-problems] tr[data-rule={rule}]"
    return page.locator(f"{which}[data-element='{element}']" if element else which)


def comes(page, rule, element=""):
    problem(page, rule, element).first.wait_for(timeout=20_000)


def goes(page, rule, element=""):
    problem(page, rule, element).first.wait_for(state="detached", timeout=20_000)


def test_problems_are_told_found_and_mended_and_colleagues_speak(desk, designer, browser):
    page = designer.page
    address = re.sub(r"/diagram.*", "", page.url)

    # A wrong name: told in words, marked on the stage it lies in, found, mended, undone.
    page.evaluate(
        f"() => {STUDIO}.perform([{{do: 'property', element: 'sign', name: 'form', "
        "value: 'signn'}])"
    )
    comes(page, "unknown-form", "sign")
    row = problem(page, "unknown-form", "sign")
    assert "没有表单 signn，是不是 sign。" in row.inner_text()
    assert page.locator(".problem-mark--error").first.get_attribute("title")
    row.locator("summary").click()
    assert "表单名写错，待办就打不开" in row.inner_text()
    assert row.locator("a").get_attribute("href") == "/design/rules/unknown-form"
    row.locator(".problem-jump").click()
    chosen = page.evaluate(f"() => {STUDIO}.modeler.get('selection').get().map((one) => one.id)")
    assert chosen == ["sign"]
    row.get_by_role("button", name="改成 sign").click()
    goes(page, "unknown-form", "sign")
    page.evaluate(f"() => {STUDIO}.modeler.get('commandStack').undo()")
    comes(page, "unknown-form", "sign")
    page.evaluate(f"() => {STUDIO}.modeler.get('commandStack').redo()")
    goes(page, "unknown-form", "sign")

    # Something said about the chosen element, seen by a colleague who has it open, too.
    page.fill("#comment-text", "签收要不要分两步？")
    page.locator(".comment-form button").click()
    page.locator(".comment-words", has_text="签收要不要分两步？").wait_for()
    page.locator(".comment-mark").first.wait_for(state="attached")
    context = browser.new_context(viewport=DESK, locale="en", timezone_id="Asia/Shanghai")
    colleague = Visitor(context.new_page(), desk.base).listens().signs_in("guan.li")
    colleague.page.goto(f"{address}/diagram")
    ready(colleague.page)
    colleague.page.locator("[data-present]", has_text="has it open, too").wait_for()
    comment = colleague.page.locator("[data-comments] li")
    comment.wait_for()
    comment.get_by_role("button", name="Settled").click()
    colleague.page.locator("[data-comments] li", has_text="settled by").wait_for(state="attached")
    assert colleague.page.locator(".problems h2").inner_text() == "Problems"
    assert colleague.complaints == []
    context.close()

    # A join in a loop, drawn elsewhere: its fix draws a sub-process around it.
    page.goto(f"{desk.base}/design/import")
    page.set_input_files("#i-file", LOOPING)
    page.click("form[data-main] button.btn--primary")
    ready(page)
    comes(page, "join-in-loop")
    problem(page, "join-in-loop").get_by_role("button", name="从分叉到汇合收进子流程").click()
    goes(page, "join-in-loop")
    assert named(page, "并行办理")
    until(lambda: len(saved(desk, "并行办理")) == 1)
    page.evaluate(f"() => {STUDIO}.modeler.get('commandStack').undo()")
    comes(page, "join-in-loop")
