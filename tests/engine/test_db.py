"""The two doors of the database: what they promise holds on both of them."""

from datetime import UTC, date, datetime, timedelta, timezone
from threading import Event

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, StatementError

from engine import clock, numbers
from engine.column_types import Instant
from engine.db import changed, connect, hurried, new_key, reading, table, transaction, written
from engine.errors import Conflict, Crossed, InvalidInput
from engine.models import CalendarDay, Counter, Heartbeat, Person, Unit
from tests.racing import failures, together

SECRET = "陈女士说的话"
only_postgresql = pytest.mark.parametrize("database_kind", ["postgresql"])
only_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"])


@pytest.mark.both
def test_an_exception_leaves_nothing_behind(sessions):
    with pytest.raises(ZeroDivisionError), transaction(sessions) as session:
        numbers.next_in(session, "A")
        1 / 0
    with reading(sessions) as session:
        assert numbers.last_of(session, "A") == 0
    with transaction(sessions) as session:
        assert numbers.next_in(session, "A") == 1


@pytest.mark.both
def test_what_is_written_twice_under_a_unique_rule_is_a_conflict(sessions):
    def add():
        with transaction(sessions) as session:
            session.execute(insert(Counter).values(series="A", last=1))

    add()
    with pytest.raises(Conflict):
        add()
    with pytest.raises(Conflict), transaction(sessions) as session:
        session.add(Person(login="twin", name_zh="甲"))
        session.add(Person(login="twin", name_zh="乙"))


@pytest.mark.both
def test_a_foreign_key_to_nothing_is_a_fault_of_ours_and_no_conflict(sessions):
    with pytest.raises(IntegrityError), transaction(sessions) as session:
        session.add(Unit(key="x", parent_key="nowhere", path="/x/", name_zh="某", name_en="x"))


@pytest.mark.both
def test_instants_are_aware_and_utc_and_keep_their_microseconds(sessions, held):
    told = datetime(2026, 11, 2, 9, 30, 0, 7, tzinfo=timezone(timedelta(hours=8)))
    with transaction(sessions) as session:
        session.execute(insert(Heartbeat).values(name="a", started_at=told, beat_at=told, fired=0))
        session.add(Heartbeat(name="b", started_at=told, beat_at=told, fired=0))
    with reading(sessions) as session:
        rows = session.scalars(select(Heartbeat)).all()
        at = [row.beat_at for row in rows]
        same = session.scalar(
            select(func.count()).select_from(Heartbeat).where(Heartbeat.beat_at == told)
        )
        earlier = session.scalar(
            select(func.count())
            .select_from(Heartbeat)
            .where(Heartbeat.beat_at < told + timedelta(microseconds=1))
        )
    assert at == [told, told]
    assert {one.tzinfo for one in at} == {UTC}
    assert (same, earlier) == (2, 2)


@pytest.mark.both
def test_a_naive_datetime_is_refused_where_it_is_written_and_where_it_is_asked_for(sessions):
    aware = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
    naive = aware.replace(tzinfo=None)
    with pytest.raises(StatementError, match="naive"), transaction(sessions) as session:
        session.execute(
            insert(table(Heartbeat)).values(name="a", started_at=naive, beat_at=aware, fired=0)
        )
    with pytest.raises(StatementError, match="naive"), transaction(sessions) as session:
        session.execute(update(Heartbeat).where(Heartbeat.name == "a").values(beat_at=naive))
    with pytest.raises(StatementError, match="naive"), reading(sessions) as session:
        session.scalar(select(Heartbeat.name).where(Heartbeat.beat_at == naive))
    assert Instant.cache_ok


@pytest.mark.both
def test_keys_come_back_as_uuids_and_sort_by_time(sessions):
    keys = [new_key() for _ in range(50)]
    assert keys == sorted(keys)
    with transaction(sessions) as session:
        for number, key in enumerate(reversed(keys)):
            session.add(Person(id=key, login=f"p{number}", name_zh="某"))
    with reading(sessions) as session:
        found = session.scalars(
            select(Person.id).where(Person.id.in_(keys)).order_by(Person.id)
        ).all()
    assert found == keys


