"""A client of the API with real tokens of the demo office's people."""

import io
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse, encode_multipart

from engine.commands import people
from engine.db import Sessions, transaction
from engine.identity import Vault
from engine.settings import Settings
from tests.databases import WORKFLOWS
from tests.story import Story
from web.app import create_app


class Api:
    """One client; every call names whose token it carries."""

    def __init__(self, client: FlaskClient, sessions: Sessions) -> None:
        self.client = client
        self.sessions = sessions
        self._tokens: dict[str, str] = {}
        self.description = client.get("/api/v1/openapi.json").get_json()
        self.routes = client.application.url_map.bind("localhost")

    def token(self, login: str) -> str:
        """A token of this person, the same for the whole test."""
        if login not in self._tokens:
            with transaction(self.sessions) as session:
                self._tokens[login] = people.new_token(session, login, "tests")
        return self._tokens[login]

    def get(self, path: str, by: str = "li.zhi", **options: Any) -> TestResponse:
        answer = self.client.get(f"/api/v1{path}", headers=self._headers(by, ""), **options)
        return self.as_described(answer)

    def post(
        self, path: str, body: Any = None, by: str = "li.zhi", key: str = "", **options: Any
    ) -> TestResponse:
        """Send JSON; key: the Idempotency-Key."""
        if body is not None:
            options["json"] = body
        headers = self._headers(by, key) | options.pop("headers", {})
        return self.as_described(self.client.post(f"/api/v1{path}", headers=headers, **options))

    def deploy(
        self, process: str, files: Mapping[str, bytes], by: str = "she.ji", key: str = ""
    ) -> TestResponse:
        """Send the files of a process; key: the Idempotency-Key."""
        parts = {name: FileStorage(io.BytesIO(content), name) for name, content in files.items()}
        boundary, body = encode_multipart({"key": process, **parts})
        form = f'multipart/form-data; boundary="{boundary}"'
        return self.post("/deployments", by=by, key=key, data=body, content_type=form)

    def as_described(self, answer: TestResponse) -> TestResponse:
        """The answer, once its status, type and body are what the description says."""
        assert answer.status_code < 500, answer.text
        try:
            rule, _ = self.routes.match(answer.request.path, answer.request.method, True)
        except HTTPException:
            return answer  # no operation: 404, 405
        path = re.sub(r"<(?:[^<:]+:)?([^>]+)>", r"{\1}", rule.rule)
        operation = self.description["paths"][path][answer.request.method.lower()]
        told = operation["responses"][str(answer.status_code)]["content"]
        assert answer.mimetype in told, f"{path} {answer.status_code}: {answer.mimetype}"
        if answer.is_json:
            schema = told[answer.mimetype]["schema"]
            Draft202012Validator({**self.description, **schema}).validate(answer.get_json())
        return answer

    def _headers(self, by: str, key: str) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self.token(by)}"} if by else {}
        return headers | ({"Idempotency-Key": key} if key else {})


@pytest.fixture
def app(sessions: Sessions, story: Story, vault: Vault, tmp_path: Path) -> APIFlask:
    return create_app(sessions, Settings(home=tmp_path, database_url=""), vault)


@pytest.fixture
def api(app: APIFlask, sessions: Sessions) -> Api:
    return Api(app.test_client(), sessions)


@pytest.fixture
def said() -> dict[str, Any]:
    """A contact as another system sends it."""
    return {
        "pack": "gl-jindianzi",
        "channel": "web",
        "title": "解放东路一盏路灯不亮",
        "body": "解放东路口向北第三盏路灯不亮，已经一个星期。",
        "reporter": {"name": "陈女士", "phone": "13800001234"},
    }


def files_of(key: str) -> dict[str, bytes]:
    """The files of a shipped process, by the names the API takes them under."""
    folder = WORKFLOWS / key
    found = [folder / "process.bpmn", *folder.glob("*.dmn"), *folder.glob("forms/*.json")]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


@pytest.fixture
def files() -> Callable[[str], dict[str, bytes]]:
    return files_of
