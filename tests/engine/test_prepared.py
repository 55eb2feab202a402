"""Prepared statements do what Core does with the same statements, and fail as it fails."""

from uuid import UUID

import pytest
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from engine import clock
from engine.db import connect, new_key, reading, table, transaction
from engine.errors import Conflict
from engine.models import Idempotency, OutboxNotice, Person
from engine.prepared import Prepared, wire
from tests.counting import statements

_answers, _notices = table(Idempotency), table(OutboxNotice)
KEEP = Prepared(insert(_answers))
ALL = Prepared(select(_answers).where(_answers.c.key <= "b").order_by(_answers.c.key))
CHANGE = Prepared(
    update(_answers)
    .where(_answers.c.key == bindparam("asked"), _answers.c.request == bytes(32))
    .values(answer=bindparam("said"))
)


def row(key, **answer):
    return {"key": key, "request": bytes(32), "answer": answer, "at": clock.now()}


@pytest.mark.both
def test_what_is_written_comes_back_as_core_reads_it(sessions, held):
    with transaction(sessions) as session:
        KEEP.run_all(wire(session), [row("b", deep=[1, "二"]), row("a", none=None)])
    with reading(sessions) as session:
        by_core = [tuple(found) for found in session.execute(ALL.statement)]
        assert ALL.rows(wire(session), {}) == by_core
        assert [found[2] for found in by_core] == [{"none": None}, {"deep": [1, "二"]}]
        assert by_core[0][3] == clock.now()


@pytest.mark.both
def test_an_update_tells_how_many_rows_it_changed(sessions, held):
    with transaction(sessions) as session:
        KEEP.run(wire(session), row("a", once=1))
        assert CHANGE.run(wire(session), {"asked": "a", "said": {"twice": 2}}) == 1
        assert CHANGE.run(wire(session), {"asked": "b", "said": {}}) == 0
        assert ALL.row(wire(session), {})[2] == {"twice": 2}


@pytest.mark.both
def test_a_row_that_is_there_is_a_conflict(sessions, held):
    with transaction(sessions) as session:
        KEEP.run(wire(session), row("a"))
    with pytest.raises(Conflict), transaction(sessions) as session:
        KEEP.run(wire(session), row("a"))


@pytest.mark.both
def test_an_error_of_the_driver_is_sqlalchemys(sessions, held):
    with pytest.raises(IntegrityError), transaction(sessions) as session:
        KEEP.run(wire(session), row("a") | {"answer": None, "request": None})


@pytest.mark.both
def test_sessions_and_prepared_statements_are_one_transaction(sessions, held):
    with pytest.raises(RuntimeError), transaction(sessions) as session:
        KEEP.run(wire(session), row("a"))
        session.add(Person(login="x", name_zh="某"))
        session.flush()
        assert session.scalar(select(_answers.c.key)) == "a"
        raise RuntimeError
    with transaction(sessions) as session:
        session.add(Person(login="y", name_zh="某"))
        KEEP.run(wire(session), row("b"))
    with reading(sessions) as session:
        assert session.scalars(select(_answers.c.key)).all() == ["b"]
        assert session.scalar(select(Person.login).where(Person.login.in_(["x", "y"]))) == "y"


def test_statements_are_heard_by_who_listens(sessions, held):
    with statements(sessions) as sent, transaction(sessions) as session:
        KEEP.run(wire(session), row("a"))
        KEEP.run_all(wire(session), [row("b"), row("c")])
    assert [text.split("(")[0].strip() for text in sent] == ["INSERT INTO idempotency"] * 2


def test_a_forgotten_or_unknown_value_is_refused(sessions, held):
    with transaction(sessions) as session:
        line = wire(session)
        KEEP.run(line, row("a"))
        with pytest.raises(ValueError, match="expected 4 parameters"):
            KEEP.run(line, {"key": "b"})
        with pytest.raises(ValueError, match="expected 2 parameters"):
            CHANGE.run(line, {"asked": "a", "said": {}, "else": 1})
        with pytest.raises(KeyError):
            CHANGE.run(line, {"asked": "a", "say": {}})


def test_a_default_that_the_driver_does_not_know_is_refused(sessions, held):
    with pytest.raises(ValueError, match="attempts"), transaction(sessions) as session:
        Prepared(insert(_notices)).run(wire(session), {"id": new_key()})


def test_a_list_of_any_length_is_refused(sessions, held):
    some = Prepared(select(_answers.c.key).where(_answers.c.key.in_(["a", "b"])))
    with pytest.raises(ValueError, match="cannot be prepared"), transaction(sessions) as session:
        some.rows(wire(session), {})


def test_a_wire_outlives_no_transaction(database_url, held):
    sessions = connect(database_url)
    with sessions() as session:
        first = wire(session)
        assert wire(session) is first
        session.rollback()
        assert wire(session) is not first
        assert ALL.rows(wire(session), {}) == []
    sessions.kw["bind"].dispose()


def test_keys_come_back_as_uuids(sessions, held):
    find = Prepared(select(_notices.c.id))
    key = new_key()
    with transaction(sessions) as session:
        session.add(
            OutboxNotice(
                id=key, kind="x", recipient="citizen", written_at=clock.now(), next_at=None
            )
        )
        session.flush()
        (found,) = find.row(wire(session), {})
    assert isinstance(found, UUID)
    assert (found, hash(found), found.is_safe, str(found)) == (
        key, hash(key), key.is_safe, str(key),
    )  # fmt: skip


@pytest.mark.both
def test_a_savepoint_takes_back_what_prepared_statements_wrote(sessions, held):
    with transaction(sessions) as session:
        KEEP.run(wire(session), row("a", once=1))
        with pytest.raises(ValueError, match="no"), session.begin_nested():
            KEEP.run(wire(session), row("b", once=1))
            raise ValueError("no")
        KEEP.run(wire(session), row("c", once=1))
    with reading(sessions) as session:
        assert [found[0] for found in session.execute(select(_answers.c.key))] == ["a", "c"]
