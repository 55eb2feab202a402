"""What happens beside the tasks: somebody asks again, rates by a link, undoes a merge."""

from datetime import timedelta

from engine.playing import bank
from engine.playing.arrivals import Arrival
from engine.playing.bank import Slots, Template, say
from engine.playing.chances import of_100, weighted
from engine.playing.course import Act, Course

SUGGESTED = "suggested"
_SUGGESTIONS = 1_000_000  # numbers of what was said in callbacks begin here
# Of a hundred cases.
_AGAIN, _RATING, _UNDONE = 5, 9, 12
_STARS = {"solved": (0, 1, 3, 36, 60), "partly": (3, 20, 50, 25, 2), "unsolved": (40, 45, 12, 3, 0)}


def after_arrival(course: Course) -> list[Act]:
    """What may come of a case later, known when it comes in."""
    arrival, chance = course.arrival, course.lots("extras")
    acts = []
    if arrival.phone and of_100(_AGAIN, chance):
        at = arrival.at + timedelta(hours=chance.randint(30, 110))
        acts.append(Act(at, arrival.number, "again", "again"))
    if arrival.joins is not None and of_100(_UNDONE, chance):
        at = arrival.at + timedelta(hours=chance.randint(20, 50))
        acts.append(Act(at, arrival.number, "undo", "undo"))
    return acts


def rating(course: Course, time: int) -> timedelta | None:
    """How long after an answer its citizen rates it by the link, or None."""
    chance = course.lots("rating", time)
    return timedelta(minutes=chance.randint(20, 600)) if of_100(_RATING, chance) else None


def rated(course: Course) -> tuple[str, int, str]:
    """What is said by the link: result, stars, words."""
    chance = course.lots("rated")
    weights = (20, 25, 55) if course.fobbed else (88, 8, 4)
    result = weighted(("solved", "partly", "unsolved"), weights, chance)
    stars = weighted((1, 2, 3, 4, 5), _STARS[result], chance)
    named = "callback_good" if result == "solved" else "callback_bad"
    return result, stars, say(named, chance)


def suggestion(course: Course, time: int) -> Template:
    """What a citizen suggests in a callback."""
    return course.lots("suggestion", time).choice(bank.templates(SUGGESTED))


def said_in_callback(origin: Course, text: str, before: int) -> Arrival:
    """The arrival behind a case that a callback of `origin` brought.

    text: the case's own. before: how many came of that case already.
    """
    known = {template.body: template for template in bank.templates(SUGGESTED)}
    found = known.get(text) or bank.templates(SUGGESTED)[0]
    arrival, about = origin.arrival, origin.arrival.template
    duty = about.duty or next(iter(arrival.city.duties))
    template = Template(
        key=found.key,
        duty=duty,
        kind=found.kind,
        title=found.title,
        body=found.body,
        en=found.en,
        place=arrival.slots.put(about.place),
        measures=found.measures,
        answer=found.answer,
        outcome=found.outcome,
    )
    return Arrival(
        _SUGGESTIONS * (before + 1) + arrival.number,
        arrival.at,
        arrival.city,
        "callback",
        template,
        Slots({}, {}),
        arrival.name,
        arrival.phone,
        confidential=arrival.confidential,
    )
