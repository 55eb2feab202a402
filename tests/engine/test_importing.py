"""Taking in a file of messages: in balance, once, and nothing lost to a bad row."""

import csv
import io
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from engine import clock
from engine.commands import cases, column_maps, importing
from engine.commands.import_rows import Fit, Known, Plan
from engine.commands.importing import Tally
from engine.db import reading, transaction
from engine.errors import Conflict, InvalidInput, NotFound, StepFailed
from engine.importing import columns
from engine.importing.reading import open_table
from engine.models import Case, City, Contact, Counter, Deadline, Identity, Unit, UserTask
from tests import faulty_file
from tests.counting import statements

CHINA = ZoneInfo("Asia/Shanghai")
PACK = "gl-jindianzi"


def take_in(story, path: Path, source: str = "file", **said) -> tuple[Tally, list[str]]:
    """The balance and the reasons of what was refused."""
    with closing(open_table(path)) as table:
        places = columns.find(table.headings).places
        width = len(table.headings)
        told = {"pack_key": PACK} | said
        plan = Plan(source=source, columns=places, width=width, **told)
        importing.check(story.sessions, plan)
        tally, reasons = Tally(), []
        for batch in importing.batches(table.rows):
            done = importing.take(story.sessions, story.vault, plan, batch)
            tally.read += len(batch)
            tally.taken += done.taken
            tally.there += done.there
            tally.refused += len(done.refused)
            reasons += [one.reason.en for one in done.refused]
            assert all(one.reason.zh for one in done.refused)
    return tally, reasons


def contacts(story) -> list[Contact]:
    with reading(story.sessions) as session:
        return list(session.scalars(select(Contact).order_by(Contact.id)))


def count(story, *what) -> int:
    with reading(story.sessions) as session:
        return session.scalar(select(func.count()).select_from(what[0]).where(*what[1:]))


def written(path: Path, *rows: tuple[str, ...], heading: tuple[str, ...]) -> Path:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([heading, *rows])
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("a.csv", "utf-8"),
        ("b.csv.gz", "utf-8-sig"),
        ("c.csv", "gb18030"),
        ("d.csv", "utf-16"),
        ("e.xlsx", ""),
    ],
)
def test_a_faulty_file_is_taken_in_balance_in_every_encoding(story, tmp_path, name, encoding):
    path = tmp_path / name
    expected = faulty_file.write(path, rows=70, encoding=encoding)
    tally, reasons = take_in(story, path)
    assert (tally.read, tally.taken, tally.there, tally.refused) == (
        expected.read,
        expected.taken,
        expected.there,
        expected.refused,
    )
    assert tally.balances
    assert expected.there
    for reason, word in zip(reasons, expected.reasons, strict=True):
        assert word in reason
    assert count(story, Case, Case.status == "open") == expected.taken
    assert count(story, UserTask, UserTask.element == "complete_record") == expected.taken
    assert (
        count(story, Deadline, Deadline.limit == "register", Deadline.due_at > clock.now())
        == expected.taken
    ), "the clocks run from the moment it is taken in, not from 2019"


@pytest.mark.parametrize("channel", ["newspaper", "web"])
def test_a_file_is_taken_in_by_another_citys_pack_too(story, tmp_path, channel):
    path = tmp_path / "file.csv"
    expected = faulty_file.write(path, rows=60, seed=6)
    tally, _ = take_in(story, path, pack_key="qd-sanwo-5", channel=channel)
    assert (tally.taken, tally.refused) == (expected.taken, expected.refused)
    with reading(story.sessions) as session:
        offices = set(session.scalars(select(Case.office_key)))
        pack = cases.newest_pack(session, "qd-sanwo-5")[1]
    assert offices == {pack.reception(channel)}


@pytest.mark.both
@pytest.mark.story
@pytest.mark.parametrize("name", ["file.csv", "file.xlsx"])
def test_a_file_taken_in_twice_gives_nothing_twice(story, tmp_path, name):
    path = tmp_path / name
    expected = faulty_file.write(path, rows=60, seed=2)
    first, _ = take_in(story, path)
    second, _ = take_in(story, path)
    assert second.taken == 0
    assert second.there == first.taken + first.there
    assert second.refused == expected.refused
    assert count(story, Case) == first.taken
    third, _ = take_in(story, path, source="another")
    assert third.taken == first.taken, "the same numbers of another source are other messages"


