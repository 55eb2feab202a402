"""What is written before a unit acts: the record, the screening, the dispatch, the ruling."""

from collections.abc import Callable, Mapping
from string import Formatter

from engine.playing.bank import say
from engine.playing.chances import Chance, of_100, weighted
from engine.playing.course import Opened
from engine.playing.desk import Desk, Written

Writing = Callable[[Desk, Opened, str, Chance], Written]

# The topics of a listening campaign, by duty.
_TOPICS = {
    "traffic": "traffic",
    "transport": "traffic",
    "roads": "roads",
    "lighting": "roads",
    "property": "housing",
    "housing": "housing",
    "education": "education",
    "health": "health",
    "water": "utilities",
    "power": "utilities",
    "gas": "utilities",
    "heating": "utilities",
    "market": "business",
    "ecology": "sanitation",
}


def _complete_record(desk: Desk, _task: Opened, _choice: str, _chance: Chance) -> Written:
    arrival, template = desk.arrival, desk.template
    return {
        "title": arrival.title,
        "category": arrival.city.category(template.duty),
        "kind": template.kind,
        "place": desk.put(template.place),
        "place_kind": template.place_kind,
        "hazard": template.hazard,
        "callback": "allowed" if arrival.phone else "declined",
        "confidential": arrival.confidential,
    }


def _screen(desk: Desk, _task: Opened, choice: str, chance: Chance) -> Written:
    if choice == "refuse":
        return {"opinion": "refuse", "refusal_reason": desk.template.reason}
    if choice == "duplicate" and desk.main:
        return {"opinion": "duplicate", "matter": desk.main}
    said: Written = {"opinion": "accept", "drawn_for_check": of_100(4, chance)}
    rival = desk.arrival.city.duties.get(desk.template.rival)
    if rival is not None and of_100(25, chance):
        said["co_units"] = [unit for unit in rival[1:2] if unit != desk.course.right]
    return said


def _first_screen(desk: Desk, _task: Opened, choice: str, chance: Chance) -> Written:
    if choice == "refuse":
        return {"opinion": "refuse", "refusal_reason": desk.template.reason}
    return {
        "opinion": "accept",
        "route": choice,
        "topic": _TOPICS.get(desk.template.duty, "community"),
        "accused_unit": desk.course.right,
        "drawn_for_check": of_100(4, chance),
    }


def _tell_refusal(desk: Desk, _task: Opened, _choice: str, chance: Chance) -> Written:
    reason = desk.pack.item("refusal_reasons", desk.template.reason)
    channel = reason["channel"] if reason else "competent_body"
    return {"legal_channel": channel, "letter": say("refusal_letter", chance)}


def _dispatch(desk: Desk, _task: Opened, choice: str, chance: Chance) -> Written:
    course, city = desk.course, desk.arrival.city
    said: Written = {"mode": "push", "unit": course.right}
    if of_100(20, chance):
        said["instructions"] = say("instructions", chance)
    if choice == "rival":
        said["unit"] = city.units(desk.template.rival)[0]
    elif choice == "wrong":
        rival = city.duties.get(desk.template.rival)
        others = [unit for unit in desk.units if unit != course.right]
        said["unit"] = rival[1] if rival and rival[1] != course.right else chance.choice(others)
    elif choice == "pull":
        others = chance.sample([unit for unit in desk.units if unit != course.right], 2)
        said = {"mode": "pull", "candidate_units": sorted([course.right, *others])}
    return said


def _urge(desk: Desk, task: Opened, choice: str, chance: Chance) -> Written:
    unit = _dispatch(desk, task, choice, chance)["unit"]
    return {"unit": unit, "instructions": say("instructions", chance)}


def _take_up(desk: Desk, _task: Opened, _choice: str, _chance: Chance) -> Written:
    return {"unit": desk.course.right}


def _ruling(desk: Desk, _task: Opened, _choice: str, chance: Chance) -> Written:
    return {
        "ruled_unit": desk.course.right,
        "precedent": of_100(60, chance),
        "words": _telling(desk.template.title),
        "ground": say("ruling_ground", chance),
        "justification": "退单理由已核对，所列依据不适用于本件。",
    }


def _telling(title: str) -> str:
    """The longest piece of a title that the next like case will have too."""
    return max((text for text, *_ in Formatter().parse(title)), key=len)[:12]


def _sign(desk: Desk, task: Opened, choice: str, chance: Chance) -> Written:
    if choice != "return":
        return {"signing": "sign"}
    right = task.unit_key == desk.course.right
    reason = weighted(("not_our_duty", "several_units", "other_place"), (6, 2, 1), chance)
    said = {
        "signing": "return",
        "return_reason": "several_units" if right else reason,
        "legal_basis": say("return_basis", chance),
    }
    return said if right else said | {"proposed_unit": desk.course.right}


OWN: Mapping[str, Writing] = {
    "complete_record": _complete_record,
    "screen": _screen,
    "first_screen": _first_screen,
    "tell_refusal": _tell_refusal,
    "dispatch": _dispatch,
    "urge_unit": _urge,
    "pass_on": _urge,
    "take_up": _take_up,
    "rule_unit": _ruling,
    "sign": _sign,
}
