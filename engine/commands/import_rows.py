"""One row of a file (导入行): something said, known already, or refused with a reason."""

import hashlib
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.cleaning import cleaned_line, cleaned_text
from engine.commands import cases
from engine.commands.cases import Receiving, Said
from engine.errors import InvalidInput
from engine.identity import Reporter
from engine.importing import reasons
from engine.importing.dates import parse_instant
from engine.importing.reasons import Reason, RowRefused
from engine.importing.records import Row
from engine.models import Case, Contact
from engine.packs import Pack

LONGEST_SOURCE_ID = 200
# Clocks of two machines differ a little.
_SLACK = timedelta(minutes=10)


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
    """A row that is not taken: why, in words that repeat nothing a citizen wrote."""

    row: Row
    reason: Reason


@dataclass(frozen=True)
class Known:
    """A row that was taken before."""

    row: Row


@dataclass(frozen=True)
class Fit:
    """A row that can be taken."""

    row: Row
    said: Said


@dataclass(frozen=True)
class Earlier:
    """What stands behind a source's number already. words: a digest of the text."""

    words: bytes
    where: str


Verdict = Fit | Known | Refused


def judge(
    session: Session,
    plan: Plan,
    receiving: Receiving,
    batch: Sequence[Row],
    seen: MutableMapping[str, Earlier],
) -> list[Verdict]:
    """What is to become of each row.

    seen: numbers of rows that fitted, in this batch or before it, to which it adds.
    """
    keyed = [(row, _source_id(plan, row)) for row in batch]
    earlier = _taken(session, plan.source, [key for _, key in keyed])
    zone = receiving.terms.calendar.zone
    verdicts: list[Verdict] = []
    for row, key in keyed:
        try:
            cells = _cells(plan, row)
            known = earlier.get(key) or seen.get(key)
            words = _words(cells.get("title", ""), cells["body"])
            if known is not None and known.words != words:
                raise RowRefused(reasons.other_text(known.where))
            if known is not None:
                verdicts.append(Known(row))
                continue
            said = _said(plan, receiving.pack, zone, cells, key)
            _check(receiving, said)
        except RowRefused as refused:
            verdicts.append(Refused(row, refused.reason))
        else:
            verdicts.append(Fit(row, said))
            seen[key] = Earlier(words, f"line {row.line}")
    return verdicts


def _taken(session: Session, source: str, keys: list[str]) -> dict[str, Earlier]:
    """Those of the numbers that a source's earlier import took."""
    rows = session.execute(
        select(Contact.source_id, Contact.raw_title, Contact.raw_body, Case.number)
        .join(Case, Case.id == Contact.case_id)
        .where(Contact.source == source, Contact.source_id.in_(keys))
    )
    return {row.source_id: Earlier(_words(row.raw_title, row.raw_body), row.number) for row in rows}


def _words(title: str, body: str) -> bytes:
    """A digest of the text; white space does not count."""
    told = f"{cleaned_line(title)}\n{cleaned_text(body)}".encode(errors="replace")
    return hashlib.sha256(told).digest()[:16]


def _source_id(plan: Plan, row: Row) -> str:
    """The row's own number; without one, a digest of all it says."""
    place = plan.columns.get("id")
    given = cleaned_line(row.cells[place]) if place is not None and place < len(row.cells) else ""
    if given:
        return given[:LONGEST_SOURCE_ID]
    told = "\x1f".join(row.cells).encode(errors="replace")
    return f"sha256:{hashlib.sha256(told).hexdigest()}"


def _cells(plan: Plan, row: Row) -> dict[str, str]:
    """The row's cells by field. Raises `RowRefused` if one of them cannot be read."""
    if row.fault is not None:
        raise RowRefused(row.fault)
    if len(row.cells) != plan.width:
        raise RowRefused(reasons.columns(plan.width, len(row.cells)))
    for field, place in plan.columns.items():
        if place in row.flaws:
            flaw = row.flaws[place]
            raise RowRefused(Reason.of(field, flaw.zh, flaw.en))
    return {field: row.cells[place] for field, place in plan.columns.items()}


def _said(plan: Plan, pack: Pack, zone: ZoneInfo, cells: Mapping[str, str], source_id: str) -> Said:
    """The row as something said. Raises `RowRefused`."""
    if len(cleaned_line(cells.get("id", ""))) > LONGEST_SOURCE_ID:
        longest = LONGEST_SOURCE_ID
        raise RowRefused(Reason.of("id", f"最多 {longest} 个字。", f"at most {longest} characters"))
    try:
        received_at = parse_instant(cells.get("received_at", ""), zone)
    except InvalidInput as error:
        raise RowRefused(
            Reason(
                "时间：要写成 2019/4/25 9:32:09 或 2019-04-25，且不早于 1949 年。", error.message
            )
        ) from error
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


def _check(receiving: Receiving, said: Said) -> None:
    """Raise `RowRefused` if it cannot be received."""
    if said.received_at is not None and said.received_at > receiving.now + _SLACK:
        day = said.received_at.date()
        raise RowRefused(
            Reason.of(
                "received_at", f"{day} 还没有到。", f"expected a time that has passed, found {day}"
            )
        )
    wrong = cases.faults(receiving.pack, said)
    if wrong:
        told = [Reason.of(field, texts["zh"], texts["en"]) for field, texts in wrong.items()]
        raise RowRefused(Reason("".join(one.zh for one in told), "; ".join(one.en for one in told)))
    office = receiving.pack.reception(said.channel)
    if office not in receiving.units:
        raise RowRefused(
            Reason.of(
                "channel",
                f"受理单位 {office} 没有建立。",
                f"its office {office} is no unit here",
            )
        )


def _entry(pack: Pack, section: str, written: str) -> str:
    """The key of the pack's entry that is called exactly so, else nothing: screening decides."""
    name = cleaned_line(written).casefold()
    for entry in pack.items(section):
        if name and name in {entry["key"].casefold(), entry["zh"], entry["en"].casefold()}:
            return str(entry["key"])
    return ""