@pytest.mark.both
@pytest.mark.story
def test_the_text_is_cleaned_and_the_raw_text_kept(story, tmp_path):
    raw = "\n\t\t\t\u3000\u3000第一行\u00a0\u00a0有 空\u200b白\r\n\r\n\r\n\r\n第二行\t\n"
    path = written(
        tmp_path / "f.csv",
        ("7", " \u3000标题\n两行 ", raw, "2019/4/25 9:32:09"),
        heading=("编号", "标题", "内容", "时间"),
    )
    take_in(story, path)
    (contact,) = contacts(story)
    assert contact.raw_body == raw
    assert (contact.source, contact.source_id) == ("file", "7")
    assert contact.received_at == datetime(2019, 4, 25, 9, 32, 9, tzinfo=CHINA)
    with reading(story.sessions) as session:
        case = session.scalars(select(Case)).one()
    assert case.title == "标题 两行"
    assert case.body == "第一行 有 空白\n\n第二行"


def test_a_category_is_taken_over_only_if_the_pack_has_it(story, tmp_path):
    names = ["噪声", "noise", "Food safety", " 交通出行\u3000", "劳动和社会保障", ""]
    path = written(
        tmp_path / "f.csv",
        *((str(number), f"事情{number}", name) for number, name in enumerate(names)),
        heading=("id", "content", "label"),
    )
    take_in(story, path)
    with reading(story.sessions) as session:
        found = session.scalars(select(Case.category).order_by(Case.number)).all()
    assert found == ["noise", "noise", "food", "traffic", "", ""]


def test_each_refused_row_says_why_without_repeating_the_citizen(story, tmp_path):
    path = written(
        tmp_path / "f.csv",
        ("1", "好的", "有字", ""),
        ("2", "", "", ""),
        ("3", "标题", "正文", "昨天晚上八点"),
        ("4", "标题", "字" * 5001, ""),
        ("5", "标题", "正文", "2099-01-01"),
        ("6", "标题"),
        ("x" * 201, "标题", "正文", ""),
        heading=("id", "title", "body", "date"),
    )
    tally, reasons = take_in(story, path)
    assert (tally.taken, tally.refused) == (1, 6)
    for reason, word in zip(
        reasons,
        ("body", "received_at", "5000", "has passed", "4 columns, found 2", "id"),
        strict=True,
    ):
        assert word in reason
    assert all("正文" not in reason for reason in reasons)


def test_without_numbers_the_same_words_are_the_same_message(story, tmp_path):
    rows = [("路灯不亮", "2019-01-01"), ("路灯不亮", "2019-01-02"), ("路灯不亮", "2019-01-01")]
    path = written(tmp_path / "f.csv", *rows, heading=("内容", "日期"))
    tally, _ = take_in(story, path)
    assert (tally.taken, tally.there) == (2, 1)


def _unknown_function(session) -> None:
    session.execute(select(func.no_such_function()))


def _failed_step(_session) -> None:
    raise StepFailed("screen", "no such table")


@pytest.mark.both
@pytest.mark.story
@pytest.mark.parametrize(
    ("fail", "word"), [(_unknown_function, "database"), (_failed_step, "no such table")]
)
def test_a_row_that_fails_late_loses_nothing_else(story, tmp_path, monkeypatch, fail, word):
    path = written(
        tmp_path / "f.csv", ("1", "甲"), ("2", "乙"), ("3", "丙"), heading=("id", "body")
    )
    real = cases.receive_checked

    def receive(session, vault, receiving, said, **rest):
        received = real(session, vault, receiving, said, **rest)
        if said.source_id == "2":
            fail(session)
        return received

    monkeypatch.setattr(cases, "receive_checked", receive)
    tally, reasons = take_in(story, path)
    assert (tally.taken, tally.refused) == (2, 1)
    assert word in reasons[0]
    assert sorted(contact.source_id for contact in contacts(story)) == ["1", "3"]


def test_when_another_process_was_quicker_the_batch_begins_again(story, tmp_path, monkeypatch):
    path = written(tmp_path / "f.csv", ("1", "甲"), ("2", "乙"), heading=("id", "body"))
    real, quicker = cases.receive_checked, [True]

    def receive(session, vault, receiving, said, **rest):
        if quicker[0]:
            quicker[:] = quicker[1:] or [False]
            raise Conflict
        return real(session, vault, receiving, said, **rest)

    monkeypatch.setattr(cases, "receive_checked", receive)
    tally, _ = take_in(story, path)
    assert (tally.taken, tally.refused, count(story, Contact)) == (2, 0, 2)
    quicker[:] = [True] * importing.ATTEMPTS
    with pytest.raises(Conflict, match="Run the import again"):
        take_in(story, path, source="another")
    assert count(story, Contact) == 2


