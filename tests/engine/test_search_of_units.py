"""What people of a unit find: all that they may see and nothing else, however common the word."""

import pytest
from sqlalchemy import func, select

from engine import text_index
from engine.commands import closing, splitting
from engine.commands.splitting import Part
from engine.db import reading, table, transaction
from engine.models import Case, CaseWords
from engine.prepared import wire
from engine.queries import case_list
from tests.engine.organising import acts, founded

pytestmark = pytest.mark.both
RETURN = {"signing": "return", "return_reason": "not_our_duty", "legal_basis": "三定方案第四条"}
TO_DISPATCH = ("complete_record", "screen")


def found(story, login, words="路灯"):
    """The numbers of the cases that somebody finds."""
    with reading(story.sessions) as session:
        wanted = case_list.Filter(text=words)
        return {one.number for one in case_list.page(session, story.actor(login), wanted).lines}


def sees(story, login):
    """The numbers of all cases that somebody may see."""
    with reading(story.sessions) as session:
        return {*session.scalars(select(Case.number).where(case_list.may_see(story.actor(login))))}


def indexed(story, *keys):
    """Whether the index has these units for the case and no other; SQLite's has none at all."""
    asked = (
        select(func.unnest(func.tsvector_to_array(CaseWords.words)))
        if story.sessions.dialect == "postgresql"
        else select(CaseWords.words)
    ).where(CaseWords.case_id == story.case.id)
    with reading(story.sessions) as session:
        words = session.scalars(asked).all()
    if story.sessions.dialect == "sqlite":
        return words == [None]
    return [one[1:] for one in words if one.startswith(text_index.UNIT)] == sorted(keys)


def test_a_unit_finds_what_it_handles_was_sent_and_may_take_up(story):
    story.receives().goes_through(*TO_DISPATCH, "dispatch", "sign")
    handled = story.number
    assert indexed(story, "utilities_bureau")
    story.receives().goes_through(*TO_DISPATCH).does(
        "dispatch", mode="pull", unit=None, candidate_units=["utilities_bureau", "xiufeng"]
    )
    offered = story.number
    assert indexed(story, "utilities_bureau", "xiufeng")
    story.receives().does("complete_record")
    story.does("screen", opinion="accept", co_units=["housing_bureau", "lingui"])
    story.goes_through("dispatch", "sign")
    together = story.number
    assert indexed(story, "housing_bureau", "lingui", "utilities_bureau")
    story.receives().goes_through(*TO_DISPATCH)
    assert indexed(story)
    wanted = {
        "shui.dian": {handled, offered, together},
        "xiu.feng": {offered},
        "lin.gui": {together},
        "wei.kang": set(),
    }
    for login, numbers in wanted.items():
        assert sees(story, login) == numbers, login
        for words in ("", "路灯", "路灯不亮", "路灯 2026"):
            assert found(story, login, words) == numbers, (login, words)
        assert found(story, login, "井盖") == set()
        assert found(story, login, handled) == numbers & {handled}
    assert found(story, "ling.yuan") == {handled, offered, together, story.number}


@pytest.mark.story
def test_what_was_returned_is_found_by_the_unit_before_and_by_the_one_after(story):
    story.receives().goes_through(*TO_DISPATCH, "dispatch").does("sign", **RETURN)
    assert found(story, "xiu.feng") == set()
    story.does("dispatch", unit="xiufeng").goes_through("sign")
    for login in ("shui.dian", "xiu.feng"):
        assert found(story, login) == sees(story, login) == {story.number}, login
    assert indexed(story, "utilities_bureau", "xiufeng")


@pytest.mark.story
def test_what_may_not_be_taken_up_any_more_is_not_found(story):
    """The index still names the unit; what it may see decides."""
    units = ["housing_bureau", "xiufeng"]
    story.receives().goes_through(*TO_DISPATCH)
    story.does("dispatch", mode="pull", unit=None, candidate_units=units)
    assert found(story, "xiu.feng") == {story.number}
    with transaction(story.sessions) as session:
        case = session.get_one(Case, story.case.id)
        case.facts = {**case.facts, "candidate_units": []}
    assert found(story, "xiu.feng") == sees(story, "xiu.feng") == set()
    assert indexed(story, *units)


