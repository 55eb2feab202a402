"""The schema: from nothing up, down again, and what the models say is what is there."""

import ast
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import column, create_engine, func, inspect, select, text
from sqlalchemy import table as sql_table
from sqlalchemy.engine import make_url

from engine import clock, models, schema, text_index
from engine.db import Base, connect, reading, transaction
from tests.databases import administer, server

VERSIONS = schema.FOLDER / "versions"


@pytest.fixture
def empty(database_kind, tmp_path):
    """A database without a table."""
    if database_kind == "sqlite":
        url = f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        administer('CREATE DATABASE "migrations"')
        url = make_url(server()).set(database="migrations").render_as_string(hide_password=False)
    sessions = connect(url)
    yield sessions
    sessions.kw["bind"].dispose()
    if database_kind == "postgresql":
        administer('DROP DATABASE "migrations" WITH (FORCE)')


@pytest.mark.both
def test_from_nothing_to_the_newest_there_is_no_difference_to_the_models(empty):
    assert schema.revision_of(empty) is None
    schema.upgrade(empty)
    assert schema.revision_of(empty) == schema.newest()
    assert schema.differences(empty) == []
    schema.upgrade(empty)
    assert schema.revision_of(empty) == schema.newest(), "again does nothing"


@pytest.mark.both
def test_down_to_nothing_and_up_again(empty):
    schema.upgrade(empty)
    before = _shape(empty)
    schema.downgrade(empty, "base")
    assert schema.revision_of(empty) is None
    assert _tables(empty) <= {"alembic_version"}
    schema.upgrade(empty)
    assert _shape(empty) == before
    assert schema.differences(empty) == []


@pytest.mark.both
def test_each_version_goes_down_and_up_by_itself(empty):
    schema.upgrade(empty)
    names = [schema.newest()]
    while (at := schema.revision_of(empty)) is not None:
        schema.downgrade(empty, "-1")
        names.append(schema.revision_of(empty))
        assert names[-1] != at
    for name in reversed(names[:-1]):
        schema.upgrade(empty, name)
        assert schema.revision_of(empty) == name
    assert schema.differences(empty) == []


@pytest.mark.both
def test_a_difference_is_found(empty):
    schema.upgrade(empty)
    with transaction(empty) as session:
        session.execute(text("CREATE TABLE something_else (id INTEGER PRIMARY KEY)"))
        session.execute(text("DROP INDEX ix_deadline_next"))
    told = str(schema.differences(empty))
    assert "something_else" in told
    assert "ix_deadline_next" in told


@pytest.mark.both
def test_columns_keys_and_partial_indexes_are_those_of_the_models(empty):
    """What a comparison of names alone would not see."""
    schema.upgrade(empty)
    migrated = _shape(empty)
    schema.downgrade(empty, "base")
    Base.metadata.create_all(empty.kw["bind"])
    assert {name: migrated[name] for name in Base.metadata.tables} == {
        name: shape for name, shape in _shape(empty).items() if name != "alembic_version"
    }
    Base.metadata.drop_all(empty.kw["bind"])


@pytest.mark.both
def test_a_migration_that_fails_leaves_nothing_behind(empty):
    with pytest.raises(ZeroDivisionError), transaction(empty) as session:
        config = schema._config()
        config.attributes["connection"] = session.connection()
        schema.command.upgrade(config, "head")
        assert len(inspect(session.connection()).get_table_names()) > 10
        raise ZeroDivisionError
    assert _tables(empty) == set()
    schema.upgrade(empty)
    assert schema.differences(empty) == []


