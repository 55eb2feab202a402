"""History cannot be changed unseen; what must be forgotten can be."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from engine import history
from engine.db import reading, transaction
from engine.errors import Conflict
from engine.history import Entry, Head
from engine.models import HistoryEvent
from engine.queries import verifying
from tests.racing import failures, together

STREAM = "unit:housing_bureau"
AT = datetime(2026, 11, 2, 1, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def five(sessions):
    """A stream of five events."""
    with transaction(sessions) as session:
        history.record(
            session,
            STREAM,
            [
                Entry(f"kind.{n}", AT + timedelta(seconds=n), payload={"n": n, "zh": "路灯 💡"})
                for n in range(1, 6)
            ],
        )
    return sessions


@pytest.mark.both
def test_events_are_numbered_from_one_and_a_later_record_goes_on_at_the_end(five):
    assert _broken(five) is None
    with transaction(five) as session:
        head = history.record(session, STREAM, [Entry("more", AT)])
        assert head.seq == 6
        assert history.head_of(session, STREAM) == head
        assert history.record(session, STREAM, []) == head, "nothing to write changes nothing"
    with reading(five) as session:
        numbers = session.scalars(
            select(HistoryEvent.seq).where(HistoryEvent.stream == STREAM).order_by(HistoryEvent.seq)
        ).all()
    assert numbers == [1, 2, 3, 4, 5, 6]
    assert _broken(five) is None


@pytest.mark.both
@pytest.mark.parametrize(
    "change",
    [
        {"payload": {"n": 3, "zh": "路灯亮了"}},
        {"payload": {}},
        {"payload": {"n": 4}, "salt": None},
        {"salt": bytes(16)},
        {"kind": "case.closed"},
        {"at": AT + timedelta(seconds=3, microseconds=1)},
        {"digest": bytes(32)},
        {"hash": bytes(32)},
    ],
    ids="+".join,
)
def test_a_changed_row_is_found(five, change):
    _change(five, 3, **change)
    assert _broken(five) == 3


def test_another_actor_is_found(story):
    story.receives().does("complete_record")
    stream = history.case_stream(story.received.case_id)
    other = story.with_role("supervisor").id
    with transaction(story.sessions) as session:
        session.execute(
            update(HistoryEvent)
            .where(HistoryEvent.stream == stream, HistoryEvent.kind == "task.completed")
            .values(by=other)
        )
    assert not story.chain_is_whole()


@pytest.mark.both
@pytest.mark.parametrize("gone", [1, 3])
def test_a_removed_row_is_found_where_it_is_missing(five, gone):
    with transaction(five) as session:
        session.execute(
            delete(HistoryEvent).where(HistoryEvent.stream == STREAM, HistoryEvent.seq == gone)
        )
    assert _broken(five) == gone


@pytest.mark.both
def test_two_swapped_rows_are_found(five):
    for old, new in ((2, 99), (3, 2), (99, 3)):
        _change(five, old, seq=new)
    assert _broken(five) == 2


def test_a_row_put_in_between_is_found(five):
    with transaction(five) as session:
        history.append(session, STREAM, Head(5, bytes(32)), [Entry("forged", AT)])
    assert _broken(five) == 6


def test_an_event_cut_off_the_end_of_a_case_is_found_by_its_head(story):
    story.receives().does("complete_record")
    stream = history.case_stream(story.received.case_id)
    with transaction(story.sessions) as session:
        last = session.scalar(
            select(func.max(HistoryEvent.seq)).where(HistoryEvent.stream == stream)
        )
        session.execute(
            delete(HistoryEvent).where(HistoryEvent.stream == stream, HistoryEvent.seq == last)
        )
    assert story.chain_is_whole(), "what is left holds together"
    with reading(story.sessions) as session:
        found = verifying.heads(session)
    assert not found.holds
    assert story.number in found.found[0]


@pytest.mark.both
def test_erasing_payload_and_salt_leaves_the_chain_whole(five):
    for seq in (1, 3, 5):
        _change(five, seq, payload=None, salt=None)
    assert _broken(five) is None
    with transaction(five) as session:
        history.record(session, STREAM, [Entry("after", AT)])
    assert _broken(five) is None
    with reading(five) as session:
        row = session.scalars(
            select(HistoryEvent).where(HistoryEvent.stream == STREAM, HistoryEvent.seq == 3)
        ).one()
    assert (row.payload, row.salt) == (None, None)
    _change(five, 3, kind="forged")
    assert _broken(five) == 3, "and what is left is still guarded"


def test_the_same_payload_never_has_the_same_digest():
    digests = {history.digest_of({"a": 1}, salt) for salt in (bytes(16), bytes([1] * 16))}
    assert len(digests) == 2, "a short secret cannot be guessed from its digest"


@pytest.mark.both
def test_a_second_writer_with_the_same_head_gets_a_conflict(five):
    with reading(five) as session:
        head = history.head_of(session, STREAM)
    with transaction(five) as session:
        history.append(session, STREAM, head, [Entry("first", AT)])
    with pytest.raises(Conflict), transaction(five) as session:
        history.append(session, STREAM, head, [Entry("second", AT)])
    with reading(five) as session:
        kinds = session.scalars(
            select(HistoryEvent.kind).where(HistoryEvent.stream == STREAM, HistoryEvent.seq > 5)
        ).all()
    assert kinds == ["first"], "no fork"
    assert _broken(five) is None


@pytest.mark.both
def test_many_writers_at_once_leave_one_whole_chain(five):
    def write(number):
        for _ in range(20):
            try:
                with transaction(five) as session:
                    history.record(session, STREAM, [Entry(f"writer.{number}", AT)])
            except Conflict:
                continue
            return
        raise AssertionError("never got in")

    assert not failures(together([lambda n=n: write(n) for n in range(6)]))
    with reading(five) as session:
        kinds = session.scalars(
            select(HistoryEvent.kind).where(HistoryEvent.stream == STREAM, HistoryEvent.seq > 5)
        ).all()
    assert sorted(kinds) == [f"writer.{n}" for n in range(6)]
    assert _broken(five) is None


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), inner)
    ),
    max_leaves=6,
)
_instants = st.builds(
    lambda seconds, micro, zone: (AT + timedelta(seconds=seconds, microseconds=micro)).astimezone(
        timezone(timedelta(minutes=zone))
    ),
    st.integers(-(10**9), 10**9),
    st.integers(0, 999_999),
    st.integers(-12 * 60, 14 * 60),
)


@pytest.mark.both
def test_whatever_was_told_is_whole_when_read_again(sessions):
    streams = []

    @settings(max_examples=25, deadline=None)
    @given(
        st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"]), max_size=8), _json, max_size=4
        ),
        _instants,
    )
    def tell(payload, at):
        stream = f"unit:{uuid4().hex}"
        streams.append(stream)
        with transaction(sessions) as session:
            history.record(session, stream, [Entry("told", at, payload=payload)])

    tell()
    with reading(sessions) as session:
        assert {history.broken(session, stream) for stream in streams} == {None}


def test_a_link_depends_on_each_of_its_parts():
    by = UUID(int=7)
    usual = (bytes(32), 1, "kind", AT, by, bytes(32))
    others = [
        (bytes([1]) + bytes(31), 1, "kind", AT, by, bytes(32)),
        (bytes(32), 2, "kind", AT, by, bytes(32)),
        (bytes(32), 1, "kinds", AT, by, bytes(32)),
        (bytes(32), 1, "kind", AT + timedelta(microseconds=1), by, bytes(32)),
        (bytes(32), 1, "kind", AT, UUID(int=8), bytes(32)),
        (bytes(32), 1, "kind", AT, None, bytes(32)),
        (bytes(32), 1, "kind", AT, by, bytes([1]) + bytes(31)),
        (bytes(32), 1, "kind", AT, by, bytes(32), (UUID(int=9), "")),
        (bytes(32), 1, "kind", AT, by, bytes(32), (None, "sign")),
    ]
    assert len({history.link(*parts) for parts in [usual, *others]}) == len(others) + 1
    shifted = AT.astimezone(timezone(timedelta(hours=8)))
    assert history.link(*usual) == history.link(*usual[:3], shifted, *usual[4:])


def _broken(sessions):
    with reading(sessions) as session:
        return history.broken(session, STREAM)


def _change(sessions, at_seq, /, **values):
    with transaction(sessions) as session:
        session.execute(
            update(HistoryEvent)
            .where(HistoryEvent.stream == STREAM, HistoryEvent.seq == at_seq)
            .values(values)
        )
