"""Plays cases to their end through the HTTP API, as the people of an office would.

    python tests/play_over_api.py --base http://127.0.0.1:8000 --tokens tokens.json --cases 20

tokens.json: login -> token of the API, somebody for every role and unit. Knows nothing of the
engine: it reads each task's form and fills it in. Prints what became of each case as JSON, and
ends with 1 unless all were closed.
"""

import argparse
import http.client
import json
import sys
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

# What a diligent officer chooses; everything else is filled in from the form.
ALL = "all of the list"
CHOICES: dict[str, Any] = {
    "kind": "help",
    "category": "other",
    "place_kind": "site",
    "hazard": "none",
    "callback": "allowed",
    "opinion": "accept",
    "mode": "push",
    "unit": "utilities_bureau",
    "signing": "sign",
    "outcome": "solved",
    "review": "pass",
    "checks": ALL,
    "way": "phone",
    "reached_citizen": True,
    "contacted": "yes",
    "result": "solved",
    "satisfaction": 5,
}
MOST_TASKS = 40
PATIENCE_SECONDS = 20.0


class Refused(Exception):
    """The API said no: status and problem."""

    def __init__(self, status: int, problem: Any) -> None:
        super().__init__(f"{status}: {json.dumps(problem, ensure_ascii=False)[:400]}")
        self.status = status


