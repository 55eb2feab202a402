"""The player: lets an office live through simulated time, one act and one due deadline at a time.

Between people's acts the worker's own functions fire what falls due, deliver messages and send the
outbox. Each act is a transaction of its own, through the real command, so that a demo that is cut
short is carried on from what the database holds.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from engine import clock
from engine.commands.deadlines import LEASE
from engine.db import reading
from engine.errors import Conflict, InvalidAnswers, InvalidInput, NotAllowed, NotFound
from engine.playing import extras, memory
from engine.playing.agenda import LADDER, Agenda
from engine.playing.answers import answers_for
from engine.playing.bank import say
from engine.playing.cast import Cast
from engine.playing.chances import lots
from engine.playing.course import Act, Course, Opened
from engine.playing.desk import Desk
from engine.playing.office import Office
from engine.playing.writing import is_fob, write
from engine.worker import Worker

# What somebody chooses who learns that the first choice cannot be.
_INSTEAD = {"screen": "accept", "sign": "sign", "dispatch": "right"}
_OPENS = 9  # o'clock, when whom to call back is drawn
# In the last two weeks so few calls can be made a day that not everybody is called.
_FEW_CALLERS, _FEW_CALLS = timedelta(days=14), 2
_REFUSED = (InvalidInput, NotFound, NotAllowed)


class Player:
    """Plays a cast in an office until an instant; `told` hears of each new simulated day.

    passed_over: acts that could not be: laid down for a case that went another way, or refused.
    """

    def __init__(
        self,
        office: Office,
        worker: Worker,
        cast: Cast,
        seed: str,
        end: datetime,
        told: Callable[[date, int], None] = lambda _day, _cases: None,
    ) -> None:
        self.passed_over = 0
        self._office, self._worker, self._cast = office, worker, cast
        self._agenda = Agenda(office, cast, seed)
        self._end, self._told = end, told
        self._day: date | None = None
        self._drawn: date | None = None

    def play(self) -> None:
        """Play to the end, from wherever the database stands."""
        since = self._agenda.remember()
        with clock.held(since or self._agenda.first or self._end) as held:
            while self._live(held):
                pass
            held.set(max(held.at, self._end))
            self._send()

    def _live(self, held: clock.Held) -> bool:
        """One thing more; False if the end has come."""
        with reading(self._office.sessions) as session:
            self._agenda.look(session)
            pulse = memory.pulse(session)
        if pulse.messages:
            if not self._worker.deliver_messages():
                self._wait(held)
            return True
        moment = min(self._agenda.first or self._end, pulse.due or self._end)
        if moment >= self._end:
            return False
        held.set(max(held.at, moment))
        if self._turn_page(held.at, pulse.notices):
            return True
        if pulse.due is not None and pulse.due <= held.at:
            if not self._worker.fire_deadlines():
                self._wait(held)
        else:
            self._perform(self._agenda.take())
        return True

    def _wait(self, held: clock.Held) -> None:
        """Let a lease end that nobody will come back to: its worker was killed."""
        held.set(held.at + LEASE + timedelta(seconds=1))

    def _turn_page(self, at: datetime, notices: int) -> bool:
        """Begin a new day; whether that was done which others have to hear of first."""
        local = self._office.calendar.local(at)
        today = local.date()
        if today != self._drawn and local.hour >= _OPENS:
            self._drawn = today
            self._morning(today)
            return True
        if today != self._day:
            self._day = today
            if notices:
                self._send()
            self._told(today, len(self._agenda.courses))
        return False

    def _morning(self, today: date) -> None:
        """Whom to call back is drawn; towards the end there are few to call, and they say so."""
        if today >= (self._end - _FEW_CALLERS).date():
            self._office.few_callers(_FEW_CALLS, say("few_callers", lots("few_callers")))
        self._worker.draw_callbacks()

    def _send(self) -> None:
        while self._worker.send_notices():
            pass

    def _perform(self, act: Act) -> None:
        if act.kind == "arrive":
            arrival = self._cast.arrivals[act.case]
            received = self._office.receive(arrival)
            self._agenda.begin(arrival, received.case_id, received.number)
            return
        try:
            self._do(act, self._agenda.courses[act.case])
        except Conflict:
            # The case went another way meanwhile: nothing is left to be done.
            self.passed_over += act.kind == "step"
        except _REFUSED:
            self.passed_over += 1

    def _do(self, act: Act, course: Course) -> None:
        chance = course.lots(act.kind)
        match act.kind:
            case "step":
                self._step(act.details, course)
            case "ask":
                self._office.ask_supervision(course, act.choice, say("ask_reason", chance))
            case "suspend":
                self._office.suspend(course, say("suspension", chance))
            case "resume":
                self._office.resume(course)
            case "again" | "undo" | "rate":
                self._do_beside(act.kind, course)
            case _:
                assert act.task is not None
                if act.kind == "extend":
                    self._office.ask_extension(course, act.task.unit_key)
                else:
                    self._complete(act.task, act.choice, course)

    def _do_beside(self, kind: str, course: Course) -> None:
        """What happens to a case beside its tasks."""
        chance = course.lots(kind)
        try:
            match kind:
                case "again":
                    self._office.add_contact(course, say("again", chance))
                case "undo":
                    self._office.undo_merge(course, say("undo", chance))
                case _:
                    self._office.rate(course, *extras.rated(course))
        except InvalidAnswers as error:
            # Answered before the merge could be undone, or rated once already.
            raise Conflict(error.message) from error

    def _complete(self, task: Opened, choice: str, course: Course) -> None:
        by = self._office.who(task, course)
        pack = self._office.pack(course.arrival.city)
        written = write(self._desk(course), task, choice)
        try:
            self._office.do(task, written, by, pack)
        except InvalidAnswers as error:
            if not self._office.is_open(task):
                raise Conflict(error.message) from error
            if _INSTEAD.get(task.element, choice) == choice:
                raise
            written = write(self._desk(course), task, _INSTEAD[task.element])
            self._office.do(task, written, by, pack)
        if "answer" in written:
            course.fobbed = is_fob(written["answer"])
        if task.element in LADDER:
            self._agenda.rung_done(course, task.element, clock.now())

    def _step(self, details: Mapping[str, Any], course: Course) -> None:
        """A step that is laid down; passed over where the case has gone another way."""
        elements = details["element"].split("|")
        if elements == ["ask"]:
            said = details.get("said") or {
                "rung": details["choice"],
                "reason": say("ask_reason", course.lots("ask")),
            }
            self._office.ask_supervision(course, **said)
            return
        if elements == ["ask_extension"]:
            self._office.ask_extension(course, details["unit"])
            return
        with reading(self._office.sessions) as session:
            task = memory.open_task(session, course.case_id, elements)
        if task is None:
            raise NotFound(f"No open task {details['element']!r}.")
        if "said" in details:
            said = dict(details["said"])
            if course.arrival.joins is not None and task.element == "screen":
                main = self._agenda.courses[course.arrival.joins].number
                said |= {"opinion": "duplicate", "matter": main}
            written = answers_for(task.element, self._office.now(), said)
        else:
            course.right = details["unit"]
            written = write(self._desk(course), task, details["choice"])
        by = self._office.who(task, course)
        self._office.do(task, written, by, self._office.pack(course.arrival.city))

    def _desk(self, course: Course) -> Desk:
        joined = self._agenda.courses.get(
            -1 if course.arrival.joins is None else course.arrival.joins
        )
        return Desk(
            course,
            self._office.pack(course.arrival.city),
            self._office.now(),
            units=tuple(course.arrival.city.all_units),
            main=joined.number if joined else "",
        )
