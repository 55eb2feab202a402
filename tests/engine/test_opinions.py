"""Asking another unit for its opinion: its own limit, its own inbox, and no more of the case."""

from uuid import UUID

import pytest
from sqlalchemy import select, update

from engine.commands import opinions, people
from engine.db import reading, transaction
from engine.errors import Conflict, InvalidAnswers, NotAllowed, NotFound
from engine.history import case_stream
from engine.models import Case, HistoryEvent, Notice, Opinion, UserTask
from engine.queries import case_file, inbox, together
from tests.conftest import CHINA
from tests.story import Story

HANDLER, DISPATCHER, ASKED, ELSEWHERE = "shui.dian", "pai.yun", "zhu.jian", "jing.ning"
UNIT, OWN = "housing_bureau", "utilities_bureau"
QUESTION = "灯杆在小区红线内，产权归谁？"


@pytest.fixture
def handling(story: Story) -> Story:
    return story.receives().goes_through("complete_record", "screen", "dispatch", "sign")


def asks(story: Story, unit: str = UNIT, by: str = HANDLER, question: str = QUESTION) -> UUID:
    """Somebody asks; the id of the task that opened."""
    actor = story.actor(by)
    with transaction(story.sessions) as session:
        started = opinions.ask(session, story.number, unit, question, by=actor)
    return started.opened[0]


def rows(story: Story) -> list[Opinion]:
    with reading(story.sessions) as session:
        return list(session.scalars(select(Opinion).order_by(Opinion.id)))


def waiting_in_inbox(story: Story, login: str) -> set[UUID]:
    with reading(story.sessions) as session:
        wanted = inbox.Filter()
        page = inbox.page(session, story.actor(login), wanted, CHINA)
    return {one.id for one in page.entries}


@pytest.mark.both
@pytest.mark.story
def test_a_unit_is_asked_answers_and_the_case_does_not_wait(handling: Story) -> None:
    task_id = asks(handling)
    assert handling.waiting_for == {"contact_citizen", "give_opinion"}
    assert task_id in waiting_in_inbox(handling, ASKED)
    assert task_id not in waiting_in_inbox(handling, ELSEWHERE)
    (ledger,) = handling.deadlines("opinion")
    assert (ledger.budget, ledger.clock, ledger.unit_key) == ("3 WD", "unit", UNIT)
    handling.does("contact_citizen").does("handle")
    handling.does("give_opinion", by=ASKED, position="conditions", answer="产权归小区，可以修。")
    (row,) = rows(handling)
    assert (row.position, row.answer, row.asked_for) == ("conditions", "产权归小区，可以修。", OWN)
    assert row.answered_by == handling.actor(ASKED).id
    assert row.answered_at is not None
    (ledger,) = handling.deadlines("opinion")
    assert ledger.settled_as == "met"
    assert "opinions" not in handling.case.facts
    assert handling.chain_is_whole()
    told = handling.events()
    assert told.count("opinion.asked") == 1
    with reading(handling.sessions) as session:
        read = together.of_case(session, handling.case.id, handling.actor(HANDLER))
    assert [one.answer for one in read.opinions] == ["产权归小区，可以修。"]
    assert not read.opinions[0].waits


def test_both_sides_are_told(handling: Story) -> None:
    asks(handling)
    with reading(handling.sessions) as session:
        notices = session.scalars(select(Notice).where(Notice.kind == "opinion_asked")).all()
    assert {one.person_id for one in notices} == {handling.actor(ASKED).id}
    handling.worker.drain()
    handling.does("give_opinion", by=ASKED, position="agree", answer="可以。")
    sent = handling.journal.read_text("utf-8")
    assert "opinion_given" in sent
    assert f"person:{handling.actor(HANDLER).id.hex}" in sent
    assert QUESTION not in sent
    assert "可以。" not in sent
    with reading(handling.sessions) as session:
        answered = session.scalars(select(Notice).where(Notice.kind == "opinion_answered")).all()
    assert [one.person_id for one in answered] == [handling.actor(HANDLER).id]


