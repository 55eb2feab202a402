"""Imported cases are played to their end through the API of a live server, with a worker."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import faulty_file
from tests.databases import ROOT
from tests.processes import PATIENCE, ends_well, said

CASES = 20


@pytest.fixture(params=["made", "real"])
def letters(request, tmp_path):
    """A file of messages: made with the faults of real ones, and real ones where they are named."""
    if request.param == "made":
        path = tmp_path / "letters.csv"
        assert faulty_file.write(path, rows=CASES * 2).taken >= CASES
        return path
    folder = os.environ.get("HUIYIN_TRIAL_DATA")
    if not folder:
        pytest.skip("HUIYIN_TRIAL_DATA names no folder of real messages")
    return Path(folder) / "taidi2020c" / "messages_labelled_raw.csv.gz"


@pytest.mark.slow
def test_imported_cases_are_played_to_closed_over_the_api(cli, started, port, tmp_path, letters):
    cli.well("import", str(letters), "--pack", "gl-jindianzi")
    logins = [one["login"] for one in json.loads(cli.well("user", "list", "--json"))]
    tokens = {login: cli.well("user", "token", login).strip() for login in logins}
    (tmp_path / "tokens.json").write_text(json.dumps(tokens))
    serving, working = started("serve", "--port", str(port)), started("worker")
    said(serving, "http://127")
    said(working, "worker ")
    script = ["tests/play_over_api.py", "--base", f"http://127.0.0.1:{port}"]
    script += ["--tokens", str(tmp_path / "tokens.json"), "--cases", str(CASES)]
    played = subprocess.run(
        [sys.executable, *script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE * 5,
        check=False,
    )
    assert played.returncode == 0, played.stdout + played.stderr
    ended = json.loads(played.stdout)
    assert len({one["case"] for one in ended}) == CASES
    assert {(one["status"], one["outcome"]) for one in ended} == {("closed", "solved")}
    assert all(one["tasks"] >= 10 for one in ended)
    assert f"closed {CASES}" in cli.well("verify")
    ends_well(serving)
    ends_well(working)
