"""What is written when somebody looks after the case: ladders, checks, clues."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from engine.playing.bank import say
from engine.playing.chances import Chance, weighted
from engine.playing.course import Opened
from engine.playing.desk import Desk, Written

Writing = Callable[[Desk, Opened, str, Chance], Written]


def _judge(_desk: Desk, _task: Opened, choice: str, chance: Chance) -> Written:
    named = "judge_yes" if choice == "reasonable" else "judge_no"
    return {"judgement": choice, "ground": say(named, chance)}


def _spot_check(_desk: Desk, _task: Opened, choice: str, chance: Chance) -> Written:
    return {
        "finding": choice,
        "report": say(f"spot_{'report' if choice == 'good' else 'bad'}", chance),
    }


def _phone(desk: Desk, _task: Opened, _choice: str, chance: Chance) -> Written:
    before = desk.now - timedelta(minutes=chance.randint(3, 20))
    return {
        "called_at": before.isoformat(timespec="seconds"),
        "spoke_to": say("spoke_to", chance),
        "promise": say("phone_promise", chance),
    }


def _order(desk: Desk, _task: Opened, _choice: str, chance: Chance) -> Written:
    return {
        "order_number": f"督〔{desk.now.year}〕{chance.randint(1, 400)}号",
        "demands": say("order_demands", chance),
    }


def _interview(desk: Desk, _task: Opened, _choice: str, chance: Chance) -> Written:
    before = desk.now - timedelta(minutes=chance.randint(60, 150))
    return {
        "held_at": before.isoformat(timespec="seconds"),
        "present": say("interview_present", chance),
        "minutes": say("interview_minutes", chance),
        "attendance": "head",
        "promise": say("pledge", chance),
        "cure_by": (desk.now.date() + timedelta(days=6)).isoformat(),
        "judged_by": "answered",
    }


def _of(name: str, phrase: str) -> Callable[[Desk, Opened, str, Chance], Written]:
    return lambda _desk, _task, _choice, chance: {name: say(phrase, chance)}


def _follow_up(desk: Desk, _task: Opened, choice: str, chance: Chance) -> Written:
    return {
        "found": say("followed_up", chance),
        "visited_on": desk.now.date().isoformat(),
        "follow_on": choice,
    }


def _receive_clue(_desk: Desk, _task: Opened, choice: str, _chance: Chance) -> Written:
    return {
        "competence": choice,
        "route": "government",
        "keep_out": "lift",
        "reason": "属于业务办理问题，未见违纪线索，转政务服务渠道办理。",
    }


def _handle_clue(desk: Desk, _task: Opened, choice: str, chance: Chance) -> Written:
    return {"record": f"线索〔{desk.now.year}〕{chance.randint(1, 300)}号", "supervise": choice}


def _supervise(desk: Desk, _task: Opened, _choice: str, chance: Chance) -> Written:
    kind = weighted(("efficiency", "conduct"), (1, 1), chance)
    return {"kind_of_supervision": kind, "done_on": desk.now.date().isoformat()}


def _result(desk: Desk, _task: Opened, _choice: str, chance: Chance) -> Written:
    results = ("founded", "partly_founded", "unfounded", "not_proven")
    return {
        "closed_on": desk.now.date().isoformat(),
        "class_of_result": weighted(results, (3, 3, 2, 2), chance),
    }


OWN: Mapping[str, Writing] = {
    "judge_unsolved": _judge,
    "spot_check": _spot_check,
    "phone": _phone,
    "order": _order,
    "interview": _interview,
    "commitment": _of("pledge", "pledge"),
    "referral": _of("ground", "referral_ground"),
    "follow_up": _follow_up,
    "visit_site": _follow_up,
    "receive_clue": _receive_clue,
    "handle_clue": _handle_clue,
    "supervise_conduct": _supervise,
    "record_result": _result,
    "answer_reporter": _of("told_by", "told_by"),
}
