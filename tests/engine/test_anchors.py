"""Anchors: one a night over all streams, and whatever is removed after one is named by verify."""

import logging

import pytest
from sqlalchemy import delete, func, select, text, update

from engine import anchors as parts
from engine import history, merkle, streams
from engine.anchors import Blinding
from engine.commands import anchors
from engine.db import reading, transaction
from engine.history import Entry
from engine.models import Anchor, AnchorBucket, AnchorChange, Case, HistoryEvent
from engine.queries import verifying
from tests.engine.anchored_office import (
    DAYS,
    events,
    faults,
    newest_of,
    remove_case,
    remove_event,
    remove_tail,
    rewrite,
    three_nights,
    tried,
)
from tests.racing import failures, together

CHANGES = (
    {"cases": 2},
    {"contacts": 4},
    {"slips": 1},
    {"matters": 1},
    {"missed": 1},
    {"root": bytes(32)},
    {"changes": bytes(32)},
    {"previous": bytes([1] * 32)},
    {"hash": bytes(32)},
    {"tallies": {"cases": 3}},
)


@pytest.fixture
def office(story):
    return three_nights(story)


@pytest.mark.both
def test_whatever_is_removed_is_named_with_its_case_and_day(office):
    with tried(office.sessions) as session:
        assert faults(session, office.vault) == (set(), [])
        session.execute(update(HistoryEvent).values(payload=None, salt=None))
        assert faults(session, office.vault) == (set(), [])

    case, number = office.received.case_id, office.number
    with reading(office.sessions) as session:
        seqs = [
            leaf.seq
            for at in (1, 2, 3)
            for content in streams.changes(session, at)
            for leaf in parts.unpacked(content)
            if leaf.stream == history.case_stream(case)
        ]
        assert seqs == sorted(set(seqs)), "it grew each day"
        assert len(seqs) == 3
        first, second, third = seqs
        days = {row.seq: row.at for row in events(session, case)}
    assert days[second].date().isoformat() == DAYS[1]

    with tried(office.sessions) as session:  # a row in the middle of a day
        remove_event(session, case, first - 1)
        broken, [line] = faults(session, office.vault)
        assert broken == {"chains"}
        assert f"case {number}: event {first - 1} is missing" in line
        assert line.endswith(f"; anchored on {DAYS[0]}")

    with tried(office.sessions) as session:  # the last row of a day
        remove_event(session, case, first)
        broken, told = faults(session, office.vault)
        assert broken == {"chains", "anchored"}
        assert any(f"case {number}: event {first} is missing" in line for line in told), told
        assert all(number in line and DAYS[0] in line for line in told), told

    with tried(office.sessions) as session:  # the tail of the third day, and the case's row with it
        remove_tail(session, case, second + 1)
        broken, told = faults(session, office.vault)
        assert broken == {"anchored"}
        [line] = told
        assert f"case {number}: events {second + 1} to {third} are gone" in line
        assert DAYS[1] in line
        assert f"anchored on {DAYS[2]}" in line

    with tried(office.sessions) as session:  # the tail alone
        session.execute(
            delete(HistoryEvent).where(
                HistoryEvent.stream == history.case_stream(case), HistoryEvent.seq > second
            )
        )
        broken, told = faults(session, office.vault)
        assert broken == {"heads", "anchored"}
        assert all(number in line and DAYS[2] in line for line in told), told

    with tried(office.sessions) as session:  # a case with everything of it
        remove_case(session, case)
        broken, told = faults(session, office.vault)
        assert broken == {"anchors", "anchored"}
        assert any(
            f"case {number}: the whole case is gone, {third} events, anchored on {DAYS[0]} "
            f"and until {DAYS[2]}" in line
            for line in told
        ), told

    with tried(office.sessions) as session:  # its row stays, its history goes
        session.execute(
            delete(HistoryEvent).where(HistoryEvent.stream == history.case_stream(case))
        )
        session.execute(
            update(Case).where(Case.id == case).values(chain_seq=0, chain_hash=bytes(32))
        )
        _, told = faults(session, office.vault)
        assert any(f"case {number}: its whole history is gone" in line for line in told), told

    with tried(office.sessions) as session:  # a row is changed
        session.execute(
            update(HistoryEvent)
            .where(HistoryEvent.stream == history.case_stream(case), HistoryEvent.seq == second)
            .values(kind="forged")
        )
        broken, told = faults(session, office.vault)
        assert broken == {"chains"}
        assert f"case {number}: event {second} of {DAYS[1]} is not as it was written" in told[0]

    with tried(office.sessions) as session:  # changed, and all hashes made to fit
        rewrite(session, case, first - 1, payload={"forged": True})
        broken, told = faults(session, office.vault)
        assert broken == {"anchored"}
        [line] = told
        assert f"case {number}: event {first} of {DAYS[0]} is not the one anchored" in line

    with tried(office.sessions) as session:
        session.execute(update(Case).where(Case.id == case).values(number="GL-20261102-999999"))
        _, told = faults(session, office.vault)
        assert any(f"case {number} now bears another number" in line for line in told), told


