"""Where a clerk takes contacts in (登记台): which systems, which channels, which form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deployed
from engine.models import City
from engine.packs import Item, Pack
from engine.permissions import GRANTS, Actor
from engine.queries import options, packs_in_use

# Channels nobody types in: what is said on the web comes by itself, what is said in a callback
# comes from there.
BY_THEMSELVES = frozenset({"web", "callback"})
RECORD = "case"
# Of the form that completes a record, what also a clerk may say who may not complete it.
OF_THE_CONTACT = ("title", "category", "place", "confidential")
Texts = Mapping[str, str]


@dataclass(frozen=True)
class Desk:
    """One system a clerk takes contacts in for.

    channels: those entered by hand that come to an office of the person's. schema: the fields
    beside what was said itself; all of the form that completes a record if `completes`, so that
    nothing is asked twice. options: what its lists offer.
    """

    pack: Pack
    channels: Sequence[Item]
    schema: Mapping[str, Any]
    options: Mapping[str, Mapping[str, Texts]]
    completes: bool

    @property
    def offices(self) -> Mapping[str, str | None]:
        """The office of each channel."""
        return {one["key"]: self.pack.reception(one["key"]) for one in self.channels}


def desks(session: Session, actor: Actor) -> list[Desk]:
    """The systems the person takes contacts in for, by key; a mere base of another is none."""
    head = session.execute(
        select(City.organisation_revision, packs_in_use.NEWEST.label("packs"))
    ).one_or_none()
    if head is None:
        return []
    units = deployed.unit_keys(session, head.organisation_revision)
    names = deployed.unit_names(session, head.organisation_revision)
    serving = [
        pack
        for pack in packs_in_use.named(session, head.packs)
        if units.issuperset(pack.content["offices"].values()) and _taken_by(pack, actor)
    ]
    bases = {pack.extends for pack in serving}
    active = {key: texts for key, texts in names.items() if key in units}
    return [_desk(session, pack, actor, active) for pack in serving if pack.key not in bases]


def _taken_by(pack: Pack, actor: Actor) -> list[Item]:
    """The channels that the person takes in by hand: each belongs to an office."""
    roles = GRANTS["contact.enter"] & actor.roles
    return [
        one
        for one in pack.items("channels")
        if one["key"] not in BY_THEMSELVES
        and any(actor.acts_for(role, pack.reception(one["key"])) for role in roles)
    ]


def _desk(session: Session, pack: Pack, actor: Actor, units: Mapping[str, Texts]) -> Desk:
    process = deployed.latest(session, pack.parts["appeal"])
    element = process.asking_for(RECORD)
    schema = process.form(element.form) if element is not None and element.form else None
    completes = element is not None and any(
        actor.acts_for(role, pack.office(role) or pack.reception(one["key"]))
        for role in element.roles
        for one in _taken_by(pack, actor)
    )
    shown = schema or {"properties": {}}
    if not completes:
        fields = shown["properties"]
        kept = [name for name in OF_THE_CONTACT if name in fields]
        shown = {"type": "object", "properties": {name: fields[name] for name in kept}}
    return Desk(
        pack=pack,
        channels=_taken_by(pack, actor),
        schema=shown,
        options=options.of_form(shown, pack, units),
        completes=completes,
    )
