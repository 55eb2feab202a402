"""The inbox's own views and every condition: each shows what it says, and counts what it shows."""

from dataclasses import replace
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from engine import clock
from engine.commands import reminding, tasks
from engine.db import Sessions, reading, transaction
from engine.errors import Conflict, InvalidInput, NotAllowed, NotFound
from engine.models import Case, Person, UserTask
from engine.permissions import Actor
from engine.queries import inbox, task_peek
from engine.queries.inbox import VIEWS, Filter
from tests.story import Story
from tests.web.staff import statements

CHINA = ZoneInfo("Asia/Shanghai")
HANDLER, OTHER = "shui.dian", "zhu.jian"


def shown(sessions: Sessions, actor: Actor, **wanted: object) -> list[str]:
    """The numbers of the cases a filter shows, checked against its count."""
    with reading(sessions) as session:
        page = inbox.page(session, actor, Filter(**wanted), CHINA)
    assert page.total == len(page.entries)
    return [entry.number for entry in page.entries]


def dispatched(story: Story, **said: object) -> str:
    story.receives(**said).goes_through("complete_record", "screen", "dispatch")
    return story.number


def colleague(story: Story, sessions: Sessions, unit: str = "utilities_bureau") -> Actor:
    """Another handler, moved into this unit."""
    with transaction(sessions) as session:
        person = session.scalar(select(Person).where(Person.login == OTHER))
        assert person is not None
        person.memberships[0].unit_key = unit
    return story.actor(OTHER)


def claimed(story: Story, sessions: Sessions, by: Actor, element: str = "sign") -> UUID:
    key = story.task(element).id
    with transaction(sessions) as session:
        tasks.claim(session, key, by=by)
    return key


@pytest.mark.slow
def test_every_view_counts_what_it_shows(story: Story, sessions: Sessions) -> None:
    dispatched(story)
    story.does("sign").passes(days=8)
    dispatched(story)
    story.supervises("phone")
    dispatched(story)
    claimed(story, sessions, story.actor(HANDLER))
    seen = 0
    for actor in story.people():
        with reading(sessions) as session:
            counts = inbox.page(session, actor, Filter(), CHINA).counts
            for view in VIEWS:
                page = inbox.page(session, actor, Filter(view=view), CHINA)
                assert len(page.entries) == page.total == counts[view], (actor.login, view)
                seen += page.total
    assert seen > 20


def test_what_was_sent_back_has_returned_to_who_did_it(story: Story, sessions: Sessions) -> None:
    number = dispatched(story)
    handler = story.actor(HANDLER)
    for element in ("sign", "contact_citizen", "handle", "write_answer"):
        story.does(element, by=HANDLER)
        assert shown(sessions, handler, view="returned") == [], "one's own next step is no return"
    story.does("review_answer", review="send_back", fault="empty_phrase", note="写清楚。")
    assert shown(sessions, handler, view="returned") == [number]
    story.does("revise_answer", by=HANDLER)
    assert shown(sessions, handler, view="returned") == []


def test_a_slip_that_comes_back_returns_to_its_dispatcher(story: Story, sessions: Sessions) -> None:
    number = dispatched(story)
    with reading(sessions) as session:
        done = session.scalars(
            select(UserTask).where(UserTask.element == "dispatch", UserTask.closed_by.is_not(None))
        ).one()
        dispatcher = next(one for one in story.people() if one.id == done.closed_by)
    assert shown(sessions, dispatcher, view="returned") == []
    story.does(
        "sign",
        signing="return",
        return_reason="not_our_duty",
        legal_basis="职责表",
        proposed_unit="housing_bureau",
    )
    assert shown(sessions, dispatcher, view="returned") == [number]
    story.passes(days=91)
    assert shown(sessions, dispatcher, view="returned") == [], "what is long ago is forgotten"


def test_what_others_do_now_is_waited_for(story: Story, sessions: Sessions) -> None:
    number = dispatched(story)
    handler = story.actor(HANDLER)
    for element in ("sign", "contact_citizen", "handle", "write_answer"):
        story.does(element, by=HANDLER)
    assert shown(sessions, handler, view="waiting") == [number]
    assert shown(sessions, handler, view="unit") == []
    reviewer = story.someone_for(story.task("review_answer"))
    assert number not in shown(sessions, reviewer, view="waiting"), "it is the reviewer's own"
    story.passes(days=31)
    assert shown(sessions, handler, view="waiting") == []