@pytest.mark.story
def test_parts_of_a_message_are_found_each_by_its_own_unit(story):
    story.receives(body="一、路灯不亮。二、井盖响。").does("complete_record")
    lamp, cover = Part("路灯不亮。", "路灯不亮"), Part("井盖响。", "井盖响")
    with transaction(story.sessions) as session:
        by = story.with_role("screener", "jdz_office")
        made = splitting.split(
            session, story.vault, story.number, [lamp, cover], by=by, parts_before=0
        )
    story.worker.drain()
    story.does("screen").does("dispatch", unit="utilities_bureau")
    story.received = made.parts[0]
    story.does("screen").does("dispatch", unit="xiufeng")
    first, second = made.numbers
    for login, words, numbers in (
        ("shui.dian", "路灯", {first}),
        ("shui.dian", "井盖", set()),
        ("xiu.feng", "井盖", {second}),
        ("xiu.feng", "路灯", set()),
    ):
        assert found(story, login, words) == numbers, (login, words)


@pytest.mark.story
def test_a_case_that_was_joined_is_found_by_the_unit_that_answered_for_it(story):
    story.receives().goes_through(*TO_DISPATCH, "dispatch")
    main = story.received
    story.receives(phone="13900005678").does("complete_record")
    story.does("screen", opinion="duplicate", matter=main.number)
    joined, story.received = story.received, main
    assert found(story, "shui.dian") == {main.number}
    story.goes_through("sign", "contact_citizen", "handle", "write_answer", "review_answer")
    story.does("answer_directly")
    story.received = joined
    assert found(story, "shui.dian") == sees(story, "shui.dian") == {main.number, joined.number}
    assert indexed(story, "utilities_bureau")


@pytest.mark.story
def test_what_a_closed_unit_had_is_found_by_its_successor(story):
    founded(story)
    story.receives().goes_through(*TO_DISPATCH).does("dispatch", unit="market_branch")
    acts(story, closing.close, "market_branch", "xiufeng")
    assert found(story, "xiu.feng") == sees(story, "xiu.feng") == {story.number}
    assert indexed(story, "market_branch", "xiufeng")


def test_new_words_keep_the_units_and_a_sealed_case_has_none(story):
    story.receives().goes_through(*TO_DISPATCH, "dispatch").does("sign", **RETURN)
    story.does("dispatch", unit="xiufeng")
    both = ("utilities_bureau", "xiufeng")
    for change, kept, words in (
        ({"title": "井盖响", "body": "井盖响。"}, both, {story.number}),
        ({"confidential": True}, both, set()),
        ({"sealed": True}, (), set()),
        ({"sealed": False, "confidential": False}, both, {story.number}),
    ):
        with transaction(story.sessions) as session:
            case = session.get_one(Case, story.case.id)
            columns = {one.name: getattr(case, one.name) for one in table(Case).c}
            said = text_index.said(
                columns, confidential=case.confidential, units=text_index.units(case.facts)
            )
            text_index.change(wire(session), case.id, said, change)
            for name, value in change.items():
                setattr(case, name, value)
        assert indexed(story, *kept), change
        assert found(story, "xiu.feng", "井盖") == words, change
        assert found(story, "xiu.feng", "路灯") == set()


def test_nobody_finds_a_case_by_the_key_of_a_unit(story):
    story.receives(body="/xiufeng 的路灯不亮。").goes_through(*TO_DISPATCH, "dispatch")
    for words in ("utilities_bureau", "util", "/utilities_bureau", "/"):
        assert found(story, "ling.yuan", words) == found(story, "shui.dian", words) == set(), words
    assert found(story, "xiu.feng") == set(), "what a citizen writes names no unit"
    assert found(story, "ling.yuan", "/xiufeng") == {story.number}
