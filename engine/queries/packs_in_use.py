"""The packs (制度包) that new cases begin with, without a statement of their own."""

from collections.abc import Sequence
from threading import Lock

from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session

from engine import deployed
from engine.deployed import NEWEST_PACKS
from engine.models import Pack
from engine.packs import Pack as PackContent
from engine.permissions import Actor

# Every pack's newest version as "key:version,key:version": one column of any other statement.
NEWEST = select(
    func.aggregate_strings(NEWEST_PACKS.c.key + ":" + cast(NEWEST_PACKS.c.version, String), ",")
).scalar_subquery()

_known: dict[tuple[str, str], Sequence[PackContent]] = {}
_lock = Lock()
_MOST = 16


def named(session: Session, told: str | None) -> Sequence[PackContent]:
    """The packs that a `NEWEST` column told, read once; those others extend come last."""
    key = (str(session.get_bind().engine.url), told or "")
    with _lock:
        known = _known.get(key)
    if known is None:
        known = _read(session, told or "")
        with _lock:
            if len(_known) >= _MOST:
                _known.clear()
            _known[key] = known
    return known


def nearest(packs: Sequence[PackContent], actor: Actor) -> Sequence[PackContent]:
    """The same, those first that have an office among the units the person acts for."""
    units = frozenset().union(*actor.scope.values())
    return sorted(packs, key=lambda pack: units.isdisjoint(pack.content["offices"].values()))


def _read(session: Session, told: str) -> Sequence[PackContent]:
    wanted = {tuple(one.rsplit(":", 1)) for one in told.split(",") if one}
    rows = session.execute(select(Pack.id, Pack.key, Pack.version))
    found = [
        deployed.pack(session, row.id) for row in rows if (row.key, str(row.version)) in wanted
    ]
    bases = {pack.extends for pack in found}
    return sorted(found, key=lambda pack: (pack.key in bases, pack.key))
