"""Taking in a file of messages: in balance, once, and nothing lost to a bad row."""

import csv
import gzip
import io
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from engine import clock
from engine.commands import importing
from engine.commands.importing import Plan, Tally
from engine.db import reading
from engine.errors import Conflict, InvalidInput, NotFound
from engine.importing import columns
from engine.importing.dates import parse_instant
from engine.importing.reading import encoding_of, open_table
from engine.models import Case, Contact, Deadline, UserTask
from tests import faulty_file

CHINA = ZoneInfo("Asia/Shanghai")
PACK = "gl-jindianzi"


def take_in(story, path: Path, source: str = "file", **said) -> tuple[Tally, list[str]]:
    """The balance and the reasons of what was refused."""
    with closing(open_table(path)) as table:
        places = columns.guess(table.headings)
        width = len(table.headings)
        plan = Plan(pack_key=PACK, source=source, columns=places, width=width, **said)
        importing.check(story.sessions, plan)
        tally, reasons = Tally(), []
        for batch in importing.batches(table.rows):
            done = importing.take(story.sessions, story.vault, plan, batch)
            tally.read += len(batch)
            tally.taken += done.taken
            tally.there += done.there
            tally.refused += len(done.refused)
            reasons += [one.reason for one in done.refused]
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
    [("a.csv", "utf-8"), ("b.csv.gz", "utf-8-sig"), ("c.csv", "gb18030"), ("d.csv", "utf-16")],
)
def test_a_faulty_file_is_taken_in_balance_in_every_encoding(story, tmp_path, name, encoding):
    path = tmp_path / name
    expected = faulty_file.write(path, rows=60, encoding=encoding)
    tally, _ = take_in(story, path)
    assert (tally.read, tally.taken, tally.there, tally.refused) == (
        expected.read,
        expected.taken,
        expected.there,
        expected.refused,
    )
    assert tally.balances
    assert expected.there
    assert expected.refused
    assert count(story, Case, Case.status == "open") == expected.taken
    assert count(story, UserTask, UserTask.element == "complete_record") == expected.taken
    assert (
        count(story, Deadline, Deadline.limit == "register", Deadline.due_at > clock.now())
        == expected.taken
    ), "the clocks run from the moment it is taken in, not from 2019"


@pytest.mark.both
def test_a_file_taken_in_twice_gives_nothing_twice(story, tmp_path):
    path = tmp_path / "file.csv"
    expected = faulty_file.write(path, rows=40, seed=2)
    first, _ = take_in(story, path)
    second, _ = take_in(story, path)
    assert second.taken == 0
    assert second.there == first.taken + first.there
    assert second.refused == expected.refused
    assert count(story, Case) == first.taken
    third, _ = take_in(story, path, source="another")
    assert third.taken == first.taken, "the same numbers of another source are other messages"


@pytest.mark.both
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


@pytest.mark.both
def test_a_row_the_database_refuses_loses_nothing_else(story, tmp_path, monkeypatch):
    path = written(
        tmp_path / "f.csv", ("1", "甲"), ("2", "乙"), ("3", "丙"), heading=("id", "body")
    )
    real = importing.cases.receive

    def receive(session, vault, pack, said, **rest):
        received = real(session, vault, pack, said, **rest)
        if said.source_id == "2":
            session.execute(select(func.no_such_function()))
        return received

    monkeypatch.setattr(importing.cases, "receive", receive)
    tally, reasons = take_in(story, path)
    assert (tally.taken, tally.refused) == (2, 1)
    assert "database" in reasons[0]
    assert sorted(contact.source_id for contact in contacts(story)) == ["1", "3"]


def test_when_another_process_was_quicker_the_batch_begins_again(story, tmp_path, monkeypatch):
    path = written(tmp_path / "f.csv", ("1", "甲"), ("2", "乙"), heading=("id", "body"))
    real, quicker = importing.cases.receive, [True]

    def receive(session, vault, pack, said, **rest):
        if quicker[0]:
            quicker[:] = quicker[1:] or [False]
            real(session, vault, pack, said, **rest)
        return real(session, vault, pack, said, **rest)

    monkeypatch.setattr(importing.cases, "receive", receive)
    tally, _ = take_in(story, path)
    assert (tally.taken, tally.refused, count(story, Contact)) == (2, 0, 2)
    quicker[:] = [True] * importing.ATTEMPTS
    with pytest.raises(Conflict):
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


