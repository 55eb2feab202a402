"""The demo: cases of our own, played through the real commands over the past weeks."""

import random
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock, deployed, ledger, working_time
from engine.commands import deadlines
from engine.commands.cases import Received, Said, newest_pack
from engine.commands.shipping import DEMO_PACK
from engine.db import Sessions, reading
from engine.identity import Reporter, Vault
from engine.models import Contact
from engine.playing.office import Office
from engine.playing.plots import MESSAGES, PLOTS, Message, Plot, Step, plots
from engine.working_time import Budget

SOURCE = "demo"
SEED = 1
CASES = len(PLOTS)
_ENTERED = {"phone", "visit", "letter", "email"}  # what a clerk types in
_MINUTES = 25  # by how much less than told a step may take


def missing(session: Session, wanted: int) -> list[int]:
    """Which of the first `wanted` demo cases are not there, by number from 0."""
    there = set(session.scalars(select(Contact.source_id).where(Contact.source == SOURCE)))
    return [number for number in range(wanted) if str(number) not in there]


def play(
    sessions: Sessions,
    vault: Vault,
    settle: Callable[[], object],
    *,
    cases: int = CASES,
    seed: int = SEED,
) -> int:
    """Play those of the first `cases` demo cases that are not there; how many.

    settle: does all that is due at the clock's time, as the worker does. The process's clock goes
    through the past weeks meanwhile, so nothing else may happen in this process.
    """
    with reading(sessions) as session:
        wanted = missing(session, cases)
    if not wanted:
        return 0
    end = clock.now()
    stage = _Stage(sessions, vault, settle, end)
    told = plots(cases)
    acts = []
    for number in wanted:
        chance = random.Random(f"{seed}:{number}")  # noqa: S311 - minutes, not secrets
        acts += stage.acts(number, told[number], chance)
    acts = sorted((act for act in acts if act[0] <= end), key=lambda act: act[0])
    if acts:
        with clock.held(acts[0][0]) as held:
            for at, act in acts:
                stage.pass_to(held, at)
                act()
                settle()
            stage.pass_to(held, end)
    return len(wanted)


class _Stage:
    """Where the cases are played, and which have been received."""

    def __init__(
        self, sessions: Sessions, vault: Vault, settle: Callable[[], object], end: datetime
    ) -> None:
        self._office = Office(sessions, vault)
        self._sessions = sessions
        self._settle = settle
        self._end = end
        with reading(sessions) as session:
            calendar = deployed.current_calendar(session)
            _, pack = newest_pack(session, DEMO_PACK)
        self._terms = ledger.Terms(pack, calendar)
        self._received: dict[int, Received] = {}  # by message

    def acts(
        self, number: int, plot: Plot, chance: random.Random
    ) -> list[tuple[datetime, Callable[[], None]]]:
        """What is done for one case, with the instant of each."""
        at = self._arrival(plot)
        told: list[tuple[datetime, Callable[[], None]]] = [
            (at, lambda: self._receive(number, plot))
        ]
        for step in plot.steps:
            budget = Budget(step.hours, "h", office=True)
            due = working_time.due(at, budget, self._terms.calendar, self._terms.hours).at
            assert due is not None
            at = due - timedelta(minutes=chance.randrange(_MINUTES))
            told.append((at, lambda step=step: self._do(plot, step)))  # type: ignore[misc]
        return told

    def pass_to(self, held: clock.Held, at: datetime) -> None:
        """Let time pass until `at`; on the way what falls due is done when it falls due."""
        while True:
            with reading(self._sessions) as session:
                due = deadlines.next_due(session)
            if due is None or due > at or due < held.at:
                break
            held.set(due)
            if not self._settle():
                break
        held.set(max(at, held.at))

    def _arrival(self, plot: Plot) -> datetime:
        if plot.just_now is not None:
            return self._end - timedelta(minutes=plot.just_now)
        calendar, hours = self._terms.calendar, self._terms.hours
        local = calendar.local(self._end)
        # The last working day whose office hours are over.
        today = local.toordinal() + (local.time() >= hours.close)
        on = date.fromordinal(calendar.working_day_before(today, plot.back + 1))
        return datetime.combine(on, time.fromisoformat(plot.at), tzinfo=calendar.zone)

    def _receive(self, number: int, plot: Plot) -> None:
        message = MESSAGES[plot.message]
        self._received[plot.message] = self._office.receive(
            DEMO_PACK,
            Said(
                channel=plot.channel,
                title=message.title,
                body=f"{message.body}\n\nEnglish summary: {message.en}",
                reporter=Reporter(message.name, f"1380000{number:04d}"),
                place=message.place,
                source=SOURCE,
                source_id=str(number),
            ),
            by_role="intake" if plot.channel in _ENTERED else "",
        )

    def _do(self, plot: Plot, step: Step) -> None:
        message = MESSAGES[plot.message]
        case = self._received[plot.message]
        said = {**_own(step.element, message), **step.said}
        if step.element == "ask":
            self._office.supervise(case.number, **said)
        elif step.element == "ask_extension":
            self._office.ask_extension(case.number, message.unit)
        else:
            if plot.joins is not None and step.element == "screen":
                said |= {"opinion": "duplicate", "matter": self._received[plot.joins].number}
            self._office.do(case.case_id, step.element, said)


def _own(element: str, message: Message) -> dict[str, Any]:
    """What the message itself makes the officers say at each task."""
    said: dict[str, dict[str, Any]] = {
        "complete_record": {
            "title": message.title,
            "category": message.category,
            "kind": message.kind,
            "place": message.place,
        },
        "dispatch": {"unit": message.unit},
        "take_up": {"unit": message.unit},
        "rule_unit": {"ruled_unit": message.unit},
        "contact_citizen": {"what": message.what},
        "handle": {"measures": message.measures},
        "write_answer": {"outcome": message.outcome, "answer": message.answer},
    }
    return said.get(element, {})
