"""The kinds of papers, each with all that is printed on it as facts, not yet in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from zoneinfo import ZoneInfo

Texts = Mapping[str, str]
NOTHING: Texts = MappingProxyType({"zh": "", "en": ""})


class Kind(StrEnum):
    """The kinds of papers (公文种类)."""

    SLIP = "slip"
    ANSWER = "answer"
    REFUSAL = "refusal"
    ORDER = "order"
    INTERVIEW = "interview"
    DIGEST = "digest"


# How grave an order is, from light to grave.
COLOURS: Mapping[str, Texts] = {
    "blue": {"zh": "蓝色", "en": "Blue"},
    "yellow": {"zh": "黄色", "en": "Yellow"},
    "red": {"zh": "红色", "en": "Red"},
}

NAMES: Mapping[Kind, Texts] = {
    Kind.SLIP: {"zh": "处理签", "en": "Handling slip"},
    Kind.ANSWER: {"zh": "答复函", "en": "Letter of answer"},
    Kind.REFUSAL: {"zh": "不予受理告知书", "en": "Notice of refusal"},
    Kind.ORDER: {"zh": "督办单", "en": "Supervision order"},
    Kind.INTERVIEW: {"zh": "约谈通知", "en": "Notice of interview"},
    Kind.DIGEST: {"zh": "专报、摘报", "en": "Digest"},
}


@dataclass(frozen=True)
class Term:
    """A limit: until when, or how long where it does not run yet (a budget as packs write it)."""

    name: Texts
    until: datetime | None = None
    budget: str = ""


@dataclass(frozen=True)
class Point:
    """Something an answer says beside its text, such as the legal channel."""

    name: Texts
    text: Texts


@dataclass(frozen=True)
class Climbed:
    """A rung that was climbed before: what was said or asked then."""

    rung: Texts
    at: datetime
    said: str


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What everything that is printed says.

    office: who issues it. number: its own. made_at: the day it bears. address: what its QR code
    leads to; empty: the code holds a number alone.
    """

    kind: Kind
    office: Texts
    number: str
    made_at: datetime
    zone: ZoneInfo
    address: str = ""
    draft: bool = False

    @property
    def code(self) -> str:
        """What stands in the QR code."""
        return self.address or self.number


@dataclass(frozen=True, kw_only=True)
class Paper(Sheet):
    """What every paper of a case says."""

    case_number: str
    title: str
    received_at: datetime
    channel: Texts
    category: Texts
    place: str

    @property
    def code(self) -> str:
        """Where the case is, else its number."""
        return self.address or self.case_number


@dataclass(frozen=True, kw_only=True)
class Slip(Paper):
    """The order to a unit (处理签). It never says who sent the case in."""

    unit: Texts
    host: bool
    others: tuple[Texts, ...]
    body: str
    instructions: str
    terms: tuple[Term, ...]


@dataclass(frozen=True, kw_only=True)
class Answer(Paper):
    """The letter that answers the citizen (答复函). to: as they are called; empty: unnamed."""

    to: str
    unit: Texts
    outcome: Texts
    text: str
    points: tuple[Point, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Refusal(Paper):
    """The letter that refuses, with the legal channel (不予受理告知书)."""

    to: str
    reason: Texts
    text: str
    legal_channel: Texts


@dataclass(frozen=True, kw_only=True)
class Order(Paper):
    """The supervision order to a unit (督办单). colour: how grave it is, if that was said."""

    unit: Texts
    colour: Texts
    cause: Texts
    reason: str
    overdue: tuple[Term, ...]
    climbed: tuple[Climbed, ...]
    demands: str
    cure_by: date | None


@dataclass(frozen=True, kw_only=True)
class Interview(Paper):
    """The notice that calls a unit's head to an interview (约谈通知)."""

    unit: Texts
    cause: Texts
    overdue: tuple[Term, ...]
    climbed: tuple[Climbed, ...]
    held_at: datetime | None
    meeting_place: str
    bring: str
    contact: str


@dataclass(frozen=True)
class Block:
    """A piece of a digest; one of its fields is filled.

    rows: of a table, head above. drawing: SVG of a chart, its numbers in the rows.
    """

    heading: Texts = field(default_factory=lambda: NOTHING)
    text: Texts = field(default_factory=lambda: NOTHING)
    title: Texts = field(default_factory=lambda: NOTHING)
    head: tuple[Texts, ...] = ()
    rows: tuple[tuple[Texts, ...], ...] = ()
    drawing: Texts = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, kw_only=True)
class Digest(Sheet):
    """A digest (专报、摘报): a period in text, tables and charts."""

    name: Texts
    issue: int
    period: Texts
    blocks: tuple[Block, ...]
