"""The inbox's queries: what they show is what the rules allow, in few statements."""

from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from engine import permissions
from engine.db import Sessions, reading, transaction
from engine.errors import NotAllowed
from engine.models import Case, TaskStatus, UserTask
from engine.permissions import Actor
from engine.queries import case_file, case_list, inbox
from engine.queries.inbox import Filter
from tests.story import Story
from tests.web.staff import statements

CHINA = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def busy(story: Story) -> Story:
    """Cases in many places, one with co-handlers, one offered to two units."""
    story.receives()
    story.receives().goes_through("complete_record")
    story.receives().goes_through("complete_record", "screen")
    story.receives().goes_through("complete_record", "screen").does(
        "dispatch", mode="pull", unit=None, candidate_units=["utilities_bureau", "xiufeng"]
    )
    story.receives().does("complete_record")
    story.does("screen", opinion="accept", co_units=["housing_bureau", "lingui"])
    story.goes_through("dispatch", "sign", "contact_citizen")
    return story.passes(days=9)


def everybody(story: Story) -> list[Actor]:
    return story.people()


def test_the_inbox_shows_what_the_rules_allow(busy: Story, sessions: Sessions) -> None:
    seen = 0
    with reading(sessions) as session:
        tasks = session.scalars(select(UserTask).where(UserTask.status == TaskStatus.OPEN)).all()
        for actor in everybody(busy):
            page = inbox.page(session, actor, Filter(), CHINA)
            allowed = {task.id for task in tasks if permissions.may_do(actor, task)}
            assert {entry.id for entry in page.entries} == allowed, actor.login
            assert page.total == len(allowed)
            seen += len(allowed)
    assert seen > len(tasks), "some tasks are for several people"


def test_the_list_of_cases_shows_what_the_rules_allow(busy: Story, sessions: Sessions) -> None:
    with reading(sessions) as session:
        numbers = session.scalars(select(Case.number)).all()
        for actor in everybody(busy):
            allowed = set()
            for number in numbers:
                try:
                    case_file.opened(session, number, actor)
                except NotAllowed:
                    continue
                allowed.add(number)
            page = case_list.page(session, actor, case_list.Filter())
            assert {line.number for line in page.lines} == allowed, actor.login


def test_due_first(busy: Story, sessions: Sessions) -> None:
    with reading(sessions) as session:
        for actor in everybody(busy):
            dues = [
                e.due.due_at for e in inbox.page(session, actor, Filter(), CHINA).entries if e.due
            ]
            told = [due for due in dues if due]
            assert told == sorted(told)


def test_a_ladder_is_seen_in_the_list(busy: Story, sessions: Sessions) -> None:
    with reading(sessions) as session:
        page = inbox.page(session, busy.actor("shui.dian"), Filter(), CHINA)
    assert "" in {entry.rung for entry in page.entries}, "asked for, no rung done yet"


def test_few_statements(busy: Story, sessions: Sessions) -> None:
    actor = busy.actor("ling.yuan")
    with reading(sessions) as session:
        inbox.page(session, actor, Filter(), CHINA)
        case_list.page(session, actor, case_list.Filter())
        with statements(sessions) as asked:
            inbox.page(session, actor, Filter(category="urban", text="路灯"), CHINA)
        assert len(asked) == 2, asked
        with statements(sessions) as asked:
            case_list.page(session, actor, case_list.Filter(text="路灯"))
        assert len(asked) == 2, asked
        with statements(sessions) as asked:
            inbox.following(session, actor, Filter(), CHINA)
        assert len(asked) == 1


def test_the_next_task_is_one_nobody_else_has(busy: Story, sessions: Sessions) -> None:
    first, second = busy.actor("shui.dian"), busy.actor("xiu.feng")
    with reading(sessions) as session:
        shared = inbox.following(session, second, Filter(), CHINA)
    assert shared is not None
    with transaction(sessions) as session:
        session.get_one(UserTask, shared).assignee_id = first.id
    with reading(sessions) as session:
        assert inbox.following(session, second, Filter(), CHINA) != shared
        assert inbox.following(session, first, Filter(view="mine"), CHINA) == shared
        assert inbox.claimer(session, shared) == (
            {"zh": "水典常（演示）", "en": "Shui Dianchang (demo)"},
            None,
        )


def test_somebody_without_a_role_sees_nothing(busy: Story, sessions: Sessions) -> None:
    nobody = Actor(id=busy.actor("shui.dian").id, login="nobody", name_zh="无")
    with reading(sessions) as session:
        page = inbox.page(session, nobody, Filter(), CHINA)
        assert (page.total, list(page.entries), dict(page.units)) == (0, [], {})
        assert page.packs, "the filters still have names"
        assert case_list.page(session, nobody, case_list.Filter()).total == 0
