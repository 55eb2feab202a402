"""Taking in messages from elsewhere (导入): each becomes a case once, however often it comes."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from engine import clock
from engine.commands import cases
from engine.commands.cases import Said, cleaned_line, newest_pack
from engine.db import Sessions, reading, transaction
from engine.errors import Conflict, HuiyinError, InvalidAnswers, InvalidInput
from engine.identity import Reporter, Vault
from engine.importing.dates import parse_instant
from engine.importing.reading import Row
from engine.models import City, Contact
from engine.packs import Pack

BATCH = 50
ATTEMPTS = 5
LONGEST_SOURCE = 100
LONGEST_SOURCE_ID = 200
_SLACK = timedelta(days=1)


@dataclass(frozen=True)
class Plan:
    """How a file is taken in. columns: field -> position; width: cells that a row must have."""

    pack_key: str
    source: str
    columns: Mapping[str, int]
    width: int
    channel: str = "web"
    by: UUID | None = None


@dataclass(frozen=True)
class Refused:
    """A row that was not taken: why, in words that repeat nothing a citizen wrote."""

    row: Row
    reason: str


@dataclass
class Tally:
    """The balance of an import: read = taken + already there + refused."""

    read: int = 0
    taken: int = 0
    there: int = 0
    refused: int = 0

    @property
    def balances(self) -> bool:
        """Whether every row that was read has its place."""
        return self.read == self.taken + self.there + self.refused

    def __str__(self) -> str:
        return (
            f"read {self.read} = taken {self.taken} + already there {self.there} "
            f"+ refused {self.refused}"
        )


@dataclass
class Taken:
    """What became of one batch."""

    taken: int = 0
    there: int = 0
    refused: list[Refused] = field(default_factory=list)


def batches(rows: Iterator[Row], size: int = BATCH) -> Iterator[list[Row]]:
    """Rows in portions that are taken in one transaction each."""
    while batch := list(islice(rows, size)):
        yield batch


def take(sessions: Sessions, vault: Vault, plan: Plan, batch: Sequence[Row]) -> Taken:
    """Take in one batch in one transaction; a bad row is refused and loses nothing else.

    When another process takes in the same at the same moment, the batch begins again.
    Raises `NotFound` if the pack is not deployed, `Conflict` if that does not help.
    """
    for attempt in range(ATTEMPTS):
        try:
            with transaction(sessions) as session:
                return _take(session, vault, plan, batch)
        except Conflict:
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def check(sessions: Sessions, plan: Plan) -> None:
    """Raise `NotFound` or `InvalidInput` if nothing could be taken in by this plan."""
    with reading(sessions) as session:
        _, pack = newest_pack(session, plan.pack_key)
    if pack.item("channels", plan.channel) is None:
        keys = ", ".join(entry["key"] for entry in pack.items("channels"))
        raise InvalidInput("--channel", f"one of {keys}", plan.channel[:40])
    if not 0 < len(plan.source) <= LONGEST_SOURCE:
        raise InvalidInput("--source", f"1 to {LONGEST_SOURCE} characters")


def _take(session: Session, vault: Vault, plan: Plan, batch: Sequence[Row]) -> Taken:
    _, pack = newest_pack(session, plan.pack_key)
    zone = ZoneInfo(session.scalars(select(City.timezone)).one())
    done = Taken()
    keyed = [(row, _source_id(plan, row)) for row in batch]
    there = set(
        session.scalars(
            select(Contact.source_id).where(
                Contact.source == plan.source,
                Contact.source_id.in_([key for _, key in keyed]),
            )
        )
    )
    for row, key in keyed:
        if key in there:
            done.there += 1
            continue
        try:
            said = _said(plan, pack, zone, row, key)
            with session.begin_nested():
                cases.receive(session, vault, plan.pack_key, said, by=plan.by)
        except HuiyinError as error:
            done.refused.append(Refused(row, _reason(error)))
        except IntegrityError as error:
            raise Conflict from error
        except DBAPIError as error:
            done.refused.append(
                Refused(row, f"the database refused it: {type(error.orig).__name__}")
            )
        else:
            done.taken += 1
            there.add(key)
    return done


def _source_id(plan: Plan, row: Row) -> str:
    """The row's own number; without one, a digest of all it says."""
    place = plan.columns.get("id")
    given = row.cells[place].strip() if place is not None and place < len(row.cells) else ""
    if given:
        return given[:LONGEST_SOURCE_ID]
    told = "\x1f".join(row.cells).encode(errors="replace")
    return f"sha256:{hashlib.sha256(told).hexdigest()}"


def _said(plan: Plan, pack: Pack, zone: ZoneInfo, row: Row, source_id: str) -> Said:
    """The row as something said. Raises `InvalidInput`."""
    if len(row.cells) != plan.width:
        raise InvalidInput("row", f"{plan.width} columns", str(len(row.cells)))
    cells = {name: row.cells[place] for name, place in plan.columns.items()}
    if len(cells.get("id", "").strip()) > LONGEST_SOURCE_ID:
        raise InvalidInput("id", f"at most {LONGEST_SOURCE_ID} characters")
    received_at = parse_instant(cells.get("received_at", ""), zone)
    if received_at is not None and received_at > clock.now() + _SLACK:
        raise InvalidInput("received_at", "a time that has passed", str(received_at.date()))
    return Said(
        channel=_entry(pack, "channels", cells.get("channel", "")) or plan.channel,
        title=cells.get("title", ""),
        body=cells["body"],
        reporter=Reporter(
            cleaned_line(cells.get("name", "")), cleaned_line(cells.get("phone", ""))
        ),
        place=cells.get("place", ""),
        category=_entry(pack, "categories", cells.get("category", "")),
        source=plan.source,
        source_id=source_id,
        received_at=received_at,
    )


def _entry(pack: Pack, section: str, written: str) -> str:
    """The key of the pack's entry that is called exactly so, else nothing: screening decides."""
    name = cleaned_line(written).casefold()
    for entry in pack.items(section):
        if name and name in {entry["key"].casefold(), entry["zh"], entry["en"].casefold()}:
            return str(entry["key"])
    return ""


def _reason(error: HuiyinError) -> str:
    if isinstance(error, InvalidAnswers):
        return "; ".join(f"{name}: {texts['en']}" for name, texts in error.fields.items())
    return error.message
