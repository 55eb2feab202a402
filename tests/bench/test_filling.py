"""Copies of played cases are cases: keys and times of their own, whole chains, a true balance."""

from collections import Counter

import pytest
from sqlalchemy import func, select, text

from engine import history
from engine.bench import city, copying, filling
from engine.db import connect, reading
from engine.models import Case, Deadline, HistoryEvent, Instance, UserTask
from engine.queries import verifying

PLAYED, COPIES = 12, 4


@pytest.fixture(scope="module")
def filled(templates, tmp_path_factory):
    folder = tmp_path_factory.mktemp("filled")
    with templates["sqlite"].copy(folder) as url:
        with city.opened(url) as here:
            here.play(PLAYED, 30)
            vault = here.vault
        before = _rows(url)
        told = filling.fill(url, len(before["case"]) * COPIES)
        yield url, before, told, vault


def _rows(url):
    sessions = connect(url)
    with reading(sessions) as session:
        found = {
            one.name: session.execute(select(one)).mappings().all() for one in copying.tables()
        }
    sessions.kw["bind"].dispose()
    return found


def test_every_table_that_holds_something_of_a_case_is_copied(filled):
    url, before, told, _ = filled
    after = _rows(url)
    assert {"case", "contact", "identity", "history", "user_task", "deadline"} < set(before)
    own = {name: len(rows) for name, rows in before.items() if name != "history"}
    assert {name: len(after[name]) for name in own} == {
        name: many * COPIES for name, many in own.items()
    }
    of_cases = [row for row in before["history"] if row["stream"].startswith("case:")]
    assert len(after["history"]) == len(before["history"]) + len(of_cases) * (COPIES - 1)
    assert told.rows == sum(len(rows) for rows in after.values()) - sum(
        len(rows) for rows in before.values()
    )
    assert (told.cases, told.added) == (len(after["case"]), len(after["case"]) * 3 // 4)


def test_verify_finds_chains_heads_and_states_whole(filled):
    url, _, _, vault = filled
    sessions = connect(url)
    with reading(sessions) as session:
        checks = {
            one.name: one
            for one in verifying.everything(session, vault)
            # An identity is sealed for the case it was taken from; a copy was drawn by nobody.
            if one.name not in {"identities", "draws"}
        }
        assert {name: one.found for name, one in checks.items() if one.found} == {}
        (balance,) = (one for name, one in checks.items() if name.startswith("balance"))
        assert balance.looked_at == session.scalar(select(func.count(Case.id)))
        assert session.execute(text("PRAGMA foreign_key_check")).all() == []
    sessions.kw["bind"].dispose()


def test_copies_have_keys_and_numbers_of_their_own_and_happen_on_other_days(filled):
    url, before, _, _ = filled
    sessions = connect(url)
    with reading(sessions) as session:
        numbers = session.scalars(select(Case.number)).all()
        days = Counter(at.date() for at in session.scalars(select(Case.received_at)))
        first = {row["received_at"] for row in before["case"]}
        clocks = {at.time() for at in session.scalars(select(Case.received_at))}
        stages = Counter(session.scalars(select(Case.status)))
    sessions.kw["bind"].dispose()
    assert len(set(numbers)) == len(numbers)
    assert len(days) > len({at.date() for at in first}), "spread over more days"
    assert clocks == {at.time() for at in first}, "at the same time of the day"
    assert stages == Counter(
        {status: many * COPIES for status, many in _statuses(before).items()}
    ), "the distribution is that of the pattern"


def _statuses(rows):
    return Counter(row["status"] for row in rows["case"])


def test_nothing_of_a_copy_points_into_the_pattern(filled):
    url, _, _, _ = filled
    sessions = connect(url)
    with reading(sessions) as session:
        for one, other in (
            (UserTask.case_id, UserTask.id),
            (UserTask.instance_id, UserTask.id),
            (Deadline.case_id, Deadline.id),
            (Instance.case_id, Instance.id),
            (HistoryEvent.instance_id, HistoryEvent.id),
        ):
            pairs = session.execute(select(one, other).where(one.is_not(None))).all()
            assert pairs
            assert all(refers.bytes[:3] == own.bytes[:3] for refers, own in pairs)
    sessions.kw["bind"].dispose()


@pytest.mark.slow
def test_it_copies_on_postgresql_too(templates, tmp_path):
    with templates["postgresql"].copy(tmp_path) as url:
        with city.opened(url) as here:
            here.play(PLAYED, 30)
        before = _rows(url)
        told = filling.fill(url, len(before["case"]) * 2)
        after = _rows(url)
        assert told.cases == len(after["case"]) == 2 * len(before["case"])
        sessions = connect(url)
        with reading(sessions) as session:
            streams = session.scalars(select(HistoryEvent.stream).distinct()).all()
            assert [one for one in streams if history.broken(session, one)] == []
        sessions.kw["bind"].dispose()
