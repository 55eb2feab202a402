"""The diagram editor in a real browser.

What is not changed stays to the byte, what is changed can be undone; in Chinese and in English,
with the keyboard alone, and quickly.
"""

import re
from pathlib import Path

import pytest

from tests import databases
from tests.browser import large_drawing
from tests.browser.conftest import DESK, MONDAY, PHONE, Live
from tests.browser.studio import asks, begins, drawn, field, imports, opened, selects
from tests.databases import WORKFLOWS
from tests.processes import Office, free_port, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.slow]
DIAGRAMS = sorted(WORKFLOWS.glob("*/process.bpmn"))
EVERY_KIND = (Path(__file__).parent / "every_kind.js").read_text("utf-8").split("*/", 1)[1]
KINDS = (Path(__file__).parent / "every_kind.bpmn").read_text("utf-8")
# Latin letters a Chinese page may show: file forms, names of the engine's own, marks of a maker.
PLAIN = re.compile(
    r"BPMN|SVG|PNG|Powered by bpmn|io|[a-z][a-z/]*|WD|"
    r"(Activity|Event|Gateway|Group|Participant|TextAnnotation|DataObjectReference|Process|Flow)"
)
STACK = "studio.modeler.get('commandStack')"
A_STALL = 0.2  # seconds of the page's own thread


@pytest.fixture(scope="module")
def live(templates, tmp_path_factory):
    """One installation for all: each test begins a draft of its own."""
    folder = tmp_path_factory.mktemp("studio")
    with templates[databases.wanted()].copy(folder) as url:
        office = Office(folder, url)
        assert office.huiyin("clock", "set", MONDAY).returncode == 0
        port = free_port()
        with office.running("serve", "--port", str(port)) as server:
            wait_for(f"http://127.0.0.1:{port}/healthz", server)
            yield Live(office, f"http://127.0.0.1:{port}")


@pytest.fixture
def designer(visit):
    """The designer at a desk."""
    return visit(DESK).signs_in("she.ji")


def test_what_is_not_changed_stays_to_the_byte(designer):
    page = begins(designer, "appeal")
    for path in DIAGRAMS:
        content = path.read_text("utf-8")
        imports(page, content)
        assert drawn(page) == content, path.parent.name
    english = "studio.modeler.get('englishNames')"
    imports(page, DIAGRAMS[0].read_text("utf-8"))
    asks(page, f"({english}.show(true), null)")
    assert "Screening" in page.locator(".djs-container g.viewport").text_content()
    assert drawn(page) == DIAGRAMS[0].read_text("utf-8")
    asks(page, f"({english}.show(false), null)")
    assert "Screening" not in page.locator(".djs-container g.viewport").text_content()


def test_every_property_can_be_undone(designer):
    page = begins(designer, "appeal")
    before = drawn(page)

    def changes(element, name, act, wanted):
        selects(page, element)
        act(field(page, name))
        page.locator("[data-undo]:enabled").wait_for()
        assert wanted in drawn(page), (element, name)
        asks(page, f"(() => {{ while ({STACK}.canUndo()) {STACK}.undo(); }})()")
        page.locator("[data-undo]:disabled").wait_for()
        assert drawn(page) == before, (element, name)

    def types(text):
        return lambda control: (control.fill(text), control.blur())

    def picks(value):
        return lambda control: control.select_option(value)

    changes("contact_citizen", "name", types("打电话"), 'name="打电话"')
    changes("contact_citizen", "name_en", types("Call them"), 'value="Call them"')
    changes("contact_citizen", "form", picks("handle"), 'name="form" value="handle"')
    changes("contact_citizen", "limit", picks("sign"), 'name="limit" value="sign"')
    changes(
        "contact_citizen",
        "clock",
        picks(""),
        'value="contact" />\n            <spiffworkflow:property name="public',
    )
    changes("contact_citizen", "unit", picks("candidates"), 'value="candidates"')
    changes("contact_citizen", "public_name", types("正在打电话"), 'value="正在打电话"')
    changes("contact_citizen", "instructions", types("先打电话"), "先打电话</spiffworkflow:instr")
    changes("contact_citizen", "documentation", types("为什么"), "<bpmn:documentation>为什么")
    changes("contact_citizen", "repeated", lambda box: box.check(), "multiInstanceLoop")
    changes("handling", "stage", picks("feedback"), 'name="stage" value="feedback"')
    changes("contact_due", "timer", picks("handling"), "<bpmn:timeDate>handling<")
    changes("classify_case", "decision", picks("time_limit"), "DecisionId>time_limit<")
    changes("urge_contact", "parameter-cause", types("case.bounces"), 'value="case.bounces"')
    changes("urge_contact", "operation", picks("notice/send"), 'id="notice/send"')
    changes("list_co_units", "attr-script", types("co_units = []"), "<bpmn:script>co_units = []")
    changes("ended_closed", "outcome", picks("solved"), 'name="outcome" value="solved"')
    changes(
        "screen_result", "default-flow", picks(""), '<bpmn:exclusiveGateway id="screen_result" n'
    )
    changes("screen_result__tell_refusal", "condition", types("case.ruled"), ">case.ruled<")
    changes("matter_answered", "reference", picks("cured"), 'messageRef="message_cured"')
    changes("co_handle", "sequential", lambda box: box.check(), 'isSequential="true"')


