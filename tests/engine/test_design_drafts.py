"""Drafts of the studio: what is drawn is kept, no window writes over another, nothing is lost."""

from uuid import uuid4

import pytest
from sqlalchemy import func, select

from engine.commands import design_comments, design_drafts, design_presence
from engine.commands.design_drafts import LARGEST_FILE, MOST_DRAFTS, PROCESS, Window
from engine.db import reading, transaction
from engine.errors import Conflict, InvalidInput, NotAllowed, NotFound, TooLarge
from engine.models import DesignFile, DesignKind, DesignStatus
from engine.queries import design_drafts as drafts
from engine.queries import design_talk

pytestmark = pytest.mark.both


@pytest.fixture
def me(story):
    return story.actor("she.ji")


@pytest.fixture
def colleague(story):
    return story.actor("guan.li")


@pytest.fixture
def draft(sessions, me):
    with transaction(sessions) as session:
        return design_drafts.begin(session, DesignKind.PROCESS, "appeal", by=me)


def save(sessions, draft, me, words, revision=1, tab="one", turn=1, path=PROCESS):
    with transaction(sessions) as session:
        window = Window(revision, tab, turn)
        return design_drafts.save(session, draft, path, words.encode(), window, by=me)


def opened(sessions, draft, me):
    with reading(sessions) as session:
        return drafts.opened(session, me, draft)


def text(sessions, draft, me, path=PROCESS):
    return opened(sessions, draft, me).files[path].content.decode()


def all_texts(sessions):
    """Everything that is kept anywhere of the diagram."""
    with reading(sessions) as session:
        rows = session.scalars(select(DesignFile.content).where(DesignFile.path == PROCESS))
        return sorted(row.decode()[:20] for row in rows)


def test_a_draft_begins_with_all_files_of_what_is_deployed(sessions, draft, me):
    found = opened(sessions, draft, me)
    assert found.line.base_version == 1
    assert found.line.editable
    assert {PROCESS, "classify.dmn", "forms/sign.json"} <= set(found.files)
    assert b"<bpmn:process" in found.files[PROCESS].content


def test_one_window_saves_again_and_again(story, sessions, draft, me):
    first = save(sessions, draft, me, "<一/>")
    story.passes(minutes=1)
    again = save(sessions, draft, me, "<二/>", revision=1, turn=2)
    assert (first.revision, again.revision, again.apart) == (2, 3, False), "it follows itself"
    assert text(sessions, draft, me) == "<二/>"
    assert opened(sessions, draft, me).line.saved_at == story.clock.at


def test_a_save_that_comes_late_or_twice_writes_nothing_over(sessions, draft, me):
    save(sessions, draft, me, "<二/>", turn=2)
    late = save(sessions, draft, me, "<一/>", turn=1)
    twice = save(sessions, draft, me, "<二/>", turn=2)
    assert (late.revision, twice.revision) == (2, 2)
    assert text(sessions, draft, me) == "<二/>"


def test_two_windows_are_laid_beside_each_other(sessions, draft, me):
    save(sessions, draft, me, "<第一扇/>", tab="one")
    second = save(sessions, draft, me, "<第二扇/>", tab="two")
    assert second.apart
    assert second.draft_id != draft
    assert text(sessions, draft, me) == "<第一扇/>"
    assert text(sessions, second.draft_id, me) == "<第二扇/>"
    beside = opened(sessions, second.draft_id, me)
    assert beside.line.apart_of == draft
    assert "classify.dmn" in beside.files, "a whole draft, not one file"
    # Also when it does not know yet that it has a draft of its own.
    more = save(sessions, draft, me, "<第二扇又画/>", tab="two", turn=2)
    assert (more.draft_id, more.apart) == (second.draft_id, True)
    assert text(sessions, second.draft_id, me) == "<第二扇又画/>"
    third = save(sessions, draft, me, "<第三扇/>", tab="three")
    assert third.draft_id not in {draft, second.draft_id}


def test_a_window_that_read_the_newest_goes_on_in_the_same_draft(sessions, draft, me):
    save(sessions, draft, me, "<第一扇/>", tab="one")
    second = save(sessions, draft, me, "<第二扇/>", revision=2, tab="two")
    assert (second.draft_id, second.revision, second.apart) == (draft, 3, False)


def test_what_comes_after_a_draft_was_put_away_is_laid_beside_it(sessions, draft, me):
    with transaction(sessions) as session:
        design_drafts.drop(session, draft, by=me)
    late = save(sessions, draft, me, "<晚到/>")
    assert late.apart
    assert text(sessions, late.draft_id, me) == "<晚到/>"
    with transaction(sessions) as session:
        design_drafts.take_up(session, draft, by=me)
    assert opened(sessions, draft, me).line.status is DesignStatus.OPEN
    with pytest.raises(Conflict), transaction(sessions) as session:
        design_drafts.take_up(session, draft, by=me)