# Reading ----------------------------------------------------------------------------------------


def test_quotes_and_newlines_within_a_field_stay_one_record(tmp_path):
    path = tmp_path / "f.csv"
    path.write_bytes('id;body\r\n1;"他说：""等等""\r\n又说;没有\n"\r\n\r\n2;好\r\n'.encode())
    table = open_table(path)
    assert [row.cells for row in table.rows] == [["1", '他说："等等"\r\n又说;没有\n'], ["2", "好"]]
    assert table.at() <= table.size
    table.close()


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("\ufeff编号".encode(), "utf-8-sig"),
        ("编号".encode(), "utf-8"),
        ("编号，内容".encode("gb18030"), "gb18030"),
        (gzip.compress("编号，内容".encode("gb18030"), mtime=0), "gb18030"),
        ("\ufeff编号".encode("utf-16-le"), "utf-16"),
        (b"", "utf-8"),
    ],
)
def test_the_encoding_is_found(tmp_path, content, encoding):
    path = tmp_path / "f"
    path.write_bytes(content)
    assert encoding_of(path) == encoding


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xff\xff\xff", gzip.compress(b"id,body\n1,x\n" * 900, mtime=0)[:60]]
)
def test_a_file_that_is_no_table_is_refused_in_words(tmp_path, content):
    path = tmp_path / "f.csv"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=r"f\.csv"):
        open_table(path)


def test_a_field_beyond_all_measure_is_refused_with_its_line(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text("id,body\n1," + "x" * 10_000_001 + "\n")
    table = open_table(path)
    with pytest.raises(InvalidInput, match="line"):
        list(table.rows)
    table.close()


# Columns ----------------------------------------------------------------------------------------


def test_columns_are_guessed_in_both_languages():
    assert columns.guess(faulty_file.HEADINGS) == {
        "id": 0,
        "name": 1,
        "title": 2,
        "received_at": 3,
        "body": 4,
        "category": 5,
    }
    assert columns.guess(["Msg_ID", "Subject", "Content (raw)", "Created At", "Tel."[:3]]) == {
        "id": 0,
        "title": 1,
        "body": 2,
        "received_at": 3,
        "phone": 4,
    }


def test_what_is_said_is_stronger_than_what_is_guessed():
    headings = ["id", "content", "备注"]
    assert columns.guess(headings, {"body": "备注"}) == {"id": 0, "body": 2}
    assert columns.guess(headings, {"id": ""}) == {"body": 1}
    for said in ({"colour": "id"}, {"body": "nothing"}, {"body": ""}):
        with pytest.raises(InvalidInput):
            columns.guess(headings, said)
    with pytest.raises(InvalidInput, match="headings"):
        columns.guess(["a", "b"])


# Dates ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2019/4/25 9:32:09", datetime(2019, 4, 25, 9, 32, 9, tzinfo=CHINA)),
        ("2019-04-25T09:32:09", datetime(2019, 4, 25, 9, 32, 9, tzinfo=CHINA)),
        ("2019-04-25", datetime(2019, 4, 25, tzinfo=CHINA)),
        ("\u3000 2019/4/25\u00a0\u200b ", datetime(2019, 4, 25, tzinfo=CHINA)),
        ("2019年4月25日 9时32分", datetime(2019, 4, 25, 9, 32, tzinfo=CHINA)),
        ("2019-04-25T01:32:09.123Z", datetime(2019, 4, 25, 1, 32, 9, tzinfo=UTC)),
        ("2019-04-25T09:32:09+08:00", datetime(2019, 4, 25, 9, 32, 9, tzinfo=CHINA)),
        ("", None),
        (" \u3000", None),
    ],
)
def test_dates_are_read_in_every_form(text, expected):
    assert parse_instant(text, CHINA) == expected


@pytest.mark.parametrize(
    "text", ["昨天", "2019-02-30", "25/4/2019", "2019-4", "2019-04-25 25:00", "1900-01-01", "12"]
)
def test_what_is_no_date_is_refused(text):
    with pytest.raises(InvalidInput, match="received_at"):
        parse_instant(text, CHINA)


@given(st.datetimes(datetime(1950, 1, 1), datetime(2090, 1, 1)))  # noqa: DTZ001
def test_an_iso_time_is_read_as_it_is(at):
    at = at.replace(microsecond=0)
    assert parse_instant(at.isoformat(sep=" "), CHINA) == at.replace(tzinfo=CHINA)
