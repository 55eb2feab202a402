"""Whoever stands in acts for the other on those days; history tells both names."""

from datetime import date

import pytest
from sqlalchemy import select

from engine import clock, history, standing_in
from engine.commands import absences, people, supervisions, tasks
from engine.db import reading, transaction
from engine.errors import Conflict, InvalidAnswers, NotFound
from engine.models import HistoryEvent, UserTask
from engine.queries import case_history, inbox
from engine.queries import people as seen
from tests.counting import statements
from tests.engine.organising import stands_in, takes_on
from tests.story import answers_for

pytestmark = [pytest.mark.both, pytest.mark.story]
MONDAY, WEDNESDAY = date(2026, 11, 2), date(2026, 11, 4)
UNIT, OTHER = "utilities_bureau", "housing_bureau"


def test_the_substitute_does_the_work_and_history_carries_both_names(story):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    task = story.task("sign")
    takes_on(story, "li.si", "李四", OTHER)
    before = story.actor("li.si")
    with pytest.raises(Exception, match="another office"), transaction(story.sessions) as session:
        tasks.complete(session, task.id, answers_for("sign", clock.now()), by=before)
    stands_in(story, "shui.dian", "li.si")
    story.does("sign", by="li.si")
    with reading(story.sessions) as session:
        told = case_history.of_case(session, story.case)
    [signed] = [e for e in told.events if e.kind == "task.completed" and e.element == "sign"]
    assert signed.by == {"zh": "李四（代水典常（演示））", "en": "李四 (for Shui Dianchang (demo))"}
    assert told.broken_at is None
    assert story.chain_is_whole()


@pytest.mark.slow
def test_own_work_carries_one_name_though_somebody_is_stood_in_for(story):
    takes_on(story, "li.si", "李四", UNIT)
    stands_in(story, "shui.dian", "li.si")
    story.receives().goes_through("complete_record", "screen", "dispatch")
    story.does("sign", by="li.si")
    with reading(story.sessions) as session:
        told = case_history.of_case(session, story.case).events
    assert [e.by for e in told if e.element == "sign" and e.kind == "task.completed"] == [
        {"zh": "李四", "en": "李四"}
    ]


def test_what_the_absent_one_had_claimed_is_done_in_that_name(story):
    takes_on(story, "li.si", "李四", UNIT)
    story.receives().goes_through("complete_record", "screen", "dispatch")
    task = story.task("sign")
    with transaction(story.sessions) as session:
        tasks.claim(session, task.id, by=story.actor("shui.dian"))
    with pytest.raises(Conflict):
        story.does("sign", by="li.si")
    stands_in(story, "shui.dian", "li.si")
    story.does("sign", by="li.si")
    with reading(story.sessions) as session:
        payloads = session.scalars(
            select(HistoryEvent.payload).where(HistoryEvent.element == "sign")
        ).all()
    away = story.actor("shui.dian").id.hex
    assert [p[history.INSTEAD_OF] for p in payloads if history.INSTEAD_OF in p] == [away]


def test_only_on_those_days(story):
    takes_on(story, "li.si", "李四", OTHER)
    stands_in(story, "shui.dian", "li.si", first=date(2026, 11, 3))
    assert not story.actor("li.si").acts_for("handler", UNIT)
    story.clock.advance(days=1)
    assert story.actor("li.si").acts_for("handler", UNIT)
    assert story.actor("li.si").own["handler"] == {OTHER}
    story.clock.advance(days=1, hours=14, minutes=59)  # 23:59 on the last day, in China
    assert story.actor("li.si").acts_for("handler", UNIT)
    story.clock.advance(minutes=1)
    assert not story.actor("li.si").acts_for("handler", UNIT)


def test_an_absence_that_is_ended_ends_at_once(story):
    takes_on(story, "li.si", "李四", OTHER)
    key = stands_in(story, "shui.dian", "li.si")
    assert story.actor("li.si").stands_in
    with transaction(story.sessions) as session:
        absences.end(session, key, by=story.actor("guan.li"))
    assert not story.actor("li.si").stands_in
    with pytest.raises(Conflict), transaction(story.sessions) as session:
        absences.end(session, key, by=story.actor("guan.li"))


@pytest.mark.slow
def test_it_goes_one_step_and_no_further(story):
    takes_on(story, "li.si", "李四", OTHER)
    takes_on(story, "wang.wu", "王五", OTHER)
    stands_in(story, "shui.dian", "li.si")
    with pytest.raises(InvalidAnswers) as refused:
        stands_in(story, "zhu.jian", "shui.dian")  # who is away as well
    assert set(refused.value.fields) == {"substitute"}
    stands_in(story, "li.si", "wang.wu", first=date(2026, 11, 3))
    story.clock.advance(days=1)
    assert not story.actor("wang.wu").acts_for("handler", UNIT)