def test_what_cannot_be_taken_in_at_all_is_said_at_once(story, tmp_path):
    path = written(tmp_path / "f.csv", ("1", "甲"), heading=("id", "body"))
    table = open_table(path)
    plan = Plan("no-such-pack", "f", {"body": 1}, 2)
    with pytest.raises(NotFound):
        importing.check(story.sessions, plan)
    with pytest.raises(InvalidInput, match="channel"):
        importing.check(story.sessions, Plan(PACK, "f", {"body": 1}, 2, channel="pigeon"))
    with pytest.raises(InvalidInput, match="source"):
        importing.check(story.sessions, Plan(PACK, "", {"body": 1}, 2))
    table.close()


def test_without_the_unit_that_receives_nothing_is_taken(story, tmp_path):
    with transaction(story.sessions) as session:
        office = cases.receiving(session, PACK).pack.reception("web")
        session.execute(update(Unit).where(Unit.key == office).values(active=False))
        session.execute(update(City).values(organisation_revision=City.organisation_revision + 1))
    with pytest.raises(InvalidInput, match=office):
        importing.check(story.sessions, Plan(PACK, "f", {"body": 1}, 2))
    path = written(tmp_path / "f.csv", ("1", "甲"), heading=("id", "body"))
    with closing(open_table(path)) as table:
        plan = Plan(PACK, "f", {"id": 0, "body": 1}, 2)
        done = importing.take(story.sessions, story.vault, plan, list(table.rows))
    assert [one.reason.en for one in done.refused] == [
        f"channel: its office {office} is no unit here"
    ]


@pytest.mark.both
@pytest.mark.story
def test_the_same_number_with_other_text_is_refused_and_the_earlier_one_named(story, tmp_path):
    heading = ("id", "title", "body", "date")
    path = written(
        tmp_path / "f.csv",
        ("1", "路灯", "不亮", "2019-01-01"),
        ("\u200b1\u3000", " 路灯", "不亮\n", "2020-01-01"),
        ("1", "路灯", "又不亮", ""),
        heading=heading,
    )
    tally, reasons = take_in(story, path)
    assert (tally.taken, tally.there, tally.refused) == (1, 1, 1)
    assert reasons == ["id: the same number with other text; the earlier one is line 2"]
    with reading(story.sessions) as session:
        number = session.scalars(select(Case.number)).one()
    later = written(
        tmp_path / "g.csv", ("1", "路灯", "不亮", ""), ("1", "水管", "不亮", ""), heading=heading
    )
    tally, reasons = take_in(story, later)
    assert (tally.taken, tally.there, tally.refused) == (0, 1, 1)
    assert reasons == [f"id: the same number with other text; the earlier one is {number}"]


def test_a_row_that_was_refused_leaves_its_number_free(story, tmp_path):
    path = written(
        tmp_path / "f.csv", ("1", "", ""), ("1", "好", ""), heading=("id", "body", "date")
    )
    tally, _ = take_in(story, path)
    assert (tally.taken, tally.refused) == (1, 1)


def test_what_looks_like_a_formula_is_what_the_citizen_wrote(story, tmp_path):
    heading = ("id", "title", "body", "name")
    rows = [
        (str(number), text, text, text[:50]) for number, text in enumerate(faulty_file.FORMULAS)
    ]
    take_in(story, written(tmp_path / "f.csv", *rows, heading=heading))
    assert [contact.raw_body for contact in contacts(story)] == list(faulty_file.FORMULAS)
    with reading(story.sessions) as session:
        found = session.execute(select(Case.title, Case.body).order_by(Case.number)).all()
    assert [tuple(row) for row in found] == [(text, text) for text in faulty_file.FORMULAS]


