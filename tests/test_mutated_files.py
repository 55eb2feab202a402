"""5,000 broken files through the linter and the API: faults in words, soon, never an exception."""

import io
import logging
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from engine.commands import linting, people
from engine.db import Sessions, transaction
from engine.identity import Vault
from engine.settings import Settings
from tests.databases import WORKFLOWS
from tests.mutating import Mutant, mutants
from tests.story import Story
from web.app import create_app

SEED = 20261122
MOST = 2.0  # seconds


class Tried:
    """One client that sends files, and what came of them."""

    def __init__(self, client: FlaskClient, token: str, folder: Path) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}"}
        self.folder = folder
        self.answers: dict[int, int] = {}
        self._files: dict[str, dict[str, bytes]] = {}

    def linted(self, mutant: Mutant) -> list[dict[str, Any]]:
        """What `huiyin lint` says of the file alone."""
        path = self.folder / ("mutant.dmn" if mutant.decision else "mutant.bpmn")
        path.write_bytes(mutant.content)
        return [fault.as_dict() for fault in linting.faults_at(path)]

    def posted(self, mutant: Mutant) -> list[dict[str, Any]]:
        """What `POST /deployments` says of it, among the other files of its process."""
        files = dict(self._of(mutant.key))
        files["mutant.dmn" if mutant.decision else "process.bpmn"] = mutant.content
        parts = {name: FileStorage(io.BytesIO(content), name) for name, content in files.items()}
        boundary, body = encode_multipart({"key": mutant.key, **parts})
        answer = self.client.post(
            "/api/v1/deployments",
            data=body,
            content_type=f'multipart/form-data; boundary="{boundary}"',
            headers=self.headers,
        )
        self.answers[answer.status_code] = self.answers.get(answer.status_code, 0) + 1
        assert answer.status_code in (200, 201, 422), f"{answer.status_code} {answer.text[:300]}"
        told = answer.get_json()
        assert answer.status_code != 422 or told["faults"]
        faults: list[dict[str, Any]] = told["faults" if "faults" in told else "warnings"]
        return faults

    def _of(self, key: str) -> dict[str, bytes]:
        if key not in self._files:
            folder = WORKFLOWS / key
            found = [folder / "process.bpmn", *folder.glob("*.dmn"), *folder.glob("forms/*.json")]
            self._files[key] = {
                path.relative_to(folder).as_posix(): path.read_bytes()
                for path in found
                if path.is_file()
            }
        return self._files[key]


@pytest.fixture
def tried(sessions: Sessions, story: Story, vault: Vault, tmp_path: Path) -> Tried:
    app = create_app(sessions, Settings(home=tmp_path, database_url=""), vault)
    with transaction(sessions) as session:
        token = people.new_token(session, "she.ji", "tests")
    return Tried(app.test_client(), token, tmp_path)


def attempt(mutant: Mutant, run: Callable[[Mutant], list[dict[str, Any]]]) -> None:
    """It ends soon, and every fault says where."""
    try:
        faults, taken = _timed(mutant, run)
        if taken > MOST:
            taken = median([taken, _timed(mutant, run)[1], _timed(mutant, run)[1]])
    except Exception as error:
        raise AssertionError(f"file {mutant.number} ({mutant.how})") from error
    assert taken <= MOST, f"file {mutant.number} ({mutant.how}) took {taken:.1f} s"
    for fault in faults:
        named = fault["element"] or fault["line"]
        assert named, f"file {mutant.number} ({mutant.how}): {fault}"
        assert fault["message"], fault
        assert fault["rule"] != "internal", f"file {mutant.number} ({mutant.how}): {fault}"


def _timed(
    mutant: Mutant, run: Callable[[Mutant], list[dict[str, Any]]]
) -> tuple[list[dict[str, Any]], float]:
    began = time.thread_time()
    return run(mutant), time.thread_time() - began


def all_of(tried: Tried, first: int, count: int) -> None:
    """So many files through both doors."""
    logging.getLogger("engine").setLevel(logging.ERROR)
    for mutant in mutants(SEED, first, count):
        attempt(mutant, tried.linted)
        attempt(mutant, tried.posted)
    assert tried.answers[422] > count // 2  # most of them are really broken


def test_forty_broken_files(tried: Tried) -> None:
    all_of(tried, 0, 40)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_five_thousand_broken_files(tried: Tried, part: int) -> None:
    all_of(tried, part * 1_250, 1_250)


def test_the_same_seed_gives_the_same_files() -> None:
    assert mutants(SEED, 40, 20) == mutants(SEED, 40, 20)
    assert len({mutant.content for mutant in mutants(SEED, 0, 50)}) > 45