def test_a_colleagues_claim_is_waited_for_and_stays_in_the_units_view(
    story: Story, sessions: Sessions
) -> None:
    other = colleague(story, sessions)
    number = dispatched(story)
    story.does("sign", by=HANDLER)
    handler = story.actor(HANDLER)
    assert shown(sessions, handler, view="waiting") == []
    claimed(story, sessions, other, "contact_citizen")
    assert shown(sessions, handler, view="waiting") == [number]
    assert shown(sessions, handler, view="unit") == [number]
    with reading(sessions) as session:
        assert inbox.following(session, handler, Filter(view="waiting"), CHINA) is None


@pytest.mark.both
@pytest.mark.story
def test_each_condition_shows_its_own(story: Story, sessions: Sessions) -> None:
    story.receives(title="饭馆油烟", channel="phone")
    story.does("complete_record", title="饭馆油烟", category="food")
    story.goes_through("screen").does("dispatch", mode="push", unit="utilities_bureau")
    food = story.number
    story.passes(days=3)
    lamp = dispatched(story)
    story.supervises("phone")
    story.passes(hours=1)
    answer = dispatched(story)
    for element in ("sign", "contact_citizen", "handle"):
        story.does(element)
    handler = story.actor(HANDLER)
    claimed(story, sessions, handler, "write_answer")
    everything = {food, lamp, answer}
    today = clock.now().astimezone(CHINA).date()
    first = today.replace(day=2)
    expected: list[tuple[dict[str, object], set[str]]] = [
        ({}, everything),
        ({"stage": "handling"}, everything),
        ({"element": "sign"}, {lamp}),
        ({"element": "contact_citizen"}, {food}),
        ({"category": "food"}, {food}),
        ({"channel": "phone"}, {food}),
        ({"channel": "letter"}, set()),
        ({"unit": "utilities_bureau"}, everything),
        ({"unit": "housing_bureau"}, set()),
        ({"assignee": "me"}, {answer}),
        ({"assignee": "none"}, {food, lamp}),
        ({"assignee": "others"}, set()),
        ({"assignee": HANDLER}, {answer}),
        ({"assignee": "nobody.at.all"}, set()),
        ({"received_to": first}, {food}),
        ({"received_from": today}, {lamp, answer}),
        ({"received_from": first, "received_to": today}, everything),
        ({"rung": "any"}, {lamp}),
        ({"rung": "none"}, {food, answer}),
        ({"pack": "gl-jindianzi"}, everything),
        ({"pack": "qd-sanwo-5"}, set()),
        ({"text": "油烟"}, {food}),
        ({"text": lamp.lower()}, {lamp}),
        ({"text": "没有人说过的话"}, set()),
        ({"view": "mine", "category": "urban"}, {answer}),
        ({"view": "urged", "element": "sign"}, {lamp}),
    ]
    for wanted, numbers in expected:
        assert set(shown(sessions, handler, **wanted)) == numbers, wanted


def test_due_days_are_local_days(story: Story, sessions: Sessions) -> None:
    handler = story.actor(HANDLER)
    numbers = [dispatched(story) for _ in range(5)]
    # A Monday, nine o'clock; the due times are set by hand, each in another part of the week.
    now = clock.now().astimezone(CHINA)
    days = {"late": -1, "today": 0, "tomorrow": 1, "week": 6, "later": 7}
    with transaction(sessions) as session:
        for number, day in zip(numbers, days.values(), strict=True):
            at = now.replace(hour=23, minute=59, day=now.day + day)
            session.execute(
                update(UserTask)
                .where(
                    UserTask.status == "open",
                    UserTask.case_id.in_(select(Case.id).where(Case.number == number)),
                )
                .values(due_at=at)
            )
    late, at_once, tomorrow, week, later = numbers
    assert shown(sessions, handler, due="late") == [late]
    assert shown(sessions, handler, due="today") == [at_once]
    assert shown(sessions, handler, due="tomorrow") == [tomorrow]
    assert shown(sessions, handler, due="week") == [at_once, tomorrow, week]
    assert shown(sessions, handler, due="later") == [later]
    assert shown(sessions, handler, due="paused") == []
    monday = date(2026, 11, 2)
    assert shown(sessions, handler, due_to=monday) == [late, at_once]
    assert shown(sessions, handler, due_from=monday, due_to=date(2026, 11, 3)) == [
        at_once,
        tomorrow,
    ]


def test_the_orders(story: Story, sessions: Sessions) -> None:
    handler = story.actor(HANDLER)
    first = dispatched(story)
    story.does("sign").passes(hours=2)
    second = dispatched(story)
    by_due = shown(sessions, handler, sort="due")
    assert shown(sessions, handler, sort="late") == by_due[::-1]
    assert shown(sessions, handler, sort="received") == [first, second]
    assert shown(sessions, handler, sort="newest") == [second, first]


