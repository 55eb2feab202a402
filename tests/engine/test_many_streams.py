"""Anchors of very many streams: sorted in files, and no more memory for many more."""

import tracemalloc
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select

from engine import history, spool
from engine.commands import anchors
from engine.db import new_key, reading, table, transaction
from engine.models import Case, HistoryEvent
from engine.queries import verifying
from tests.engine.anchored_office import faults


@given(st.lists(st.binary(max_size=8).filter(lambda line: b"\n" not in line)), st.integers(1, 4))
def test_lines_come_back_in_order_however_few_fit(lines, run):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spool, "RUN", run)
        with spool.sorted_lines(lines) as found:
            assert list(found) == sorted(lines)


def test_pieces_come_back_as_they_went_in():
    with spool.pieces() as kept:
        assert list(kept) == []
        for number, content in ((3, b""), (1, b"one"), (2, bytes(70_000))):
            kept.add(number, content)
        assert list(kept) == [(3, b""), (1, b"one"), (2, bytes(70_000))]
        assert list(kept) == list(kept)


@pytest.mark.slow
def test_five_times_as_many_streams_take_no_more_memory(story, monkeypatch):
    monkeypatch.setattr(spool, "RUN", 1000)
    story.receives()
    peaks = []
    for wanted in (6000, 24_000):
        _more_like_it(story, wanted)
        tracemalloc.start()
        made = anchors.make(story.sessions)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert made.streams > wanted
        story.passes(days=1)
    assert peaks[1] < 1.5 * peaks[0], peaks
    with reading(story.sessions) as session:
        checks = [
            check(session)
            for check in (
                verifying.chains,
                verifying.heads,
                verifying.anchors_whole,
                verifying.anchored,
            )
        ]
    assert [check.broken for check in checks] == [0, 0, 0, 0]
    assert checks[0].looked_at > 24_000
    assert anchors.make(story.sessions).lost == 0
    with reading(story.sessions) as session:
        assert "anchors" not in faults(session, story.vault)[0]


def _more_like_it(story, wanted):
    """Rows of cases as of the story's, each with one event, as the projection writes them."""
    with transaction(story.sessions) as session:
        one = dict(session.execute(select(table(Case))).mappings().first())
        event = dict(
            session.execute(select(table(HistoryEvent)).where(HistoryEvent.seq == 1))
            .mappings()
            .first()
        )
        keys = iter([new_key() for _ in range(wanted)])
        while some := list(islice(keys, 1000)):
            cases = [
                one
                | {
                    "id": key,
                    "number": f"GL-{key.hex}",
                    "chain_seq": 1,
                    "chain_hash": event["hash"],
                }
                for key in some
            ]
            events = [event | {"id": new_key(), "stream": history.case_stream(key)} for key in some]
            session.execute(insert(table(Case)), cases)
            session.execute(insert(table(HistoryEvent)), events)
