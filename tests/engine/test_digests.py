"""Digests: drafts with frozen numbers, review and issue, instructions that come back."""

import threading
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader
from sqlalchemy import func, select, update

from engine import clock
from engine.commands import digests, figures, instructions
from engine.db import reading, transaction
from engine.digests import content, making
from engine.errors import Conflict, InvalidAnswers, NotAllowed
from engine.files import Files
from engine.models import Case, Digest, Instruction, Notice, Snapshot
from engine.queries import digests as queries
from engine.rates import snapshots
from tests.story import TO_THE_ANSWER

KIND, PACK = "weekly_digest", "gl-jindianzi"
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def week(story):
    """Three cases of a week that is over: one closed, two about noise at one place."""
    story.receives(phone="13800000001").goes_through(*TO_THE_ANSWER).does("callback")
    for phone in ("13800000002", "13800000003"):
        story.receives(phone=phone).does("complete_record", category="noise", place="南门菜市场")
    return story.passes(days=7)


def begun(story):
    assert making.draft_due(story.sessions) == 2, "the digest and the count of the week"
    with reading(story.sessions) as session:
        return session.scalars(select(Digest.id).where(Digest.kind == KIND)).one()


def opened(story, key):
    with reading(story.sessions) as session:
        return queries.opened(session, story.actor("du.cheng"), key)


def does(story, act, key, *said, by="du.cheng"):
    with transaction(story.sessions) as session:
        row = session.get_one(Digest, key)
        return act(session, row, *said, by=story.actor(by))


def leader(story):
    return story.with_role("leader", "jdz_office").login


def issued(story, key, folder):
    does(story, digests.send, key)
    with reading(story.sessions) as session:
        one = queries.opened(session, story.actor("du.cheng"), key)
        paper = making.printed(one, ZONE, "", 1)
        files = making.files(Files(folder), paper, making.template(session))
    does(story, digests.issue, key, 1, files, by=leader(story))
    return files


def test_a_draft_is_made_by_itself_once_in_office_time(story, week):
    key = begun(story)
    told = opened(story, key)
    assert told.row.period == "2026-W45"
    assert told.values["received"].told == "3"
    assert told.values["slipped"].told == "1"
    assert told.values["closed"].told == "1"
    assert told.values["hot_now"].told == "2"
    assert told.values["hot_place"].told == "2"
    hot = next(one for one in told.row.content["sections"] if one["key"] == "hot")
    assert "南门菜市场" in hot["body"]["zh"]
    assert making.draft_due(story.sessions) == 0, "once a period"


def test_before_the_office_opens_nothing_is_drafted(story, week):
    story.clock.set(clock.now().astimezone(ZONE).replace(hour=8, minute=30))
    assert making.draft_due(story.sessions) == 0


def test_sealed_cases_and_those_about_a_unit_are_never_counted(story, week):
    with transaction(story.sessions) as session:
        numbers = session.scalars(select(Case.number).order_by(Case.number)).all()
        session.execute(update(Case).where(Case.number == numbers[1]).values(sealed=True))
        session.execute(
            update(Case).where(Case.number == numbers[2]).values(accused_key="utilities_bureau")
        )
        session.execute(update(Case).values(chain_seq=Case.chain_seq + 1))
    figures.refresh(story.sessions)
    told = opened(story, begun(story))
    assert told.values["received"].told == "1"
    assert numbers[1] not in str(told.row.content)
    assert numbers[2] not in str(told.row.content)


def test_a_confidential_case_is_counted_and_not_named(story, week):
    with transaction(story.sessions) as session:
        session.execute(update(Case).values(confidential=True, chain_seq=Case.chain_seq + 1))
    told = opened(story, begun(story))
    assert told.values["received"].told == "3"
    assert "hot_place" not in told.values
    assert "GL-" not in str(told.row.content)


@pytest.mark.both
@pytest.mark.story
def test_what_was_issued_says_the_same_a_month_later(story, week, tmp_path):
    key = begun(story)
    first = issued(story, key, tmp_path)
    before = {name: one.told for name, one in opened(story, key).values.items()}
    story.receives(phone="13800000004").passes(days=30)
    with transaction(story.sessions) as session:
        session.execute(update(Case).values(category="water", chain_seq=Case.chain_seq + 1))
    figures.refresh(story.sessions)
    again = opened(story, key)
    assert {name: one.told for name, one in again.values.items()} == before
    with reading(story.sessions) as session:
        files = making.files(
            Files(tmp_path / "again"),
            making.printed(again, ZONE, ""),
            making.template(session),
        )
    assert files.keys() == first.keys() == {"docx", "pdf", "pdf-en"}
    assert _texts(tmp_path / "again", files["pdf"]) == _texts(tmp_path, first["pdf"])


def _texts(folder, sha256):
    pages = PdfReader(Files(folder).path(sha256)).pages
    text = "".join(page.extract_text() for page in pages)
    assert "收到诉求 3 件" in text.replace("\n", "")
    return text.replace("2026 年 11 月 9 日", "").split("扫码")[0].split("二维码")[0]