def test_a_budget_of_its_own_says_when_it_ends(designer):
    page = begins(designer, "appeal")
    selects(page, "contact_due")
    page.locator("[data-field=timer] select").first.select_option(label="自己定…")
    page.fill("[data-field=timer] input[type=number]", "3")
    page.locator("[data-field=timer] input[type=number]").blur()
    page.locator(
        "p[data-due]", has_text="3 个工作日：现在开始，11月5日（周四）18:00到期"
    ).wait_for()
    assert ">3 WD</bpmn:timeDuration>" in drawn(page)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_nothing_is_left_in_the_other_language(visit, language):
    who = visit(DESK, language).signs_in("she.ji")
    page = begins(who, "appeal")
    found = page.evaluate(EVERY_KIND, KINDS)
    assert found["kinds"] >= 36
    assert found["missing"] == []
    if language == "zh-CN":
        odd = [one for one in found["said"] if not PLAIN.fullmatch(one.rpartition(": ")[2])]
        assert not odd, odd[:20]
    else:
        shown = page.locator("[data-studio] .studio-bar, [data-studio] .studio-tools")
        assert not re.findall(r"[一-鿿]+", " ".join(shown.all_inner_texts()))


def test_a_task_is_put_in_by_keyboard_alone(designer):
    page = begins(designer, "appeal")
    page.locator(".studio-outline input").focus()
    page.keyboard.type("handle__hand_in" if "handle__hand_in" in drawn(page) else "write_answer")
    page.keyboard.press("Tab")
    before = drawn(page)
    # On the flow that leads to the answer: one line of the list above it.
    flow = re.search(r'<bpmn:sequenceFlow id="(\w+)"[^>]* targetRef="write_answer"', before)
    assert flow
    page.locator(".studio-outline input").fill("")
    page.locator(f"[data-id={flow[1]}] button").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.locator("[data-what]", has_text=flow[1]).wait_for()
    page.locator("[data-act-list=add]").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("[data-what]", has_text="Activity_").wait_for()
    page.locator("[data-field=name] input:focus").wait_for()
    page.keyboard.type("法律意见")
    page.keyboard.press("Tab")
    page.keyboard.type("Legal opinion")
    page.keyboard.press("Tab")
    page.locator("[data-id^=Activity_]", has_text="法律意见").wait_for()
    after = drawn(page)
    made = re.search(r'<bpmn:userTask id="(Activity_\w+)" name="法律意见">', after)
    assert made
    assert re.search(rf'sourceRef="{made[1]}" targetRef="write_answer"', after)
    assert 'value="Legal opinion"' in after
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    page.locator("[data-undo]:disabled").wait_for()
    assert drawn(page) == before


def test_what_is_drawn_is_saved_and_found_again(designer):
    page = begins(designer, "extension")
    selects(page, "approve_extension")
    field(page, "name").fill("批准延期吗")
    page.locator("[data-saved]", has_text="已存").wait_for()
    page.locator("[data-undo]:enabled").wait_for()
    assert asks(page, "studio.file.now()") == "kept"
    opened(designer.opens(page.url.removeprefix(designer.base)).page)
    assert 'name="批准延期吗"' in drawn(page)


def test_quick_fixes_are_done_in_one_step_that_can_be_undone(designer):
    page = begins(designer, "appeal")
    before = drawn(page)

    def fixes(*operations):
        asks(page, "(studio.perform(told), null)", list(operations))
        after = drawn(page)
        asks(page, f"({STACK}.undo(), null)")
        assert not asks(page, f"{STACK}.canUndo()")
        # What was moved into another scope and back stands behind its neighbours.
        assert sorted(drawn(page).splitlines()) == sorted(before.splitlines())
        return after

    fixed = fixes(
        {"do": "default", "element": "screen_result", "flow": "screen_result__join_matter"}
    )
    assert 'name="初审意见？" default="screen_result__join_matter"' in fixed
    told = {"do": "property", "element": "screen", "name": "no_limit", "value": "随时"}
    assert 'name="no_limit" value="随时"' in fixes(told, {**told, "name": "no_limit_en"})
    told = {"do": "property", "element": "appeal", "name": "sealed", "value": "no"}
    assert 'name="sealed" value="no"' in fixes(told)
    told = {"do": "attribute", "element": "classify_case", "name": "name", "value": "定级"}
    assert '<bpmn:businessRuleTask id="classify_case" name="定级">' in fixes(told)
    wrapped = fixes({"do": "wrap", "elements": ["complete_record", "screen"],
                     "name": "登记初审", "name_en": "Register and screen"})  # fmt: skip
    frame = re.search(
        r'<bpmn:subProcess id="(\w+)" name="登记初审">(.*?)</bpmn:subProcess>', wrapped, re.S
    )
    assert frame
    for one in ("complete_record", "screen", "complete_record__screen"):
        assert f'id="{one}"' in frame[2]
    assert frame[2].count("<bpmn:sequenceFlow ") == 3
    assert re.search(rf'sourceRef="screening_begins" targetRef="{frame[1]}"', wrapped)
    assert re.search(rf'sourceRef="{frame[1]}" targetRef="screen_result"', wrapped)


