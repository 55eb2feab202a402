"""The papers of a case as the pages list them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from engine.papers import finding
from engine.papers.finding import Found
from engine.papers.kinds import NAMES, Kind
from engine.queries.case_file import File
from web import i18n


@dataclass(frozen=True)
class Listed:
    """A paper in a list. of: its subject; withheld: it names the person, unknown to the reader."""

    kind: str
    of: str
    name: str
    number: str
    unit: str
    issued: bool
    withheld: bool


def listed(session: Session, file: File, *, ladder: str = "") -> Sequence[Listed]:
    """The papers of a case; ladder: only those of the supervision of this number."""
    found = finding.of_case(session, file)
    if ladder:
        found = [one for one in found if _of_ladder(one, ladder)]
    letters = any(one.kind in finding.TO_CITIZEN for one in found)
    hidden = (
        letters and not file.knows_person and finding.names_somebody(session, file, Kind.ANSWER)
    )
    return [
        Listed(
            kind=str(one.kind),
            of=one.subject.hex,
            name=i18n.pick(NAMES[one.kind]),
            number=one.number,
            unit=i18n.pick(file.unit(one.unit_key)) if one.unit_key else "",
            issued=one.issued,
            withheld=hidden and one.issued and one.kind in finding.TO_CITIZEN,
        )
        for one in found
    ]


def _of_ladder(one: Found, ladder: str) -> bool:
    if one.kind == Kind.ORDER:
        return one.row is not None and one.row[0].number == ladder
    return one.kind == Kind.INTERVIEW and one.number.startswith(f"{ladder}-Y")
