"""Forms made of a JSON Schema: what is drawn, and that answers survive a browser."""

import json
from collections.abc import Iterator
from datetime import datetime
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from apiflask import APIFlask
from flask import render_template_string
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import FileStorage, MultiDict

from engine import forms
from engine.db import connect
from engine.errors import InvalidAnswers
from engine.settings import Settings
from web import schema_form
from web.app import create_app

CHINA = ZoneInfo("Asia/Shanghai")
ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted((ROOT / "workflows").rglob("forms/*.json"))
PAGE = "{% import '_fields.html' as form with context %}<form>{{ form.rows(rows) }}</form>"
UNITS = {f"unit_{n}": {"zh": f"第{n}单位", "en": f"Unit {n}"} for n in range(8)}

SCHEMA: dict[str, Any] = {
    "title": "试",
    "type": "object",
    "additionalProperties": False,
    "required": ["outcome", "reached"],
    "properties": {
        "outcome": {
            "type": "string",
            "enum": ["solved", "partly", "refused"],
            "x-title": {"zh": "结果", "en": "Outcome"},
            "x-labels": {
                "solved": {"zh": "已解决", "en": "Solved"},
                "partly": {"zh": "部分解决", "en": "Partly"},
                "refused": {"zh": "不予受理", "en": "Refused"},
            },
        },
        "reached": {"type": "boolean", "x-title": {"zh": "接通", "en": "Reached"}},
        "published": {"type": "boolean", "x-title": {"zh": "公开", "en": "Publish"}},
        "reason": {
            "type": "string",
            "maxLength": 500,
            "x-widget": "textarea",
            "x-title": {"zh": "理由", "en": "Reason"},
            "x-help": {"zh": "写明依据。", "en": "Say why."},
            "x-show-if": {"field": "outcome", "op": "in", "value": ["partly", "refused"]},
            "x-required": True,
        },
        "unit": {
            "type": "string",
            "x-options": "units",
            "x-widget": "unit",
            "x-title": {"zh": "单位", "en": "Unit"},
        },
        "helpers": {
            "type": "array",
            "items": {"type": "string"},
            "x-options": "units",
            "x-widget": "units",
            "x-title": {"zh": "协办", "en": "Helpers"},
        },
        "days": {
            "type": "integer",
            "minimum": 1,
            "maximum": 90,
            "x-title": {"zh": "天数", "en": "Days"},
        },
        "cost": {"type": "number", "x-title": {"zh": "花费", "en": "Cost"}},
        "stars": {
            "type": "integer",
            "minimum": 1,
            "maximum": 5,
            "x-widget": "stars",
            "x-title": {"zh": "满意", "en": "Satisfied"},
        },
        "called_at": {
            "type": "string",
            "format": "date-time",
            "x-title": {"zh": "通话时间", "en": "Called at"},
        },
        "done_on": {"type": "string", "format": "date", "x-title": {"zh": "日期", "en": "Day"}},
        "title": {"type": "string", "maxLength": 40, "x-title": {"zh": "标题", "en": "Title"}},
        "evidence": {
            "type": "array",
            "items": {"type": "string"},
            "x-widget": "files",
            "x-title": {"zh": "证据", "en": "Evidence"},
        },
    },
    "layout": [
        ["outcome", "reached"],
        ["published"],
        ["reason"],
        ["unit"],
        ["helpers"],
        ["days", "cost", "stars"],
        ["called_at", "done_on"],
        ["title"],
        ["evidence"],
    ],
}
OPTIONS = {"units": UNITS}


class Browser(HTMLParser):
    """What a browser sends of a page's form, and what it shows."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sent: MultiDict[str, str] = MultiDict()
        self.ids: list[str] = []
        self.labels: list[str] = []
        self.described: list[str] = []
        self._select = self._text = ""
        self._written: list[str] = []
        self._chosen = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        name = has.get("name") or ""
        if has.get("id"):
            self.ids.append(has["id"] or "")
        self.described += (has.get("aria-describedby") or "").split()
        if tag == "label" and has.get("for"):
            self.labels.append(has["for"] or "")
        if tag == "input" and has.get("type") in {"radio", "checkbox"}:
            if "checked" in has:
                self.sent.add(name, has.get("value") or "on")
        elif tag == "input" and has.get("type") != "file":
            self.sent.add(name, has.get("value") or "")
        elif tag == "select":
            self._select, self._chosen = name, ""
        elif tag == "option" and "selected" in has:
            self._chosen = has.get("value") or ""
        elif tag == "textarea":
            self._text, self._written = name, []

    def handle_data(self, data: str) -> None:
        if self._text:
            self._written.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.sent.add(self._select, self._chosen)
        elif tag == "textarea":
            # A browser drops the first line end of a textarea and sends the others as CR LF.
            text = "".join(self._written).removeprefix("\n")
            self.sent.add(self._text, text.replace("\n", "\r\n"))
            self._text = ""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[APIFlask]:
    """An application; these tests ask the database nothing."""
    sessions = connect("sqlite://")
    home = tmp_path_factory.mktemp("home")
    yield create_app(sessions, Settings(home=home, database_url=""))
    sessions.kw["bind"].dispose()


def drawn(app: APIFlask, schema: dict[str, Any], *, lang: str = "zh", **given: Any) -> str:
    """The page of a form."""
    options = dict.fromkeys(forms.options_needed(schema), UNITS)
    with app.test_request_context(f"/?lang={lang}"):
        rows = schema_form.rows(schema, CHINA, options=options, **given)
        return render_template_string(PAGE, rows=rows)


def through_browser(app: APIFlask, schema: dict[str, Any], answers: dict[str, Any]) -> Any:
    """The answers after they stood in a form and were sent unchanged."""
    browser = Browser(drawn(app, schema, values=answers))
    return forms.clean(schema, schema_form.answers(schema, browser.sent, CHINA))


def _text(field: dict[str, Any]) -> st.SearchStrategy[str]:
    """Texts as this field's control sends them."""
    if field.get("format") == "date":
        return st.dates().map(str)
    if field.get("format") == "date-time":
        minutes = st.integers(15_000_000, 60_000_000)
        return minutes.map(lambda n: datetime.fromtimestamp(n * 60, CHINA).isoformat())
    said = st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" \n"))
    lines = field.get("x-widget") == "textarea"
    return said if lines else said.map(lambda text: text.replace("\n", " "))