def test_the_drawing_is_taken_along_as_a_file(designer):
    page = begins(designer, "extension")
    for form, first in (("bpmn", b"<?xml"), ("svg", b"<?xml"), ("png", b"\x89PNG")):
        with page.expect_download() as taken:
            page.click(f"[data-export={form}]")
        assert taken.value.suggested_filename == f"extension.{form}"
        assert Path(taken.value.path()).read_bytes().startswith(first), form


def test_tokens_are_walked_through_for_teaching(designer):
    page = begins(designer, "extension")
    before = drawn(page)
    page.click("[data-walk]")
    page.locator("[data-walk][aria-pressed=true]").wait_for()
    page.locator(".bts-context-pad[title=让它发生]:visible").first.click()
    page.locator(".bts-token").first.wait_for(state="attached")
    page.click("[data-walk]")
    page.locator("[data-walk][aria-pressed=false]").wait_for()
    assert drawn(page) == before


def test_copied_in_one_tab_pasted_in_another(designer):
    page = begins(designer, "appeal")
    asks(page, "(studio.select('write_answer'), studio.modeler.get('copyPaste').copy("
               "studio.modeler.get('selection').get()), null)")  # fmt: skip
    other = page.context.new_page()
    other.goto(designer.base + "/design")
    other.click("form:has(input[name=key][value=extension]) button")
    opened(other)
    pool = "studio.modeler.get('elementRegistry').get('pool_extension')"
    target = f"{{element: {pool}, point: {{x: 300, y: 300}}}}"
    asks(other, f"(studio.modeler.get('copyPaste').paste({target}), null)")
    pasted = drawn(other)
    assert '<bpmn:userTask id="write_answer" name="拟写答复">' in pasted
    assert '<spiffworkflow:property name="form" value="write_answer" />' in pasted
    asks(other, "(studio.modeler.get('commandStack').undo(), null)")
    assert "拟写答复" not in drawn(other)


def test_the_makers_mark_is_seen_and_nothing_lies_over_it(designer):
    page = begins(designer, "appeal")
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        mark = page.locator(".bjs-powered-by")
        mark.scroll_into_view_if_needed()
        box = mark.bounding_box()
        assert box
        assert mark.is_visible()
        on_top = "([x, y]) => document.elementFromPoint(x, y).closest('.bjs-powered-by') !== null"
        for x in (box["x"] + 3, box["x"] + box["width"] - 3):
            assert page.evaluate(on_top, [x, box["y"] + box["height"] / 2]), size
    assert designer.width_is_kept()


def test_three_hundred_elements_without_a_stall(designer):
    page = begins(designer, "appeal")
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent(act):
        before = _busy(session)
        act()
        page.wait_for_timeout(500)  # what the act leaves for later: panel, list, marks
        return _busy(session) - before

    imports(page, large_drawing.of(300))
    page.wait_for_timeout(1000)
    asks(page, "(studio.select('task_150'), null)")
    page.wait_for_timeout(500)
    edits = {
        "select": "(studio.select('task_20'), null)",
        "move": "(studio.modeler.get('modeling').moveElements([studio.modeler.get("
        "'elementRegistry').get('task_20')], {x: 30, y: 20}), null)",
        "name": "(studio.modeler.get('modeling').updateProperties(studio.modeler.get("
        "'elementRegistry').get('task_20'), {name: '改了'}), null)",
        "undo": "(studio.modeler.get('commandStack').undo(), null)",
    }
    took = {name: min(spent(lambda act=act: asks(page, act)) for _ in range(2))
            for name, act in edits.items()}  # fmt: skip
    assert max(took.values()) < A_STALL, took


def _busy(session):
    """Seconds the page's thread has worked."""
    told = session.send("Performance.getMetrics")["metrics"]
    return next(one["value"] for one in told if one["name"] == "TaskDuration")
