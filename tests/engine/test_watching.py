"""Watching a case, and who is on its page now."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from engine import clock
from engine.commands import notes, presence, tasks, watching
from engine.db import reading, transaction
from engine.errors import NotAllowed, NotFound
from engine.models import Case, Notice, Presence, Watch
from engine.queries import together
from tests.counting import statements
from tests.story import Story, answers_for

HANDLER, CLERK, SUPERVISOR, ELSEWHERE = "shui.dian", "li.zhi", "du.cheng", "jing.ning"


@pytest.fixture
def handling(story: Story) -> Story:
    return story.receives().goes_through("complete_record", "screen", "dispatch")


def watches(story: Story, *logins: str) -> None:
    for login in logins:
        actor = story.actor(login)
        with transaction(story.sessions) as session:
            watching.watch(session, story.number, by=actor)


def told(story: Story, login: str) -> list[Notice]:
    story.worker.drain()
    with reading(story.sessions) as session:
        query = select(Notice).where(
            Notice.kind == "watched", Notice.person_id == story.actor(login).id
        )
        return list(session.scalars(query.order_by(Notice.id)))


@pytest.mark.both
def test_who_watches_is_told_what_others_did(handling: Story) -> None:
    watches(handling, SUPERVISOR, HANDLER, SUPERVISOR)
    assert told(handling, SUPERVISOR) == [], "what was before is not told"
    handling.does("sign", by=HANDLER)
    (notice,) = told(handling, SUPERVISOR)
    assert notice.payload["event"] == "task.completed"
    assert notice.payload["count"] == 1
    assert notice.payload["by"] == handling.actor(HANDLER).id.hex
    assert told(handling, HANDLER) == [], "one's own doing is no news"
    actor = handling.actor(CLERK)
    with transaction(handling.sessions) as session:
        notes.write(session, handling.number, "看一眼", by=actor)
    assert len(told(handling, SUPERVISOR)) == 2
    assert len(told(handling, HANDLER)) == 1
    assert handling.worker.drain() == 0, "nothing is told twice"


def test_who_watches_no_more_is_told_no_more(handling: Story) -> None:
    watches(handling, SUPERVISOR, CLERK)
    with transaction(handling.sessions) as session:
        watching.unwatch(session, handling.number, by=handling.actor(SUPERVISOR))
    handling.does("sign")
    assert told(handling, SUPERVISOR) == []
    assert len(told(handling, CLERK)) == 1
    assert handling.case.watched
    with transaction(handling.sessions) as session:
        watching.unwatch(session, handling.number, by=handling.actor(CLERK))
        watching.unwatch(session, handling.number, by=handling.actor(CLERK))
    assert not handling.case.watched


def test_a_case_nobody_watches_costs_no_statement(handling: Story) -> None:
    handling.does("sign").does("contact_citizen")
    task, actor = handling.task("handle"), handling.with_role("handler", "utilities_bureau")
    with statements(handling.sessions) as sent, transaction(handling.sessions) as session:
        tasks.complete(session, task.id, answers_for("handle", clock.now()), by=actor)
    assert not [text for text in sent if "watch " in text]


def test_only_who_works_on_it_watches(handling: Story) -> None:
    with pytest.raises(NotAllowed):
        watches(handling, ELSEWHERE)
    with transaction(handling.sessions) as session, pytest.raises(NotFound):
        watching.watch(session, "GL-0", by=handling.actor(CLERK))


def test_who_may_not_know_of_it_any_more_is_not_told(handling: Story) -> None:
    watches(handling, HANDLER, CLERK)
    with transaction(handling.sessions) as session:
        session.execute(update(Case).values(accused_key="utilities_bureau"))
    actor = handling.actor(SUPERVISOR)
    with transaction(handling.sessions) as session:
        notes.write(session, handling.number, "另派别的单位", by=actor)
    assert told(handling, HANDLER) == []
    assert len(told(handling, CLERK)) == 1


@pytest.mark.both
def test_who_is_here_now_is_seen_for_five_minutes(handling: Story) -> None:
    handler, clerk = handling.actor(HANDLER), handling.actor(CLERK)
    case_id = handling.case.id
    for _ in range(2):
        with statements(handling.sessions) as sent, transaction(handling.sessions) as session:
            presence.seen(session, case_id, handler.id)
        assert len(sent) == 1, sent
    handling.clock.advance(minutes=2)
    with statements(handling.sessions) as sent, reading(handling.sessions) as session:
        found = together.of_case(session, case_id, clerk)
    assert len(sent) == 1, sent
    assert [one.name["zh"] for one in found.present] == [handler.name_zh]
    assert clock.now() - found.present[0].at == timedelta(minutes=2)
    assert found.beaten_at is None
    with reading(handling.sessions) as session:
        assert together.of_case(session, case_id, handler).present == [], "oneself is no news"
    handling.clock.advance(minutes=4)
    with reading(handling.sessions) as session:
        assert together.of_case(session, case_id, clerk).present == []
    handling.worker.tidy()
    with reading(handling.sessions) as session:
        assert session.scalars(select(Presence)).all() == []


@pytest.mark.slow
def test_a_watch_is_kept_once(handling: Story) -> None:
    watches(handling, CLERK, CLERK)
    with reading(handling.sessions) as session:
        (kept,) = session.scalars(select(Watch)).all()
        found = together.of_case(session, handling.case.id, handling.actor(CLERK))
    assert not kept.waiting
    assert (found.watching, found.watchers) == (True, 1)