def test_a_new_file_a_removed_one_and_one_that_comes_back(sessions, draft, me):
    path = "forms/legal_opinion.json"
    first = save(sessions, draft, me, "{}", revision=0, path=path)
    assert first.revision == 1
    with transaction(sessions) as session:
        design_drafts.remove(session, draft, path, by=me)
    assert path not in opened(sessions, draft, me).files
    save(sessions, draft, me, "{}", revision=2, tab="two", path=path)
    assert text(sessions, draft, me, path) == "{}"
    with pytest.raises(InvalidInput), transaction(sessions) as session:
        design_drafts.remove(session, draft, PROCESS, by=me)


def test_others_look_and_copy_but_do_not_change(sessions, draft, me, colleague):
    save(sessions, draft, me, "<我的/>")
    with pytest.raises(NotAllowed):
        save(sessions, draft, colleague, "<你的/>", revision=2)
    assert not opened(sessions, draft, colleague).line.editable
    with transaction(sessions) as session:
        own = design_drafts.copy(session, draft, by=colleague)
    assert text(sessions, own, colleague) == "<我的/>"
    save(sessions, own, colleague, "<你的/>")
    assert text(sessions, draft, me) == "<我的/>"


def test_bad_input_is_refused_in_words(sessions, draft, me):
    for path in ("../etc/passwd", "forms/A.json", "pack.json", "x.exe", "forms/a/b.json"):
        with pytest.raises(InvalidInput, match="path"):
            save(sessions, draft, me, "x", path=path)
    with pytest.raises(TooLarge, match=r"process\.bpmn"):
        save(sessions, draft, me, "x" * (LARGEST_FILE + 1))
    with pytest.raises(NotFound):
        save(sessions, uuid4(), me, "x")
    with pytest.raises(InvalidInput, match="key"), transaction(sessions) as session:
        design_drafts.lay(session, DesignKind.PROCESS, "Über", {}, by=me)
    with pytest.raises(NotFound), transaction(sessions) as session:
        design_drafts.begin(session, DesignKind.PROCESS, "appeal", by=me, version=9)
    with pytest.raises(InvalidInput), transaction(sessions) as session:
        design_drafts.rename(session, draft, "长" * 101, by=me)


def test_nobody_has_drafts_without_end(sessions, me):
    with transaction(sessions) as session:
        for number in range(MOST_DRAFTS):
            design_drafts.lay(session, DesignKind.PROCESS, f"p{number}", {}, by=me)
        with pytest.raises(Conflict):
            design_drafts.lay(session, DesignKind.PROCESS, "one_more", {}, by=me)


def test_who_is_there_counts_for_two_minutes(story, sessions, me, colleague):
    def seen(actor):
        with transaction(sessions) as session:
            design_presence.seen(session, "process", "appeal", actor.id)

    def others():
        with reading(sessions) as session:
            return [one["zh"] for one in design_talk.others(session, "process", "appeal", me)]

    seen(me)
    seen(colleague)
    story.passes(minutes=1)
    seen(colleague)
    assert others() == [colleague.name_zh]
    story.passes(minutes=3)
    assert others() == []


def test_comments_are_said_and_settled(story, sessions, me, colleague):
    with transaction(sessions) as session:
        first = design_comments.say(session, "appeal", "screen", " 为什么两个角色？ ", by=me)
    story.passes(minutes=1)
    with transaction(sessions) as session:
        design_comments.say(session, "appeal", "sign", "时限太长", by=colleague)
        design_comments.settle(session, "appeal", first, by=colleague)
        design_comments.settle(session, "appeal", first, by=me)
    with reading(sessions) as session:
        found = design_talk.comments(session, "appeal")
        assert design_talk.comments(session, "extension") == []
    assert [(one.element, one.text) for one in found] == [
        ("sign", "时限太长"),
        ("screen", "为什么两个角色？"),
    ]
    assert found[1].settled_by["zh"] == colleague.name_zh, "who did it first"
    with transaction(sessions) as session:
        with pytest.raises(NotFound):
            design_comments.settle(session, "extension", first, by=me)
        for element, words in (("a b", "x"), ("sign", " "), ("sign", "x" * 2001)):
            with pytest.raises(InvalidInput):
                design_comments.say(session, "appeal", element, words, by=me)


def test_nothing_that_was_saved_is_ever_gone(sessions, draft, me):
    for number, tab in enumerate(("one", "two", "one", "three", "two"), 1):
        save(sessions, draft, me, f"<第{number}笔/>", tab=tab, turn=number)
    kept = all_texts(sessions)
    assert {"<第3笔/>", "<第4笔/>", "<第5笔/>"} <= set(kept), "the last of each window"
    with reading(sessions) as session:
        assert session.scalar(select(func.count()).select_from(DesignFile)) >= 3
