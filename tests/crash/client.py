"""Clients of the API who write down what they were promised, before they ask for anything more."""

import json
import os
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.api_client import Client, Lost, Reply
from tests.play_over_api import CHOICES, fill

# After these nobody knows yet, or nobody could act: the same is asked again under the same key.
AGAIN = frozenset({500, 502, 503, 504})
MOST_ATTEMPTS = 400
ENTERS = {"gl-jindianzi": ("li.zhi", ("web", "phone", "letter", "email", "visit"))}
BOSS = "du.cheng"  # sees every case of the office, and urges
RECENT = 15
URGES = ("phone", "order", "interview")
STRAYS = 0.25  # how often another answer is chosen than a diligent officer's


@dataclass
class Book:
    """What one client was promised: a line of JSON each, on the disk before the next request."""

    path: Path
    kinds: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, **told: str) -> None:
        """Note one answer."""
        os.write(self._handle, json.dumps(told, ensure_ascii=False).encode() + b"\n")
        os.fsync(self._handle)
        self.kinds[told["kind"]] += 1

    def close(self) -> None:
        os.close(self._handle)


@dataclass
class Person:
    """One client thread: takes in contacts, claims and completes tasks, urges.

    answers: how often each status was met, "lost" where there was no answer. elements: how often
    each kind of task was done. busy: logins that have tasks to do. known: who does the tasks of a
    role and unit.
    """

    addresses: list[str]
    tokens: dict[str, str]
    book: Book
    chance: random.Random
    now: Callable[[], datetime]
    stop: threading.Event
    known: dict[tuple[str, str], str]
    answers: Counter[str] = field(default_factory=Counter)
    elements: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    busy: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Work until told to stop; what is no fault of a crash is kept as one of ours."""
        while not self.stop.is_set():
            acts = (self._write, self._follow, self._take, self._urge)
            act = self.chance.choices(acts, (7, 50, 38, 5))[0]
            try:
                act()
            except Lost:
                self.answers["lost"] += 1
                time.sleep(0.1)
            except Exception as error:
                self.faults.append(f"{type(error).__name__}: {error}"[:300])

    def _write(self) -> None:
        pack, (login, channels) = self.chance.choice(sorted(ENTERS.items()))
        number = self.chance.randrange(10**8)
        body = {
            "pack": pack,
            "channel": self.chance.choice(channels),
            "title": f"第 {number} 盏路灯不亮",
            "body": f"解放东路第 {number} 盏路灯不亮，已经一个星期，晚上走路看不清。",
            "reporter": {"name": "陈女士", "phone": f"138{number:08d}"},
        }
        reply, key = self._post(login, "/contacts", body)
        if reply is not None and reply.status == 201:
            told = {name: reply.body[name] for name in ("contact", "case")}
            self.book.write(kind="contact", by=login, key=key, **told)
            self.numbers.append(told["case"])

    def _take(self) -> None:
        """Do what lies in somebody's inbox, also what others are about to do."""
        # Whoever had work a moment ago has some now, most of the time.
        known = self.busy if self.busy and self.chance.random() < 0.8 else self.tokens
        login = self.chance.choice(sorted(known))
        found = self._get(login, "/tasks", view="unit")
        self.busy.discard(login)
        if not found or not found["items"]:
            return
        self.busy.add(login)
        if found["pages"] > 1:
            page = self.chance.randint(1, found["pages"])
            found = self._get(login, "/tasks", view="unit", page=str(page)) or found
        if found["items"]:
            self._do(login, self.chance.choice(found["items"]))

    def _follow(self) -> None:
        """Do the next thing about a case of one's own, whoever has to do it."""
        if not self.numbers:
            return
        number = self.chance.choice(self.numbers[-RECENT:])
        case = self._get(BOSS, f"/cases/{number}")
        if case is None or case["status"] != "open":
            self.numbers.remove(number)
            return
        if not case["tasks"]:
            return
        task = self.chance.choice(case["tasks"])
        post = (",".join(task["roles"]), task["unit"] or "")
        likely = task["assignee"] or self.known.get(post)
        others = self.chance.sample(sorted(self.tokens), len(self.tokens))
        for login in [likely] if likely else others:
            if self._get(login, f"/tasks/{task['id']}") is not None:
                self.known[post] = login
                self._do(login, task)
                return
        self.known.pop(post, None)

    def _do(self, login: str, task: dict[str, Any]) -> None:
        if task["case"] is None:
            return
        if self.chance.random() < 0.15:
            reply, key = self._post(login, f"/tasks/{task['id']}/claim", {})
            if reply is not None and reply.status == 200:
                self.book.write(kind="claim", task=task["id"], by=login, key=key)
        told = self._get(login, f"/tasks/{task['id']}")
        if told is None:
            return
        for choices in (self._choices(told), CHOICES):
            answers = fill(told["form"], told["options"], choices, self.now())
            reply, key = self._post(login, f"/tasks/{task['id']}/complete", {"answers": answers})
            if reply is None or reply.status != 422:
                break
        if reply is not None and reply.status == 200:
            self.book.write(kind="task", task=task["id"], case=task["case"], by=login, key=key)
            self.elements[task["element"]] += 1

    def _urge(self) -> None:
        if not self.numbers:
            return
        number, login = self.chance.choice(self.numbers), BOSS
        body = {"rung": self.chance.choice(URGES), "reason": "催了没有回音"}
        reply, key = self._post(login, f"/cases/{number}/supervisions", body)
        if reply is not None and reply.status == 201:
            told = {"supervision": reply.body["supervision"], "case": number}
            self.book.write(kind="supervision", by=login, key=key, **told)

    def _choices(self, told: dict[str, Any]) -> dict[str, Any]:
        """A diligent officer's choices, with one or the other left to chance."""
        choices = dict(CHOICES)
        for name, question in told["form"]["properties"].items():
            listed = told["options"].get(question.get("x-options", ""), question.get("enum"))
            if listed and question["type"] == "string" and self.chance.random() < STRAYS:
                choices[name] = self.chance.choice(listed)
        return choices

    def _get(self, login: str, path: str, **query: str) -> Any:
        reply = Client(self.chance.choice(self.addresses), self.tokens[login]).get(path, **query)
        self.answers[f"GET {reply.status}"] += 1
        return reply.body if reply.status == 200 else None

    def _post(self, login: str, path: str, body: Any) -> tuple[Reply | None, str]:
        """Ask under one key until there is an answer; None if the run ends before."""
        key = uuid.UUID(int=self.chance.getrandbits(128)).hex
        for _ in range(MOST_ATTEMPTS):
            try:
                base = self.chance.choice(self.addresses)
                reply = Client(base, self.tokens[login]).post(path, body, key)
            except Lost:
                self.answers["lost"] += 1
                time.sleep(0.1)
                continue
            self.answers[f"{reply.status}{' replayed' if reply.replayed else ''}"] += 1
            if reply.status not in AGAIN:
                return reply, key
            time.sleep(0.2)
        return None, key


def office_time(offset: Callable[[], Any]) -> Callable[[], datetime]:
    """The office's time as its people see it."""
    return lambda: datetime.now(UTC) + offset()  # noqa: TID251 - the client's own clock
