"""Colleagues are told what concerns them: each once, nobody of what is kept from them."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update

from engine import clock, permissions
from engine.commands import notice_board, people, tasks, telling
from engine.commands.notice_board import Wanted
from engine.commands.telling import BUNDLE, Holders, Telling, tell
from engine.db import reading, transaction
from engine.errors import InvalidInput, NotFound
from engine.models import Absence, Case, Membership, Notice, NoticeSetting, OutboxNotice
from engine.notice_kinds import DEFAULTS, Channel, NoticeKind, facts_of
from engine.queries import notices
from engine.queries.people import by_login
from tests.counting import statements

pytestmark = [pytest.mark.both, pytest.mark.story]
UNIT = "utilities_bureau"
TO_THE_UNIT = ("complete_record", "screen", "dispatch")


def told(sessions, login=None, kind=None):
    """The notices of a person, or all, oldest first."""
    query = select(Notice).order_by(Notice.id)
    if kind:
        query = query.where(Notice.kind == kind)
    with reading(sessions) as session:
        if login:
            query = query.where(Notice.person_id == people_id(session, login))
        return session.scalars(query).all()


def people_id(session, login):

    return by_login(session, login).id


@pytest.fixture
def second(story):
    """A second handler of the unit, and a head of it."""
    with transaction(story.sessions) as session:
        for login, role in (("second", "handler"), ("head", "leader")):
            people.add_person(session, login, login, name_en=login, memberships=[(UNIT, role)])
    return story.actor("second")


# Who -------------------------------------------------------------------------------------------


def test_a_person_is_told_once_of_one_thing_and_never_of_own_doing(story, second):
    handler = story.actor("shui.dian")
    for _ in range(2):
        with transaction(story.sessions) as session:
            number = tell(
                session,
                [second.id, handler.id],
                NoticeKind.ASSIGNED,
                case_id=None,
                origin="x",
                by=handler.id,
            )
        assert number in {0, 1}
    [one] = told(story.sessions, "second")
    assert (one.kind, one.payload, one.read_at) == ("assigned", {"by": handler.id.hex}, None)
    assert one.plan_at == story.clock.at + BUNDLE
    assert not told(story.sessions, handler.login)


def test_holders_are_those_of_the_unit_or_of_the_nearest_above(story, second):
    with transaction(story.sessions) as session:
        people.add_unit(session, "lamps", "路灯所", "Street lamps", parent=UNIT)
        people.add_unit(session, "lamps_east", "东所", "East", parent="lamps")
        tell(session, [Holders("lamps_east", "handler")], "arrived", case_id=None, origin="a")
        people.add_person(session, "lamp", "灯", memberships=[("lamps", "handler")])
        tell(session, [Holders("lamps_east", "handler")], "arrived", case_id=None, origin="b")
    handlers = {one.person_id for one in told(story.sessions) if one.origin == "a"}
    assert second.id in handlers
    assert story.actor("head").id not in handlers
    assert [one.origin for one in told(story.sessions, "lamp")] == ["b"]
    assert [one.origin for one in told(story.sessions, "second")] == ["a"]


def test_who_is_away_is_told_and_so_is_who_stands_in(story, second):
    today = date(2026, 11, 2)
    away, instead = story.actor("head"), second
    with transaction(story.sessions) as session:
        session.add(
            Absence(
                person_id=away.id,
                substitute_id=instead.id,
                from_on=today,
                until_on=today + timedelta(1),
                written_at=story.clock.at,
            )
        )
    with transaction(story.sessions) as session:
        assert tell(session, [away.id], "mention", case_id=None) == 2
    story.clock.advance(days=2)
    with transaction(story.sessions) as session:
        assert tell(session, [away.id], "mention", case_id=None) == 1
    assert len(told(story.sessions, "second")) == 1


def test_a_membership_that_is_over_tells_nobody(story, second):

    with transaction(story.sessions) as session:
        session.execute(
            update(Membership)
            .where(Membership.person_id == second.id)
            .values(until_on=date(2026, 11, 1))
        )
        tell(session, [Holders(UNIT, "handler")], "arrived", case_id=None)
    assert not told(story.sessions, "second")
    assert told(story.sessions)


# Of what ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "details",
    [{"title": "路灯"}, {"by": "x" * 121}, {"unit": ["a"]}, {"note": "他说"}],
)
def test_nothing_that_somebody_typed_is_told(story, details):
    with pytest.raises(ValueError, match="notice"), transaction(story.sessions) as session:
        tell(session, [story.actor("chu.mi").id], "mention", case_id=None, details=details)
    assert facts_of({"count": 3, "unit": UNIT}) == {"count": 3, "unit": UNIT}


def test_an_unknown_kind_is_refused(story):
    with pytest.raises(ValueError, match="party"), transaction(story.sessions) as session:
        tell(session, [story.actor("chu.mi").id], "party", case_id=None)


def test_a_slip_tells_the_people_of_its_unit_with_the_task(story, second):
    story.receives().goes_through(*TO_THE_UNIT)
    [one] = told(story.sessions, "second")
    sign = story.task("sign")
    assert (one.kind, one.case_id, one.task_id) == ("arrived", story.case.id, sign.id)
    assert one.payload == {"slip": f"{story.number}-P1", "unit": UNIT}
    assert not told(story.sessions, "head"), "a head does not handle"
    with reading(story.sessions) as session:
        page = notices.page(session, second)
    assert page.notices[0].sentence == {
        "zh": f"市政公用事业局收到新工单 {story.number}-P1",
        "en": f"New slip {story.number}-P1 for Utilities Bureau",
    }
    assert page.notices[0].path == f"/tasks/{sign.id}"


def test_once_it_is_claimed_only_its_assignee_is_told(story, second):
    story.receives().goes_through(*TO_THE_UNIT, "sign")
    task = story.task("contact_citizen").id
    with transaction(story.sessions) as session:
        tasks.claim(session, task, by=second)
    story.passes(days=8)
    limits = [one for one in told(story.sessions) if one.task_id == task]
    assert {one.person_id for one in limits} == {second.id}
    assert {one.kind for one in limits} == {"soon_due", "overdue"}
    with reading(story.sessions) as session:
        said = [one.sentence["zh"] for one in notices.page(session, second).notices]
    assert "「联系建议人」超期了：应在 11月9日 18:00 前" in said


def test_returned_reopened_urged_and_called_to_an_interview(story, second):
    story.receives().goes_through(*TO_THE_UNIT)
    story.does("sign", signing="return", return_reason="not_our_duty", legal_basis="职责表")
    dispatcher = story.with_role("dispatcher")
    assert [one.kind for one in told(story.sessions, dispatcher.login)] == ["returned"]
    story.goes_through("dispatch", "sign", "contact_citizen", "handle", "write_answer")
    story.does("review_answer", review="send_back", fault="no_actor", note="写清楚时间。")
    assert told(story.sessions, "second", "returned")
    story.goes_through("revise_answer", "review_answer", "answer_directly")
    story.does("callback", result="unsolved", satisfaction=1)
    assert told(story.sessions, "second", "reopened")
    for rung in ("phone", "interview"):
        story.supervises(rung)
        story.does(rung)
    assert told(story.sessions, "second", "urged")
    [called] = told(story.sessions, "second", "interview")
    assert (called.urgent, called.plan_at) == (True, None), "planned at once"


def test_again_after_a_crash_tells_nobody_twice(story, second):
    story.receives().goes_through(*TO_THE_UNIT)
    number = len(told(story.sessions))
    with transaction(story.sessions) as session:
        session.execute(
            update(OutboxNotice).values(sent_at=None, next_at=clock.now(), claimed_until=None)
        )
    story.worker.drain()
    assert len(told(story.sessions)) == number > 0


def test_a_notice_that_nobody_can_be_told_of_holds_up_no_other(story, second):
    story.receives().goes_through("complete_record", "screen")
    with transaction(story.sessions) as session:
        for slip in ("x" * 200, f"{story.number}-P1"):
            session.add(
                OutboxNotice(
                    kind="slip.issued",
                    recipient=f"unit:{UNIT}",
                    payload={"slip": slip},
                    written_at=story.clock.at,
                    next_at=story.clock.at,
                )
            )
    story.worker.drain()
    assert [one.payload["slip"] for one in told(story.sessions, "second")] == [f"{story.number}-P1"]
    with reading(story.sessions) as session:
        [bad] = session.scalars(select(OutboxNotice).where(OutboxNotice.sent_at.is_(None))).all()
    assert (bad.last_error, bad.attempts) == ("ValueError", 1)


def test_what_lies_unclaimed_is_told_once_a_working_day_and_counted(story, second):
    for n in range(3):
        story.receives(name=f"人{n}", phone=f"1380000000{n}").goes_through(*TO_THE_UNIT)
    story.worker.tell_of_overlooked()
    assert not told(story.sessions, "second", "unclaimed")
    story.passes(hours=5)
    for _ in range(2):
        story.worker.tell_of_overlooked()
    [one] = told(story.sessions, "second", "unclaimed")
    assert one.payload == {"count": 3, "unit": UNIT}
    story.passes(days=1)
    story.worker.tell_of_overlooked()
    assert len(told(story.sessions, "second", "unclaimed")) == 2
    story.clock.set(story.clock.at.replace(day=7))  # a Saturday
    story.worker.tell_of_overlooked()
    assert len(told(story.sessions, "second", "unclaimed")) == 2


def test_the_limit_of_an_office_tells_whoever_claimed_the_task(story):
    story.receives().goes_through("complete_record")
    screener = story.with_role("screener")
    with transaction(story.sessions) as session:
        tasks.claim(session, story.task("screen").id, by=screener)
    story.passes(days=20)
    assert [one.task_id for one in told(story.sessions, screener.login, "overdue")] == [
        story.task("screen").id
    ]


def test_many_things_are_told_in_eight_statements(story, second):
    story.receives()
    tellings = [
        Telling([Holders(UNIT, "handler"), second.id], "watched", story.case.id, origin=str(n))
        for n in range(40)
    ]
    with transaction(story.sessions) as session:
        telling.tell_all(session, tellings[:1])
    with statements(story.sessions) as sent, transaction(story.sessions) as session:
        assert telling.tell_all(session, tellings) == 39 * 2
    assert len(sent) <= 8, sent


# What is kept from somebody ---------------------------------------------------------------------


def seal(story, **own):
    with transaction(story.sessions) as session:
        session.execute(update(Case).where(Case.id == story.case.id).values(own))


def test_of_a_sealed_case_its_compartment_alone_is_told(story):
    story.receives("qd-sanwo-5", channel="phone")
    seal(story, sealed=True, office_key="qd_discipline", accused_key="qd_urban_bureau")
    everybody = [one.id for one in story.people()]
    with transaction(story.sessions) as session:
        tell(session, everybody, "mention", case_id=story.case.id)
    known = {one.person_id for one in told(story.sessions, kind="mention")}

    assert known == {one.id for one in story.people() if permissions.knows_of(one, story.case)}
    assert known


def test_the_people_of_an_accused_unit_are_not_told(story):
    story.receives("qd-sanwo-5", channel="phone")
    seal(story, accused_key="qd_urban_bureau")

    with transaction(story.sessions) as session:
        tell(session, [one.id for one in story.people()], "mention", case_id=story.case.id)
    known = {one.person_id for one in told(story.sessions, kind="mention")}
    assert known == {one.id for one in story.people() if permissions.knows_of(one, story.case)}
    assert story.actor("cheng.guan").id not in known


def test_what_was_told_before_is_taken_back_when_a_case_is_sealed(story):
    story.receives("qd-sanwo-5", channel="phone").does("complete_record", category="urban")
    screener = story.with_role("screener")
    with transaction(story.sessions) as session:
        tell(session, [screener.id], "mention", case_id=story.case.id)
    story.does("first_screen", route="discipline", accused_unit="qd_urban_bureau")
    assert story.case.sealed
    assert not told(story.sessions, kind="mention")


def test_a_case_sealed_behind_its_notices_vanishes_from_the_page(story, second):
    story.receives().goes_through(*TO_THE_UNIT)
    seal(story, sealed=True, office_key="qd_discipline")
    with reading(story.sessions) as session:
        page = notices.page(session, second)
    assert (page.total, page.unread, list(page.notices)) == (0, 0, [])


# What one does with them -----------------------------------------------------------------------


def test_a_person_reads_one_or_all_and_nobody_elses(story, second):
    with transaction(story.sessions) as session:
        for _ in range(3):
            tell(session, [second.id, story.actor("head").id], "mention", case_id=None)
    first, middle, _last = told(story.sessions, "second")
    with pytest.raises(NotFound), transaction(story.sessions) as session:
        notice_board.read(session, first.id, by=story.actor("head"))
    with transaction(story.sessions) as session:
        notice_board.read(session, first.id, by=second)
    story.clock.advance(minutes=1)
    with transaction(story.sessions) as session:
        notice_board.read(session, first.id, by=second)
        assert notice_board.read_all(session, by=second, until=middle.id) == 1
    assert [one.read_at is None for one in told(story.sessions, "second")] == [False, False, True]
    assert told(story.sessions, "second")[0].read_at == story.clock.at - timedelta(minutes=1)
    assert all(one.read_at is None for one in told(story.sessions, "head"))


def test_what_one_does_not_want_is_no_news_and_goes_nowhere(story, second):
    wanted = {kind: sorted(DEFAULTS[kind]) for kind in NoticeKind}
    wanted |= {NoticeKind.MENTION: [], NoticeKind.WATCHED: [Channel.EMAIL]}
    with transaction(story.sessions) as session:
        notice_board.choose(session, Wanted(wanted), by=second)
    with transaction(story.sessions) as session:
        for kind in ("mention", "watched", "assigned"):
            tell(session, [second.id], kind, case_id=None)
    mention, watched, assigned = told(story.sessions, "second")
    assert (mention.read_at is None, mention.plan_at) == (False, None)
    assert (watched.read_at is None, watched.plan_at is None) == (False, False)
    assert (assigned.read_at is None, assigned.plan_at is None) == (True, False)
    with transaction(story.sessions) as session:
        notice_board.choose(session, Wanted({}, outside=False), by=second)
        tell(session, [second.id], "assigned", case_id=None)
    assert told(story.sessions, "second")[-1].plan_at is None
    with reading(story.sessions) as session:
        assert session.scalar(select(func.count()).select_from(NoticeSetting)) == 1


def test_an_unknown_language_is_refused(story, second):
    with pytest.raises(InvalidInput), transaction(story.sessions) as session:
        notice_board.choose(session, Wanted({}, language="la"), by=second)


def test_what_was_read_long_ago_is_dropped(story, second):
    with transaction(story.sessions) as session:
        tell(session, [second.id], "mention", case_id=None)
        notice_board.read_all(session, by=second)
        tell(session, [second.id], "assigned", case_id=None)
    story.clock.advance(days=89)
    story.worker.tidy()
    assert len(told(story.sessions, "second")) == 2
    story.clock.advance(days=2)
    story.worker.tidy()
    assert [one.kind for one in told(story.sessions, "second")] == ["assigned"], "it is still new"
