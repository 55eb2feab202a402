"""Phrases: whose they are, where they are offered, what their variables become."""

import pytest

from engine import answer_checks, phrases
from engine.commands import phrases as commands
from engine.commands.phrases import Wording
from engine.db import new_key, reading, transaction
from engine.errors import Conflict, InvalidAnswers, NotAllowed, NotFound
from engine.models import HistoryEvent
from engine.queries import phrases as known

UNIT = "utilities_bureau"


@pytest.fixture
def handler(story):
    return story.actor("shui.dian")


def save(sessions, by, phrase_id=None, **said):
    wording = Wording(**{"title": "路灯修好", "text": "{{person}}：路灯已修好。", **said})
    with transaction(sessions) as session:
        return commands.save(session, wording, by=by, phrase_id=phrase_id)


def offered(sessions, by, kind="answer", category="urban"):
    with reading(sessions) as session:
        return [one.title for one in known.usable(session, by, kind=kind, category=category)]


def test_words_are_filled_in_once_and_as_they_are():
    said = {"number": "GL-1", "title": "{{number}} <b>", "place": ""}
    assert phrases.filled("{{ number }}，{{title}}", said) == "GL-1，{{number}} <b>"
    assert phrases.filled("在{{place}}", said) == f"在{phrases.UNKNOWN}"
    assert phrases.filled("100% {x} {{", said) == "100% {x} {{"


@pytest.mark.parametrize(
    ("name", "near"),
    [("nunber", "number"), ("Due", "due"), ("编号", "number"), ("到期时间", "due"), ("x", "")],
)
def test_an_unknown_variable_is_refused_with_the_nearest(sessions, handler, name, near):
    assert phrases.unknown(f"第{{{{{name}}}}}号") == {name: near}
    with pytest.raises(InvalidAnswers) as refusal:
        save(sessions, handler, text=f"第{{{{{name}}}}}号")
    told = refusal.value.fields["text"]
    assert f"{{{{{near or 'number'}}}}}" in told["zh"]
    assert f"{{{{{near or 'number'}}}}}" in told["en"]


def test_what_is_missing_is_said(sessions, handler):
    with pytest.raises(InvalidAnswers) as refusal:
        save(sessions, handler, title=" ", text="", kind="nonsense")
    assert set(refusal.value.fields) == {"title", "text", "kind"}


@pytest.mark.both
def test_ones_own_and_ones_units(story, sessions, handler):
    mine = save(sessions, handler, title="我的")
    units = save(sessions, handler, title="单位的", unit_key=UNIT, kind="answer", category="urban")
    save(sessions, handler, title="别的类", category="food")
    save(sessions, handler, title="别的表", kind="review")
    assert offered(sessions, handler) == ["单位的", "我的"], "those of the category come first"
    stranger = story.actor("zhu.jian")
    assert offered(sessions, stranger) == []
    with pytest.raises(NotFound):
        save(sessions, stranger, phrase_id=mine)
    with pytest.raises(NotAllowed):
        save(sessions, stranger, phrase_id=units)
    with pytest.raises(NotAllowed):
        save(sessions, stranger, unit_key=UNIT)
    with pytest.raises(NotFound), transaction(sessions) as session:
        commands.remove(session, new_key(), by=handler)
    with transaction(sessions) as session:
        commands.remove(session, units, by=handler)
    assert offered(sessions, handler) == ["我的"]
    with reading(sessions) as session:
        told = session.query(HistoryEvent.kind).filter_by(stream=f"unit:{UNIT}").all()
    assert {"phrase.saved", "phrase.removed"} <= {one.kind for one in told}


def test_there_is_an_end_to_it(sessions, handler, monkeypatch):
    monkeypatch.setattr(commands, "MOST", 2)
    first = save(sessions, handler)
    save(sessions, handler)
    with pytest.raises(Conflict):
        save(sessions, handler)
    save(sessions, handler, phrase_id=first, title="改过的")
    assert "改过的" in offered(sessions, handler)


@pytest.mark.parametrize(
    ("answer", "lacks"),
    [
        ("四盏路灯今天中午已经全部亮了。还有不亮的请拨打 12345。", set()),
        ("路灯已修好。", {"date", "contact"}),
        ("10月14日前请联系 0773-2812345。", {"result"}),
        ("", {"result", "date", "contact"}),
    ],
)
def test_an_answer_is_looked_through(answer, lacks):
    found = answer_checks.found(answer)
    assert {name for name in answer_checks.WANTED if not found[name]} == lacks
    assert not found["hollow"]
    assert answer_checks.found("我们高度重视，已转办。")["hollow"]
