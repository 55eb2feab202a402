"""A sealed case does not exist outside its compartment: rules, their SQL, and every command."""

import json
from collections.abc import Callable
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from engine import clock, permissions
from engine.commands import (
    evaluations,
    identities,
    incidents,
    people,
    supervisions,
    suspensions,
    tasks,
)
from engine.commands.evaluations import Rating
from engine.db import reading, transaction
from engine.errors import InvalidAnswers, NotFound, StepFailed
from engine.models import Case, Incident, Instance, Message, OutboxNotice, UserTask
from engine.permissions import Actor, CaseRights
from engine.queries import (
    case_history,
    case_list,
    compartments,
    inbox,
    merges,
    operations,
    tracking,
)
from engine.queries import evaluations as evaluation_of
from engine.queries import incidents as failed
from engine.queries.inbox import Filter
from tests.conftest import CHINA
from tests.counting import statements
from tests.story import Story

ACCUSED, COMPARTMENT = "qd_urban_bureau", "qd_discipline"
SEALED = {"sealed": True, "office_key": COMPARTMENT, "accused_key": ACCUSED}


def seal(story: Story, **own: Any) -> None:
    """Seal the case of the story where it stands."""
    assert story.received is not None
    with transaction(story.sessions) as session:
        session.execute(
            update(Case).where(Case.id == story.received.case_id).values({**SEALED, **own})
        )


@pytest.fixture
def accused(story: Story) -> Story:
    """A case that lies with the unit it is about."""
    story.receives("qd-sanwo-5", channel="phone").does("complete_record", category="urban")
    story.does("first_screen", route="government").does("dispatch", unit=ACCUSED)
    with transaction(story.sessions) as session:
        people.add_person(
            session,
            "double",
            "双",
            memberships=[
                (ACCUSED, "handler"),
                *((COMPARTMENT, role) for role in ("supervisor", "approver", "inspector")),
            ],
        )
    return story


# Who a compartment is open to ------------------------------------------------------------------


def test_no_scope_from_above_reaches_into_a_compartment(story: Story) -> None:
    for login in ("du.cha", "ling.dao", "hai.guan", "hai.tu"):  # all of them at the city's root
        person = story.actor(login)
        reach = frozenset().union(*person.scope.values())
        assert ACCUSED in reach
        assert COMPARTMENT not in reach, login
    assert story.actor("ji.jian").scope == {"inspector": {COMPARTMENT}}


def test_a_person_belongs_to_the_units_above_but_not_out_of_a_compartment(story: Story) -> None:
    assert story.actor("zhi.fa").lineage == {"qd_urban_team", ACCUSED, "qd_city"}
    assert story.actor("cheng.guan").lineage == {ACCUSED, "qd_city"}
    assert story.actor("ji.jian").lineage == {COMPARTMENT}


def test_a_unit_below_a_compartment_is_closed_like_it(story: Story) -> None:
    with transaction(story.sessions) as session:
        people.add_unit(session, "qd_discipline_two", "二室", "Room two", parent=COMPARTMENT)
        people.add_person(
            session, "second.room", "二", memberships=[("qd_discipline_two", "inspector")]
        )
    assert story.actor("ji.jian").scope["inspector"] == {COMPARTMENT, "qd_discipline_two"}
    assert "qd_discipline_two" not in story.actor("du.cha").scope["supervisor"]
    assert story.actor("second.room").lineage == {"qd_discipline_two", COMPARTMENT}


@pytest.mark.parametrize(
    ("login", "knows", "knows_if_it_names_nobody"),
    [
        ("ji.jian", True, True),
        ("du.cha", False, False),
        ("ling.dao", False, False),
        ("bo.tao", False, False),
        ("cheng.guan", False, False),
        ("cheng.ling", False, False),
        ("zhi.fa", False, False),
        ("hai.guan", False, False),
        ("double", False, True),
    ],
)
def test_who_knows_of_a_sealed_case(
    accused: Story, login: str, knows: bool, knows_if_it_names_nobody: bool
) -> None:
    actor = accused.actor(login)
    case = CaseRights(COMPARTMENT, ACCUSED, sealed=True, accused_key=ACCUSED)
    nobody = CaseRights(COMPARTMENT, ACCUSED, sealed=True, accused_key=None)
    assert permissions.knows_of(actor, case) is knows
    assert permissions.may_see_case(actor, case, [ACCUSED]) is knows
    assert permissions.knows_of(actor, nobody) is knows_if_it_names_nobody


