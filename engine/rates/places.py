"""Whose definitions there are: those of the packs in use, and of places one compares with."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deployed
from engine.errors import InvalidPack
from engine.models import RateDefinition
from engine.packs import Pack as PackContent
from engine.rate_schema import PLACE, loose_ends
from engine.rates.definition import Definition, Texts

FOLDER = Path(__file__).resolve().parent.parent.parent / "workflows" / "rates"
DIGESTS = FOLDER.parent / "digests" / "numbers.json"


@dataclass(frozen=True)
class Place:
    """A place with all its definitions by key. own: those that it states itself."""

    key: str
    name: Texts
    rates: Mapping[str, Mapping[str, Any]]
    own: frozenset[str]


def places(session: Session) -> Iterator[Place]:
    """Every place: the newest version of each pack, then those that are only compared with."""
    packs = {pack.key: pack for pack in deployed.newest_packs(session)}
    for pack in packs.values():
        yield Place(pack.key, pack.name, pack.content["rates"], _own(pack))
    for content in compared():
        base = packs.get(content["extends"])
        whole = {**(base.content["rates"] if base else {}), **content["rates"]}
        yield Place(content["key"], content["name"], whole, frozenset(content["rates"]))
    own = of_digests()
    yield Place(own["key"], own["name"], own["rates"], frozenset(own["rates"]))


@cache
def compared(folder: Path = FOLDER) -> Sequence[Mapping[str, Any]]:
    """The shipped places that are only compared with. Raises `InvalidPack`."""
    return [read(path) for path in sorted(folder.glob("*.json"))]


@cache
def of_digests() -> Mapping[str, Any]:
    """What only digests count; nobody compares with it. Raises `InvalidPack`."""
    return read(DIGESTS)


def read(path: Path) -> Mapping[str, Any]:
    """One of them. Raises `InvalidPack`."""
    try:
        content: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InvalidPack(f"{path.name} is not JSON") from error
    faults = [
        f"{'/'.join(map(str, error.absolute_path)) or 'the place'}: {error.message}"
        for error in Draft202012Validator(PLACE).iter_errors(content)
    ]
    faults = faults or [
        one for one in loose_ends(content["rates"]) if "there is no rate" not in one
    ]
    if faults:
        raise InvalidPack(f"{path.name}: {'; '.join(faults)}", faults=faults)
    return content


def definitions(session: Session, place: str) -> dict[str, Definition]:
    """The definitions of a place that are valid now, by key, in its order."""
    rows = session.scalars(
        select(RateDefinition)
        .where(RateDefinition.place == place, RateDefinition.until.is_(None))
        .order_by(RateDefinition.position)
    )
    return {row.key: of_row(row) for row in rows}


def everywhere(session: Session, key: str) -> list[Definition]:
    """The definitions of one rate at every place, those first that state it themselves."""
    rows = session.scalars(
        select(RateDefinition)
        .where(RateDefinition.key == key, RateDefinition.until.is_(None))
        .order_by(RateDefinition.inherited, RateDefinition.place)
    )
    return [of_row(row) for row in rows]


def of_row(row: RateDefinition) -> Definition:
    """A definition as it is kept."""
    return Definition(
        id=row.id,
        place=row.place,
        place_name=row.name,
        key=row.key,
        version=row.version,
        inherited=row.inherited,
        content=row.content,
        sha256=row.sha256,
    )


def _own(pack: PackContent) -> frozenset[str]:
    return frozenset(
        part.removeprefix("rates.") for part in pack.stated if part.startswith("rates.")
    )
