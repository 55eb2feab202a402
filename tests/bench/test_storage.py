"""The benchmark of storage counts what is in the file, and the library's rows beside it."""

import sqlite3

import pytest

from engine.bench import storage


@pytest.mark.slow
def test_it_counts_the_bytes_of_ended_cases_ours_and_the_library_s(shaped, tmp_path):
    told = []
    result = storage.run(tmp_path, 3, tell=told.append)
    shaped("storage", result)
    assert not list(tmp_path.iterdir()), "its databases are removed"
    assert len(told) == 2
    stock = result["stock"]
    for name in ("five_tasks_bytes", "appeal_bytes"):
        assert result[name] % 1 == 0
        assert 0 < result[name] < 60_000
        assert stock[name] > 0
    assert result["appeal_bytes"] > result["five_tasks_bytes"]
    assert stock["appeal_bytes"] > 3 * result["appeal_bytes"], "history and specification travel"


def test_a_size_is_what_is_in_use_wherever_it_lies(tmp_path):
    path = tmp_path / "a.db"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE one (text TEXT)")
    empty = storage.size(path)
    connection.executemany("INSERT INTO one VALUES (?)", [("x" * 1000,)] * 400)
    full = storage.size(path)
    assert 400_000 < full - empty < 600_000
    connection.execute("DELETE FROM one")
    assert storage.size(path) < empty + 20_000, "pages that are free again do not count"
    connection.close()
