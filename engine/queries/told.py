"""What of a case's history its citizen is told: kinds of events without anybody's notes.

Events carry only words of the pack, of the diagram or of a unit's name, and what the office wrote
to the citizen itself. Which words a page finds for each kind is the page's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine import forms
from engine.bpmn.specification import Element, Specification
from engine.deployed import Deployed
from engine.models import HistoryEvent
from engine.packs import Pack
from engine.queries.portal import CHANNEL

Texts = Mapping[str, str]
# The events of a history that may be told.
KINDS = (
    "case.received",
    "task.completed",
    "case.routed",
    "slip.issued",
    "deadline.overdue",
    "deadline.extended",
    "supervision.asked",
    "supervision.closed",
    "case.merged",
    "case.split",
    "case.closed",
)


@dataclass(frozen=True)
class Event:
    """Something that was done; kind says what.

    what: a word of the pack or diagram that belongs to it, such as the channel, the limit or the
    reason; letter: what the office wrote to the citizen; number: of the case it was joined to;
    until: the new date.
    """

    kind: str
    at: datetime
    what: Texts | None = None
    unit: Texts | None = None
    letter: str = ""
    number: str = ""
    until: datetime | None = None


@dataclass(frozen=True)
class Told:
    """Turns rows of history into what is told. units: their names by key."""

    pack: Pack
    units: Mapping[str | None, Texts]

    def event(self, row: HistoryEvent, process: Deployed | None) -> Event | None:
        """The event of a row; None if it is not the citizen's to know.

        process: the definition in whose instance it happened; an erased payload tells nothing.
        """
        payload = row.payload
        if payload is None:
            return None
        if row.kind == "task.completed":
            return self._task(row, payload.get("answers", {}), process)
        return _PLAIN[row.kind](self, row, payload, process)

    def _task(
        self, row: HistoryEvent, answers: Mapping[str, Any], process: Deployed | None
    ) -> Event | None:
        element = process.specification.elements.get(row.element) if process else None
        if element is None or process is None or element.form is None:
            return None
        schema = process.form(element.form)
        record = forms.record(schema) or ""
        if record in _RECORDS:
            return _RECORDS[record](self, row, answers, schema)
        words = public_words(element)
        return Event("done", row.at, what=words) if words else None

    def item(self, section: str, key: str) -> Texts | None:
        """What the pack calls an entry of a section."""
        return texts(self.pack.item(section, key)) if key else None

    def limit(self, name: str) -> Texts | None:
        """What the pack calls a limit."""
        limit = self.pack.limits.get(name)
        return {"zh": limit.zh, "en": limit.en} if limit else None


def texts(entry: Mapping[str, Any] | None) -> Texts | None:
    """The two languages of an entry."""
    return {"zh": entry["zh"], "en": entry["en"]} if entry else None


def public_words(element: Element | None) -> Texts | None:
    """What the diagram lets the public know of an element."""
    if element is None or not element.public_name:
        return None
    return {"zh": element.public_name, "en": element.public_name_en or element.public_name}


def is_promised(specification: Specification, element: str, clock: str) -> bool:
    """Whether a limit is promised to the citizen: the citizen's clock, or drawn on a stage."""
    drawn = specification.elements.get(element)
    stages = {stage.id for stage in specification.stages}
    return clock == "citizen" or (drawn is not None and drawn.host in stages)


# Events of the history -------------------------------------------------------------------------

Payload = Mapping[str, Any]


def _received(
    told: Told, row: HistoryEvent, payload: Payload, _process: Deployed | None
) -> Event | None:
    channel = payload.get("channel", "")
    by_others = channel != CHANNEL  # what came through the portal, its citizen knows
    return Event("received", row.at, what=told.item("channels", channel) if by_others else None)


def _routed(
    told: Told, row: HistoryEvent, payload: Payload, _process: Deployed | None
) -> Event | None:
    route = told.pack.item("routes", payload.get("route", ""))
    # Of a sealed one nothing is said, also when the case has come back from it.
    return Event("routed", row.at, what=texts(route)) if route and not route.get("sealed") else None


def _issued(
    told: Told, row: HistoryEvent, payload: Payload, _process: Deployed | None
) -> Event | None:
    return Event("issued", row.at, unit=told.units.get(payload.get("unit")))


def _overdue(
    told: Told, row: HistoryEvent, payload: Payload, process: Deployed | None
) -> Event | None:
    limit = payload.get("limit", "")
    if process is None or not _is_promised_limit(told, process, row.element, limit):
        return None
    return Event("overdue", row.at, what=told.limit(limit))


def _extended(
    told: Told, row: HistoryEvent, payload: Payload, _process: Deployed | None
) -> Event | None:
    due = payload.get("due")
    until = datetime.fromisoformat(due) if due else None
    return Event("extended", row.at, what=told.limit(payload.get("limit", "")), until=until)


def _supervised(
    told: Told, row: HistoryEvent, payload: Payload, _process: Deployed | None
) -> Event | None:
    cause = str(payload.get("cause", ""))
    limit = cause.removesuffix("_overdue")
    return Event("supervised", row.at, what=told.limit(limit) if limit != cause else None)