def test_powers_that_are_no_work_are_not_passed_on(story):
    with transaction(story.sessions) as session:
        people.add_person(
            session,
            "second",
            "副",
            memberships=[("guilin", "administrator"), ("jdz_office", "designer")],
        )
    takes_on(story, "li.si", "李四", OTHER)
    stands_in(story, "second", "li.si")
    assert story.actor("li.si").roles == {"handler"}
    assert not story.actor("li.si").stands_in


def test_nobody_enters_a_compartment_in_anothers_place(story):
    with transaction(story.sessions) as session:
        people.add_person(
            session,
            "both",
            "两边",
            memberships=[("qd_discipline", "administrator"), ("qd_city", "administrator")],
        )
    stands_in(story, "ji.jian", "cheng.guan", admin="both")
    assert story.actor("cheng.guan").scope == story.actor("cheng.guan").own or not (
        story.actor("cheng.guan").stands_in
    )
    assert "qd_discipline" not in frozenset().union(*story.actor("cheng.guan").scope.values())
    with transaction(story.sessions) as session:
        people.add_person(session, "chief", "主任", memberships=[("qd_discipline", "supervisor")])
    stands_in(story, "chief", "jian.cha", admin="both")
    assert story.actor("jian.cha").acts_for("supervisor", "qd_discipline")


def test_whoever_stands_in_for_the_accused_is_one_of_its_people(story):
    takes_on(story, "li.si", "李四", "qd_housing_bureau", admin="hai.guan")
    stands_in(story, "zhi.fa", "li.si", admin="hai.guan")
    assert story.actor("li.si").lineage == {
        "qd_city", "qd_housing_bureau", "qd_urban_bureau", "qd_urban_team",
    }  # fmt: skip


def test_a_person_is_still_one_statement(story):
    takes_on(story, "li.si", "李四", OTHER)
    stands_in(story, "shui.dian", "li.si")
    story.actor("li.si")
    with reading(story.sessions) as session:
        key = seen.by_login(session, "li.si").id
        with statements(story.sessions) as sent:
            seen.actor(session, key)
    assert len(sent) == 1


def test_a_post_holds_from_its_first_day_to_its_last(story):
    takes_on(story, "li.si", "李四", OTHER, from_on=date(2026, 11, 3), until_on=date(2026, 11, 4))
    assert story.actor("li.si").roles == frozenset()
    story.clock.advance(days=1)
    assert story.actor("li.si").roles == {"handler"}
    story.clock.advance(days=2)
    assert story.actor("li.si").roles == frozenset()


@pytest.mark.slow
def test_a_supervision_started_in_anothers_place_says_so(story):
    takes_on(story, "li.si", "李四", UNIT)
    stands_in(story, "du.cheng", "li.si")
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    with transaction(story.sessions) as session:
        supervisions.ask(session, story.number, "phone", "多次催促未果。", by=story.actor("li.si"))
    with reading(story.sessions) as session:
        told = [e.by["zh"] for e in case_history.of_case(session, story.case).events if e.by]
    assert told[-1] == "李四（代杜成言（演示））"


@pytest.mark.slow
def test_the_inbox_of_the_substitute_holds_the_others_work(story):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    takes_on(story, "li.si", "李四", OTHER)
    stands_in(story, "shui.dian", "li.si")
    with reading(story.sessions) as session:
        found = session.scalars(
            select(UserTask.element).where(
                UserTask.status == "open", inbox.may_do(story.actor("li.si"))
            )
        ).all()
    assert found == ["sign"]


def test_nothing_is_done_in_anybodys_place_without_an_absence(story):
    actor = story.actor("shui.dian")
    assert actor.acts_as == {actor.id}
    assert standing_in.in_whose_place_for(actor, "extension.ask", UNIT) is None


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        (None, WEDNESDAY, "from_on"),
        (MONDAY, None, "until_on"),
        (WEDNESDAY, MONDAY, "until_on"),
        (date(2026, 10, 1), date(2026, 10, 3), "until_on"),
        (MONDAY, date(2028, 1, 1), "until_on"),
    ],
)
@pytest.mark.slow
def test_days_that_cannot_be(story, first, last, field):
    with pytest.raises(InvalidAnswers) as refused:
        stands_in(story, "shui.dian", "zhu.jian", first, last)
    assert field in refused.value.fields


@pytest.mark.slow
def test_who_cannot_stand_in(story):
    with pytest.raises(InvalidAnswers) as refused:
        stands_in(story, "shui.dian", "shui.dian")
    assert "substitute" in refused.value.fields
    stands_in(story, "shui.dian", None)
    with pytest.raises(InvalidAnswers) as refused:
        stands_in(story, "shui.dian", "zhu.jian")  # an absence is down already
    assert "from_on" in refused.value.fields
    with pytest.raises(NotFound):
        stands_in(story, "cheng.guan", "zhu.jian")  # of another city
