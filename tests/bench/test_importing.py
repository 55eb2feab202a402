"""The benchmark of the import runs on a real office, and says what it measured."""

from contextlib import closing

from engine.bench import importing
from engine.importing.reading import open_table


def test_it_takes_every_row_and_tells_its_conditions(tmp_path):
    told = []
    measured = importing.run(tmp_path, 30, tell=told.append)
    assert not list(tmp_path.iterdir()), "its database is removed"
    figures = measured["import"]
    assert (figures["rows"], figures["taken"]) == (30, 30)
    assert (figures["already_there"], figures["refused"]) == (0, 0)
    assert figures["seconds"] > 0
    assert figures["rows_per_s"] > 0
    assert figures["processor_seconds"] > 0
    assert figures["database_bytes"] > figures["file_bytes"] > 0
    assert len(measured["conditions"]["commit_probe_ms"]) == 2
    assert told == ["import: 30 rows"]


def test_its_file_has_no_two_rows_alike(tmp_path):
    path = tmp_path / "f.csv"
    importing.write_file(path, 500)
    with closing(open_table(path)) as table:
        rows = [tuple(row.cells) for row in table.rows]
    assert len({row[5] for row in rows}) == len({row[2] for row in rows}) == 500
    assert 100 < sum(len(row[5]) for row in rows) / 500 < 400