def _answer(field: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Answers a person could give to this field."""
    one: st.SearchStrategy[Any]
    if "x-options" in field:
        one = st.sampled_from(sorted(UNITS))
    elif "enum" in field or "enum" in field.get("items", {}):
        one = st.sampled_from(field.get("enum") or field["items"]["enum"])
    elif field["type"] == "array":
        one = st.text("abc0123456789", min_size=1, max_size=8)
    else:
        one = {
            "boolean": st.booleans(),
            "integer": st.integers(field.get("minimum", -1000), field.get("maximum", 1000)),
            "number": st.integers(-(10**6), 10**6).map(lambda n: n / 100),
            "string": _text(field),
        }[field["type"]]
    return st.lists(one, unique=True, max_size=4).map(sorted) if field["type"] == "array" else one


@st.composite
def answered(draw: st.DrawFn, schema: dict[str, Any]) -> dict[str, Any]:
    """Clean answers to some fields of a form."""
    given_answers = {
        name: draw(_answer(field))
        for name, field in schema["properties"].items()
        if draw(st.booleans())
    }
    # A box nobody ticked says no.
    for name, field in schema["properties"].items():
        must = name in schema.get("required", []) or field.get("x-required")
        if field["type"] == "boolean" and not must:
            given_answers.setdefault(name, False)
    return forms.clean(schema, given_answers)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_answers_survive_the_form(app: APIFlask, data: st.DataObject) -> None:
    answers = data.draw(answered(SCHEMA))
    assert through_browser(app, SCHEMA, answers) == answers


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_answers_survive_every_shipped_form(app: APIFlask, path: Path, data: st.DataObject) -> None:
    schema = json.loads(path.read_text(encoding="utf-8"))
    answers = data.draw(answered(schema))
    assert through_browser(app, schema, answers) == answers


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_shipped_form_is_drawn_whole(app: APIFlask, path: Path, lang: str) -> None:
    schema = json.loads(path.read_text(encoding="utf-8"))
    faults = {name: {"zh": "还没有填。", "en": "Fill in."} for name in schema["properties"]}
    page = drawn(app, schema, lang=lang, faults=faults)
    browser = Browser(page)
    assert len(browser.ids) == len(set(browser.ids)), "ids are unique"
    assert set(browser.described) <= set(browser.ids), "what describes a control is there"
    assert set(browser.labels) <= set(browser.ids)
    for name, field in schema["properties"].items():
        assert f"f-{name}" in browser.ids, "the summary's link finds the field"
        assert field["x-title"][lang] in page
    assert page.count("Fill in." if lang == "en" else "还没有填。") == len(faults)


def test_widgets_fit_what_is_asked(app: APIFlask) -> None:
    with app.test_request_context("/"):
        rows = schema_form.rows(SCHEMA, CHINA, options=OPTIONS)
    assert [[field.name for field in row] for row in rows] == SCHEMA["layout"]
    assert {field.name: field.widget for field in schema_form.flat(rows)} == {
        "outcome": "radio",
        "reached": "yes_no",
        "published": "checkbox",
        "reason": "textarea",
        "unit": "select",
        "helpers": "checkboxes",
        "days": "integer",
        "cost": "number",
        "stars": "stars",
        "called_at": "datetime",
        "done_on": "date",
        "title": "text",
        "evidence": "files",
    }


def test_a_condition_is_told_to_people_and_to_the_browser(app: APIFlask) -> None:
    page = drawn(app, SCHEMA)
    assert "「结果」选「部分解决、不予受理」时填" in page
    assert 'data-if-name="answer.outcome"' in page
    assert 'data-if-value="[&#34;partly&#34;, &#34;refused&#34;]"' in page
    assert "Fill in when “Outcome” is “Partly, Refused”" in drawn(app, SCHEMA, lang="en")


def test_faults_stand_in_the_summary_in_the_forms_order(app: APIFlask) -> None:
    with pytest.raises(InvalidAnswers) as refused:
        forms.check(SCHEMA, {"outcome": "refused", "days": 900, "unit": "x"}, OPTIONS)
    with app.test_request_context("/?lang=en"):
        links = schema_form.fault_links(
            SCHEMA, {"extra": {"zh": "多了", "en": "Too much"}, **refused.value.fields}
        )
        assert [target for target, _ in links] == [
            "f-reached",
            "f-reason",
            "f-unit",
            "f-days",
            "main",
        ]
        assert links[0][1] == "Choose “Reached”."
    page = drawn(app, SCHEMA, faults=refused.value.fields)
    assert 'aria-describedby="f-days-e" aria-invalid="true"' in page
    assert "「天数」要在 1 到 90 之间。" in page


def test_what_cannot_be_read_is_shown_again_and_refused(app: APIFlask) -> None:
    posted = MultiDict(
        {
            "answer.outcome": "solved",
            "answer.reached": "maybe",
            "answer.days": "several",
            "answer.cost": "nan",
            "answer.called_at": "tomorrow",
        }
    )
    answers = schema_form.answers(SCHEMA, posted, CHINA)
    assert answers["days"] == "several"
    assert answers["cost"] == "nan"
    with pytest.raises(InvalidAnswers) as refused:
        forms.check(SCHEMA, forms.clean(SCHEMA, answers), OPTIONS)
    assert set(refused.value.fields) == {"reached", "days", "cost", "called_at"}
    page = drawn(app, SCHEMA, values=answers, faults=refused.value.fields)
    assert 'value="several"' in page
    assert 'value="tomorrow"' in page


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("12", 12),
        (" 12 ", 12),
        ("１２", 12),
        ("1,200", 1200),
        ("-3", -3),
        ("1_0", "1_0"),
        ("1.5", "1.5"),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_whole_numbers_as_people_type_them(typed: str, read: Any) -> None:
    posted = MultiDict({"answer.days": typed})
    assert schema_form.answers(SCHEMA, posted, CHINA)["days"] == read


def test_a_local_time_becomes_an_instant_and_back(app: APIFlask) -> None:
    posted = MultiDict({"answer.called_at": "2026-10-14T09:30"})
    answers = schema_form.answers(SCHEMA, posted, CHINA)
    assert answers["called_at"] == "2026-10-14T09:30:00+08:00"
    assert 'value="2026-10-14T09:30"' in drawn(app, SCHEMA, values=answers)
    assert 'value="2026-10-14T09:30"' in drawn(
        app, SCHEMA, values={"called_at": "2026-10-14T01:30:00+00:00"}
    )


def test_an_open_question_left_open_is_no_answer() -> None:
    answers = schema_form.answers(SCHEMA, MultiDict(), CHINA)
    assert "reached" not in answers
    assert answers["published"] is False


def test_fields_of_other_names_are_not_answers() -> None:
    posted = MultiDict({"outcome": "solved", "answer.csrf_token": "x", "answer.nothing": "y"})
    assert set(schema_form.answers(SCHEMA, posted, CHINA)) == {"published", "helpers", "evidence"}


def test_what_is_typed_is_escaped(app: APIFlask) -> None:
    said = "</textarea><script>alert(1)</script>"
    page = drawn(app, SCHEMA, values={"reason": said, "title": '" autofocus onfocus="x'})
    assert "<script>" not in page
    assert 'onfocus="x' not in page


def test_kept_files_stay_and_new_ones_are_handed_over(app: APIFlask) -> None:
    page = drawn(app, SCHEMA, values={"evidence": ["abc", "def"]}, file_names={"abc": "修后.jpg"})
    assert "修后.jpg" in page
    assert Browser(page).sent.getlist("answer.evidence") == ["abc", "def"]
    sent = FileStorage(BytesIO(b"x"), filename="亮灯.jpg")
    none = FileStorage(BytesIO(b""), filename="")
    files = MultiDict([("answer.evidence.new", sent), ("answer.evidence.new", none)])
    assert schema_form.uploads(SCHEMA, files) == {"evidence": [sent]}
    assert schema_form.uploads(SCHEMA, MultiDict()) == {}
    assert schema_form.has_files(SCHEMA)


def test_a_default_stands_until_there_are_answers(app: APIFlask) -> None:
    field = {"type": "integer", "default": 5, "x-title": {"zh": "天数", "en": "Days"}}
    schema = {**SCHEMA, "properties": {"days": field}, "required": [], "layout": [["days"]]}
    assert 'value="5"' in drawn(app, schema)
    assert 'value="5"' not in drawn(app, schema, values={})
