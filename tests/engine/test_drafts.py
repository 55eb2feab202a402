"""Drafts: what is typed is kept, windows never write over each other, what is done is gone."""

import pytest

from engine.commands import drafts
from engine.commands.drafts import KEPT_FOR, LARGEST, MOST, Window
from engine.db import new_key, reading, transaction
from engine.errors import Conflict, InvalidInput, NotAllowed, NotFound
from engine.queries import drafts as kept

pytestmark = pytest.mark.both


@pytest.fixture
def task(story):
    """A task that waits for the handler."""
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    return story.task("contact_citizen").id


@pytest.fixture
def me(story, task):
    return story.someone_for(story.task("contact_citizen"))


def window(draft=None, revision=0, tab="one", turn=1):
    return Window(draft or new_key(), revision, tab, turn)


def save(sessions, task, me, words, where):
    with transaction(sessions) as session:
        return drafts.save(session, task, where, {"answer.what": [words]}, len(words), by=me)


def there(sessions, task, me):
    """What is kept, the last saved first."""
    with reading(sessions) as session:
        return [one.fields["answer.what"][0] for one in kept.of_task(session, task, me.id)]


def test_one_window_saves_again_and_again(story, sessions, task, me):
    first = save(sessions, task, me, "电", window())
    story.passes(minutes=1)
    again = save(sessions, task, me, "电话里说", window(first.id, first.revision, turn=2))
    assert (again.id, again.revision, again.apart) == (first.id, 2, False)
    with reading(sessions) as session:
        (found,) = kept.of_task(session, task, me.id)
    assert found.fields == {"answer.what": ["电话里说"]}
    assert (found.characters, found.saved_at) == (4, story.clock.at)


def test_a_save_whose_answer_was_lost_is_one_save(sessions, task, me):
    where = window()
    first = save(sessions, task, me, "约好明天", where)
    again = save(sessions, task, me, "约好明天上门", Window(where.draft_id, 0, "one", 2))
    assert (again.id, again.apart) == (first.id, False), "a window follows itself"
    assert there(sessions, task, me) == ["约好明天上门"]


def test_a_save_that_comes_late_writes_nothing_over(sessions, task, me):
    first = save(sessions, task, me, "长长的话", window(turn=5))
    late = save(sessions, task, me, "长", window(first.id, first.revision, turn=4))
    assert late.revision == first.revision
    assert there(sessions, task, me) == ["长长的话"]


def test_two_windows_are_both_kept_and_it_is_said(story, sessions, task, me):
    first = save(sessions, task, me, "第一扇窗", window(tab="one"))
    story.passes(minutes=1)
    other = save(sessions, task, me, "第二扇窗", window(tab="two"))
    assert other.apart
    story.passes(minutes=1)
    third = save(sessions, task, me, "第三扇窗", window(first.id, 0, tab="three"))
    assert third.apart
    assert third.id not in {first.id, other.id}
    assert there(sessions, task, me) == ["第三扇窗", "第二扇窗", "第一扇窗"]
    same = save(sessions, task, me, "第二扇窗", window(tab="four"))
    assert (same.id, same.apart) == (other.id, False), "the same words are one draft"


def test_there_are_not_more_than_a_few(sessions, task, me):
    for n in range(MOST):
        save(sessions, task, me, f"第{n}份", window(tab=str(n)))
    with pytest.raises(Conflict):
        save(sessions, task, me, "再一份", window(tab="more"))
    assert len(there(sessions, task, me)) == MOST


def test_too_much_and_what_no_database_keeps(sessions, task, me):
    with pytest.raises(InvalidInput):
        save(sessions, task, me, "x" * LARGEST, window())
    save(sessions, task, me, "有\0空", window())
    assert there(sessions, task, me) == ["有空"]


def test_a_draft_is_its_writers_alone(story, sessions, task, me):
    saved = save(sessions, task, me, "我的", window())
    stranger = story.actor("zhu.jian")
    assert there(sessions, task, stranger) == []
    with pytest.raises(NotAllowed):
        save(sessions, task, stranger, "别人的", window())
    with pytest.raises(NotAllowed), transaction(sessions) as session:
        drafts.discard(session, task, saved.id, by=stranger)
    with pytest.raises(NotFound):
        save(sessions, new_key(), me, "没有这件", window())
    with transaction(sessions) as session:
        drafts.discard(session, task, saved.id, by=me)
        drafts.discard(session, task, saved.id, by=me)
    assert there(sessions, task, me) == []


def test_a_draft_outlives_its_task_for_a_week(story, sessions, task, me):
    save(sessions, task, me, "还没交", window())
    story.does("contact_citizen")
    save(sessions, task, me, "别人先交了", window(tab="two"))
    story.passes(seconds=KEPT_FOR.total_seconds() - 60)
    with transaction(sessions) as session:
        assert drafts.sweep(session) == 0
    story.passes(seconds=120)
    with transaction(sessions) as session:
        assert drafts.sweep(session) == 2
    assert there(sessions, task, me) == []


def test_what_waits_keeps_its_draft_however_long(story, sessions, task, me):
    save(sessions, task, me, "不急", window())
    story.passes(days=400)
    with transaction(sessions) as session:
        assert drafts.sweep(session) == 0
    with transaction(sessions) as session:
        drafts.finished(session, task, me.id)
    assert there(sessions, task, me) == []