def test_a_unit_never_sees_what_is_said_of_it_though_it_be_the_office(story: Story) -> None:
    case = CaseRights("qd_hotline", "qd_hotline", sealed=False, accused_key="qd_hotline")
    assert not permissions.may_see_case(story.actor("cui.ban"), case)
    assert permissions.may_see_case(story.actor("du.cha"), case), "those above it may"


@pytest.mark.both
def test_the_rows_say_what_the_rule_says(story: Story) -> None:
    offices, accused = ("qd_hotline", COMPARTMENT), (None, ACCUSED, "qd_urban_team", "qd_city")
    wanted = {}
    for office, about, sealed in product(offices, accused, (True, False)):
        story.receives("qd-sanwo-5", channel="phone")
        seal(story, office_key=office, accused_key=about, sealed=sealed)
        wanted[story.number] = CaseRights(office, None, sealed=sealed, accused_key=about)
    logins = ["ji.jian", "du.cha", "cui.ban", "cheng.guan", "zhi.fa", "hai.tu", "guan.li"]
    with reading(story.sessions) as session:
        for actor in map(story.actor, logins):
            hidden = set(
                session.scalars(
                    select(Case.number).where(Case.id.in_(compartments.hidden_from(actor)))
                )
            )
            seen = set(session.scalars(select(Case.number).where(case_list.may_see(actor))))
            knows = {n for n, case in wanted.items() if permissions.knows_of(actor, case)}
            assert hidden == wanted.keys() - knows, actor.login
            assert seen == {
                n for n, case in wanted.items() if permissions.may_see_case(actor, case)
            }, actor.login


def test_the_ids_of_the_hidden_come_from_their_own_index(story: Story) -> None:
    actor = story.actor("cheng.guan")
    if story.sessions.kw["bind"].dialect.name != "sqlite":
        pytest.skip("a planner of few rows reads the table")
    query = compartments.hidden_from(actor).compile(
        story.sessions.kw["bind"], compile_kwargs={"literal_binds": True}
    )
    with reading(story.sessions) as session:
        plan = session.execute(text(f"EXPLAIN QUERY PLAN {query}")).all()
    assert "ix_case_sealed" in str(plan), plan


# Commands --------------------------------------------------------------------------------------

Act = Callable[[Session, Story, Actor, UserTask], object]
COMMANDS: dict[str, Act] = {
    "claim": lambda session, _story, by, task: tasks.claim(session, task.id, by=by),
    "release": lambda session, _story, by, task: tasks.release(session, task.id, by=by),
    "complete": lambda session, _story, by, task: tasks.complete(session, task.id, {}, by=by),
    "ask": lambda session, story, by, _task: supervisions.ask(
        session, story.number, "phone", "催", by=by
    ),
    "cure": lambda session, story, by, _task: supervisions.cure(
        session, story.supervisions()[0].id, by=by
    ),
    "extension": lambda session, story, by, _task: supervisions.ask_extension(
        session, story.number, by=by
    ),
    "suspend": lambda session, story, by, _task: suspensions.suspend(
        session, story.number, "handling", "检测", by=by
    ),
    "resume": lambda session, story, by, _task: suspensions.resume(
        session, story.number, "handling", by=by
    ),
    "identity": lambda session, story, by, _task: identities.show(
        session, story.vault, story.number, "核实身份", by=by
    ),
}


# Without the role a command needs at all it is refused whatever the number.
NEEDED = {"ask": "supervision.start", "cure": "supervision.start", "extension": "extension.ask"}


