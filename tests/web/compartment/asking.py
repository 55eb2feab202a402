"""One request of the table, sent by one person about one case, and what kind of answer it got."""

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote
from uuid import UUID

from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from engine.commands import people
from engine.db import transaction
from tests.web.compartment.personas import ACCUSED, CITIZEN, PERSONAS, STAFF
from tests.web.compartment.scene import SOURCE, Scene, Subject
from tests.web.site import sign_in
from web.security import limiter

TABLE = Path(__file__).with_name("expectations.csv")
# Here the citizen reads by the secret code that the case was handed on, and its number.
BY_THE_CODE = frozenset({"GET /track/case", "GET /track/receipt", "GET /track/receipt.json"})
# The kinds of answer: something of the case is read; the page is there and says nothing of it; it
# is refused as it stands; not this person's page; no such thing; sign in first.
SEEN, OPEN, REFUSED, BARRED, GONE, SIGN_IN = "seen", "open", "refused", "barred", "gone", "sign-in"
CLASSES = frozenset({SEEN, OPEN, REFUSED, BARRED, GONE, SIGN_IN})
_CLASS = {401: SIGN_IN, 403: BARRED, 404: GONE}
_PARAMETER = re.compile(r"<(?:[a-z]+(?:\([^)]*\))?:)?([a-z_0-9]+)>")
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_CHANGING = re.compile(
    r'(name="(?:csrf_token|request_token|kept)" value="|nonce=")[^"]*|'
    r"\d+ 秒前|id=\"[a-z]+-[0-9a-f]{8,}\"|(?<=/inbox/acts/)[0-9a-f-]{36}"
)

# Of a case that was never made: a number and keys such as the real ones.
MISSING = Subject(
    number="QD-20261102-009999",
    code="2222-2222-22",
    digits="0000",
    ids={
        "number": "QD-20261102-009999",
        "ladder": "QD-20261102-009999-D1",
        "slip": "QD-20261102-009999-P1",
        "case_id": UUID(int=1 << 120),
        "task_id": UUID(int=2 << 120),
        "instance_id": UUID(int=3 << 120),
        "incident_id": UUID(int=4 << 120),
        "message_id": UUID(int=6 << 120),
        "precedent_id": UUID(int=5 << 120),
        "token": "never-given-" + "A" * 31,
        "sha256": "0" * 64,
        "title": "没有的事情没有人说",
        "phone": "13900000000",
        "source_id": "never-sent-0000",
    },
    marks=(),
)


