"""What is written while a unit acts and answers, and when the citizen is asked."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from engine.playing.bank import phrases, say
from engine.playing.chances import Chance, of_100, weighted
from engine.playing.course import Opened
from engine.playing.desk import Desk, Written
from engine.playing.extras import suggestion
from engine.playing.when import AFTERNOON, EVENING, MORNING

Writing = Callable[[Desk, Opened, str, Chance], Written]

_OTHER_FORMS = (("by_batch", 4), ("by_press", 1), ("by_public_reply", 4))
_LAID_DOWN: Mapping[str, Written] = {
    "batch": {"by_batch": True},
    "public": {"by_public_reply": True},
    "direct": {},
}
_STARS = {
    "solved": (0, 1, 3, 40, 56),
    "partly": (2, 15, 50, 28, 5),
    "unsolved": (35, 45, 15, 5, 0),
}
_AFTERNOON_FROM, _EVENING_FROM = 13, 18


def _contact(desk: Desk, _task: Opened, _choice: str, chance: Chance) -> Written:
    way = weighted(("phone", "visit", "message"), (8, 2, 1), chance)
    before = desk.now - timedelta(minutes=chance.randint(2, 15))
    return {
        "contacted_at": before.isoformat(timespec="seconds"),
        "way": way,
        "what": say("contact", chance, desk.template.kind),
    }


def _handle(desk: Desk, task: Opened, _choice: str, chance: Chance) -> Written:
    measures = say("handle_prefix", chance) + desk.put(desk.template.measures)
    return {"measures": measures if task.time == 1 else f"再次到现场，{measures}"}


def _co_handle(_desk: Desk, _task: Opened, choice: str, chance: Chance) -> Written:
    return {"co_result": choice or "done", "measures": say("co_measures", chance)}


def _answer(desk: Desk, task: Opened, choice: str, chance: Chance) -> Written:
    if choice == "fob":
        return {"outcome": "explained", "answer": chance.choice(phrases("fob"))}
    template = desk.template
    text = desk.put(template.answer)
    outcome = template.outcome
    if task.time > 1 and task.element == "write_answer":
        text = f"经再次办理：{text}"
        outcome = "solved" if template.outcome == "partly_solved" else template.outcome
    return {
        "outcome": outcome,
        "answer": text,
        "remaining": "其余部分按进度办理，完成后另行告知。",
        "reason": "按现行规定暂不能全部满足，已说明原因和可行的办法。",
        "policy": "相关做法已写入本单位办理规程。",
        "plan": "已列入本单位年度计划，进度按季公布。",
        "plan_by": (desk.now.date() + timedelta(days=90)).isoformat(),
        "note": say("revised", chance),
    }


def _review(desk: Desk, _task: Opened, choice: str, chance: Chance) -> Written:
    if choice == "send_back":
        named = "fob" if desk.course.fobbed else "good"
        place = chance.randrange(len(phrases(f"{named}_note" if named == "fob" else "good_fault")))
        note = phrases("fob_note" if named == "fob" else "good_fault_note")[place]
        return {"review": "send_back", "fault": phrases(f"{named}_fault")[place], "note": note}
    said: Written = {"review": "pass", "note": say("review_note", chance)}
    if choice in _LAID_DOWN:
        said |= _LAID_DOWN[choice]
    elif not desk.arrival.confidential:
        said |= {name: of_100(part, chance) for name, part in _OTHER_FORMS}
    return said | {"checks": list(desk.pack.options().get("pack.review_checks", ()))}


def _callback(desk: Desk, task: Opened, choice: str, chance: Chance) -> Written:
    hour = desk.now.hour
    band = MORNING if hour < _AFTERNOON_FROM else AFTERNOON if hour < _EVENING_FROM else EVENING
    if choice == "not_reached":
        return {"band": band, "reached_citizen": False, "note": say("callback_none", chance)}
    said: Written = {
        "band": band,
        "reached_citizen": True,
        "contacted": "no" if desk.course.fobbed and of_100(40, chance) else "yes",
        "result": choice,
        "satisfaction": weighted((1, 2, 3, 4, 5), _STARS[choice], chance),
        "note": say("callback_good" if choice == "solved" else "callback_bad", chance),
    }
    if of_100(3, chance) and desk.arrival.channel != "callback":
        said["suggestion"] = suggestion(desk.course, task.time).body
    return said


def _publish(_desk: Desk, _task: Opened, _choice: str, chance: Chance) -> Written:
    return {"medium": say("medium", chance)}


def _of(name: str, phrase: str) -> Callable[[Desk, Opened, str, Chance], Written]:
    return lambda _desk, _task, _choice, chance: {name: say(phrase, chance)}


def _extension(_desk: Desk, _task: Opened, _choice: str, chance: Chance) -> Written:
    return {
        "days": chance.randint(3, 8),
        "legal_basis": say("extension_basis", chance),
        "reason": say("extension_reason", chance),
    }


def _decision(_desk: Desk, _task: Opened, choice: str, chance: Chance) -> Written:
    note = "" if choice == "grant" else say("extension_deny", chance)
    return {"decision": choice, "note": note}


OWN: Mapping[str, Writing] = {
    "contact_citizen": _contact,
    "handle": _handle,
    "co_handle": _co_handle,
    "write_answer": _answer,
    "revise_answer": _answer,
    "review_answer": _review,
    "publish_batch": _publish,
    "press_briefing": _of("summary", "press_summary"),
    "callback": _callback,
    "request_extension": _extension,
    "approve_extension": _decision,
}
