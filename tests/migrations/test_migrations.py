"""The schema: from nothing up, down again, and what the models say is what is there."""

import ast
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, select, text
from sqlalchemy.engine import make_url

from engine import models, schema
from engine.db import Base, connect, transaction
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