def rows() -> dict[str, dict[str, str]]:
    """The table: request -> persona -> class of the answer."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(line for line in file if not line.startswith("#")))
    table = {line.pop("request"): line for line in lines}
    assert len(table) == len(lines), "a request stands in the table twice"
    return table


def rule_of(request: str) -> str:
    """ "GET /cases?q={title}" is about the rule "GET /cases"."""
    return request.partition("?")[0]


def names_a_case(request: str) -> bool:
    """Whether the request asks for one case, so that it could be asked for one that is not."""
    return (
        any(f"<{name}>" in _plain(request) for name in _OF_A_CASE)
        or "{" in request
        or (request in FORMS and request not in _ABOUT_NONE)
    )


_OF_A_CASE = (
    "number",
    "task_id",
    "instance_id",
    "incident_id",
    "message_id",
    "precedent_id",
    "sha256",
    "token",
)


def _plain(request: str) -> str:
    return _PARAMETER.sub(r"<\1>", request)


def _reason(_: Subject) -> dict[str, Any]:
    return {"reason": "试一试", "rung": "order", "purpose": "核实身份"}


def _json(body: dict[str, Any]) -> Callable[[Subject], dict[str, Any]]:
    return lambda _one: {"json": body}


# What is sent with a POST. Forms that would make a new case are left empty: they are refused.
FORMS: dict[str, Callable[[Subject], dict[str, Any]]] = {
    "POST /api/v1/cases/<number>/supervisions": _json({"rung": "order", "reason": "试一试"}),
    "POST /api/v1/tasks/<uuid:task_id>/claim": _json({}),
    "POST /api/v1/tasks/<uuid:task_id>/complete": _json({"answers": {}}),
    "POST /api/v1/contacts": lambda one: {
        "json": {
            "pack": "qd-sanwo-5",
            "channel": "phone",
            "title": "",
            "body": "再报一次",
            "source": SOURCE,
            "source_id": one.ids["source_id"],
        }
    },
    "POST /api/v1/incidents/batches": _json({"act": "retry", "incidents": []}),
    "POST /api/v1/incidents/<uuid:incident_id>/correct": _json(
        {"name": "opinion", "after": "accept", "remark": "试一试"}
    ),
    "POST /api/v1/instances/<uuid:instance_id>/move": lambda one: {
        "json": {"token": str(one.ids["task_id"]), "to": "x", "revision": 1, "remark": "试一试"}
    },
    "POST /api/v1/messages/<uuid:message_id>/retry": _json({}),
    "POST /operations/instances/<uuid:instance_id>/move": lambda one: {
        "form": {"token": str(one.ids["task_id"]), "to": "x", "revision": "1", "remark": "试一试"}
    },
    "POST /api/v1/deployments": lambda _one: {
        "form": {"key": "appeal", "process.bpmn": (BytesIO(b"<no/>"), "process.bpmn")}
    },
    "POST /inbox": lambda one: {"form": {"claim": str(one.ids["task_id"])}},
    "POST /inbox/assign": lambda one: {"form": {"id": str(one.ids["task_id"])}},
    "POST /cases/urge": lambda one: {"form": {"number": one.number}},
    "POST /inbox/remind": lambda one: {"form": {"id": str(one.ids["task_id"])}},
    "POST /inbox/slips": lambda one: {"form": {"id": str(one.ids["task_id"])}},
    "POST /inbox/views": lambda _one: {"form": {"name": "x" * 61}},
    "POST /inbox/views/first": lambda _one: {"form": {"first_view": "nonsense"}},
    "POST /intake/look": lambda one: {"form": {"phone": one.ids["phone"]}},
    "POST /intake/same": lambda one: {
        "form": {
            "number": one.number,
            "case": one.number,
            "phone": one.ids["phone"],
            "body": "再来催",
            "channel": "phone",
        }
    },
    "POST /track": lambda one: {"form": {"code": one.code, "digits": one.digits}},
    "POST /submit": lambda _one: {"form": {"pack": "qd-sanwo-5", "at": "what", "body": ""}},
}
# After these the person is no longer who they were.
_LEAVING = frozenset({"POST /sign-in", "POST /sign-out", "POST /track", "POST /track/close"})
_ABOUT_NONE = frozenset(
    {
        "POST /api/v1/deployments",
        "POST /api/v1/contacts",
        "POST /api/v1/incidents/batches",
        "POST /inbox/views",
        "POST /inbox/views/first",
        "POST /phrases",
        "POST /submit",
        "POST /track",
    }
)


@dataclass(frozen=True)
class Answer:
    """What came back. asked: what the request itself said, which is no news to who sent it."""

    status: int
    text: str
    location: str
    asked: str

    def kind(self, marks: tuple[str, ...]) -> str:
        """The class of the answer; `marks` are looked for in all of it."""
        if self.location.startswith("/sign-in"):
            return SIGN_IN
        if self.read(marks):
            return SEEN
        if self.status in _CLASS:
            return _CLASS[self.status]
        return REFUSED if 400 <= self.status < 500 and self.status != 503 else OPEN

    def read(self, marks: tuple[str, ...]) -> list[str]:
        """The marks in the answer that the request did not bring along."""
        told = f"{self.text} {self.location}"
        return [mark for mark in marks if mark in told and mark not in self.asked]

    def without(self, one: Subject) -> str:
        """The answer without what differs from one showing to the next, and without the ids."""
        told = _CHANGING.sub("", f"{self.status} {self.location}\n{self.text}")
        for name, value in sorted(one.ids.items(), key=lambda item: -len(str(item[1]))):
            told = told.replace(str(value), f"[{name}]").replace(quote(str(value)), f"[{name}]")
        return told


class Person:
    """One persona at the browser and with a token of the API."""

    def __init__(self, app: APIFlask, scene: Scene, persona: str) -> None:
        assert persona in PERSONAS
        self.app, self.persona = app, persona
        self.token = ""
        if persona in STAFF:
            with transaction(scene.sessions) as session:
                self.token = people.new_token(session, STAFF[persona], "table")
        self._enter()

    def _enter(self) -> None:
        """A fresh browser, signed in."""
        self.client: FlaskClient = self.app.test_client()
        if self.persona in STAFF:
            assert sign_in(self.client, STAFF[self.persona]).status_code == 303
        found = _TOKEN.search(self.client.get("/start" if self.token else "/sign-in").text)
        assert found
        self.csrf = found[1]

    def follows(self, one: Subject) -> None:
        """The citizen opens the case by its code."""
        form = {"csrf_token": self.csrf, "code": one.code, "digits": one.digits}
        assert self.client.post("/track", data=form).location == "/track/case"

    def sends(self, request: str, one: Subject) -> Answer:
        """Send one request of the table, about this case."""
        with self.app.app_context():
            limiter.reset()
        if self.persona == CITIZEN and one is not MISSING and request in BY_THE_CODE:
            self.follows(one)
        method, _, address = request.partition(" ")
        rule, _, query = address.partition("?")
        path = _PARAMETER.sub(lambda found: str(value_of(found[1], rule, one)), rule)
        query = query.format(**{name: quote(str(value)) for name, value in one.ids.items()})
        url = f"{path}?{query}" if query else path
        options = self._body(method, request, one)
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        response: TestResponse = self.client.open(url, method=method, headers=headers, **options)
        text = response.get_data().decode("utf-8", "replace")
        response.close()
        if response.status_code == 303:
            text = self._flashed()  # what the next page will say; its own text repeats the address
        if rule_of(request) in _LEAVING:
            self._enter()
        location = unquote(unquote(response.location or ""))
        return Answer(response.status_code, text, location, f"{unquote(url)} {options}")

    def _flashed(self) -> str:
        with self.client.session_transaction() as kept:
            return str(kept.pop("_flashes", ""))

    def _body(self, method: str, request: str, one: Subject) -> dict[str, Any]:
        if method == "GET":
            return {}
        sent = FORMS[rule_of(request)](one) if rule_of(request) in FORMS else {}
        if "json" in sent:
            return {"json": sent["json"]}
        form: Mapping[str, Any] = sent.get("form") or _reason(one)
        return {"data": {"csrf_token": self.csrf, **form}}


# What stands in the address for a parameter that belongs to no case.
_USUAL = {
    "batch_id": UUID(int=7 << 120),
    "act_id": UUID(int=8 << 120),
    "opinion_id": UUID(int=12 << 120),
    "view_id": UUID(int=9 << 120),
    "phrase_id": UUID(int=10 << 120),
    "draft_id": UUID(int=11 << 120),
    "person_id": UUID(int=13 << 120),
    "membership_id": UUID(int=14 << 120),
    "absence_id": UUID(int=15 << 120),
    "token_id": UUID(int=16 << 120),
    "notice_id": UUID(int=17 << 120),
    "outbox_id": UUID(int=18 << 120),
    "snapshot_id": UUID(int=19 << 120),
    "digest_id": UUID(int=21 << 120),
    "instruction_id": UUID(int=22 << 120),
    "section": "period",
    "limit": "handling",
    "key": "qd_government",
    "version": 1,
    "filename": "tokens.css",
    "kind": "slip",
    "ending": "docx",
    "path": "process.bpmn",
    "side": "bad",
    "design": "process",
    "comment_id": UUID(int=23 << 120),
}


def value_of(name: str, rule: str, one: Subject) -> Any:
    """What stands in the address for a parameter; None if the case has nothing like it."""
    if name == "number" and rule.startswith("/supervision/<number>"):
        return one.ids.get("ladder")
    if name == "key" and rule.startswith("/rates/"):
        return "closing_of_received"
    if name == "key" and rule.startswith("/supervision/units/"):
        return ACCUSED
    return one.ids.get(name, _USUAL.get(name))


def applies(request: str, one: Subject) -> bool:
    """Whether the case has what the request asks for: only one of them has a ladder."""
    rule = request.partition(" ")[2].partition("?")[0]
    return all(value_of(name, rule, one) is not None for name in _PARAMETER.findall(rule))
