"""The background process: fires deadlines, delivers messages, sends the outbox.

APScheduler only ticks. All that is due is leased in the database, so that any number of workers
share it and a killed one loses nothing: its leases end.
"""

import json
import logging
import os
import socket
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol
from uuid import UUID

from apscheduler.schedulers.base import BaseScheduler
from sqlalchemy.orm import Session

from engine import clock, faults
from engine.commands import deadlines, heartbeats, idempotency, incidents, messages, notices
from engine.commands.notices import Notice
from engine.db import Sessions, transaction
from engine.errors import Conflict

log = logging.getLogger(__name__)

TICK_SECONDS = 0.5
BEAT_SECONDS = 5


class Sender(Protocol):
    """Carries notices outside; whatever it raises, the notice is tried again later."""

    def send(self, notice: Notice) -> None:
        """Send one notice; a repeated id must do no harm."""


class Journal:
    """Writes notices as lines of JSON into a file, for an office's own gateway to pick up.

    A line may come twice after a crash; its `id` tells.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def send(self, notice: Notice) -> None:
        """Append one line and force it to disk."""
        line = {
            "id": notice.id.hex,
            "kind": notice.kind,
            "recipient": notice.recipient,
            "payload": notice.payload,
            "written_at": notice.written_at.isoformat(),
        }
        # Links by which citizens rate stand in it: for its owner's eyes.
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            faults.reach("inside-outbox-send")
            os.fsync(file.fileno())


class Worker:
    """One worker. `tick` does all that is due now and says how much that was."""

    def __init__(self, sessions: Sessions, sender: Sender, name: str = "") -> None:
        self.sessions = sessions
        self.sender = sender
        self.name = name or f"{socket.gethostname()}:{os.getpid()}"
        self.done = 0
        self._stop = threading.Event()

    def tick(self) -> int:
        """Do everything that is due; how many things were done."""
        done = self.fire_deadlines() + self.deliver_messages() + self.send_notices()
        self.done += done
        return done

    def drain(self, most: int = 10_000) -> int:
        """Tick until nothing is due; how many things were done in all."""
        total = 0
        while total < most and not self._stop.is_set():
            done = self.tick()
            if not done:
                break
            total += done
        return total

    def fire_deadlines(self) -> int:
        """One batch of due deadlines, each instance in a transaction of its own."""
        with transaction(self.sessions) as session:
            due = deadlines.lease(session)
        for instance_id in due:
            self._do(
                partial(deadlines.fire, instance_id=instance_id),
                source="deadline",
                source_id=instance_id,
                instance_id=instance_id,
            )
        return len(due)

    def deliver_messages(self) -> int:
        """One batch of messages, the first of each target."""
        with transaction(self.sessions) as session:
            waiting = messages.lease(session)
        for message_id in waiting:
            self._do(
                partial(messages.deliver, message_id=message_id),
                source="message",
                source_id=message_id,
                instance_id=None,
            )
        return len(waiting)

    def send_notices(self) -> int:
        """One batch of the outbox; sending happens outside any transaction."""
        with transaction(self.sessions) as session:
            waiting = notices.lease(session)
        sent: list[UUID] = []
        for notice in waiting:
            try:
                self.sender.send(notice)
            except Exception as error:  # a fault of the sender's own must not stop the others
                log.warning("notice %s: %s", notice.id, type(error).__name__)
                with transaction(self.sessions) as session:
                    notices.failed(session, notice.id, type(error).__name__)
            else:
                sent.append(notice.id)
        if sent:
            with transaction(self.sessions) as session:
                notices.sent(session, sent)
        return len(waiting)

    def beat(self) -> None:
        """Say that this worker is alive."""
        with transaction(self.sessions) as session:
            heartbeats.beat(session, self.name, self.done)

    def tidy(self) -> None:
        """Drop what nobody needs any more."""
        with transaction(self.sessions) as session:
            idempotency.forget_old(session)

    def schedule(self, scheduler: BaseScheduler) -> None:
        """Let APScheduler tick this worker."""
        common = {"max_instances": 1, "coalesce": True}
        scheduler.add_job(self._guarded, "interval", [self.drain], seconds=TICK_SECONDS, **common)
        scheduler.add_job(self._guarded, "interval", [self.beat], seconds=BEAT_SECONDS, **common)
        scheduler.add_job(self._guarded, "interval", [self.tidy], hours=1, **common)

    def stop(self) -> None:
        """Finish the running batch and do no more."""
        self._stop.set()

    def _do(
        self,
        act: Callable[[Session], object],
        *,
        source: str,
        source_id: UUID,
        instance_id: UUID | None,
    ) -> None:
        """One piece of work; a failure becomes an incident and the next goes on."""
        try:
            with transaction(self.sessions) as session:
                act(session)
        except Conflict:
            log.info("%s %s moved on; the next round will see", source, source_id)
        except Exception as error:
            # The trace could carry a citizen's words: ids and the kind of error only.
            log.error("%s %s failed: %s", source, source_id, type(error).__name__)
            self._record(error, source=source, source_id=source_id, instance_id=instance_id)

    def _record(
        self, error: Exception, *, source: str, source_id: UUID, instance_id: UUID | None
    ) -> None:
        """Write down an incident; what meets a conflict fails and is told again after its lease."""
        try:
            with transaction(self.sessions) as session:
                incidents.record(
                    session, error, source=source, source_id=source_id, instance_id=instance_id
                )
        except Conflict:
            log.info("%s %s: another incident came first", source, source_id)

    def _guarded(self, act: Callable[[], object]) -> None:
        """The database may be away for a while; say so and try again at the next tick."""
        try:
            act()
        except Exception as error:
            log.error("worker: %s at %s", type(error).__name__, clock.now())