@pytest.mark.both
def test_no_anchor_and_nothing_that_it_keeps_can_be_changed(office):
    for change in CHANGES:
        with tried(office.sessions) as session:
            session.execute(update(Anchor).where(Anchor.number == 2).values(change))
            broken, told = faults(session, office.vault)
            assert broken == {"anchors"}, change
            assert any(f"anchor 2 of {DAYS[1]}" in line for line in told), told

    with tried(office.sessions) as session:
        anchor = session.get_one(Anchor, 2)
        anchor.cases = 1
        anchor.hash = parts.own_hash(anchor)
        session.flush()
        broken, [line] = faults(session, office.vault)
        assert broken == {"anchors"}
        assert f"anchor 3 of {DAYS[2]} does not follow the one before it" in line

    def found(statement):
        with tried(office.sessions) as session:
            session.execute(statement)
            broken, told = faults(session, office.vault)
            assert "anchors" in broken
            return " ".join(told)

    listed = AnchorChange.anchor_number == 2
    assert f"anchor 2 of {DAYS[1]}" in found(
        update(AnchorChange).where(listed).values(content=parts.packed([]))
    )
    assert f"anchor 2 of {DAYS[1]}" in found(delete(AnchorChange).where(listed))
    assert "its leaves do not lead to its root" in found(
        update(AnchorBucket).values(content=parts.packed([]))
    )
    assert f"anchor 2 of {DAYS[1]}" in found(
        update(AnchorChange).where(listed).values(content=b"junk")
    )
    assert "its leaves do not lead to its root" in found(delete(AnchorBucket))
    assert "its leaves do not lead to its root" in found(update(AnchorBucket).values(content=b"x"))
    for spoilt in ({"buckets": 8}, {"nodes": None}, {"nodes": bytes(64)}, {"blinding": bytes(99)}):
        told = found(update(Anchor).where(Anchor.number == 3).values(spoilt))
        assert "its leaves do not lead to its root" in told, spoilt
    assert "its leaves do not lead to its root" in found(
        update(Anchor).where(Anchor.number == 3).values(blinding=bytes(32))
    )

    def without(*numbers):
        with tried(office.sessions) as session:
            session.execute(delete(AnchorChange).where(AnchorChange.anchor_number.in_(numbers)))
            session.execute(delete(Anchor).where(Anchor.number.in_(numbers)))
            broken, told = faults(session, office.vault)
            assert "anchors" in broken
            return " ".join(told)

    assert f"anchors 2 to 2, before {DAYS[2]}, are missing" in without(2)
    assert "its leaves do not lead to its root" in without(3), "the newest with its list"


@pytest.mark.both
@pytest.mark.story
def test_a_later_anchor_keeps_what_has_gone_and_says_when(office):
    case, number = office.received.case_id, office.number
    with reading(office.sessions) as session:
        before = session.get_one(Case, case).chain_seq
    with transaction(office.sessions) as session:
        remove_case(session, case)
    made = anchors.make(office.sessions)
    assert (made.fresh, made.lost) == (True, 1)
    office.passes(days=1)
    assert anchors.make(office.sessions).lost == 1, "it is not forgotten"
    with reading(office.sessions) as session:
        kept = [
            leaf for _, leaves in streams.leaves(session) for leaf in leaves if leaf.label == number
        ]
        assert [(leaf.seq, leaf.lost) for leaf in kept] == [(before, 4)]
        _, told = faults(session, office.vault)
        assert any(
            f"case {number}: the whole case is gone" in line
            and line.endswith("the anchor of 2026-11-05 already missed it")
            for line in told
        ), told


def test_a_history_that_was_rewritten_before_a_night_is_not_taken_over(office):
    case = office.received.case_id
    with transaction(office.sessions) as session:
        rewrite(session, case, 2, kind="forged")
    office.does("sign")
    assert anchors.make(office.sessions).lost == 1
    with reading(office.sessions) as session:
        _, told = faults(session, office.vault)
        assert any(office.number in line and DAYS[0] in line for line in told), told


@pytest.mark.both
@pytest.mark.story
def test_one_a_day_whoever_makes_it(office):
    made = together([lambda: anchors.make(office.sessions)] * 4)
    assert not failures(made)
    assert {one.anchor.number for one in made} == {4}
    assert [one.fresh for one in made].count(True) == 1
    with reading(office.sessions) as session:
        assert session.scalar(select(func.count()).select_from(Anchor)) == 4
    assert not anchors.make(office.sessions).fresh
    assert not anchors.is_due(office.sessions)


def test_a_night_that_was_missed_is_told_by_the_next(office):
    office.passes(days=3)
    made = anchors.make(office.sessions)
    assert made.anchor.missed == 3, "5, 6 and 7 November"
    assert made.anchor.on.isoformat() == "2026-11-08"