def test_a_version_never_imports_the_engine():
    paths = sorted(VERSIONS.glob("[0-9]*.py"))
    assert paths
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = (
                [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else [one.name for one in node.names]
                if isinstance(node, ast.Import)
                else []
            )
            assert not [name for name in names if name.split(".")[0] in {"engine", "web"}], path


def test_versions_are_numbered_without_a_gap():
    numbers = [int(path.name[:4]) for path in sorted(VERSIONS.glob("[0-9]*.py"))]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_new_version_is_written_in_plain_types(tmp_path, monkeypatch):
    """What `make migration` writes for a fresh column of each of our types."""
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    for name in ("env.py", "script.py.mako"):
        (folder / name).write_bytes((schema.FOLDER / name).read_bytes())
    monkeypatch.setattr(schema, "FOLDER", folder)
    sessions = connect(f"sqlite:///{tmp_path / 'empty.db'}")
    schema.make(sessions, "first tables")
    sessions.kw["bind"].dispose()
    [path] = (folder / "versions").glob("*.py")
    written = path.read_text("utf-8")
    assert "sa.DateTime(timezone=True)" in written
    assert 'sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")' in written
    assert "engine." not in written
    compile(written, "version", "exec")


def _tables(sessions):
    database = create_engine(sessions.kw["bind"].url)
    try:
        return set(inspect(database).get_table_names())
    finally:
        database.dispose()


def test_instants_become_numbers_and_texts_again(tmp_path):
    sessions = connect(f"sqlite:///{tmp_path / 'old.db'}")
    told = [
        "2026-11-22 05:21:34.123456",
        "2026-11-22 05:21:34.000000",
        "1969-12-31 23:59:58.250000",
    ]
    schema.upgrade(sessions, "0003")
    with transaction(sessions) as session:
        for number, at in enumerate(told):
            session.execute(
                text("INSERT INTO heartbeat VALUES (:name, :at, :at, 0)"),
                {"name": f"w{number}", "at": at},
            )
    schema.upgrade(sessions)
    with sessions() as session:
        rows = session.scalars(select(models.Heartbeat).order_by(models.Heartbeat.name)).all()
        kinds = session.scalars(text("SELECT DISTINCT typeof(beat_at) FROM heartbeat")).all()
    assert [f"{row.beat_at:%Y-%m-%d %H:%M:%S.%f}" for row in rows] == told
    assert kinds == ["integer"]
    schema.downgrade(sessions, "0003")
    with sessions() as session:
        kept = session.scalars(text("SELECT beat_at FROM heartbeat ORDER BY name")).all()
    assert kept == told
    sessions.kw["bind"].dispose()


def _shape(sessions):
    """Every table's columns, keys and indexes, as the database itself tells them."""
    database = create_engine(sessions.kw["bind"].url)
    try:
        seen = inspect(database)
        return {
            name: {
                "columns": sorted(
                    (one["name"], str(one["type"]), one["nullable"])
                    for one in seen.get_columns(name)
                ),
                "primary": seen.get_pk_constraint(name)["constrained_columns"],
                "foreign": sorted(
                    (one["name"] or "", str(one["constrained_columns"]), one["referred_table"])
                    for one in seen.get_foreign_keys(name)
                ),
                "unique": sorted(
                    (one["name"] or "", str(one["column_names"]))
                    for one in seen.get_unique_constraints(name)
                ),
                "indexes": sorted(
                    (
                        one["name"],
                        str(one["column_names"]),
                        bool(one["unique"]),
                        "where" in str(one.get("dialect_options", {})),
                    )
                    for one in seen.get_indexes(name)
                ),
            }
            for name in seen.get_table_names()
        }
    finally:
        database.dispose()


assert models
assert isinstance(schema.FOLDER, Path)


@pytest.mark.both
def test_cases_that_are_there_are_put_into_the_index_of_texts(empty):
    schema.upgrade(empty, "0004")
    key, texts = uuid4(), ("路灯不亮", "会仙路", "Ａ座门口，晚上看不清。")
    with transaction(empty) as session:
        _insert_case(session, key, "GL-20261121-000001", texts)
        _insert_case(session, uuid4(), "GL-20261121-000002", texts, confidential=True)
    schema.upgrade(empty, "0005")
    with reading(empty) as session:
        for words, found in (("灯不", 1), ("看不", 1), ("20261121", 2), ("a", 1), ("没有", 0)):
            assert len(_indexed(session, words)) == found, words
        [row] = _indexed(session, "000001")
        case = {"number": "GL-20261121-000001", "confidential": False, "sealed": False}
        case |= dict(zip(("title", "place", "body"), texts, strict=True))
        for token in text_index.tokens(case):
            assert row in _indexed(session, token), "as it would be written now"
    schema.downgrade(empty, "0004")
    assert not {"case_words", "case_index", "case_index_data"} & _tables(empty)


@pytest.mark.both
def test_units_are_put_into_the_index_that_is_there_and_taken_out_again(empty):
    schema.upgrade(empty, "0004")
    open_case, sealed = uuid4(), uuid4()
    with transaction(empty) as session:
        for place, key in enumerate((open_case, sealed), start=1):
            _insert_case(session, key, f"GL-20261121-00000{place}", ("路灯不亮", "", ""))
    schema.upgrade(empty, "0015")
    named = {"unit": "diecai", "candidate_units": ["lingui"], "co_units": ["xiufeng"]}
    case = models.Case.__table__
    slip = dict.fromkeys(("instructions", "return_reason", "legal_basis", "proposed_unit_key"), "")
    slip |= {"id": uuid4(), "case_id": open_case, "number": "P1", "host": True}
    with transaction(empty) as session:
        session.execute(case.update().values(facts=named))
        session.execute(case.update().where(case.c.id == sealed).values(sealed=True))
        _insert(session, models.Slip, slip | {"unit_key": "office", "issued_at": clock.now()})
    before = _words(empty)
    schema.upgrade(empty, "0016")
    if empty.dialect == "postgresql":
        assert _words(empty) == {
            open_case: before[open_case] | {"/diecai", "/lingui", "/office", "/xiufeng"},
            sealed: before[sealed],
        }
        with reading(empty) as session:
            assert len(_indexed(session, "/lingui")) == 1
    schema.downgrade(empty, "0015")
    assert _words(empty) == before


def _words(sessions):
    """What PostgreSQL's index has of each case."""
    if sessions.dialect == "sqlite":
        return {}
    words = func.tsvector_to_array(models.CaseWords.words)
    with reading(sessions) as session:
        rows = session.execute(select(models.CaseWords.case_id, words)).all()
    return {key: {*found} for key, found in rows}


def _insert_case(session, key, number, texts, confidential=False):
    """A case as it was before; what it refers to is there as well."""
    pack, at = UUID(int=7 << 120), clock.now()
    if not session.scalar(text("SELECT count(*) FROM pack")):
        of_pack = {"id": pack, "key": "p", "version": 1, "sha256": "", "content": {}}
        _insert(session, models.Pack, of_pack | {"deployed_at": at})
        of_unit = {"key": "office", "path": "/office/", "name_zh": "办", "name_en": "Office"}
        of_unit |= {"level": "city", "kind": "department", "active": True}
        _insert(session, models.Unit, of_unit)
    values = dict(zip(("title", "place", "body"), texts, strict=True))
    values |= {"id": key, "number": number, "confidential": confidential, "sealed": False}
    values |= {"pack_id": pack, "office_key": "office", "facts": {}, "received_at": at}
    values |= dict.fromkeys(("category", "channel", "status", "stage", "outcome"), "")
    _insert(session, models.Case, values | {"chain_seq": 0, "chain_hash": bytes(32)})


def _insert(session, model, values):
    """A row of these columns alone: the table may not have all that the model has."""
    own = model.__table__
    there = [column(name, own.c[name].type) for name in values]
    session.execute(sql_table(own.name, *there).insert().values(values))


def _indexed(session, token):
    """Places in the index of the cases that have this token."""
    if session.get_bind().dialect.name == "sqlite":
        asked = "SELECT rowid FROM case_index WHERE case_index MATCH :word ORDER BY 1"
        return session.scalars(text(asked), {"word": f'"{token}"'}).all()
    asked = "SELECT id FROM case_words WHERE words @@ CAST(:word AS tsquery) ORDER BY 1"
    return session.scalars(text(asked), {"word": f"'{token}'"}).all()