def test_a_page_with_saved_views_takes_two_statements(story: Story, sessions: Sessions) -> None:
    dispatched(story)
    handler = story.actor(HANDLER)
    saved = [
        Filter(category="urban"),
        Filter(view="waiting", rung="none"),
        Filter(view="mine"),
        Filter(text="路灯", pack="gl-jindianzi"),
    ]
    with reading(sessions) as session:
        inbox.page(session, handler, Filter(), CHINA)
        with statements(sessions) as asked:
            page = inbox.page(session, handler, Filter(sort="received"), CHINA, saved)
        assert len(asked) == 2, asked
        assert list(page.saved) == [1, 0, 0, 1]
        with statements(sessions) as asked:
            found = inbox.news(session, handler, Filter(), CHINA, clock.now())
        assert len(asked) == 1
    assert (found.fresh, found.total) == (0, 1)


def test_news_counts_what_came_after(story: Story, sessions: Sessions) -> None:
    handler = story.actor(HANDLER)
    dispatched(story)
    since = clock.now()
    story.passes(minutes=1)
    dispatched(story)
    with reading(sessions) as session:
        found = inbox.news(session, handler, Filter(), CHINA, since)
        other = inbox.news(session, handler, Filter(category="food"), CHINA, since)
    assert (found.fresh, found.total) == (1, 2)
    assert (other.fresh, other.total) == (0, 0)


def test_who_has_claimed_something_is_offered(story: Story, sessions: Sessions) -> None:
    other = colleague(story, sessions)
    dispatched(story)
    claimed(story, sessions, other)
    with reading(sessions) as session:
        page = inbox.page(session, story.actor(HANDLER), Filter(), CHINA)
        alone = inbox.page(session, story.actor("xiu.feng"), Filter(), CHINA)
    assert list(page.people) == [OTHER]
    assert not alone.people


def test_chosen_tasks_are_those_one_may_see(story: Story, sessions: Sessions) -> None:
    dispatched(story)
    mine = story.task("sign").id
    story.receives().goes_through("complete_record")
    screening = story.task("screen").id
    with reading(sessions) as session:
        handler = inbox.chosen(session, story.actor(HANDLER), [screening, mine, mine])
        stranger = inbox.chosen(session, story.actor("xiu.feng"), [screening, mine])
        assert task_peek.seen(session, story.actor(HANDLER), mine).waiting
        with pytest.raises(NotFound):
            task_peek.seen(session, story.actor("xiu.feng"), mine)
    assert [entry.id for entry in handler] == [mine]
    assert stranger == []


def test_urging_is_told_written_and_not_repeated(story: Story, sessions: Sessions) -> None:
    other = colleague(story, sessions)
    number = dispatched(story)
    key = claimed(story, sessions, other)
    handler, stranger = story.actor(HANDLER), story.actor("xiu.feng")
    with transaction(sessions) as session:
        reminding.remind(session, key, "市民又来电了。", by=handler)
    assert story.events()[-1] == "task.urged"
    assert story.chain_is_whole()
    assert shown(sessions, handler, view="urged") == [number]
    assert shown(sessions, handler, rung="asked") == [number]
    with reading(sessions) as session:
        [entry] = inbox.page(session, handler, Filter(view="urged"), CHINA).entries
    assert entry.rung == ""
    for who, error in ((handler, Conflict), (other, Conflict), (stranger, NotAllowed)):
        with pytest.raises(error), transaction(sessions) as session:
            reminding.remind(session, key, "", by=who)
    with pytest.raises(InvalidInput), transaction(sessions) as session:
        reminding.remind(session, key, "字" * 201, by=handler)
    story.passes(hours=4)
    with transaction(sessions) as session:
        reminding.remind(session, key, "", by=handler)


def test_others_work_of_ones_own_case_may_be_urged(story: Story, sessions: Sessions) -> None:
    dispatched(story)
    for element in ("sign", "contact_citizen", "handle", "write_answer"):
        story.does(element, by=HANDLER)
    key = story.task("review_answer").id
    with transaction(sessions) as session:
        reminding.remind(session, key, "", by=story.actor(HANDLER))
    with pytest.raises(NotAllowed), transaction(sessions) as session:
        reminding.remind(session, key, "", by=story.actor("xiu.feng"))


def test_a_filter_without_conditions_is_not_narrowed() -> None:
    assert not Filter(view="mine", sort="newest", page=3).narrowed
    assert replace(Filter(), due_to=date(2026, 11, 2)).narrowed
