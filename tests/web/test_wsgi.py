"""The production entry puts the application together from the environment."""

import runpy
from pathlib import Path

import pytest


def test_the_entry_serves(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUIYIN_HOME", str(tmp_path))
    monkeypatch.setenv("HUIYIN_DATABASE_URL", database_url)
    entry = runpy.run_module("web.wsgi")
    app = entry["app"]
    assert app.test_client().get("/sign-in").status_code == 200
    app.extensions["huiyin"].sessions.kw["bind"].dispose()