def test_it_is_due_in_the_night_of_the_citys_own_time(story):
    assert anchors.is_due(story.sessions), "the first as soon as there is a night behind"
    anchors.make(story.sessions)
    story.clock.advance(hours=16)  # 01:00 of the next day
    assert not anchors.is_due(story.sessions)
    story.clock.advance(hours=1)
    assert anchors.is_due(story.sessions)
    story.clock.advance(days=-1)
    assert not anchors.is_due(story.sessions), "a clock that was put back makes none again"


def test_what_the_worker_finds_is_said(story, caplog):
    story.receives()
    with caplog.at_level(logging.INFO, logger="engine.worker"):
        story.worker.anchor()
        story.worker.anchor()
    assert [record.getMessage() for record in caplog.records] == [
        "anchor 1 of 2026-11-02, 2 streams"
    ]
    with transaction(story.sessions) as session:
        rewrite(session, story.received.case_id, 1, kind="forged")
    story.clock.advance(days=3)
    caplog.clear()
    story.worker.anchor()
    assert [record.getMessage() for record in caplog.records] == [
        "no anchor was made on the 2 days before 2026-11-05",
        "1 streams are not as anchored before: run `huiyin verify`",
    ]
    assert story.number not in caplog.text


def test_no_leaf_tells_anything_without_its_salt_and_none_stays_the_same(office):
    blinding = Blinding(newest_of(office.sessions).blinding)
    with reading(office.sessions) as session:
        there = list(streams.leaves(session))
        for place, leaves in there:
            hashes = parts.bucket_hashes(leaves, blinding, 3, place)
            assert len(hashes) == parts.SLOTS, "a bucket is as long whatever is in it"
            assert hashes == sorted(hashes), "and its order is nobody's"
            other = parts.bucket_hashes(leaves, blinding, 4, place)
            assert not set(hashes) & set(other), "another night, another hash"
    assert sum(len(leaves) for _, leaves in there) >= 3
    assert len(there) == parts.LEAST_BUCKETS

    with reading(office.sessions) as session:
        for anchor in session.scalars(select(Anchor).order_by(Anchor.number)).all():
            blinding = Blinding(anchor.blinding)
            held = {
                leaf.stream: leaf
                for number in range(1, anchor.number + 1)
                for content in streams.changes(session, number)
                for leaf in parts.unpacked(content)
            }
            buckets = [[] for _ in range(anchor.buckets)]
            for stream, leaf in held.items():
                buckets[parts.bucket_of(blinding.place(stream), anchor.buckets)].append(leaf)
            nodes = [
                merkle.root(parts.bucket_hashes(leaves, blinding, anchor.number, at))
                for at, leaves in enumerate(buckets)
            ]
            assert merkle.root(nodes) == anchor.root


def test_other_streams_are_anchored_too(office):
    with transaction(office.sessions) as session:
        history.record(session, "unit:a_bureau", [Entry("told", office.clock()) for _ in range(3)])
    anchors.make(office.sessions)
    with tried(office.sessions) as session:
        session.execute(
            delete(HistoryEvent).where(
                HistoryEvent.stream == "unit:a_bureau", HistoryEvent.seq == 3
            )
        )
        broken, [line] = faults(session, office.vault)
        assert broken == {"anchored"}, "no row of its own knows where such a stream ends"
        assert line.startswith("unit:a_bureau: events 3 to 3 are gone")
    with tried(office.sessions) as session:
        session.execute(delete(HistoryEvent).where(HistoryEvent.stream == "system"))
        _, told = faults(session, office.vault)
        assert any(line.startswith("system: its whole history is gone") for line in told), told


@pytest.mark.slow
def test_more_streams_take_more_buckets_and_lose_nothing(office):
    streams_before = parts.LEAST_BUCKETS * 150
    with transaction(office.sessions) as session:
        for number in range(streams_before):
            history.append(
                session, f"unit:u{number}", history.Head(), [Entry("told", office.clock())]
            )
    made = anchors.make(office.sessions)
    assert made.lost == 0
    assert made.anchor.buckets == 2 * parts.LEAST_BUCKETS
    with reading(office.sessions) as session:
        assert faults(session, office.vault) == (set(), [])
    office.passes(days=1).does("sign")
    assert anchors.make(office.sessions).lost == 0
    with reading(office.sessions) as session:
        assert faults(session, office.vault) == (set(), [])


def test_a_value_of_another_type_is_named_and_stops_nothing(story):
    """Only SQLite lets one in, for whoever writes by hand."""
    story.receives()
    anchors.make(story.sessions)
    stream = history.case_stream(story.received.case_id)
    for spoilt in ("at", "instance_id", "payload", "salt", "digest", "hash"):
        with tried(story.sessions) as session:
            session.execute(
                text(f'UPDATE history SET "{spoilt}" = :junk WHERE stream = :stream AND seq = 1'),
                {"junk": "2026-11-01 junk", "stream": stream},
            )
            found = verifying.chains(session)
            told = [f"case {story.number}: event 1 of " in line for line in found.found]
            assert told == [True], spoilt
            assert verifying.anchored(session).looked_at
            assert verifying.heads(session).looked_at == 1
