"""One message that asks for several things: a case for each, said once, counted once."""

import pytest
from sqlalchemy import select

from engine import streams
from engine.commands import splitting
from engine.commands.splitting import Part
from engine.db import reading, transaction
from engine.errors import Conflict, InvalidAnswers, NotAllowed, NotFound
from engine.identity import normal_code
from engine.models import Case, Contact, HistoryEvent, OutboxNotice, UserTask
from engine.queries import tracking, verifying

pytestmark = [pytest.mark.both, pytest.mark.story]
BODY = "您好，反映三件事。一、路灯不亮。二、井盖响，晚上睡不着。三、公交站牌倒了。"
LAMP, COVER, SIGN = (
    Part("路灯不亮。", "滨江路路灯不亮", "滨江路 12 号"),
    Part("井盖响，晚上睡不着。", category="traffic"),
    Part("公交站牌倒了。"),
)


def split(story, *parts, by=None, number="", before=0):
    actor = by or story.with_role("screener", "jdz_office")
    with transaction(story.sessions) as session:
        return splitting.split(
            session, story.vault, number or story.number, parts, by=actor, parts_before=before
        )


def of(story, number):
    with reading(story.sessions) as session:
        return session.scalars(select(Case).where(Case.number == number)).one()


def events(story, case):
    with reading(story.sessions) as session:
        rows = session.scalars(
            select(HistoryEvent)
            .where(HistoryEvent.stream == f"case:{case.id.hex}")
            .order_by(HistoryEvent.seq)
        ).all()
    return {row.kind: row.payload for row in rows}


def waiting(story, case):
    with reading(story.sessions) as session:
        return set(
            session.scalars(
                select(UserTask.element).where(
                    UserTask.case_id == case.id, UserTask.status == "open"
                )
            )
        )


def counted(story):
    with reading(story.sessions) as session:
        every = session.scalars(select(Case)).all()
        tally = streams.counted(session, streams.Counter((one.status, one.sealed) for one in every))
        checks = list(verifying.everything(session, story.vault))
    assert [one.found for one in checks if not one.holds] == []
    return tally.tallies


def test_each_part_is_a_case_of_its_own_and_what_arrived_is_counted_once(story):
    story.receives(body=BODY).does("complete_record", kind="complaint", hazard="life")
    made = split(story, LAMP, COVER, SIGN)
    assert made.numbers[0] == story.number
    assert len({*made.numbers}) == 3
    lamp, cover, sign = (of(story, number) for number in made.numbers)
    assert (lamp.title, lamp.body, lamp.place) == (LAMP.title, LAMP.body, LAMP.place)
    assert (cover.title, cover.body, cover.category) == (
        "井盖响，晚上睡不着",
        COVER.body,
        "traffic",
    )
    assert (cover.place, cover.received_at) == ("解放东路", lamp.received_at)
    for case in (lamp, cover, sign):
        told = events(story, case)["case.split"]
        assert told == {"of": made.number, "parts": made.numbers}
        assert waiting(story, case) == {"screen"}, "the record was complete, and stays so"
        assert (case.facts["kind"], case.facts["hazard"]) == ("complaint", "life")
    with reading(story.sessions) as session:
        contacts = session.scalars(select(Contact).order_by(Contact.id)).all()
    root, *parts = contacts
    assert root.raw_body == BODY
    assert [(one.raw_body, one.of_contact_id, one.identity_id) for one in parts] == [
        ("", root.id, root.identity_id)
    ] * 2
    tally = counted(story)
    assert (tally["contacts"], tally["cases"]) == (1, 3)
    assert story.chain_is_whole()


def test_the_citizen_is_told_of_each_and_follows_it_by_its_own_code(story):
    story.receives(body=BODY).does("complete_record")
    made = split(story, LAMP, COVER)
    (part,) = made.parts
    with reading(story.sessions) as session:
        notices = session.scalars(
            select(OutboxNotice).where(OutboxNotice.kind == "case.split").order_by(OutboxNotice.id)
        ).all()
        assert {one.recipient for one in notices} == {"citizen"}
        told = {one.case_id: one.payload for one in notices}
        found = tracking.find(session, story.vault, part.code, "1234")
        own = tracking.find(session, story.vault, story.received.code, "1234")
        course = tracking.course(session, found)
    assert told[part.case_id]["code"] == part.code
    assert told[made.case_id]["parts"] == made.numbers
    assert (found, own) == (part.case_id, made.case_id)
    assert course.number == part.number
    assert normal_code(part.code) != normal_code(story.received.code)
    assert story.vault.code_of_part(part.contact_id) == part.code, "it can be told again"


def test_a_record_that_is_not_complete_waits_in_every_part(story):
    story.receives(body=BODY, category="traffic")
    made = split(story, LAMP, COVER, by=story.with_role("intake", "jdz_office"))
    for number in made.numbers:
        assert waiting(story, of(story, number)) == {"complete_record"}
    assert of(story, made.numbers[1]).category == "traffic"


def test_what_was_split_meanwhile_is_not_split_twice_but_a_part_may_be_split_again(story):
    story.receives(body=BODY).does("complete_record")
    made = split(story, LAMP, COVER)
    with pytest.raises(Conflict) as caught:
        split(story, LAMP, SIGN)
    assert caught.value.details["parts"] == made.numbers
    again = split(story, LAMP, SIGN, before=2)
    assert of(story, made.number).facts["parts"] == [*made.numbers, again.numbers[1]]
    third = split(story, Part("井盖响。"), Part("晚上睡不着。"), number=made.numbers[1], before=2)
    with reading(story.sessions) as session:
        roots = set(session.scalars(select(Contact.of_contact_id)))
    assert len(roots - {None}) == 1, "all of them are parts of what arrived"
    assert counted(story)["contacts"] == 1
    assert third.number == made.numbers[1]


def test_only_who_screens_it_splits_and_only_while_it_is_screened(story):
    story.receives(body=BODY)
    for by, expected in (
        (story.with_role("handler", "utilities_bureau"), NotAllowed),
        (story.with_role("screener", "jdz_office"), NotAllowed),
        (story.with_role("screener", "qd_hotline"), NotAllowed),
    ):
        with pytest.raises(expected):
            split(story, LAMP, COVER, by=by)
    with pytest.raises(NotFound):
        split(story, LAMP, COVER, number="GL-19990101-000001")
    story.does("complete_record").does("screen")
    with pytest.raises(Conflict):
        split(story, LAMP, COVER)
    assert counted(story)["cases"] == 1


def test_a_task_that_somebody_else_has_claimed_is_left_to_them(story):
    story.receives(body=BODY).does("complete_record")
    with transaction(story.sessions) as session:
        task = session.scalars(select(UserTask).where(UserTask.element == "screen")).one()
        task.assignee_id = story.with_role("intake", "jdz_office").id
    with pytest.raises(Conflict):
        split(story, LAMP, COVER)


def test_what_no_case_could_be_made_of_is_refused_by_field(story):
    story.receives(body=BODY).does("complete_record")
    for parts, field in (
        ([LAMP], "body-2"),
        ([LAMP, Part("   ")], "body-2"),
        ([Part("一件", f"第 {at} 件") for at in range(11)], "body-11"),
        ([LAMP, Part("", "只有标题")], "body-2"),
        ([LAMP, Part("公交站牌倒了。", "长" * 201)], "title-2"),
        ([LAMP, Part("公交站牌倒了。", category="nothing")], "category-2"),
    ):
        with pytest.raises(InvalidAnswers) as caught:
            split(story, *parts)
        assert set(caught.value.fields) == {field}
    assert counted(story)["cases"] == 1
