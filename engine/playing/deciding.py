"""What people make of a task that opens: when they get to it, and what they choose.

Every decision follows from the case, the task and the person's habit alone, so that a demo that
was cut short comes to the same decisions again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.playing.chances import Chance, of_100, weighted
from engine.playing.course import Act, Course, Opened
from engine.playing.extras import rating
from engine.playing.habits import Habit, moved_by
from engine.playing.paces import HASTE, OFFICE, UNIT
from engine.playing.when import AFTERNOON, EVENING, MORNING, When

_WORKDAY = 450  # minutes of office time
_MEDIA = frozenset({"newspaper", "tv"})
_BANDS = (MORNING, AFTERNOON, EVENING)
_USUAL = (30, 400)
_OVERSIGHT = 3  # of a hundred tasks of the office that lie for a day too long


@dataclass(frozen=True)
class Moment:
    """One decision in the making: all that it may depend on.

    habit: of whoever will do the task.
    """

    task: Opened
    course: Course
    habit: Habit
    when: When
    chance: Chance

    @property
    def at(self) -> datetime:
        """When the task opened."""
        return self.task.opened_at

    def does(self, at: datetime, choice: str = "") -> Act:
        """The task is done at this instant."""
        name = f"{self.task.element}:{self.task.item}:{self.task.time}"
        return Act(at, self.course.arrival.number, name, "do", self.task, choice)

    def beside(self, at: datetime, kind: str, choice: str = "") -> Act:
        """Something else is done about the case."""
        name = f"{kind}:{self.task.time}"
        return Act(at, self.course.arrival.number, name, kind, self.task, choice)


def decide(moment: Moment) -> list[Act]:
    """What is to be done about a task, and beside it. Its own act is missing if it is put off."""
    rule = _RULES.get(moment.task.element)
    if rule is not None:
        return list(rule(moment))
    least, most = (OFFICE | UNIT).get(moment.task.element, _USUAL)
    choice = _CHOICES.get(moment.task.element)
    at = moment.when.around(moment.at, least, most, moment.chance)
    if moment.task.element in HASTE and _pace(moment.course) is not None:
        at = _at_once(moment, moment.task.element)
    if moment.task.element in OFFICE and of_100(_OVERSIGHT, moment.chance):
        at = moment.when.after(at, _WORKDAY + 60)
    return [moment.does(at, choice(moment) if choice else "")]


def _record(moment: Moment) -> Iterator[Act]:
    at = moment.at + timedelta(minutes=moment.chance.randint(3, 55))
    hour = moment.when.calendar.local(at).hour
    if not moment.course.arrival.entered and (hour < 7 or hour > 21) and of_100(30, moment.chance):
        at = moment.when.opening(at) + timedelta(minutes=moment.chance.randint(1, 50))
    yield moment.does(at)


def _sign(moment: Moment) -> Iterator[Act]:
    task, course, chance = moment.task, moment.course, moment.chance
    stranger = task.unit_key != course.right
    part = chance.randint(*moment.habit.share)
    part = part * 6 // 10 if _pace(course) is None else 0
    returns = of_100(94 if stranger or course.disputed else moment.habit.returns, chance)
    at = moment.when.share(moment.at, task.due_at, part, chance)
    if _pace(course) is not None:
        at = _at_once(moment, "sign")
    elif not returns and of_100(moment.habit.late, chance):
        at = moment.when.beyond(moment.at, task.due_at, chance.randint(30, _WORKDAY))
    yield moment.does(at, "return" if returns else "sign")


def _contact(moment: Moment) -> Iterator[Act]:
    chance = moment.chance
    at = moment.when.share(moment.at, moment.task.due_at, chance.randint(3, 60), chance)
    if of_100(moment.habit.late // 2, chance):
        yield from _too_late(moment)
    elif _pace(moment.course) is not None:
        yield moment.does(_at_once(moment, "contact_citizen"))
    else:
        yield moment.does(at)


def _handle(moment: Moment) -> Iterator[Act]:
    task, chance, when = moment.task, moment.chance, moment.when
    part = chance.randint(*moment.habit.share) * 85 // 100
    at = when.share(moment.at, task.due_at, part, chance)
    calm = task.due_at is not None and task.due_at - moment.at > timedelta(days=2)
    lot = chance.randrange(100)
    if calm and lot < 5:
        asked = when.share(moment.at, task.due_at, chance.randint(30, 80), chance)
        yield moment.beside(asked, "extend")
        late = of_100(moment.habit.late // 2, chance)
        yield moment.does(when.beyond(moment.at, task.due_at, (3 if late else 1) * _WORKDAY - 60))
    elif calm and lot < 8:
        stopped = when.share(moment.at, task.due_at, chance.randint(10, 40), chance)
        goes_on = when.after(stopped, chance.randint(3, 8) * _WORKDAY)
        yield moment.beside(stopped, "suspend")
        yield moment.beside(goes_on, "resume")
        yield moment.does(when.around(goes_on, 60, _WORKDAY, chance))
    elif of_100(moment.habit.late, chance):
        if calm and of_100(8, chance):
            asked = when.share(moment.at, task.due_at, chance.randint(50, 95), chance)
            yield moment.beside(asked, "ask", weighted(("order", "interview"), (3, 1), chance))
        yield from _too_late(moment)
    elif _pace(moment.course) is not None:
        yield moment.does(_at_once(moment, "handle"))
    else:
        yield moment.does(at)


def _pace(course: Course) -> str | None:
    """Why a case cannot wait: danger, people without water or heat, a mere question."""
    template = course.arrival.template
    if template.can_wait:
        return None
    if template.hazard == "life":
        return "danger"
    return "question" if template.kind == "consultation" else "utility"


def _at_once(moment: Moment, element: str) -> datetime:
    """Minutes from now, around the clock unless it is a mere question."""
    pace = _pace(moment.course)
    least, most = HASTE[element][pace or "question"]
    if pace == "question":
        return moment.when.around(moment.at, least, most, moment.chance)
    return moment.at + timedelta(minutes=moment.chance.randint(least, most))


def _too_late(moment: Moment) -> Iterator[Act]:
    """The limit passes; the person moves by and by, or when a rung of the ladder is done."""
    chance = moment.chance
    moved = moved_by(moment.habit, chance)
    if moved == "time":
        minutes = chance.randint(60, 3 * _WORKDAY)
        yield moment.does(moment.when.beyond(moment.at, moment.task.due_at, minutes))
    else:
        moment.course.asleep.append((moment.task, moved, chance.randint(60, _WORKDAY)))


def _co_handle(moment: Moment) -> Iterator[Act]:
    chance = moment.chance
    at = moment.when.share(moment.at, moment.task.due_at, chance.randint(10, 90), chance)
    if of_100(8 + moment.habit.late // 2, chance):
        at = moment.when.beyond(moment.at, moment.task.due_at, chance.randint(60, 3 * _WORKDAY))
    yield moment.does(at, weighted(("done", "partly", "not_needed"), (85, 10, 5), chance))


def _take_up(moment: Moment) -> Iterator[Act]:
    part = moment.chance.randint(*moment.habit.share)
    yield moment.does(moment.when.share(moment.at, moment.task.due_at, part, moment.chance))


def _callback(moment: Moment) -> Iterator[Act]:
    course, chance, attempt = moment.course, moment.chance, moment.task.time
    first = course.lots("band").randrange(3)
    at = moment.when.in_band(moment.at, _BANDS[(first + attempt - 1) % 3], chance)
    if attempt == 1 and (passed := rating(course, attempt)) is not None:
        yield moment.beside(moment.at + passed, "rate")
    deaf = course.lots("deaf").randrange(100) < 5
    if deaf or of_100(30, chance):
        yield moment.does(at, "not_reached")
        return
    weights = (20, 25, 55) if course.fobbed else (88, 8, 4)
    yield moment.does(at, weighted(("solved", "partly", "unsolved"), weights, chance))


def _screen(moment: Moment) -> str:
    if moment.course.arrival.template.reason:
        return "refuse"
    return "accept" if moment.course.arrival.joins is None else "duplicate"


def _first_screen(moment: Moment) -> str:
    """The route that a message takes; what the media were told they mostly see through."""
    arrival = moment.course.arrival
    if arrival.template.reason:
        return "refuse"
    if arrival.template.route:
        return arrival.template.route
    if arrival.channel == "petition":
        return "petition"
    weights = (55, 3, 42) if arrival.channel in _MEDIA else (0, 3, 97)
    return weighted(("media", "petition", "government"), weights, moment.chance)


def _dispatch(moment: Moment) -> str:
    chance = moment.chance
    if moment.course.disputed:
        return "rival" if moment.task.time == 2 else "right"
    if moment.task.time == 1 and of_100(9, chance):
        return "wrong"
    return "pull" if of_100(3, chance) else "right"


def _urge(moment: Moment) -> str:
    return "wrong" if moment.task.time == 1 and of_100(6, moment.chance) else "right"


def _follow_up(moment: Moment) -> Iterator[Act]:
    """Somebody looks how it goes, while the unit works: on the way, and once or twice again."""
    chance = moment.chance
    at = moment.when.share(moment.at, moment.task.due_at, chance.randint(20, 85), chance)
    goes_on = moment.task.time < 3 and of_100(40, chance)
    yield moment.does(at, "yes" if goes_on else "no")


def _write(moment: Moment) -> str:
    less = moment.habit.fobs // (2 if moment.task.time > 1 else 1)
    return "fob" if of_100(less, moment.chance) else "good"


def _review(moment: Moment) -> str:
    stopped = of_100(80 if moment.course.fobbed else 4, moment.chance)
    return "send_back" if stopped else "pass"


def _revise(moment: Moment) -> str:
    return "fob" if moment.course.fobbed and of_100(12, moment.chance) else "good"


def _of(choices: tuple[str, str], first: int) -> Callable[[Moment], str]:
    return lambda moment: weighted(choices, (first, 100 - first), moment.chance)


_RULES: dict[str, Callable[[Moment], Iterator[Act]]] = {
    "complete_record": _record,
    "sign": _sign,
    "contact_citizen": _contact,
    "handle": _handle,
    "co_handle": _co_handle,
    "take_up": _take_up,
    "callback": _callback,
    "follow_up": _follow_up,
    "visit_site": _follow_up,
}
_CHOICES: dict[str, Callable[[Moment], str]] = {
    "screen": _screen,
    "first_screen": _first_screen,
    "urge_unit": _urge,
    "pass_on": _urge,
    "receive_clue": _of(("yes", "no"), 85),
    "handle_clue": _of(("yes", "no"), 40),
    "dispatch": _dispatch,
    "write_answer": _write,
    "review_answer": _review,
    "revise_answer": _revise,
    "judge_unsolved": _of(("reasonable", "explained"), 60),
    "spot_check": _of(("good", "bad"), 88),
    "approve_extension": _of(("grant", "deny"), 85),
}
