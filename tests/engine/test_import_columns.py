"""Which column holds what, and when a message was written."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.importing import columns
from engine.importing.dates import parse_instant
from tests import faulty_file

CHINA = ZoneInfo("Asia/Shanghai")


def test_columns_are_guessed_in_both_languages():
    found = columns.find(faulty_file.HEADINGS)
    assert found.places == {
        "id": 0,
        "name": 1,
        "phone": 2,
        "title": 3,
        "received_at": 4,
        "body": 5,
        "category": 6,
    }
    assert found.unused == ("备注",)
    assert {column.how for column in found.found} == {"guessed"}
    headings = ["Msg_ID", "Subject", "Content (raw)", "Created At", "Tel", "内容（原文）", ""]
    found = columns.find(headings)
    assert found.places == {"id": 0, "title": 1, "body": 2, "received_at": 3, "phone": 4}
    assert found.unused == ("内容（原文）",)


def test_what_is_said_is_stronger_than_what_is_guessed():
    headings = ["id", "content", "备注"]
    assert columns.find(headings, {"body": "备注"}).places == {"id": 0, "body": 2}
    found = columns.find(headings, {"id": ""})
    assert found.places == {"body": 1}
    assert found.left_out == ("id",)
    assert found.headings == {"body": "content", "id": ""}
    for said in ({"colour": "id"}, {"body": "nothing"}, {"body": ""}):
        with pytest.raises(InvalidInput):
            columns.find(headings, said)
    with pytest.raises(InvalidInput, match="headings"):
        columns.find(["a", "b"])


def test_what_is_remembered_is_stronger_than_a_guess_and_weaker_than_a_word():
    headings = ["id", "content", "备注", "电话"]
    remembered = {"body": "备注", "id": ""}
    found = columns.find(headings, {}, remembered)
    assert found.places == {"body": 2, "phone": 3}
    assert {column.field: column.how for column in found.found} == {
        "body": "remembered",
        "phone": "guessed",
    }
    assert found.headings == {"body": "备注", "phone": "电话", "id": ""}
    found = columns.find(headings, {"body": "content", "id": "id"}, remembered)
    assert found.places == {"id": 0, "body": 1, "phone": 3}


def test_headings_that_have_changed_are_told_with_ways_out():
    with pytest.raises(InvalidInput) as refused:
        columns.find(["id", "content"], {}, {"body": "留言详情"})
    for word in ("留言详情 (body)", "--map body=", "--forget", "id, content"):
        assert word in refused.value.message
    assert columns.find(["id", "content"], {"body": "content"}, {"body": "留言详情"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2019/4/25 9:32:09", datetime(2019, 4, 25, 9, 32, 9, tzinfo=CHINA)),
        ("2019-04-25T09:32:09", datetime(2019, 4, 25, 9, 32, 9, tzinfo=CHINA)),
        ("2019-04-25", datetime(2019, 4, 25, tzinfo=CHINA)),
        ("\u3000 2019/4/25\u00a0\u200b ", datetime(2019, 4, 25, tzinfo=CHINA)),
        ("2019年4月25日 9时32分", datetime(2019, 4, 25, 9, 32, tzinfo=CHINA)),
        ("2019年4月25日星期四 下午3:05", datetime(2019, 4, 25, 15, 5, tzinfo=CHINA)),
        ("2019年4月25日上午9点32分", datetime(2019, 4, 25, 9, 32, tzinfo=CHINA)),
        ("２０１９－０４－２５ ０９：３２", datetime(2019, 4, 25, 9, 32, tzinfo=CHINA)),
        ("20190425", datetime(2019, 4, 25, tzinfo=CHINA)),
        ("20190425093209", datetime(2019, 4, 25, 9, 32, 9, tzinfo=CHINA)),
        ("2019-04-25T01:32:09.123Z", datetime(2019, 4, 25, 1, 32, 9, tzinfo=UTC)),
        ("2019-04-25T09:32:09+08:00", datetime(2019, 4, 25, 9, 32, 9, tzinfo=CHINA)),
        ("", None),
        (" \u3000\ufeff", None),
    ],
)
def test_dates_are_read_in_every_form(text, expected):
    assert parse_instant(text, CHINA) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("昨天", "2019-02-30", "25/4/2019", "2019-4", "2019-04-25 25:00", "1900-01-01", "12"),
        *("43580.397", "2019-4-112:30", "2019042", "2019-04-25 09:32 +25:00"),
    ],
)
def test_what_is_no_date_is_refused(text):
    with pytest.raises(InvalidInput, match="received_at") as refused:
        parse_instant(text, CHINA)
    assert text not in refused.value.message


@given(st.datetimes(datetime(1950, 1, 1), datetime(2090, 1, 1)))  # noqa: DTZ001
def test_an_iso_time_is_read_as_it_is(at):
    at = at.replace(microsecond=0)
    assert parse_instant(at.isoformat(sep=" "), CHINA) == at.replace(tzinfo=CHINA)