class Client:
    """The API at one address, over one connection."""

    def __init__(self, base: str) -> None:
        address = urlsplit(base)
        if address.scheme != "http" or not address.hostname:
            raise ValueError(f"expected an address such as http://127.0.0.1:8000, found {base}")
        self._connection = http.client.HTTPConnection(
            address.hostname, address.port or 80, timeout=60
        )
        self.calls = 0

    def get(self, path: str, token: str, **query: Any) -> Any:
        """Read a resource."""
        return self._ask("GET", f"{path}?{urlencode(query)}" if query else path, token, None)

    def post(self, path: str, token: str, body: Any) -> Any:
        """Do something once."""
        return self._ask("POST", path, token, json.dumps(body).encode())

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _ask(self, method: str, path: str, token: str, body: bytes | None) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        if body is not None:
            headers |= {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        self._connection.request(method, f"/api/v1{path}", body, headers)
        answer = self._connection.getresponse()
        told = json.loads(answer.read() or b"null")
        self.calls += 1
        if answer.status >= 400:
            raise Refused(answer.status, told)
        return told


@dataclass
class Office:
    """The people behind the tokens; who did what is remembered by role and unit."""

    client: Client
    tokens: dict[str, str]
    known: dict[tuple[str, str], str] = field(default_factory=dict)

    def new_cases(self, wanted: int) -> list[str]:
        """Numbers of cases whose record is still to be completed."""
        found: dict[str, None] = {}
        for token in self.tokens.values():
            page, pages = 1, 1
            while page <= pages and len(found) < wanted:
                told = self.client.get("/tasks", token, view="unit", page=page)
                page, pages = page + 1, told["pages"]
                found |= {
                    item["case"]: None
                    for item in told["items"]
                    if item["element"] == "complete_record"
                }
            if len(found) >= wanted:
                break
        return list(found)[:wanted]

    def open_task(self, task: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """A task with its form, and the token of somebody who may do it."""
        post = (",".join(task["roles"]), task["unit"] or "")
        first = self.known.get(post)
        for login in sorted(self.tokens, key=lambda login: login != first):
            try:
                told = self.client.get(f"/tasks/{task['id']}", self.tokens[login])
            except Refused as refusal:
                if refusal.status not in {403, 404}:
                    raise
                continue
            self.known[post] = login
            return self.tokens[login], told
        raise LookupError(f"nobody may do {task['element']} for {post}")

    def case(self, number: str) -> dict[str, Any]:
        """A case as somebody of its office sees it."""
        for login in sorted(self.tokens, key=lambda login: login != self.known.get(("case", ""))):
            try:
                told = self.client.get(f"/cases/{number}", self.tokens[login])
            except Refused as refusal:
                if refusal.status not in {403, 404}:
                    raise
                continue
            self.known["case", ""] = login
            return told
        raise LookupError(f"nobody may see {number}")


def play(office: Office, number: str) -> dict[str, Any]:
    """Do every task of a case until it is over; what became of it."""
    done = 0
    waiting_since = time.monotonic()
    while done < MOST_TASKS and time.monotonic() - waiting_since < PATIENCE_SECONDS:
        case = office.case(number)
        if case["status"] != "open":
            break
        if not case["tasks"]:
            time.sleep(0.2)  # A message is on its way; the worker delivers it.
            continue
        task = case["tasks"][0]
        token, told = office.open_task(task)
        answers = fill(told["form"], told["options"])
        office.client.post(f"/tasks/{task['id']}/complete", token, {"answers": answers})
        done += 1
        waiting_since = time.monotonic()
    case = office.case(number)
    return {
        "case": number,
        "status": case["status"],
        "stage": case["stage"],
        "outcome": case["outcome"],
        "tasks": done,
    }


def fill(
    form: dict[str, Any],
    options: dict[str, list[str]],
    choices: dict[str, Any] = CHOICES,
    now: datetime | None = None,
) -> dict[str, Any]:
    """Answers to every question that is asked, in the form's order.

    now: the office's time, where it is not the machine's.
    """
    now = now or datetime.now(UTC)  # noqa: TID251 - the client's own clock
    answers: dict[str, Any] = {}
    required = set(form.get("required", []))
    for name, question in form["properties"].items():
        wanted = name in required or question.get("x-required") or name in choices
        if wanted and _is_asked(question.get("x-show-if"), answers):
            answers[name] = _answer(choices.get(name), question, options, now)
    return answers


def _is_asked(condition: dict[str, Any] | None, answers: dict[str, Any]) -> bool:
    if condition is None:
        return True
    value, expected = answers.get(condition["field"]), condition["value"]
    match condition["op"]:
        case "==":
            return bool(value == expected)
        case "!=":
            return bool(value != expected)
        case "in":
            return value in expected
    raise ValueError(f"unknown condition {condition['op']}")


def _answer(
    chosen: Any, question: dict[str, Any], options: dict[str, list[str]], now: datetime
) -> Any:
    value: Any
    listed = options.get(question.get("x-options", ""), question.get("enum"))
    if listed is not None and chosen is ALL:
        return list(listed)
    if listed is not None:
        value = chosen if chosen in listed else listed[0]
        return [value] if question["type"] == "array" else value
    match question["type"], question.get("format"):
        case "string", "date-time":
            value = now.isoformat(timespec="seconds")
        case "string", "date":
            value = now.date().isoformat()
        case "string", _:
            value = chosen or "已到现场核实并办理，情况属实，已当面说明。"
        case "boolean", _:
            value = bool(chosen)
        case "integer", _:
            value = chosen if chosen is not None else question.get("maximum", 1)
        case _:
            value = []
    return value


def main(words: list[str]) -> int:
    """Play the first `--cases` new cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", required=True)
    parser.add_argument("--tokens", required=True, type=argparse.FileType(encoding="utf-8"))
    parser.add_argument("--cases", type=int, default=20)
    told = parser.parse_args(words)
    with told.tokens as file:
        tokens = json.load(file)
    client = Client(told.base)
    office = Office(client, tokens)
    began = time.monotonic()
    numbers = office.new_cases(told.cases)
    played = [play(office, number) for number in numbers]
    client.close()
    sys.stdout.write(json.dumps(played, ensure_ascii=False, indent=2) + "\n")
    seconds = time.monotonic() - began
    sys.stderr.write(f"{len(played)} cases, {client.calls} calls, {seconds:.1f} s\n")
    closed = sum(one["status"] == "closed" for one in played)
    return 0 if closed == told.cases else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