@pytest.mark.both
def test_reading_sees_one_snapshot(sessions):
    with transaction(sessions) as session:
        numbers.next_in(session, "A")
    with reading(sessions) as session:
        assert numbers.last_of(session, "A") == 1
        [failed] = failures(together([lambda: _count_on(sessions, "A")])) or [None]
        assert failed is None, "a reader keeps no writer out"
        assert numbers.last_of(session, "A") == 1, "and sees nothing of what came after"
    with reading(sessions) as session:
        assert numbers.last_of(session, "A") == 2


@pytest.mark.both
def test_nothing_is_written_through_the_door_for_reading(sessions):
    try:
        with reading(sessions) as session:
            session.execute(insert(Counter).values(series="A", last=9))
    except DBAPIError:
        pass  # PostgreSQL says so at once
    with reading(sessions) as session:
        assert numbers.last_of(session, "A") == 0
    with transaction(sessions) as session:
        assert numbers.next_in(session, "A") == 1, "and the connection writes again afterwards"


@pytest.mark.both
def test_an_error_of_the_database_carries_no_words_of_a_citizen(sessions):
    with pytest.raises(IntegrityError) as caught, transaction(sessions) as session:
        session.execute(
            insert(Unit).values(
                key="x", parent_key="nowhere", path="/x/", name_zh=SECRET, name_en="x"
            )
        )
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(caught.value)


@pytest.mark.both
@pytest.mark.parametrize("text_of_nobody", ["half a sign: \ud800", "\udfff"])
def test_half_a_sign_is_refused_in_words(sessions, text_of_nobody):
    for door in (reading, transaction):
        with pytest.raises(InvalidInput) as caught, door(sessions) as session:
            session.scalar(select(Person.id).where(Person.login == text_of_nobody))
        assert caught.value.field == "text"
        assert caught.value.found == ""


@only_postgresql
def test_what_postgresql_cannot_keep_is_refused_in_words(sessions):
    for login in ("\x00", "w" * 65):
        with pytest.raises(InvalidInput) as caught, transaction(sessions) as session:
            session.add(Person(login=login, name_zh="某"))
        assert caught.value.field == "text"
    with pytest.raises(InvalidInput), reading(sessions) as session:
        session.scalar(select(Person.id).where(Person.login == "\x00"))


@only_sqlite
def test_threads_that_write_queue_up_and_none_finds_the_database_locked(sessions):
    acts = [lambda: [_count_on(sessions, "A") for _ in range(20)] for _ in range(8)]
    results = together(acts)
    assert not failures(results)
    given = sorted(number for numbers_of_one in results for number in numbers_of_one)
    assert given == list(range(1, 161))


@only_sqlite
def test_two_processes_write_to_one_file(database_url, sessions):
    other = connect(database_url)  # its own lock: as another process has
    results = together(
        [
            lambda: [_count_on(sessions, "A") for _ in range(20)],
            lambda: [_count_on(other, "A") for _ in range(20)],
        ]
    )
    other.kw["bind"].dispose()
    assert not failures(results)
    assert sorted(results[0] + results[1]) == list(range(1, 41))


@only_sqlite
def test_a_writer_that_reads_first_still_writes_what_is_true(sessions):
    def bump():
        with transaction(sessions) as session:
            last = numbers.last_of(session, "A")
            session.merge(Counter(series="A", last=last + 1))

    assert not failures(together([bump] * 6))
    with reading(sessions) as session:
        assert numbers.last_of(session, "A") == 6


@only_sqlite
def test_sqlite_is_durable_and_keeps_its_foreign_keys(sessions):
    with reading(sessions) as session:
        told = {
            name: session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert told == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1} | {
        "busy_timeout": 15000
    }


@only_postgresql
def test_two_transactions_that_cross_end_in_one_conflict(sessions):
    with transaction(sessions) as session:
        session.execute(insert(Counter), [{"series": s, "last": 0} for s in ("A", "B")])

    def cross(first, second):
        gate = gates[first]
        with transaction(sessions) as session:
            numbers.next_in(session, first)
            gate.set()
            assert gates[second].wait(20)
            numbers.next_in(session, second)

    gates = {"A": Event(), "B": Event()}
    results = together([lambda: cross("A", "B"), lambda: cross("B", "A")])
    assert [type(error) for error in failures(results)] == [Crossed], results
    with reading(sessions) as session:
        assert (numbers.last_of(session, "A"), numbers.last_of(session, "B")) == (1, 1)


