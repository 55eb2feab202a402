"""Internal notes: for colleagues who may see the case, mentions told to them and to nobody else."""

import hashlib

import pytest
from sqlalchemy import select, update

from engine.commands import colleagues, notes, people
from engine.db import reading, transaction
from engine.errors import InvalidAnswers, NotAllowed, NotFound
from engine.history import case_stream
from engine.involved import units_of
from engine.models import Case, HistoryEvent, Mention, Note, Notice
from engine.queries import together
from tests.story import Story

HANDLER, CLERK, ELSEWHERE = "shui.dian", "li.zhi", "jing.ning"


@pytest.fixture
def handling(story: Story) -> Story:
    return story.receives().goes_through("complete_record", "screen", "dispatch")


def writes(story: Story, text: str, by: str = HANDLER, mentions: tuple[str, ...] = ()) -> None:
    actor = story.actor(by)
    with transaction(story.sessions) as session:
        notes.write(session, story.number, text, by=actor, mentions=mentions)


def read(story: Story, by: str = HANDLER) -> together.Together:
    with reading(story.sessions) as session:
        return together.of_case(session, story.case.id, story.actor(by))


@pytest.mark.both
def test_a_note_is_read_by_colleagues_and_tells_whom_it_mentions(handling: Story) -> None:
    writes(handling, "@du.cheng 周三去现场，\r\n@pai.yun. 一起。", mentions=("chu.mi", "du.cheng"))
    (note,) = read(handling, CLERK).notes
    assert note.text == "@du.cheng 周三去现场，\n@pai.yun. 一起。"
    assert note.by["zh"].startswith("水典常")
    assert len(note.mentions) == 3
    with reading(handling.sessions) as session:
        told = session.scalars(select(Notice).where(Notice.kind == "mention")).all()
        assert {one.person_id for one in told} == {
            handling.actor(login).id for login in ("du.cheng", "pai.yun", "chu.mi")
        }
        assert all(one.case_id == handling.case.id for one in told)
        event = session.scalars(
            select(HistoryEvent).where(
                HistoryEvent.stream == case_stream(handling.case.id),
                HistoryEvent.kind == "note.written",
            )
        ).one()
    assert event.payload is not None
    assert event.payload["sha256"] == hashlib.sha256(note.text.encode()).hexdigest()
    assert "周三" not in str(event.payload)
    assert handling.chain_is_whole()


def test_notes_stand_newest_first_and_none_is_edited(handling: Story) -> None:
    writes(handling, "先来的")
    handling.passes(minutes=5)
    writes(handling, "后来的", by=CLERK)
    assert [note.text for note in read(handling).notes] == ["后来的", "先来的"]
    with reading(handling.sessions) as session:
        without = together.of_case(session, handling.case.id, handling.actor(CLERK), notes=False)
    assert without.notes == []


@pytest.mark.parametrize(
    ("text", "mentions", "field"),
    [
        (" \n\u200b ", (), "text"),
        ("字" * 2001, (), "text"),
        ("@nobody.here 来看", (), "mentions"),
        ("来看", ("jing.ning",), "mentions"),  # handles nothing of it
        ("@guan.li 来看", (), "mentions"),  # keeps the machine running
        ("来看", tuple(f"person.{n}" for n in range(21)), "mentions"),
    ],
)
def test_what_is_refused_is_said_in_words_and_nothing_is_written(
    handling: Story, text: str, mentions: tuple[str, ...], field: str
) -> None:
    with pytest.raises(InvalidAnswers) as refused:
        writes(handling, text, mentions=mentions)
    assert set(refused.value.fields) == {field}
    assert all(refused.value.fields[field][language] for language in ("zh", "en"))
    with reading(handling.sessions) as session:
        assert session.scalars(select(Note)).all() == []


def test_who_is_nobody_and_who_may_not_see_it_are_refused_alike(handling: Story) -> None:
    said = []
    for login in ("jing.ning", "nobody.at.all"):
        with pytest.raises(InvalidAnswers) as refused:
            writes(handling, f"@{login} 来看")
        said.append(refused.value.fields["mentions"]["zh"].replace(login, ""))
    assert said[0] == said[1]


def test_a_mail_address_is_no_mention(handling: Story) -> None:
    assert colleagues.named("发到 office@city.example，＠shui.dian、@du.cheng@du.cheng") == [
        "shui.dian",
        "du.cheng",
    ]
    writes(handling, "发到 office@city.example")
    assert read(handling).notes[0].mentions == []


def test_strangers_neither_write_nor_know(handling: Story) -> None:
    with pytest.raises(NotAllowed):
        writes(handling, "路过", by=ELSEWHERE)
    with transaction(handling.sessions) as session:
        session.execute(update(Case).values(accused_key="utilities_bureau"))
    with pytest.raises(NotFound):
        writes(handling, "我也看看", by=HANDLER)
    with pytest.raises(InvalidAnswers):
        writes(handling, "@shui.dian 看看", by=CLERK)
    with transaction(handling.sessions) as session, pytest.raises(NotFound):
        notes.write(session, "GL-0", "没有", by=handling.actor(CLERK))


def test_of_a_sealed_case_only_the_compartment_is_offered(story: Story) -> None:
    story.receives("qd-sanwo-5", channel="phone").does("complete_record")
    with transaction(story.sessions) as session:
        session.execute(update(Case).values(sealed=True, office_key="qd_discipline"))
    with reading(story.sessions) as session:
        case = session.scalars(select(Case)).one()
        found = colleagues.of_case(session, case, units_of(session, case.id, case.facts))
    assert {one.login for one in found} == {"ji.jian", "jian.cha"}
    writes(story, "@jian.cha 核对", by="ji.jian")
    with pytest.raises(InvalidAnswers):
        writes(story, "@du.cha 核对", by="ji.jian")


@pytest.mark.slow
def test_colleagues_are_those_who_work_on_it(handling: Story) -> None:
    with transaction(handling.sessions) as session:
        people.add_person(session, "of.city", "市里", memberships=[("guilin", "handler")])
    with reading(handling.sessions) as session:
        case = session.scalars(select(Case)).one()
        found = colleagues.of_case(session, case, units_of(session, case.id, case.facts))
    logins = {one.login for one in found}
    assert {HANDLER, CLERK, "du.cheng", "of.city"} <= logins
    assert not logins & {ELSEWHERE, "zhu.jian", "guan.li", "she.ji", "cheng.guan"}


@pytest.mark.slow
def test_mentions_are_kept_with_the_note(handling: Story) -> None:
    writes(handling, "请看", mentions=("du.cheng",))
    with reading(handling.sessions) as session:
        (kept,) = session.scalars(select(Mention)).all()
    assert kept.person_id == handling.actor("du.cheng").id
