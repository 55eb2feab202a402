"""An office in which everything happens at once: processes that cross on the same few cases."""

import os
import random
import time
from collections import Counter
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

from sqlalchemy import select

from engine import clock
from engine.commands import supervisions, tasks
from engine.db import connect, reading, written
from engine.errors import Conflict, Crossed, InvalidAnswers
from engine.identity import Vault
from engine.models import Case, Supervision, UserTask
from engine.worker import Worker
from tests.fakes import Gateway
from tests.story import Story, answers_for

RUNGS = ("phone", "order", "interview")
# What a person may be told while others are faster; anything else is a fault.
TOLD = (InvalidAnswers, Conflict)


def cross(story, url, folder, numbers, pairs, *, processes, seconds):
    """What came of it: (act, "done" or the name of an error) -> how often, over all processes.

    numbers: the cases everybody works on; pairs: of cases that are joined to each other, from
    both sides in the same order.
    """
    context = get_context("fork")
    at, people = story.clock.at.isoformat(), story.people()
    with context.Pool(processes) as pool:
        work = [
            pool.apply_async(_office, (url, folder, at, people, numbers, pairs, place, seconds))
            for place in range(processes)
        ]
        counted = Counter()
        for one in work:
            counted += one.get(seconds * 10 + 60)
    return counted


def _office(url, folder, at, people, numbers, pairs, place, seconds):
    """One process: acts at random for some seconds on connections of its own."""
    begun = time.monotonic()
    began_at = datetime.fromisoformat(at)
    clock.use(lambda: began_at + timedelta(seconds=time.monotonic() - begun))
    sessions = connect(url)
    story = Story(sessions, None, Vault(bytes(range(32))), Path(folder))
    story.people = lambda: people  # nobody comes or goes
    worker = Worker(sessions, Gateway(), f"w{os.getpid()}")
    chance = random.Random(place)
    waiting = list(pairs)
    acts = {
        "join": lambda: _join(story, waiting, place),
        "ask": lambda: _ask(story, chance.choice(numbers), chance.choice(RUNGS)),
        "cure": lambda: _cure(story, chance, numbers),
        "complete": lambda: _complete(story, chance, numbers),
        "deliver": worker.deliver_messages,
        "fire": worker.fire_deadlines,
    }
    counted = Counter()
    while time.monotonic() - begun < seconds or waiting:
        act = "join" if time.monotonic() - begun >= seconds else chance.choice(list(acts))
        try:
            done = acts[act]()
            counted[act, "done" if done else "nothing"] += 1
        except Exception as error:
            counted[act, type(error).__name__] += 1
            if type(error) is Crossed or not isinstance(error, TOLD):
                counted["fault", f"{act}: {type(error).__name__}: {error!s:.300}"] += 1
    sessions.kw["bind"].dispose()
    return counted


def _join(story, waiting, place):
    if not waiting:
        return False
    one, other = waiting.pop(0)
    mine, theirs = (one, other) if place % 2 else (other, one)
    task = _open(story, mine, "screen")
    if task is None:
        return False
    answers = answers_for("screen", clock.now(), opinion="duplicate", matter=theirs)
    _do(story, task, answers)
    return True


def _ask(story, number, rung):
    boss = story.with_role("supervisor", "jdz_office")
    written(
        story.sessions,
        lambda session: supervisions.ask(session, number, rung, "多次催促未果。", by=boss),
    )
    return True


def _cure(story, chance, numbers):
    with reading(story.sessions) as session:
        found = session.scalars(
            select(Supervision.id)
            .join(Case, Case.id == Supervision.case_id)
            .where(Case.number.in_(numbers), Supervision.status == "open")
        ).all()
    if not found:
        return False
    boss = story.with_role("supervisor", "jdz_office")
    key = chance.choice(found)
    written(story.sessions, lambda session: supervisions.cure(session, key, by=boss))
    return True


def _complete(story, chance, numbers):
    task = _open(story, chance.choice(numbers))
    if task is None or task.element == "callback":
        return False
    _do(story, task, answers_for(task.element, clock.now()))
    return True


def _open(story, number, element=None):
    query = (
        select(UserTask)
        .join(Case, Case.id == UserTask.case_id)
        .where(Case.number == number, UserTask.status == "open")
        .order_by(UserTask.opened_at.desc())
    )
    if element:
        query = query.where(UserTask.element == element)
    with reading(story.sessions) as session:
        return session.scalars(query.limit(1)).one_or_none()


def _do(story, task, answers):
    by = story.someone_for(task)
    written(story.sessions, lambda session: tasks.complete(session, task.id, answers, by=by))
