"""The background process: fires deadlines, delivers messages, sends the outbox.

APScheduler only ticks. All that is due is leased in the database, so that any number of workers
share it and a killed one loses nothing: its leases end.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol
from uuid import UUID

from apscheduler.schedulers.base import BaseScheduler
from sqlalchemy.orm import Session

from engine import clock, faults, outgoing, tending
from engine.commands import (
    anchors,
    balances,
    boards,
    callback_draws,
    deadlines,
    drafts,
    figures,
    heartbeats,
    idempotency,
    incidents,
    living_map,
    messages,
    notice_board,
    notices,
    overlooked,
    planning,
    presence,
    promises,
    rectifications,
    rule_firing,
    watching,
)
from engine.commands.notices import Notice
from engine.db import Sessions, transaction, written
from engine.digests import making
from engine.errors import Conflict, Unavailable
from engine.notice_kinds import Channel

log = logging.getLogger(__name__)

TICK_SECONDS = 0.5
BEAT_SECONDS = 5
ANCHOR_SECONDS = 60
RECKON_SECONDS = 20  # rates, board and living map are fresh to the minute
RULE_SECONDS = 120
LOOK_MINUTES = 10
# The clock of a machine is put right by less than this without a word.
CLOCK_WENT_BACK = timedelta(seconds=60)


class Sender(Protocol):
    """Carries notices outside; whatever it raises, the notice is tried again later."""

    def send(self, notice: Notice) -> None:
        """Send one notice; a repeated id must do no harm."""


class Worker:
    """One worker. `tick` does all that is due now and says how much that was.

    What is out of order passes by itself: an outage is said once and again when it is over, and
    what was leased then is due again after its lease. channels: by which ways `sender` reaches
    people, beside the units and citizens.
    """

    def __init__(
        self,
        sessions: Sessions,
        sender: Sender,
        name: str = "",
        *,
        channels: Collection[Channel] = (),
    ) -> None:
        self.sessions = sessions
        self.sender = sender
        self.channels = frozenset(channels)
        self.name = name or f"{socket.gethostname()}:{os.getpid()}"
        self.done = 0
        self._stop = threading.Event()
        self._at_work: tuple[str, float] | None = None
        self._looked: tuple[datetime, float] | None = None
        self._missed: frozenset[str] = frozenset()
        self._out: dict[str, tuple[str, float]] = {}

    def tick(self) -> int:
        """Do everything that is due; how many things were done."""
        done = self.fire_deadlines() + self.wake_promises()
        done += self.deliver_messages() + self.send_notices()
        done += self.tell_watchers() + self.plan_messages()
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
        with transaction(self.sessions, redone=True) as session:
            due = deadlines.lease(session)
        if due:
            faults.reach("after-lease")
        for instance_id in due:
            self._do(
                partial(deadlines.fire, instance_id=instance_id),
                source="deadline",
                source_id=instance_id,
                instance_id=instance_id,
            )
        return len(due)

    def wake_promises(self) -> int:
        """Judge promises whose day is over, each in a transaction of its own."""
        with transaction(self.sessions, redone=True) as session:
            due = promises.lease(session)
        for promise_id in due:
            self._alone(partial(promises.wake, promise_id=promise_id), f"promise {promise_id}")
        return len(due)

    def deliver_messages(self) -> int:
        """One batch of messages, the first of each target."""
        with transaction(self.sessions, redone=True) as session:
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
        until = time.monotonic() + deadlines.LEASE.total_seconds()
        with transaction(self.sessions) as session:
            waiting = notices.lease(session)
        sent: list[Notice] = []
        for notice in waiting:
            if time.monotonic() >= until:
                log.warning("notice %s: its lease ended, it is another worker's", notice.id)
                break
            self._at_work = (f"notice {notice.id}", time.monotonic())
            try:
                self.sender.send(notice)
            except Exception as error:  # a fault of the sender's own must not stop the others
                log.warning("notice %s: %s", notice.id, type(error).__name__)
                outgoing.note_failed(self.sessions, notice, error)
            else:
                sent.append(notice)
            finally:
                self._at_work = None
        if sent:
            outgoing.note_sent(self.sessions, sent)
        return len(waiting)

    def plan_messages(self) -> int:
        """Decide what of the notices to people leaves the office now, and together."""
        with transaction(self.sessions, redone=True) as session:
            return planning.plan(session, self.channels)

    def tell_of_overlooked(self) -> int:
        """Tell of what lies too long."""
        with transaction(self.sessions, redone=True) as session:
            return overlooked.tell(session)

    def track_rectification(self) -> int:
        """Count the months that are over of units that are watched; how many."""
        counted = 0
        while not self._stop.is_set():
            with transaction(self.sessions, redone=True) as session:
                done = rectifications.look(session)
            counted += done
            if not done:
                break
        return counted

    def tell_watchers(self) -> int:
        """Tell those who watch cases what happened to them, some cases at a time."""
        with transaction(self.sessions, redone=True) as session:
            return watching.tell(session)

    def beat(self) -> None:
        """Say that this worker is alive, unless it hangs; and look at the others and the clock."""
        what, since = self._at_work or ("", time.monotonic())
        if time.monotonic() - since > deadlines.LEASE.total_seconds():
            log.error("%s takes longer than its lease; this worker counts as gone", what)
            return
        with transaction(self.sessions) as session:
            heartbeats.beat(session, self.name, self.done)
            looked = self._watch_clock(session)
            missed = heartbeats.gone(session)
        self._looked = looked
        self._tell_of(missed)

    def leave(self) -> None:
        """Say that this worker ends as it should. What cannot be said now is seen later."""
        try:
            with transaction(self.sessions) as session:
                heartbeats.leave(session, self.name)
        except Unavailable as error:
            log.warning("worker %s ends: %s", self.name, error.message)

    def tidy(self) -> None:
        """Drop what nobody needs any more."""
        with transaction(self.sessions) as session:
            idempotency.forget_old(session)
            heartbeats.forget_old(session)
            drafts.sweep(session)
            presence.forget_old(session)
            notice_board.forget_old(session)

    def anchor(self) -> None:
        """Make the day's anchor once its night has come; what was missed or lost is said."""
        if not anchors.is_due(self.sessions):
            return
        made = anchors.make(self.sessions)
        tending.look_over(self.sessions)
        if made.fresh:
            log.info("anchor %d of %s, %d streams", made.anchor.number, made.on, made.streams)
        if made.fresh and made.anchor.missed:
            log.warning("no anchor was made on the %d days before %s", made.anchor.missed, made.on)
        if made.lost:
            log.error("%d streams are not as anchored before: run `huiyin verify`", made.lost)

    def reckon(self) -> None:
        """Bring the rows that rates count up to date, the board and the living map."""
        figures.refresh(self.sessions)
        boards.refresh(self.sessions, paced=True)
        living_map.refresh(self.sessions)

    def balance(self) -> None:
        """Make the night's balance once its night has come; a gap is said with its case."""
        if not balances.is_due(self.sessions):
            return
        made = balances.make(self.sessions)
        if made.gap_count:
            numbers = ", ".join(gap["number"] for gap in made.gaps[:10])
            log.error("the balance of %s has %d gaps: %s", made.on, made.gap_count, numbers)

    def apply_rules(self) -> None:
        """Fire the rules over many cases that have come true; end the ladders that are cured."""
        done = rule_firing.evaluate(self.sessions)
        if done:
            log.info("%d rules fired or ended", done)

    def draw_callbacks(self) -> None:
        """Draw whom to call today, once an office has opened."""
        callback_draws.draw_due(self.sessions)

    def draft_digests(self) -> None:
        """Make the drafts of digests whose time has come."""
        making.draft_due(self.sessions)

    def schedule(self, scheduler: BaseScheduler) -> None:
        """Let APScheduler tick this worker, which says at once that it is there."""
        self._guarded(self.beat)
        common = {"max_instances": 1, "coalesce": True}
        scheduler.add_job(self._guarded, "interval", [self.drain], seconds=TICK_SECONDS, **common)
        scheduler.add_job(self._guarded, "interval", [self.beat], seconds=BEAT_SECONDS, **common)
        scheduler.add_job(self._guarded, "interval", [self.tidy], hours=1, **common)
        often = {"seconds": ANCHOR_SECONDS, **common}
        scheduler.add_job(self._guarded, "interval", [self.anchor], **often)
        scheduler.add_job(self._guarded, "interval", [self.balance], **often)
        scheduler.add_job(self._guarded, "interval", [self.draft_digests], **often)
        scheduler.add_job(self._guarded, "interval", [self.draw_callbacks], **often)
        reckoning = {"seconds": RECKON_SECONDS, **common}
        scheduler.add_job(self._guarded, "interval", [self.reckon], **reckoning)
        ruling = {"seconds": RULE_SECONDS, **common}
        scheduler.add_job(self._guarded, "interval", [self.apply_rules], **ruling)
        seldom = {"minutes": LOOK_MINUTES, **common}
        scheduler.add_job(self._guarded, "interval", [self.tell_of_overlooked], **seldom)
        scheduler.add_job(self._guarded, "interval", [self.track_rectification], **seldom)

    def stop(self) -> None:
        """Finish the running batch and do no more."""
        self._stop.set()

    def _alone(self, act: Callable[[Session], object], what: str) -> None:
        """One piece of work that stops no process: what fails is tried again after its lease."""
        self._at_work = (what, time.monotonic())
        try:
            written(self.sessions, act, redone=True)
        except Conflict:
            log.info("%s moved on", what)
        except Unavailable:
            raise
        except Exception as error:
            log.error("%s failed: %s", what, type(error).__name__)
        finally:
            self._at_work = None

    def _do(
        self,
        act: Callable[[Session], object],
        *,
        source: str,
        source_id: UUID,
        instance_id: UUID | None,
    ) -> None:
        """One piece of work; a failure becomes an incident and the next goes on.

        Raises `Unavailable`: an outage is no step's failure.
        """
        self._at_work = (f"{source} {source_id}", time.monotonic())
        try:
            written(self.sessions, act, redone=True)
        except Conflict:
            log.info("%s %s moved on; the next round will see", source, source_id)
        except Unavailable:
            raise
        except Exception as error:
            # The trace could carry a citizen's words: ids and the kind of error only.
            log.error("%s %s failed: %s", source, source_id, type(error).__name__)
            self._record(error, source=source, source_id=source_id, instance_id=instance_id)
        finally:
            self._at_work = None

    def _record(
        self, error: Exception, *, source: str, source_id: UUID, instance_id: UUID | None
    ) -> None:
        """Write down an incident; what meets a conflict fails and is told again after its lease."""
        try:
            written(
                self.sessions,
                partial(
                    incidents.told_by_worker,
                    error=error,
                    source=source,
                    source_id=source_id,
                    instance_id=instance_id,
                ),
            )
        except Conflict:
            log.info("%s %s: another incident came first", source, source_id)

    def _watch_clock(self, session: Session) -> tuple[datetime, float]:
        """Say so if the clock went back since the last look, by the clock that only goes on."""
        now, ticks = clock.now(), time.monotonic()
        if self._looked is not None:
            expected = self._looked[0] + timedelta(seconds=ticks - self._looked[1])
            if expected - now > CLOCK_WENT_BACK:
                log.warning("the clock went back from %s to %s", expected, now)
                heartbeats.clock_went_back(session, self.name, expected, now)
        return now, ticks

    def _tell_of(self, gone: Sequence[str]) -> None:
        for name in sorted(frozenset(gone) - self._missed):
            log.warning("worker %s has gone; what it had leased is done by others", name)
        self._missed = frozenset(gone)

    def _guarded(self, act: Callable[[], object]) -> None:
        """The database may be away for a while; say so once, and when it is back."""
        name = getattr(act, "__name__", "work")
        try:
            act()
        except Unavailable as error:
            if name not in self._out:
                self._out[name] = error.reason, time.monotonic()
                log.error("worker: %s waits: %s", name, error.message)
        except Exception as error:
            log.error("worker: %s at %s", type(error).__name__, clock.now())
        else:
            reason, since = self._out.pop(name, ("", 0.0))
            if reason:
                waited = time.monotonic() - since
                log.info("worker: %s goes on after %.0f s (%s)", name, waited, reason)
