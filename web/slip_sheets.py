"""The slips (处理签) of chosen tasks as one file: each as it was issued, one behind the other."""

import io
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import NotAllowed, NotFound
from engine.models import Slip
from engine.papers import keeping
from engine.papers.kinds import Kind
from engine.queries.inbox import Entry
from web import papers
from web.request import reading

_PDF = keeping.MEDIA["pdf"]


def of_entries(session: Session, entries: Sequence[Entry]) -> Mapping[UUID, Slip]:
    """The slip each task works on, by the task: its unit's own, else the newest of the host's."""
    cases = {entry.case_id for entry in entries}
    rows = session.scalars(
        select(Slip).where(Slip.case_id.in_(cases)).order_by(Slip.issued_at, Slip.id)
    )
    by_case: dict[UUID, list[Slip]] = {}
    for row in rows:
        by_case.setdefault(row.case_id, []).append(row)
    return {
        entry.id: _pick(by_case[entry.case_id], entry)
        for entry in entries
        if entry.case_id in by_case
    }


def together(entries: Sequence[Entry]) -> bytes | None:
    """All of them in one PDF in the order given, each slip once; None if there is none.

    Nothing is set or joined inside a transaction.
    """
    from pypdf import PdfReader, PdfWriter  # noqa: PLC0415 - slow to load, and seldom needed

    with reading() as session:
        slips = of_entries(session, entries)
    book, seen = PdfWriter(), set()
    for entry in entries:
        slip = slips.get(entry.id)
        if slip is None or slip.id in seen:
            continue
        seen.add(slip.id)
        try:
            given = papers.given(entry.number, Kind.SLIP, str(slip.id), _PDF)
        except (NotFound, NotAllowed):
            continue  # it went to others meanwhile
        book.append(PdfReader(io.BytesIO(given.content)), import_outline=False)
    if not book.pages:
        return None
    made = io.BytesIO()
    book.write(made)
    return made.getvalue()


def _pick(slips: Sequence[Slip], entry: Entry) -> Slip:
    own = [one for one in slips if one.unit_key == entry.unit_key]
    hosts = [one for one in slips if one.host]
    return (own or hosts or slips)[-1]
