"""What colleagues are told of (通知种类) and by which channels, unless they choose otherwise.

A kind says what happened, its facts say where; nothing that a citizen wrote is ever among them.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any


class NoticeKind(StrEnum):
    """What a notice is about."""

    ASSIGNED = "assigned"
    ARRIVED = "arrived"
    UNCLAIMED = "unclaimed"
    SOON_DUE = "soon_due"
    OVERDUE = "overdue"
    URGED = "urged"
    INTERVIEW = "interview"
    RETURNED = "returned"
    REOPENED = "reopened"
    REFUSED = "refused"
    MENTION = "mention"
    WATCHED = "watched"
    OPINION_ASKED = "opinion_asked"
    OPINION_ANSWERED = "opinion_answered"
    INSTRUCTED = "instructed"
    INSTRUCTION_REPORTED = "instruction_reported"
    DESIGN_PROPOSED = "design_proposed"
    DESIGN_REFUSED = "design_refused"
    DESIGN_DEPLOYED = "design_deployed"


class Channel(StrEnum):
    """By which way a person is told; what is not in the office waits for the worker."""

    IN_APP = "in_app"
    EMAIL = "email"
    SMS = "sms"
    WEBHOOK = "webhook"


OUTSIDE = (Channel.EMAIL, Channel.SMS, Channel.WEBHOOK)
# Of these only designers are told.
OF_DESIGN = frozenset(
    {NoticeKind.DESIGN_PROPOSED, NoticeKind.DESIGN_REFUSED, NoticeKind.DESIGN_DEPLOYED}
)
# These go out at once and at any hour, each for itself.
URGENT = frozenset({NoticeKind.INTERVIEW})
_LETTERS = frozenset({Channel.IN_APP, Channel.EMAIL, Channel.WEBHOOK})
_ALL = frozenset(Channel)
_HERE = frozenset({Channel.IN_APP})
# What a person gets who has chosen nothing.
DEFAULTS: Mapping[NoticeKind, frozenset[Channel]] = MappingProxyType(
    {
        NoticeKind.ASSIGNED: _LETTERS,
        NoticeKind.ARRIVED: _HERE,
        NoticeKind.UNCLAIMED: _HERE,
        NoticeKind.SOON_DUE: _LETTERS,
        NoticeKind.OVERDUE: _LETTERS,
        NoticeKind.URGED: _ALL,
        NoticeKind.INTERVIEW: _ALL,
        NoticeKind.RETURNED: _LETTERS,
        NoticeKind.REOPENED: _LETTERS,
        NoticeKind.REFUSED: _HERE,
        NoticeKind.MENTION: _LETTERS,
        NoticeKind.WATCHED: _HERE,
        NoticeKind.OPINION_ASKED: _LETTERS,
        NoticeKind.OPINION_ANSWERED: _LETTERS,
        NoticeKind.INSTRUCTED: _LETTERS,
        NoticeKind.INSTRUCTION_REPORTED: _LETTERS,
        NoticeKind.DESIGN_PROPOSED: _LETTERS,
        NoticeKind.DESIGN_REFUSED: _LETTERS,
        NoticeKind.DESIGN_DEPLOYED: _HERE,
    }
)
# The facts a notice may carry: keys of packs and diagrams, numbers, instants, ids.
FACTS = frozenset(
    {
        "by",  # id of the colleague whose doing it was, hex
        "count",  # of several things told as one
        "draft",  # id of a draft of a designer, hex
        "due",  # an instant, ISO 8601
        "event",  # kind of the history event of a watched case
        "instruction",  # id of a leader's instruction, hex
        "limit",  # key of a limit of the pack
        "opinion",  # id of the opinion, hex
        "role",
        "rung",  # key of a rung of the ladder
        "slip",  # number of a slip
        "stage",  # id of a stage of the diagram
        "unit",  # key of a unit
    }
)
LONGEST_FACT = 120


def facts_of(details: Mapping[str, Any] | None) -> dict[str, Any]:
    """The facts as a notice keeps them. Raises `ValueError` for what may not be among them."""
    facts = dict(details or {})
    for name, value in facts.items():
        if name not in FACTS:
            raise ValueError(f"no notice carries {name!r}")
        if isinstance(value, str) and len(value) > LONGEST_FACT:
            raise ValueError(f"{name!r} of a notice is a key, a number or an instant")
        if not isinstance(value, str | int | bool):
            raise ValueError(f"{name!r} of a notice is neither text nor number")
    return facts


def channels(choices: Mapping[str, Any] | None, kind: str) -> frozenset[Channel]:
    """By which channels a person is told of this kind. choices: kind -> list of channels."""
    chosen = (choices or {}).get(kind)
    if chosen is None:
        return DEFAULTS[NoticeKind(kind)]
    return frozenset(Channel(one) for one in chosen if one in set(Channel))
