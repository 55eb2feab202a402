"""What happens to each demo case: when it comes, who does what, and where it stands at the end.

Time is told backwards from the last working day that is over, in office hours between the steps,
so that the cases stand where they should on whatever day the demo is played.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Said = Mapping[str, Any]


@dataclass(frozen=True)
class Message:
    """What a citizen says, and what the unit makes of it; `en` is its summary."""

    title: str
    body: str
    en: str
    place: str
    category: str
    unit: str
    kind: str
    name: str
    what: str
    measures: str
    answer: str
    outcome: str


@dataclass(frozen=True)
class Step:
    """`hours` of office time after the last: the task `element` is done.

    Besides the elements of the diagrams: "ask" starts a ladder, "ask_extension" a request.
    """

    hours: int
    element: str
    said: Said = field(default_factory=dict)


@dataclass(frozen=True)
class Plot:
    """One case. back: working days before the last full one; at: local time of arrival.

    just_now: minutes before the present instead. joins: the message of the case it repeats.
    """

    message: int
    back: int
    at: str
    steps: tuple[Step, ...]
    channel: str = "web"
    just_now: int | None = None
    joins: int | None = None


MESSAGES = tuple(
    Message(**one)
    for one in json.loads((Path(__file__).with_name("messages.json")).read_text(encoding="utf-8"))
)


def _steps(*told: tuple[int, str] | tuple[int, str, Said]) -> tuple[Step, ...]:
    return tuple(Step(*one) for one in told)


RECORDED = _steps((1, "complete_record"), (1, "screen"))
DISPATCHED = (*RECORDED, *_steps((1, "dispatch")))
HANDLED = _steps((1, "sign"), (1, "contact_citizen"), (1, "handle"), (1, "write_answer"))
ANSWERED = _steps((2, "review_answer"), (1, "answer_directly"))
CLOSED = (*DISPATCHED, *HANDLED, *ANSWERED, *_steps((3, "callback")))
_RETURN: Said = {
    "signing": "return",
    "return_reason": "not_our_duty",
    "legal_basis": "市政府公布的部门职责清单",
}
_WRONG: Said = {"unit": "housing_bureau"}

PLOTS: tuple[Plot, ...] = (
    # Screening: just in; waiting to be judged; forgotten since yesterday.
    Plot(30, 0, "", (), just_now=25),
    Plot(9, 0, "15:10", _steps((1, "complete_record")), "phone"),
    # Transfer: to be sent to a unit; offered to several; sent back; disputed three times.
    Plot(22, 0, "14:20", RECORDED),
    Plot(
        19,
        0,
        "10:05",
        (
            *RECORDED,
            *_steps((1, "dispatch", {"mode": "pull", "candidate_units": ["lingui", "xiangshan"]})),
        ),
    ),
    Plot(
        11,
        1,
        "10:40",
        (
            *DISPATCHED[:-1],
            *_steps((1, "dispatch", {"unit": "traffic_police"}), (4, "sign", _RETURN)),
        ),
        "phone",
    ),
    Plot(
        10,
        2,
        "09:30",
        (
            *RECORDED,
            *_steps(
                (1, "dispatch", {"unit": "utilities_bureau"}),
                (3, "sign", _RETURN),
                (1, "dispatch", {"unit": "xiufeng"}),
                (3, "sign", _RETURN),
                (1, "dispatch", {"unit": "market_bureau"}),
                (3, "sign", _RETURN),
            ),
        ),
        "visit",
    ),
    # Handling: to be signed; under way; with a second unit; more time asked for; quiet for days.
    Plot(16, 0, "13:40", DISPATCHED),
    Plot(0, 1, "09:15", (*DISPATCHED, *HANDLED[:2]), "phone"),
    Plot(
        14,
        2,
        "16:30",
        (
            *_steps((1, "complete_record"), (1, "screen", {"co_units": ["market_bureau"]})),
            *_steps((1, "dispatch")),
            *HANDLED[:2],
        ),
    ),
    Plot(
        29,
        1,
        "10:10",
        (*DISPATCHED, *HANDLED[:2], *_steps((6, "ask_extension"), (1, "request_extension"))),
        "phone",
    ),
    Plot(28, 4, "11:20", (*DISPATCHED, *HANDLED[:1]), "email"),
    # Feedback: to be reviewed; to be revised; to be answered in public; to be called; not reached.
    Plot(13, 0, "09:05", (*DISPATCHED, *HANDLED), "phone"),
    Plot(
        18,
        2,
        "09:40",
        (
            *DISPATCHED,
            *HANDLED,
            *_steps((2, "review_answer", {"review": "send_back", "fault": "no_date"})),
        ),
    ),
    Plot(
        23,
        1,
        "10:30",
        (*DISPATCHED, *HANDLED, *_steps((2, "review_answer", {"by_public_reply": True}))),
        "email",
    ),
    Plot(2, 1, "09:05", (*DISPATCHED, *HANDLED, *ANSWERED), "phone"),
    Plot(
        1,
        3,
        "09:20",
        (*DISPATCHED, *HANDLED, *ANSWERED, *_steps((9, "callback", {"reached_citizen": False}))),
        "phone",
    ),
    # Supervision: urged by phone; an order is to be issued; it was; an interview; a spot check.
    Plot(3, 5, "09:10", (*DISPATCHED, *HANDLED[:2])),
    Plot(15, 6, "09:10", (*DISPATCHED, *HANDLED[:2]), "visit"),
    Plot(
        20,
        4,
        "09:30",
        (
            *DISPATCHED,
            *HANDLED[:2],
            *_steps(
                (8, "ask", {"rung": "order", "reason": "市民两次来电催办，完成日期一改再改。"}),
                (2, "order"),
            ),
        ),
        "phone",
    ),
    Plot(
        7,
        3,
        "14:00",
        (
            *DISPATCHED,
            *HANDLED[:2],
            *_steps(
                (8, "ask", {"rung": "interview", "reason": "同类来件一月三起，整改未见成效。"})
            ),
        ),
        "phone",
    ),
    Plot(
        12,
        3,
        "10:00",
        (
            *_steps((1, "complete_record"), (1, "screen", {"drawn_for_check": True})),
            *_steps((1, "dispatch")),
            *HANDLED,
            *ANSWERED,
            *_steps((3, "callback", {"satisfaction": 4})),
        ),
    ),
    # Over: merged with the lamps; refused; being refused; closed in one go, or not so easily.
    Plot(27, 0, "11:10", _steps((1, "complete_record"), (2, "screen")), "phone", joins=0),
    Plot(
        26,
        6,
        "15:00",
        _steps(
            (1, "complete_record"),
            (1, "screen", {"opinion": "refuse", "refusal_reason": "litigation"}),
            (2, "tell_refusal", {"legal_channel": "court"}),
        ),
        "letter",
    ),
    Plot(
        25,
        0,
        "13:35",
        _steps(
            (1, "complete_record"),
            (1, "screen", {"opinion": "refuse", "refusal_reason": "disclosure"}),
        ),
    ),
    Plot(4, 14, "09:25", CLOSED),
    Plot(
        5,
        15,
        "10:15",
        (
            *DISPATCHED,
            *HANDLED[:2],
            *_steps((42, "phone"), (2, "handle"), (2, "write_answer")),
            *ANSWERED,
            *_steps((3, "callback", {"satisfaction": 3})),
        ),
        "phone",
    ),
    Plot(
        17,
        13,
        "08:40",
        (
            *DISPATCHED,
            *HANDLED,
            *ANSWERED,
            *_steps((3, "callback", {"result": "unsolved", "satisfaction": 2})),
            *HANDLED,
            *ANSWERED,
            *_steps((3, "callback", {"satisfaction": 4})),
        ),
        "phone",
    ),
    Plot(
        21,
        12,
        "19:30",
        (
            *RECORDED,
            *_steps((1, "dispatch", _WRONG), (3, "sign", _RETURN), (1, "dispatch")),
            *HANDLED,
            *ANSWERED,
            *_steps((3, "callback")),
        ),
    ),
    Plot(
        8,
        10,
        "11:00",
        (
            *DISPATCHED,
            *HANDLED,
            *_steps(
                (2, "review_answer", {"by_batch": True}),
                (2, "publish_batch", {"medium": "市民日报"}),
                (3, "callback", {"result": "solved", "satisfaction": 4}),
            ),
        ),
        "letter",
    ),
    Plot(6, 9, "09:50", CLOSED, "phone"),
    Plot(31, 0, "", (), "email", just_now=70),
    Plot(24, 0, "09:20", ()),
)


def own(element: str, message: Message) -> dict[str, Any]:
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