@only_postgresql
def test_what_crossed_another_is_done_once_more_and_nobody_hears_of_it(sessions):
    with transaction(sessions) as session:
        session.execute(insert(Counter), [{"series": s, "last": 0} for s in ("A", "B")])
    gates, tries = {"A": Event(), "B": Event()}, []

    def cross(first, second):
        def act(session):
            tries.append(first)
            numbers.next_in(session, first)
            gates[first].set()
            assert gates[second].wait(20)
            return numbers.next_in(session, second)

        return written(sessions, act)

    assert not failures(together([lambda: cross("A", "B"), lambda: cross("B", "A")]))
    assert len(tries) == 3, "one of the two was done twice"
    with reading(sessions) as session:
        assert (numbers.last_of(session, "A"), numbers.last_of(session, "B")) == (2, 2)


@only_postgresql
def test_a_row_that_moved_under_a_serializable_transaction_is_a_conflict(sessions):
    _count_on(sessions, "A")
    with pytest.raises(Conflict), transaction(sessions) as session:
        session.execute(text("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"))
        assert numbers.last_of(session, "A") == 1
        [number] = together([lambda: _count_on(sessions, "A")])
        assert number == 2
        session.execute(update(Counter).where(Counter.series == "A").values(last=7))


@only_postgresql
def test_a_lock_that_is_not_to_be_had_is_a_conflict(sessions):
    _count_on(sessions, "A")
    with transaction(sessions) as session:
        session.execute(select(Counter).where(Counter.series == "A").with_for_update())

        def impatient():
            with transaction(sessions) as other:
                other.execute(text("SET LOCAL lock_timeout = '50ms'"))
                numbers.next_in(other, "A")

        [error] = together([impatient])
    assert isinstance(error, Conflict)


@only_postgresql
def test_another_error_of_postgresql_stays_what_it_is(sessions):
    with pytest.raises(DBAPIError) as caught, transaction(sessions) as session:
        session.execute(text("SELECT 1 / 0"))
    assert caught.value.orig.sqlstate == "22012"


def test_a_database_that_is_not_there_says_so(tmp_path):
    sessions = connect(f"sqlite:///{tmp_path / 'new' / 'folder' / 'huiyin.db'}")
    with pytest.raises(OperationalError, match="no such table"), reading(sessions) as session:
        session.execute(select(Counter))
    assert (tmp_path / "new" / "folder").is_dir()
    sessions.kw["bind"].dispose()


def test_an_address_of_postgresql_means_psycopg_3():
    sessions = connect("postgresql://somebody@127.0.0.1:1/nothing")
    assert sessions.kw["bind"].dialect.driver == "psycopg"
    assert sessions.dialect == "postgresql"
    assert sessions.write_lock is None


@pytest.mark.both
def test_a_statement_says_how_many_rows_it_changed(sessions):
    with transaction(sessions) as session:
        session.add(CalendarDay(on=date(2031, 1, 1), working=False, source="x", provisional=False))
        session.flush()
        days = table(CalendarDay)
        wanted = days.c.on == date(2031, 1, 1)
        assert changed(session.execute(update(days).where(wanted).values(working=True))) == 1
        assert changed(session.execute(update(days).where(~wanted).values(provisional=True))) > 1
    assert clock.now().tzinfo is UTC


def _count_on(sessions, series):
    with transaction(sessions) as session:
        return numbers.next_in(session, series)


@only_sqlite
def test_what_is_done_again_does_not_wait_for_the_disk_and_all_else_does(sessions):
    def level(**how):
        with transaction(sessions, **how) as session:
            return session.execute(text("PRAGMA synchronous")).scalar_one()

    full, normal = 2, 1
    assert [level(), level(redone=True), level(redone=True), level()] == [
        full,
        normal,
        normal,
        full,
    ]
    with pytest.raises(ZeroDivisionError), transaction(sessions, redone=True):
        raise ZeroDivisionError
    assert level() == full, "also behind one that failed"
    with hurried(sessions):
        assert [level(), level(redone=True), level()] == [normal] * 3
    assert level() == full


@only_postgresql
def test_on_postgresql_it_is_so_for_that_transaction_alone(sessions):
    def level(**how):
        with transaction(sessions, **how) as session:
            return session.execute(text("SHOW synchronous_commit")).scalar_one()

    usual = level()
    assert [level(redone=True), level()] == ["off", usual]