def test_two_people_issue_and_numbers_follow_each_other(story, week, tmp_path):
    key = begun(story)
    with pytest.raises(Conflict):
        does(story, digests.issue, key, 1, {}, by=leader(story))
    does(story, digests.send, key)
    with pytest.raises(NotAllowed):
        does(story, digests.issue, key, 1, {})
    with pytest.raises(Conflict):
        does(story, digests.issue, key, 7, {}, by=leader(story))
    does(story, digests.give_back, key, "第三段先核对", by=leader(story))
    with pytest.raises(InvalidAnswers):
        does(story, _edit("没有 {nothing} 这个数"), key)
    does(story, _edit("本周 {received} 件。"), key)
    does(story, digests.send, key)
    does(story, digests.issue, key, 1, {"pdf": "0" * 64}, by=leader(story))
    told = opened(story, key)
    assert told.row.number == 1
    assert [step["kind"] for step in told.row.steps] == [
        *("drafted", "sent", "returned", "edited", "sent", "issued")
    ]
    with pytest.raises(Conflict):
        does(story, _edit("改了"), key)
    with pytest.raises(Conflict), transaction(story.sessions) as session:
        digests.at_revision(session, key, 1)


def _edit(body):
    said = {"heading_zh": "这一周", "heading_en": "This week", "body_zh": body, "body_en": ""}
    return lambda session, row, by: digests.edit(session, row, "period", said, by=by)


def test_counting_anew_keeps_what_people_wrote(story, week):
    key = begun(story)
    does(story, _edit("本周 {received} 件。"), key)
    with transaction(story.sessions) as session:
        session.execute(
            update(Case).values(
                received_at=clock.now() - timedelta(days=60), chain_seq=Case.chain_seq + 1
            )
        )
    figures.refresh(story.sessions)
    with reading(story.sessions) as session:
        draft = making.counted_anew(session, session.get_one(Digest, key))
    does(story, digests.recount, key, draft)
    told = opened(story, key)
    assert told.values["received"].told == "0"
    sections = {one["key"]: one for one in told.row.content["sections"]}
    assert sections["period"]["body"]["zh"] == "本周 {received} 件。"
    assert sections["hot"]["body"]["zh"] == "本期没有成为热点的事。"


@pytest.mark.both
@pytest.mark.story
def test_an_instruction_grows_from_a_line_and_the_next_issue_opens_with_it(story, week, tmp_path):
    key = begun(story)
    said = {"text": "两周内全部亮起来", "leader": "市长", "unit": "utilities_bureau"}
    due = clock.now().date() + timedelta(days=14)
    with pytest.raises(Conflict):
        does(story, instructions.give, key, "period-1", said, due)
    issued(story, key, tmp_path)
    with pytest.raises(InvalidAnswers) as refused:
        does(story, instructions.give, key, "period-1", said | {"unit": "nowhere"}, None)
    assert refused.value.fields.keys() == {"unit", "due_on"}
    made = does(story, instructions.give, key, "period-1", said, due)
    with reading(story.sessions) as session:
        one = session.get_one(Instruction, made)
        assert "收到诉求 3 件" in one.quoted["zh"]
        assert session.scalar(select(Notice.kind).where(Notice.kind == "instructed"))
    handler = story.with_role("handler", "utilities_bureau")
    with transaction(story.sessions) as session:
        instructions.report(session, made, "26 盏中 24 盏已亮。", by=handler)
    story.passes(days=7)
    assert making.draft_due(story.sessions) == 2
    with reading(story.sessions) as session:
        second = session.scalars(
            select(Digest).where(Digest.kind == KIND, Digest.period == "2026-W46")
        ).one()
        opening = second.content["sections"][0]
        printed = making.printed(queries.of_row(session, second), ZONE, "")
    assert opening["key"] == "instructions"
    row = opening["parts"][0]["rows"][0]
    assert (row["issue"], row["status"], row["result"]) == (1, "reported", "26 盏中 24 盏已亮。")
    assert "26 盏中 24 盏已亮" in str(printed.blocks[1].rows)
    with transaction(story.sessions) as session:
        instructions.settle(session, made, by=story.actor("du.cheng"))
    with pytest.raises(Conflict), transaction(story.sessions) as session:
        instructions.report(session, made, "再报", by=handler)


@pytest.mark.both
@pytest.mark.story
def test_two_workers_make_one_draft_and_a_killed_one_leaves_nothing_half(story, week):
    figures.refresh(story.sessions)
    killed = _Killed()
    with pytest.raises(_Killed), reading(story.sessions) as session:
        ready = making.ready(session, KIND, PACK, "2026-W45")
        with transaction(story.sessions) as writing:
            ready.keep(writing)
            raise killed
    with reading(story.sessions) as session:
        assert session.scalar(select(func.count()).select_from(Snapshot)) == 0
    results: list[int] = []
    barrier = threading.Barrier(2)

    def work():
        barrier.wait()
        results.append(making.draft_due(story.sessions))

    workers = [threading.Thread(target=work) for _ in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert sum(results) == 2, "the digest and the count, each by one of the two"
    with reading(story.sessions) as session:
        assert sorted(session.scalars(select(Digest.kind))) == ["weekly_count", "weekly_digest"]
        assert list(snapshots.broken(session)) == []


class _Killed(BaseException):
    """The process ends in the middle of a transaction."""


def test_texts_name_numbers_in_braces():
    told = list(content.pieces("收到 {received} 件，{x}。"))
    assert [one.key for one in told] == ["", "received", "", "x", ""]
    assert content.filled("收到 {received} 件，{x}。", {"received": "3"}) == "收到 3 件，—。"
    assert content.put("{place}的 {received} 件", {"place": "南门"}) == "南门的 {received} 件"