def test_a_phone_of_letters_is_refused_and_a_written_one_is_found(story, tmp_path):
    heading = ("id", "body", "phone")
    rows = [("1", "甲", "没有"), ("2", "乙", " 138-0000 1234\u200b"), ("3", "丙", "1.38E+10")]
    tally, reasons = take_in(story, written(tmp_path / "f.csv", *rows, heading=heading))
    assert (tally.taken, tally.refused) == (1, 2)
    assert all("phone" in reason for reason in reasons)
    with reading(story.sessions) as session:
        kept = session.scalars(select(Identity.phone_hmac)).one()
    assert kept == story.vault.look_up("13800001234")


@pytest.mark.parametrize(
    ("ahead", "taken"), [(timedelta(minutes=1), 1), (timedelta(hours=1), 0), (timedelta(1), 0)]
)
def test_what_has_not_been_said_yet_is_refused(story, tmp_path, ahead, taken):
    at = (clock.now() + ahead).astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
    path = written(tmp_path / "f.csv", ("1", "甲", at), heading=("id", "body", "date"))
    tally, _ = take_in(story, path)
    assert tally.taken == taken


@pytest.mark.both
@pytest.mark.story
def test_white_space_of_every_kind_is_cleaned(story, tmp_path):
    unseen = "\u00a0\u3000\u200b\x0b\x0c\ufeff\u2003\u00ad\u2060\t"
    raw = f"{unseen}路{unseen}灯{unseen}\u2028不亮{unseen}"
    path = written(tmp_path / "f.csv", ("1", raw, raw), heading=("id", "title", "body"))
    take_in(story, path)
    (contact,) = contacts(story)
    assert (contact.raw_title, contact.raw_body) == (raw, raw)
    with reading(story.sessions) as session:
        case = session.scalars(select(Case)).one()
    assert case.title == "路 灯 不亮"
    assert case.body.split() == ["路", "灯", "不亮"]
    assert not set(case.body) & set(unseen)


@pytest.mark.both
@pytest.mark.story
def test_a_rehearsal_says_what_an_import_then_does_and_writes_nothing(story, tmp_path):
    path = tmp_path / "file.csv"
    expected = faulty_file.write(path, rows=80, seed=4)

    def rehearsed() -> list:
        seen, verdicts = {}, []
        with closing(open_table(path)) as table:
            places = columns.find(table.headings).places
            plan = Plan(PACK, "file", places, len(table.headings))
            for batch in importing.batches(table.rows, 7):
                verdicts += importing.rehearse(story.sessions, plan, batch, seen)
        return verdicts

    before = rehearsed()
    assert sum(isinstance(one, Fit) for one in before) == expected.taken
    assert sum(isinstance(one, Known) for one in before) == expected.there
    assert (count(story, Contact), count(story, Counter)) == (0, 0)
    take_in(story, path)
    after = rehearsed()
    assert not any(isinstance(one, Fit) for one in after)
    assert sum(isinstance(one, Known) for one in after) == expected.taken + expected.there


@pytest.mark.both
@pytest.mark.story
def test_a_batch_reads_once_and_writes_each_case_in_few_statements(story, tmp_path):
    heading = ("id", "body", "name")
    rows = [(str(number), f"第 {number} 件事", "李") for number in range(40)]
    path = written(tmp_path / "f.csv", *rows, heading=heading)
    with closing(open_table(path)) as table:
        plan = Plan(PACK, "f", {"id": 0, "body": 1, "name": 2}, 3)
        first, second = importing.batches(table.rows, 20)
        importing.take(story.sessions, story.vault, plan, first)  # packs and calendar are read once
        with statements(story.sessions) as sent:
            done = importing.take(story.sessions, story.vault, plan, second)
    assert done.taken == 20
    assert sum(text.startswith("SELECT") for text in sent) <= 5, sent
    assert len(sent) <= 5 + 1 + 10 * 20, "identity, case, words, contact, instance, ledger, task …"


@pytest.mark.both
@pytest.mark.story
def test_the_columns_of_a_source_are_remembered_until_they_are_forgotten(story):
    told = {"id": "单号", "body": "说了什么", "place": ""}
    with transaction(story.sessions) as session:
        column_maps.remember(session, "信箱", {"body": "旧"}, by=None)
        column_maps.remember(session, "信箱", told, by=None)
    with reading(story.sessions) as session:
        assert column_maps.remembered(session, "信箱") == told
        assert column_maps.remembered(session, "别处") == {}
    with transaction(story.sessions) as session:
        assert column_maps.forget(session, "信箱")
        assert not column_maps.forget(session, "信箱")