def test_a_late_unit_is_reminded_and_may_still_answer(handling: Story) -> None:
    asks(handling)
    handling.passes(days=2, hours=10)
    assert "deadline.warned" in handling.events()
    handling.passes(days=2)
    assert "deadline.overdue" in handling.events()
    assert handling.journal.read_text("utf-8").count('"opinion_late"') == 3
    assert "give_opinion" in handling.waiting_for
    handling.does("give_opinion", by=ASKED, position="disagree", answer="不归我们。")
    (ledger,) = handling.deadlines("opinion")
    assert ledger.settled_as == "late"


@pytest.mark.both
@pytest.mark.story
def test_what_is_taken_back_vanishes_and_is_told(handling: Story) -> None:
    asks(handling)
    (row,) = rows(handling)
    stranger = handling.actor(ELSEWHERE)
    with pytest.raises(NotAllowed), transaction(handling.sessions) as session:
        opinions.withdraw(session, handling.number, row.id, by=stranger)
    with transaction(handling.sessions) as session:
        opinions.withdraw(session, handling.number, row.id, by=handling.actor(HANDLER))
    with pytest.raises(Conflict):
        handling.does("give_opinion", by=ASKED, position="agree", answer="晚了一步。")
    handling.worker.drain()
    assert "give_opinion" not in handling.waiting_for
    assert "opinion.withdrawn" in handling.events()
    (row,) = rows(handling)
    assert row.withdrawn_at is not None
    assert row.answer == ""
    with pytest.raises(Conflict), transaction(handling.sessions) as session:
        opinions.withdraw(session, handling.number, row.id, by=handling.actor(HANDLER))
    asks(handling)  # may be asked anew


def test_it_ends_with_its_case(handling: Story) -> None:
    asks(handling)
    asks(handling, "market_bureau")
    handling.goes_through("contact_citizen", "handle", "write_answer", "review_answer")
    handling.goes_through("answer_directly", "callback")
    handling.worker.drain()
    assert handling.case.status == "closed"
    assert handling.waiting_for == set()
    assert all(one.withdrawn_at is not None for one in rows(handling))
    assert handling.events().count("opinion.withdrawn") == 2


@pytest.mark.slow
def test_a_refused_case_needs_no_opinion(story: Story) -> None:
    story.receives().does("complete_record")
    asks(story, by=DISPATCHER)
    story.does("screen", opinion="refuse", refusal_reason="litigation").does("tell_refusal")
    story.worker.drain()
    assert story.case.status == "refused"
    assert story.waiting_for == set()


@pytest.mark.parametrize(
    ("unit", "question", "field"),
    [
        (UNIT, "  ", "question"),
        (UNIT, "问" * 2001, "question"),
        ("nowhere", QUESTION, "unit"),
        ("", QUESTION, "unit"),
        (OWN, QUESTION, "unit"),
        ("jdz_office", QUESTION, "unit"),
        ("qd_urban_bureau", QUESTION, "unit"),  # another city's
    ],
)
def test_what_cannot_be_asked_is_said_in_words(
    handling: Story, unit: str, question: str, field: str
) -> None:
    with pytest.raises(InvalidAnswers) as refused:
        asks(handling, unit, question=question)
    assert set(refused.value.fields) == {field}
    assert all(refused.value.fields[field][language] for language in ("zh", "en"))
    assert rows(handling) == []


def test_one_question_at_a_time_for_each_unit(handling: Story) -> None:
    asks(handling)
    with pytest.raises(InvalidAnswers) as refused:
        asks(handling)
    assert "还没有回复" in refused.value.fields["unit"]["zh"]
    asks(handling, "market_bureau", by=DISPATCHER)
    assert [one.asked_for for one in rows(handling)] == [OWN, "jdz_office"]


@pytest.mark.slow
def test_only_who_handles_or_dispatches_may_ask(handling: Story) -> None:
    for login in (ASKED, "chu.mi", "du.cheng", "guan.li"):
        with pytest.raises(NotAllowed):
            asks(handling, "market_bureau", by=login)
    handling.goes_through("contact_citizen", "handle", "write_answer", "review_answer")
    handling.goes_through("answer_directly", "callback")
    with pytest.raises(Conflict):
        asks(handling)
    with pytest.raises(NotFound), transaction(handling.sessions) as session:
        opinions.ask(session, "GL-0", UNIT, QUESTION, by=handling.actor(HANDLER))


