"""Whether a pack's draft could be used: by itself, in this organisation, with these diagrams."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deployed, pack_faults
from engine.errors import InvalidInput, InvalidPack, NotFound
from engine.models import Role, Unit
from engine.pack_faults import Fault
from engine.pack_schema import SECTIONS
from engine.packs import Pack
from engine.working_time import Budget


@dataclass(frozen=True)
class Checked:
    """A pack's file as it was read. content: nothing if it is no object; pack: if it is one."""

    content: dict[str, Any] | None
    pack: Pack | None
    faults: tuple[Fault, ...]

    @property
    def errors(self) -> tuple[Fault, ...]:
        """What keeps it from being used."""
        return tuple(one for one in self.faults if one.severity == "error")


def read(file: bytes) -> dict[str, Any] | None:
    """The content of a pack's file, or None if it is no JSON object."""
    try:
        content = orjson.loads(file)
    except orjson.JSONDecodeError:
        return None
    return content if isinstance(content, dict) else None


def written(content: Mapping[str, Any]) -> bytes:
    """A content as a draft keeps it."""
    return orjson.dumps(content, option=orjson.OPT_INDENT_2)


@lru_cache(maxsize=64)
def _of_schema(file: bytes) -> tuple[Fault, ...]:
    """Kept, as the same file is looked at again with every page; it takes longest."""
    return tuple(pack_faults.of_schema(read(file)))


def check(session: Session, key: str, file: bytes) -> Checked:
    """Every fault of a pack's file; key: of the pack it is to become a version of."""
    content = read(file)
    if content is None:
        return Checked(
            None, None, (_fault("", "", "", "json", text="pack.json is no JSON object"),)
        )
    found = list(_of_schema(file))
    if found:
        return Checked(content, None, tuple(found))
    if content["key"] != key:
        found.append(_fault("key", "", "", "key", content["key"]))
    try:
        pack = deployed.pack_of(session, content, fits=True)
    except InvalidPack as error:
        loose = pack_faults.loose_ends(content) if "stated" in content else []
        told = loose or [_refused(error.message)]
        return Checked(content, None, (*found, *told))
    found += _missing_parts(session, pack)
    found += _strange_units(session, pack)
    found += _odd(pack)
    return Checked(content, pack, tuple(found))


def _missing_parts(session: Session, pack: Pack) -> Iterator[Fault]:
    """Processes that are not deployed, and limits that their diagrams name and the pack lacks."""
    for part, key in pack.parts.items():
        try:
            process = deployed.latest(session, key)
        except NotFound:
            yield _fault("processes", part, "value", "undeployed", key)
            continue
        for element in process.specification.elements.values():
            named = element.limit or element.properties.get("limit") or ""
            if named and named not in pack.limits and not _is_budget(named):
                yield _fault("limits", named, "", "used", f"{key}: {element.name or element.id}")


def _strange_units(session: Session, pack: Pack) -> Iterator[Fault]:
    active = set(session.scalars(select(Unit.key).where(Unit.active)))
    said = [
        *(("offices", name, "value", unit) for name, unit in pack.content["offices"].items()),
        *(("categories", one["key"], "unit", one.get("unit")) for one in pack.items("categories")),
    ]
    for section, entry, field, unit in said:
        if unit is not None and unit not in active:
            yield replace(_fault(section, entry, field, "no-unit", unit), severity="warning")


def _odd(pack: Pack) -> Iterator[Fault]:
    """What can be used and is hardly meant."""
    for limit in pack.limits.values():
        for rung in limit.rungs:
            said = Budget.parse(rung.before or rung.after or limit.budget)
            whole = Budget.parse(limit.budget)
            if said.same_kind(whole) and said.amount >= whole.amount:
                field = "before" if rung.before else "after"
                key = f"{limit.name}.{rung.name}"
                yield replace(_fault("limits", key, field, "never", str(said)), severity="warning")
    for band in pack.items("callback_bands"):
        if band["from"] >= band["to"]:
            yield replace(
                _fault("callback_bands", band["key"], "to", "ends-before", band["to"]),
                severity="warning",
            )
    for role in pack.items("roles"):
        if role["key"] not in set(Role):
            yield replace(_fault("roles", role["key"], "", "no-role"), severity="warning")


def _refused(message: str) -> Fault:
    """What only shows when the pack is put together: hours that overlap, a base not there."""
    section, colon, _rest = message.partition(": ")
    if colon and section in SECTIONS:
        return _fault(
            section, "", "", "hours" if section == "office_hours" else "other", text=message
        )
    return _fault("", "", "", "other", text=message)


def _is_budget(text: str) -> bool:
    try:
        Budget.parse(text)
    except InvalidInput:
        return False
    return True


def _fault(
    section: str, entry: str, field: str, rule: str, found: object = "", *, text: str = ""
) -> Fault:
    place = ".".join(part for part in (section, entry, field) if part)
    told = str(found)[:100]
    return Fault(section, entry, field, rule, told, text or f"{place}: {rule} {told}".strip())