def _supervision_over(
    _told: Told, row: HistoryEvent, payload: Payload, _process: Deployed | None
) -> Event | None:
    return Event("supervision_over" if payload.get("cured") else "referred", row.at)


def _merged(
    _told: Told, row: HistoryEvent, payload: Payload, _process: Deployed | None
) -> Event | None:
    return Event("merged", row.at, number=str(payload.get("main", "")))


def _split(
    _told: Told, row: HistoryEvent, payload: Payload, _process: Deployed | None
) -> Event | None:
    return Event("split", row.at, number=", ".join(filter(None, payload.get("parts", ()))))


def _closed(
    told: Told, row: HistoryEvent, payload: Payload, _process: Deployed | None
) -> Event | None:
    return Event("closed", row.at, what=told.item("outcomes", payload.get("outcome", "")))


def _is_promised_limit(told: Told, process: Deployed, element: str, limit: str) -> bool:
    known = told.pack.limits.get(limit)
    drawn = process.specification.elements.get(element)
    clock = (drawn.clock if drawn else None) or (known.clock if known else "unit")
    return is_promised(process.specification, element, clock)


_PLAIN: dict[str, Callable[[Told, HistoryEvent, Payload, Deployed | None], Event | None]] = {
    "case.received": _received,
    "case.routed": _routed,
    "slip.issued": _issued,
    "deadline.overdue": _overdue,
    "deadline.extended": _extended,
    "supervision.asked": _supervised,
    "supervision.closed": _supervision_over,
    "case.merged": _merged,
    "case.split": _split,
    "case.closed": _closed,
}

# Completed tasks, by the record their form is kept as ------------------------------------------

Schema = Mapping[str, Any]


def _label(schema: Schema, field: str, value: object) -> Texts | None:
    labels: Mapping[str, Texts] = schema["properties"].get(field, {}).get("x-labels", {})
    return labels.get(str(value))


def _nothing(_told: Told, _row: HistoryEvent, _answers: Payload, _schema: Schema) -> Event | None:
    return None


def _just(kind: str) -> Callable[[Told, HistoryEvent, Payload, Schema], Event | None]:
    return lambda _told, row, _answers, _schema: Event(kind, row.at)


def _screened(told: Told, row: HistoryEvent, answers: Payload, _schema: Schema) -> Event | None:
    opinion = answers.get("opinion")
    if opinion == "refuse":
        reason = told.item("refusal_reasons", answers.get("refusal_reason", ""))
        return Event("refused", row.at, what=reason)
    return Event("accepted", row.at) if opinion == "accept" else None


def _refusal_told(told: Told, row: HistoryEvent, answers: Payload, _schema: Schema) -> Event | None:
    channel = told.item("legal_channels", answers.get("legal_channel", ""))
    return Event("refusal_told", row.at, what=channel, letter=str(answers.get("letter", "")))


def _signed(_told: Told, row: HistoryEvent, answers: Payload, _schema: Schema) -> Event | None:
    return Event("returned" if answers.get("signing") == "return" else "signed", row.at)


def _contacted(_told: Told, row: HistoryEvent, answers: Payload, schema: Schema) -> Event | None:
    return Event("contacted", row.at, what=_label(schema, "way", answers.get("way")))


def _reviewed(_told: Told, row: HistoryEvent, answers: Payload, _schema: Schema) -> Event | None:
    return Event("reviewed" if answers.get("review") == "pass" else "sent_back", row.at)


def _called(_told: Told, row: HistoryEvent, answers: Payload, schema: Schema) -> Event | None:
    if not answers.get("reached_citizen"):
        return Event("not_reached", row.at)
    return Event("called", row.at, what=_label(schema, "result", answers.get("result")))


def _decided(_told: Told, row: HistoryEvent, answers: Payload, _schema: Schema) -> Event | None:
    return None if answers.get("decision") == "grant" else Event("extension_denied", row.at)


def _judged(_told: Told, row: HistoryEvent, answers: Payload, _schema: Schema) -> Event | None:
    return Event("again" if answers.get("judgement") == "reasonable" else "explained", row.at)


def _checked(_told: Told, row: HistoryEvent, answers: Payload, _schema: Schema) -> Event | None:
    return Event("checked" if answers.get("finding") == "good" else "checked_bad", row.at)


def _rung(told: Told, row: HistoryEvent, _answers: Payload, _schema: Schema) -> Event | None:
    return Event("rung", row.at, what=told.item("ladder", row.element))


_RECORDS: dict[str, Callable[[Told, HistoryEvent, Payload, Schema], Event | None]] = {
    "case": _just("registered"),
    "screening": _screened,
    "refusal": _refusal_told,
    "dispatch": _nothing,  # the slip that follows says it
    "take_up": _nothing,
    "ruling": _nothing,
    "slip_sign": _signed,
    "contact": _contacted,
    "handling": _just("handled"),
    "co_handling": _nothing,
    "answer": _just("written"),
    "review": _reviewed,
    "answer_sent": _just("answered"),
    "callback": _called,
    "judgement": _judged,
    "spot_check": _checked,
    "follow_up": _just("followed"),
    "clue": _nothing,
    "extension_request": _just("extension_asked"),
    "extension_decision": _decided,
    "rung": _rung,
}