def test_the_unit_it_is_about_is_never_asked_nor_those_below_it(handling: Story) -> None:
    with transaction(handling.sessions) as session:
        session.execute(update(Case).values(accused_key="police_bureau"))
    for unit in ("police_bureau", "traffic_police"):
        with pytest.raises(InvalidAnswers) as refused:
            asks(handling, unit)
        assert "反映的就是它" in refused.value.fields["unit"]["zh"]
    asks(handling)


def test_of_a_sealed_case_nobody_is_asked(story: Story) -> None:
    story.receives("qd-sanwo-5", channel="phone").does("complete_record").does("first_screen")
    story.does("dispatch", unit="qd_urban_bureau")
    handler = story.with_role("handler", "qd_urban_bureau")
    with transaction(story.sessions) as session:
        session.execute(update(Case).values(sealed=True))
    with pytest.raises(NotFound), transaction(story.sessions) as session:
        opinions.ask(session, story.number, "qd_housing_bureau", QUESTION, by=handler)
    with transaction(story.sessions) as session:
        session.execute(update(Case).values(sealed=True, office_key="qd_discipline"))
    inspector = story.with_role("inspector", "qd_discipline")
    with pytest.raises((NotAllowed, InvalidAnswers)), transaction(story.sessions) as session:
        opinions.ask(session, story.number, "qd_housing_bureau", QUESTION, by=inspector)


@pytest.mark.both
@pytest.mark.story
def test_the_unit_asked_sees_the_case_while_it_is_asked_and_no_person(handling: Story) -> None:
    with transaction(handling.sessions) as session:
        session.execute(update(Case).values(confidential=True))
    asked = handling.actor(ASKED)
    with pytest.raises(NotAllowed), reading(handling.sessions) as session:
        case_file.opened(session, handling.number, asked)
    handling.does("contact_citizen", what="陈女士说从单元门口出来左转。")
    asks(handling)
    with reading(handling.sessions) as session:
        file = case_file.opened(session, handling.number, asked)
        said = case_file.records(session, handling.vault, file)
    assert file.only_asked
    assert not file.knows_person
    assert [one.person for one in said.received] == [None]
    assert (said.contacts, said.callbacks, said.views) == ([], [], [])
    assert len(said.slips) == 1
    handling.does("give_opinion", by=ASKED, position="agree", answer="可以。")
    with pytest.raises(NotAllowed), reading(handling.sessions) as session:
        case_file.opened(session, handling.number, asked)
    with reading(handling.sessions) as session:
        own = case_file.opened(session, handling.number, handling.actor(HANDLER))
    assert not own.only_asked


@pytest.mark.slow
def test_a_co_handler_that_is_asked_keeps_its_part(story: Story) -> None:
    story.receives().does("complete_record").does("screen", co_units=[UNIT])
    story.goes_through("dispatch", "sign")
    asks(story)
    with reading(story.sessions) as session:
        assert not case_file.opened(session, story.number, story.actor(ASKED)).only_asked


def test_while_it_waits_the_case_is_not_sealed(story: Story) -> None:
    story.receives("qd-sanwo-5", channel="newspaper").does("complete_record")
    screener = story.someone_for(story.task("first_screen"))
    with transaction(story.sessions) as session:
        people.add_person(session, "of.daily", "派单", memberships=[("qd_daily", "dispatcher")])
    dispatcher = story.actor("of.daily")
    with transaction(story.sessions) as session:
        opinions.ask(session, story.number, "qd_housing_bureau", QUESTION, by=dispatcher)
    with pytest.raises(InvalidAnswers) as refused:
        story.does("first_screen", by=screener.login, route="discipline")
    assert "征求意见" in refused.value.fields["route"]["zh"]


def test_history_names_the_unit_and_not_the_question(handling: Story) -> None:
    asks(handling)
    with reading(handling.sessions) as session:
        events = session.scalars(
            select(HistoryEvent).where(HistoryEvent.stream == case_stream(handling.case.id))
        ).all()
        task = session.scalars(select(UserTask).where(UserTask.element == "give_opinion")).one()
    (asked,) = [event for event in events if event.kind == "opinion.asked"]
    assert asked.payload is not None
    assert asked.payload["unit"] == UNIT
    assert asked.by == handling.actor(HANDLER).id
    assert not any(QUESTION in str(event.payload) for event in events)
    assert task.unit_key == UNIT