@pytest.mark.parametrize("login", ["cheng.guan", "cheng.du", "cui.ban", "double"])
def test_no_command_finds_it(accused: Story, login: str) -> None:
    accused.supervises("order", by="cui.ban")
    task = accused.task("sign")
    seal(accused)
    actor = accused.actor(login)
    asked = [
        name for name in COMMANDS if name not in NEEDED or permissions.may(actor, NEEDED[name])
    ]
    assert len(asked) >= 7
    for status, name in product(("open", "completed"), asked):
        with transaction(accused.sessions) as session:
            session.execute(
                update(UserTask)
                .where(UserTask.id == task.id)
                .values(status=status, assignee_id=accused.actor("zhu.fang").id)
            )
        with pytest.raises(NotFound), transaction(accused.sessions) as session:
            COMMANDS[name](session, accused, actor, task)


def test_a_task_of_it_is_in_no_inbox_but_its_own(accused: Story) -> None:
    handler = accused.actor("cheng.guan")
    assert _counted(accused, handler) == 1
    seal(accused)
    assert _counted(accused, handler) == 0
    assert _counted(accused, accused.actor("double")) == 0
    with reading(accused.sessions) as session:
        following = inbox.following(session, handler, Filter(), CHINA)
    assert following is None


def test_an_inbox_is_read_in_as_many_statements_as_ever(accused: Story) -> None:
    seal(accused)
    handler = accused.actor("cheng.guan")
    _counted(accused, handler)
    with statements(accused.sessions) as sent, reading(accused.sessions) as session:
        inbox.page(session, handler, Filter(), CHINA)
    assert len(sent) <= 2, sent


def _counted(story: Story, actor: Actor) -> int:
    with reading(story.sessions) as session:
        page = inbox.page(session, actor, Filter(), CHINA)
    assert len(page.entries) == page.total == page.counts["unit"]
    return page.total


# What goes on by itself ------------------------------------------------------------------------


def test_no_notice_of_it_goes_to_a_unit_outside(accused: Story) -> None:
    seal(accused)
    with reading(accused.sessions) as session:
        before = session.scalar(select(func.count()).select_from(OutboxNotice))
    accused.passes(days=20)
    with reading(accused.sessions) as session:
        rows = session.scalars(select(OutboxNotice).order_by(OutboxNotice.id)).all()
    assert any(deadline.fired for deadline in accused.deadlines()), "clocks ran out all the same"
    for notice in rows[before:]:
        assert notice.recipient in {"citizen", f"unit:{COMPARTMENT}"}
        assert set(notice.payload) == {"case"}


def test_a_failed_step_of_it_is_shown_without_a_word_of_it(accused: Story) -> None:
    key = _failed(accused)
    _waits(accused)
    seal(accused)
    administrator, own = accused.actor("hai.guan"), accused.actor("cheng.wei")
    with reading(accused.sessions) as session:
        shown = failed.failure(session, administrator, key)
        page = operations.operations(session, administrator, accused.sessions)
        at_home = operations.operations(session, own, accused.sessions)
    assert shown.sealed
    assert (shown.case_number, shown.process, shown.version) == ("", "", 0)
    assert (shown.element, shown.reason) == ("", "")
    assert page.failures == (shown,)
    assert (page.deadlines.waiting, page.messages.waiting, page.outbox.waiting) == (0, 0, 0)
    assert page.ahead == ()
    assert (at_home.failures, at_home.failures_open) == ((), 0)
    for act in (
        lambda session: failed.failure(session, own, key),
        lambda session: incidents.retry(session, key, by=own),
    ):
        with pytest.raises(NotFound), transaction(accused.sessions) as session:
            act(session)
    with transaction(accused.sessions) as session:
        incidents.retry(session, key, by=administrator)
    with reading(accused.sessions) as session:
        assert session.get_one(Incident, key).resolved_by == administrator.id


