"""The parts of pages: what each draws, and that texts are escaped."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import flash, render_template_string

from engine.clock import Held
from engine.db import Sessions
from tests.web.site import application
from web.clocks import Badge

AT = datetime(2026, 11, 2, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
Draw = Callable[..., str]


@pytest.fixture(params=["zh"])
def draw(
    sessions: Sessions, held: Held, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Draw]:
    """A page made of one call of a macro."""
    app = application(sessions, tmp_path)

    def render(call: str, **given: Any) -> str:
        source = "{% import '_macros.html' as m with context %}" + call
        return render_template_string(source, at=AT, **given)

    with app.test_request_context(f"/here?lang={request.param}&view=late&page=2"):
        yield render


english = pytest.mark.parametrize("draw", ["en"], indirect=True)


@pytest.mark.parametrize("state", ["ok", "soon", "late", "hold", "met"])
def test_a_due_badge_has_a_shape_and_words(draw: Draw, state: str) -> None:
    page = draw("{{ m.due(badge) }}", badge=Badge(state, "剩 3 小时", "11月2日", "/days"))
    assert "剩 3 小时" in page
    assert 'href="/days"' in page
    assert ('class="due"' if state == "ok" else f"due--{state}") in page
    assert draw("{{ m.due(none) }}") == ""


def test_texts_are_escaped(draw: Draw) -> None:
    bad = "<script>alert(1)</script>"
    calls = (
        "{{ m.tag(t) }}{{ m.seal(t) }}{{ m.chip(t, '#', t) }}{{ m.pips(1, 5, t) }}",
        "{{ m.stages([{'name': t, 'note': t, 'state': 'now'}]) }}{{ m.wizard(1, [t]) }}",
        "{{ m.facts([(t, t)]) }}{{ m.answers([(t, t, '#')]) }}{{ m.zh(t) }}",
        "{{ m.timeline([{'title': t, 'text': t, 'when': t}]) }}{{ m.errors([('x', t)], t) }}",
        "{{ m.empty(t, t, '#', t) }}{{ m.figs([{'label': t, 'value': t, 'note': t}]) }}",
        "{{ m.views([{'label': t, 'url': '#'}]) }}{{ m.tabs([{'label': t, 'url': '#'}], t) }}",
        "{{ m.search(value=t, placeholder=t) }}{{ m.post('/x', t, values={'a': t}) }}",
    )
    for call in calls:
        page = draw(call, t=bad)
        assert "<script>" not in page, call
        assert "&lt;script&gt;" in page, call


def test_stages_say_where_a_case_stands(draw: Draw) -> None:
    names = ["初筛", "转办", "办理", "反馈"]
    states = ["done", "done", "now", "next"]
    items = [{"name": n, "state": s} for n, s in zip(names, states, strict=True)]
    page = draw("{{ m.stages(items) }}", items=items)
    assert page.count('class="is-done"') == 2
    assert page.count('aria-current="step"') == 1


@pytest.mark.parametrize(("at", "of"), [(1, 4), (3, 5), (8, 8)])
def test_marks_fit_any_number_of_stages(draw: Draw, at: int, of: int) -> None:
    page = draw(f"{{{{ m.pips({at}, {of}, '写答复') }}}}")
    assert page.count("<rect") == of
    assert page.count('class="on"') == at


def test_a_figure_opens_into_its_cases(draw: Draw) -> None:
    page = draw("{{ m.figs([{'label': '超期', 'value': 2, 'state': 'late', 'url': '/inbox'}]) }}")
    assert '<a class="fig fig--late" href="/inbox">' in page


def test_pages_keep_the_filters(draw: Draw) -> None:
    page = draw("{{ m.pages(2, 50, 1120) }}")
    assert '<span aria-current="page">2</span>' in page
    assert 'href="/here?lang=zh&amp;view=late&amp;page=23"' in page
    assert "每页 50 件，共 1,120 件" in page


def test_a_button_that_posts_carries_its_tokens(draw: Draw) -> None:
    page = draw("{{ m.post('/x', '签收', values={'do': 'claim'}) }}")
    assert 'name="csrf_token"' in page
    assert 'name="request_token"' in page
    assert 'name="do" value="claim"' in page
    assert 'method="post"' in page


def test_what_was_flashed_is_shown_once(draw: Draw) -> None:
    flash("收到了")
    flash({"text": "已签收 3 件", "url": "/undo", "label": "撤销"})  # type: ignore[arg-type]
    flash("一件没有签收", "soon")
    page = draw("{{ m.flashes() }}")
    assert page.count('role="status"') == 3
    assert '<a href="/undo">撤销</a>' in page
    assert "note--soon" in page


def test_a_drawing_has_its_words_beside_it(draw: Draw) -> None:
    page = draw(
        "{% call m.diagram('/x.bpmn', '/state.json', '流程图') %}<li>办理</li>{% endcall %}"
    )
    assert 'data-diagram="/x.bpmn" data-state="/state.json"' in page
    assert "<li>办理</li>" in page
    assert " hidden " in page, "the empty box shows only when it is drawn"


@english
def test_chinese_words_are_marked_on_an_english_page(draw: Draw) -> None:
    assert draw("{{ m.zh('路灯') }}") == '<span lang="zh-CN">路灯</span>'
    assert draw("{{ m.at(at) }}") == '<time datetime="2026-11-02T01:00:00Z">Mon 2 Nov, 09:00</time>'
    assert "Day by day" in draw("{{ m.days([]) }}")
    assert ">中文</a>" in draw("{{ m.other_language() }}")


def test_dialogs_are_named(draw: Draw) -> None:
    page = draw("{% call m.dialog('urge', '催办') %}x{% endcall %}{{ m.keys() }}{{ m.peek() }}")
    assert 'aria-labelledby="urge-h"' in page
    assert '<h2 id="urge-h">催办</h2>' in page
    assert "data-shortcuts-switch" in page
    assert "data-body" in page


def test_a_note_and_an_empty_list_say_why(draw: Draw) -> None:
    assert 'class="note note--late"' in draw("{% call m.note('late') %}连不上了{% endcall %}")
    page = draw("{{ m.empty('都办完了', '今天 18 件。', '/all', '看全部') }}")
    assert '<a class="btn" href="/all">看全部</a>' in page
