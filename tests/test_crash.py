"""Killed with -9 at every named point: what was acknowledged is there, once, in whole chains."""

import json
import time
from collections import Counter
from contextlib import ExitStack
from datetime import datetime

import pytest
from sqlalchemy import func, select

from engine import clock, history
from engine.commands import people
from engine.db import connect, reading, transaction
from engine.models import (
    Case,
    Deadline,
    HistoryEvent,
    Message,
    OutboxNotice,
    Person,
    Supervision,
    UserTask,
)
from engine.permissions import roles_of
from engine.queries import people as people_queries
from tests.api_client import Client, Lost
from tests.processes import Office, free_port, wait_for
from tests.story import BODY, PHONE, TITLE, answers_for

pytestmark = [pytest.mark.both, pytest.mark.slow]
MONDAY = "2026-11-02T09:00:00+08:00"
STEPS = ("complete_record", "screen", "dispatch", "sign", "contact_citizen", "handle")
SECONDS = 45


class Crashing:
    """A server that dies where it is told to, and a client that keeps asking."""

    def __init__(self, office, stack):
        self.office = office
        self.stack = stack
        self.sessions = connect(office.database_url)
        stack.callback(self.sessions.kw["bind"].dispose)
        self.server = None
        self.deaths = 0
        with transaction(self.sessions) as session:
            logins = session.scalars(select(Person.login)).all()
            self.tokens = {login: people.new_token(session, login, "crash") for login in logins}
        with reading(self.sessions) as session:
            self.actors = [people_queries.by_login(session, login) for login in logins]

    def start(self, fault=""):
        """A new server process, with a fault point armed or none."""
        self.port = free_port()
        self.server = self.stack.enter_context(
            self.office.running("serve", "--port", str(self.port), HUIYIN_FAULT=fault)
        )
        wait_for(f"http://127.0.0.1:{self.port}/healthz", self.server)

    def post(self, login, path, body, key):
        """Ask until the server answers, with the same key each time."""
        for _ in range(3):
            client = Client(f"http://127.0.0.1:{self.port}", self.tokens[login])
            try:
                return client.post(path, body, key)
            except Lost:
                assert self.server.wait(10) == -9
                self.deaths += 1
                self.start()
        raise AssertionError("the server never answered")

    def someone_for(self, task):
        """The login of somebody who may do this task."""
        return next(
            actor.login
            for actor in self.actors
            for role in roles_of(task)
            if actor.acts_for(role, task.unit_key)
        )

    def open_task(self, element):
        """The open task of this element."""
        with reading(self.sessions) as session:
            return session.scalars(
                select(UserTask).where(UserTask.element == element, UserTask.status == "open")
            ).one()


@pytest.mark.parametrize("point", ["after-engine", "before-commit", "after-commit"])
def test_a_server_killed_inside_a_command_loses_nothing_and_does_nothing_twice(
    database_url, tmp_path, point
):
    office = Office(tmp_path, database_url)
    assert office.huiyin("clock", "set", MONDAY).returncode == 0
    with ExitStack() as stack:
        crashing = Crashing(office, stack)
        # Each visit is one transaction: the fault meets the third command of this server.
        crashing.start(f"{point}:3")
        contact = {"pack": "gl-jindianzi", "channel": "web", "title": TITLE, "body": BODY}
        contact["reporter"] = {"name": "陈女士", "phone": PHONE}
        taken = crashing.post("li.zhi", "/contacts", contact, "contact-1")
        assert taken.status == 201, taken
        acknowledged = []
        for element in STEPS:
            task = crashing.open_task(element)
            now = datetime.fromisoformat(MONDAY)
            body = {"answers": answers_for(element, now)}
            login = crashing.someone_for(task)
            reply = crashing.post(login, f"/tasks/{task.id}/complete", body, f"step-{element}")
            assert reply.status == 200, (element, reply)
            again = crashing.post(login, f"/tasks/{task.id}/complete", body, f"step-{element}")
            assert (again.status, again.body, again.replayed) == (200, reply.body, True)
            acknowledged.append(element)
        assert crashing.deaths == 1
        with reading(crashing.sessions) as session:
            case = session.scalars(select(Case)).one()
            assert case.number == taken.body["case"]
            done = session.scalars(
                select(HistoryEvent.element)
                .where(HistoryEvent.kind == "task.completed")
                .order_by(HistoryEvent.seq)
            ).all()
            assert list(done) == acknowledged, "every step is there exactly once"
            assert history.broken(session, history.case_stream(case.id)) is None


@pytest.mark.parametrize("point", ["after-lease", "inside-firing", "inside-outbox-send"])
def test_a_worker_killed_at_its_work_is_followed_by_another_that_finishes_it_once(
    story, tmp_path, point
):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    office = Office(tmp_path, story.sessions.kw["bind"].url.render_as_string(hide_password=False))
    later = clock.now().replace(day=10)
    assert office.huiyin("clock", "set", later.isoformat()).returncode == 0
    with office.running("worker", HUIYIN_FAULT=f"{point}:1") as doomed:
        assert doomed.wait(SECONDS) == -9
    after = later.replace(minute=5)
    assert office.huiyin("clock", "set", after.isoformat()).returncode == 0
    with office.running("worker") as steady:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and _waiting(story.sessions):
            assert steady.poll() is None
            time.sleep(0.1)
    assert not _waiting(story.sessions)
    overdue = [kind for kind in story.events() if kind == "deadline.overdue"]
    settled = [row for row in story.deadlines() if "due" in row.fired]
    assert len(overdue) == len(settled) >= 2, "each limit became overdue once"
    causes = Counter((row.cause, row.target) for row in story.supervisions())
    assert causes
    assert set(causes.values()) == {1}, "no ladder was started twice"
    assert story.chain_is_whole()
    lines = [json.loads(line) for line in _journal(office).splitlines() if line.endswith("}")]
    with reading(story.sessions) as session:
        notices = {key.hex for key in session.scalars(select(OutboxNotice.id))}
    written = {line["id"] for line in lines} | {
        json.loads(line)["id"] for line in story.journal.read_text("utf-8").splitlines()
    }
    assert written == notices, "every notice went out, at least once"


def _journal(office):
    path = office.home / "notices.jsonl"
    return path.read_text("utf-8") if path.exists() else ""


def _waiting(sessions):
    """What is due now and not yet done."""
    with reading(sessions) as session:
        unsent = session.scalar(
            select(func.count()).select_from(OutboxNotice).where(OutboxNotice.sent_at.is_(None))
        )
        undelivered = session.scalar(
            select(func.count()).select_from(Message).where(Message.delivered_at.is_(None))
        )
        late = datetime.fromisoformat("2026-11-10T00:00:00+00:00")
        unfired = session.scalar(
            select(func.count())
            .select_from(Deadline)
            .where(Deadline.next_at < late, Deadline.settled_at.is_(None))
        )
        asked = session.scalar(select(func.count()).select_from(Supervision))
    return bool(unsent or undelivered or unfired or not asked)