def _waits(story: Story) -> None:
    """A message of the case that is not delivered, a notice that is not sent."""
    assert story.received is not None
    own: dict[str, Any] = {"case_id": story.received.case_id}
    with transaction(story.sessions) as session:
        session.add(Message(target_id=uuid4(), name="cured", sent_at=clock.now(), **own))
        session.add(
            OutboxNotice(
                kind="case.answered",
                recipient="citizen",
                payload={},
                written_at=clock.now(),
                next_at=clock.now(),
                **own,
            )
        )
    with reading(story.sessions) as session:
        page = operations.operations(session, story.actor("hai.guan"), story.sessions)
    assert page.messages.waiting == page.outbox.waiting == 1
    assert page.deadlines.waiting


def _failed(story: Story) -> Any:
    assert story.received is not None
    with transaction(story.sessions) as session:
        instance = session.scalar(
            select(Instance.id)
            .where(Instance.case_id == story.received.case_id, Instance.status == "running")
            .limit(1)
        )
        error = StepFailed("sign", f"unit: expected a unit, found {ACCUSED}")
        return incidents.record(session, error, source="task", source_id=None, instance_id=instance)


def test_an_older_link_to_rate_its_answer_is_gone(accused: Story) -> None:
    accused.goes_through(
        "sign", "contact_citizen", "handle", "write_answer", "review_answer", "answer_directly"
    )
    sent = [json.loads(line) for line in accused.journal.read_text("utf-8").splitlines()]
    (token,) = [line["payload"]["rate"] for line in sent if line["kind"] == "case.answered"]
    with reading(accused.sessions) as session:
        assert evaluation_of.asked(session, token).number == accused.number
    seal(accused)
    with pytest.raises(NotFound), reading(accused.sessions) as session:
        evaluation_of.asked(session, token)
    with pytest.raises(NotFound), transaction(accused.sessions) as session:
        evaluations.rate(session, token, Rating("unsolved"))


# Merging ---------------------------------------------------------------------------------------


def test_a_sealed_case_leads_none_in_the_words_for_a_number_that_is_not(story: Story) -> None:
    story.receives().does("complete_record").does("screen")
    seal(story)
    sealed = story.number
    story.receives(name="李先生", phone="13900005678").does("complete_record")
    told = []
    for number in (sealed, "GL-20261102-009999"):
        with pytest.raises(InvalidAnswers) as caught:
            story.does("screen", opinion="duplicate", matter=number)
        told.append(caught.value.fields)
    assert told[0] == told[1]


@pytest.mark.parametrize("confidential", [True, False])
def test_a_confidential_case_and_an_open_one_are_not_merged(
    story: Story, confidential: bool
) -> None:
    story.receives(confidential=confidential).does("complete_record", confidential=confidential)
    story.does("screen")
    main = story.number
    story.receives(name="李先生", phone="13900005678", confidential=not confidential)
    story.does("complete_record", confidential=not confidential)
    with pytest.raises(InvalidAnswers) as caught:
        story.does("screen", opinion="duplicate", matter=main)
    assert "保密" in caught.value.fields["matter"]["zh"]
    assert story.waiting_for == {"screen"}, "nothing was half done"


def test_a_case_that_was_joined_to_it_does_not_name_it_any_more(story: Story) -> None:
    story.receives().does("complete_record").does("screen")
    main = story.received
    assert main is not None
    story.receives(name="李先生", phone="13900005678").does("complete_record")
    story.does("screen", opinion="duplicate", matter=main.number)
    joined = story.received
    assert joined is not None
    assert main.number in _told_of(story, joined.case_id)
    story.received = main
    seal(story)
    assert main.number not in _told_of(story, joined.case_id)


def _told_of(story: Story, case_id: UUID) -> str:
    """Everything that staff and citizen read of a case's past."""
    with reading(story.sessions) as session:
        past = case_history.of_case(session, session.get_one(Case, case_id))
        course = tracking.course(session, case_id)
        matter = merges.matter(session, course.number, story.actor("chu.mi"))
    assert past.broken_at is None, "what is not told is still there"
    return str([event.payload for event in past.events]) + str((course.events, course.main, matter))


def test_what_was_never_a_case_is_none_either(story: Story) -> None:
    with pytest.raises(NotFound), transaction(story.sessions) as session:
        tasks.claim(session, uuid4(), by=story.actor("cheng.guan"))
