"""Both languages are whole, and dates and durations read as people write them."""

import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from apiflask import APIFlask
from babel.messages.pofile import read_po

from engine.clock import Held
from engine.db import Sessions
from tests.web.site import application
from web import catalogue, i18n

AT = datetime(2026, 10, 14, 10, 0, tzinfo=UTC)  # 18:00 in China
_HOLE = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")
_WIDE = re.compile(r"[，。；：、（）]")


@pytest.fixture
def app(sessions: Sessions, held: Held, tmp_path: Path) -> APIFlask:
    return application(sessions, tmp_path)


@pytest.fixture
def chinese(app: APIFlask) -> Iterator[None]:
    with app.test_request_context("/?lang=zh"):
        yield


@pytest.fixture
def english(app: APIFlask) -> Iterator[None]:
    with app.test_request_context("/?lang=en"):
        yield


def test_the_english_is_english_with_the_same_holes() -> None:
    for msgid, string in catalogue.translated().items():
        forms = [string] if isinstance(string, str) else list(string)
        for form in forms:
            holes = {a or b for a, b in _HOLE.findall(form)}
            assert holes == {a or b for a, b in _HOLE.findall(msgid)}, msgid
            assert not _WIDE.search(form), f"{msgid}: full-width punctuation in {form}"
            assert "’" not in form, f"{msgid}: straight apostrophes"
            assert "please" not in form.lower(), msgid


def test_the_compiled_file_is_the_written_one() -> None:
    with catalogue.PO.open("rb") as file:
        written = read_po(file, locale="en")
    assert catalogue.MO.read_bytes() == catalogue.compiled(written)


def test_the_same_texts_give_the_same_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed = catalogue.PO.read_bytes(), catalogue.MO.read_bytes()
    po = tmp_path / "en" / "messages.po"
    po.parent.mkdir()
    po.write_bytes(committed[0])
    monkeypatch.setattr(catalogue, "PO", po)
    monkeypatch.setattr(catalogue, "MO", po.with_suffix(".mo"))
    assert catalogue.update() == []
    assert (po.read_bytes(), catalogue.MO.read_bytes()) == committed


def test_a_text_no_longer_said_keeps_its_english_until_it_is_said_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "PO", tmp_path / "messages.po")
    monkeypatch.setattr(catalogue, "MO", tmp_path / "messages.mo")
    monkeypatch.setattr(catalogue, "said", lambda: {"你好": "你好"})
    assert catalogue.update() == ["你好"]
    assert catalogue.update({"你好": "Hello", "再见": "Goodbye", "件": ["one", "many"]}) == []
    monkeypatch.setattr(catalogue, "said", lambda: {"再见": "再见", "件": ("件", "件")})
    assert catalogue.update() == []
    assert catalogue.translated()["再见"] == "Goodbye"
    assert list(catalogue.translated()["件"]) == ["one", "many"]


def test_the_command_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(catalogue, "PO", tmp_path / "messages.po")
    monkeypatch.setattr(catalogue, "MO", tmp_path / "messages.mo")
    monkeypatch.setattr(catalogue, "said", lambda: {"你好": "你好", "再见": "再见"})
    monkeypatch.setattr("sys.stdin", io.StringIO('{"你好": "Hello"}'))
    assert catalogue.main(["set"]) == 1
    assert json.loads(capsys.readouterr().out) == ["再见"]
    monkeypatch.setattr("sys.stdin", io.StringIO('{"再见": "Goodbye"}'))
    assert catalogue.main(["set"]) == 0
    assert catalogue.main(["update"]) == 0
    assert catalogue.main(["translate"]) == 2
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("asked", "cookie", "accepted", "spoken"),
    [
        ("", "", "", "zh-CN"),
        ("", "", "en-GB,en;q=0.9", "en"),
        ("", "", "fr", "zh-CN"),
        ("", "zh", "en", "zh-CN"),
        ("en", "zh", "zh", "en"),
        ("xx", "en", "", "en"),
        ("xx", "yy", "", "zh-CN"),
    ],
)
def test_which_language_is_spoken(
    app: APIFlask, asked: str, cookie: str, accepted: str, spoken: str
) -> None:
    client = app.test_client()
    if cookie:
        client.set_cookie(i18n.COOKIE, cookie)
    headers = {"Accept-Language": accepted} if accepted else {}
    page = client.get(f"/sign-in?lang={asked}" if asked else "/sign-in", headers=headers).text
    assert f'<html lang="{spoken}">' in page
    if spoken == "en":
        assert "Staff sign-in" in page
        assert "User name" in page


def test_a_choice_is_remembered(app: APIFlask) -> None:
    client = app.test_client()
    client.get("/sign-in?lang=en")
    assert '<html lang="en">' in client.get("/sign-in").text


def test_dates_in_chinese(chinese: None) -> None:
    assert i18n.moment(AT) == "10月14日（周三）18:00"
    assert i18n.day(AT) == "10月14日（周三）"
    assert i18n.day(date(2026, 10, 11)) == "10月11日（周日）"
    assert i18n.short_moment(AT) == "10月14日 18:00"
    assert i18n.short_day(AT) == "10-14"
    assert i18n.month_day(date(2025, 12, 3)) == "2025年12月3日"
    assert i18n.short_day(date(2025, 12, 3)) == "2025-12-03"


def test_dates_in_english(english: None) -> None:
    assert i18n.moment(AT) == "Wed 14 Oct, 18:00"
    assert i18n.day(date(2025, 12, 3)) == "Wed 3 Dec 2025"
    assert i18n.short_moment(AT) == "14 Oct 18:00"


def test_an_instant_for_machines(chinese: None) -> None:
    assert i18n.iso(AT) == "2026-10-14T10:00:00Z"
    assert i18n.iso(date(2026, 10, 14)) == "2026-10-14"


@pytest.mark.parametrize(
    ("days", "minutes", "words"),
    [
        (3, 180, "3 个工作日 3 小时"),
        (1, 45, "1 个工作日"),
        (0, 190, "3 小时 10 分"),
        (0, 60, "1 小时"),
        (0, 0, "0 分"),
    ],
)
def test_durations_in_chinese(chinese: None, days: int, minutes: int, words: str) -> None:
    assert i18n.duration(days, minutes) == words


@pytest.mark.parametrize(
    ("days", "minutes", "words"),
    [(1, 180, "1 working day 3 h"), (3, 30, "3 working days"), (0, 70, "1 h 10 min")],
)
def test_durations_in_english(english: None, days: int, minutes: int, words: str) -> None:
    assert i18n.duration(days, minutes) == words
    assert i18n.duration(2, 60, short=True) == "2 d 1 h"


def test_a_bilingual_text_falls_back_to_chinese(english: None) -> None:
    assert i18n.pick({"zh": "路灯", "en": "Lamps"}) == "Lamps"
    assert i18n.pick({"zh": "路灯", "en": ""}) == "路灯"
    assert i18n.pick({"zh": "路灯"}) == "路灯"
    assert i18n.pick("plain") == "plain"
    assert i18n.pick(None) == ""


def test_figures_have_thousands(chinese: None) -> None:
    assert i18n.count(1284) == "1,284"
