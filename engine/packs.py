"""Packs (制度包): one city's system as data with a version, over the pack it extends.

A section a pack states replaces its base's, except `processes`, `limits`, `offices`, `rates` and
`callback_sampling`, which are joined entry by entry. What a pack does not state is inherited and
says so.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from engine import pack_faults
from engine.errors import InvalidInput, InvalidPack
from engine.facts import FactValue
from engine.pack_schema import MERGED, OPTIONAL, SECTIONS
from engine.working_time import OfficeHours

Clock = Literal["citizen", "unit"]
Item = Mapping[str, Any]


@dataclass(frozen=True)
class Rung:
    """A step of a limit's ledger (时限台阶), fired once.

    before: working time before the due time; after: since the ledger began. One of the two is set.
    """

    name: str
    before: str | None
    after: str | None
    zh: str
    en: str


@dataclass(frozen=True)
class Limit:
    """A named limit (时限).

    budget: as `Budget.parse` reads it. stated: this pack itself says it, over its base; False
    when inherited, and in a pack without a base, whose limits are defaults. mark: T text read,
    P press, K our own default. settled_by: the fact that settles the limit early.
    decided_by: the fact in which a decision may give another budget. overdue: the fact that
    becomes true when the limit passes.
    """

    name: str
    budget: str
    clock: Clock
    rungs: tuple[Rung, ...]
    stated: bool
    source: Mapping[str, str]
    mark: str
    settled_by: str | None
    decided_by: str | None
    overdue: str | None
    zh: str
    en: str

    def budget_for(self, case: Mapping[str, FactValue]) -> str:
        """The budget of a case: the decision's when it may decide and did, else the pack's own."""
        decided = case.get(self.decided_by) if self.decided_by and not self.stated else None
        return decided if isinstance(decided, str) and decided else self.budget


@dataclass(frozen=True, eq=False)
class Pack:
    """A pack with all it inherits.

    content: all of it, base included, read-only by custom; `from_content(content)` gives the same
    pack, so it is what the database keeps. stated: what this pack says itself, as section names
    and `limits.contact` … parts: `appeal`, `supervision`, `extension`
    and `opinion` -> process key.
    """

    key: str
    extends: str | None
    content: Mapping[str, Any]
    stated: frozenset[str]
    parts: Mapping[str, str]
    limits: Mapping[str, Limit]
    hours: OfficeHours

    @property
    def name(self) -> Mapping[str, str]:
        """`{"zh": …, "en": …}`."""
        name: Mapping[str, str] = self.content["name"]
        return name

    @property
    def prefix(self) -> str:
        """The first part of a case's number."""
        return str(self.content["prefix"])

    @property
    def not_stated(self) -> Sequence[Item]:
        """What the pack's source leaves open: `{key, zh, en}`."""
        entries: Sequence[Item] = self.content["not_stated"]
        return entries

    def items(self, section: str) -> Sequence[Item]:
        """The entries of a list section (`categories`, `channels`, `roles` …)."""
        entries: Sequence[Item] = self.content[section]
        return entries

    def names(self, section: str) -> dict[str, dict[str, str]]:
        """The names of a list section's entries in both languages, by key."""
        return {one["key"]: {"zh": one["zh"], "en": one["en"]} for one in self.items(section)}

    def item(self, section: str, key: str) -> Item | None:
        """One entry of a list section, or None."""
        return next((entry for entry in self.items(section) if entry["key"] == key), None)

    def options(self) -> Mapping[str, tuple[str, ...]]:
        """Every list a form may choose from, as `pack.<section>` -> keys."""
        return self._options

    @cached_property
    def _options(self) -> Mapping[str, tuple[str, ...]]:
        return {
            f"pack.{section}": tuple(entry["key"] for entry in entries)
            for section, entries in self.content.items()
            if isinstance(entries, list) and section in SECTIONS
        }

    def office(self, role: str) -> str | None:
        """The unit in which `role` works when a diagram says `unit="office"`.

        None for a role without an office of its own, such as the handler.
        """
        entry = self.item("roles", role)
        office = entry.get("office") if entry else None
        return None if office is None else str(self.content["offices"][office])

    @property
    def calls_a_day(self) -> int | None:
        """How many callbacks are made a day: more than those are drawn from. None: all are called.

        Whoever is not drawn goes on without a call.
        """
        calls = self.content["callback_sampling"].get("calls")
        return None if calls is None else int(calls)

    def reception(self, channel: str) -> str | None:
        """The unit that takes in what comes by this channel, and runs the case from then on."""
        office = (self.item("channels", channel) or {}).get("office")
        return self.office("intake") if office is None else str(self.content["offices"][office])


def load(folder: Path) -> Pack:
    """The pack in `folder`; the one it extends lies in a folder beside it, named by its key.

    Raises `InvalidPack`.
    """
    return _load(folder, ())


def from_content(
    content: Mapping[str, Any], base: Pack | None = None, *, fits: bool = False
) -> Pack:
    """A pack from its file's content and the pack it extends, or from a pack's whole `content`.

    fits: the caller has seen that it fits the schema. Raises `InvalidPack`.
    """
    if not fits:
        _refuse([fault.text for fault in pack_faults.of_schema(content)])
    if "stated" in content:
        whole = dict(content)
    else:
        extends = content.get("extends")
        if extends != (base.key if base else None):
            _refuse([f"extends: expected {extends}, found {base.key if base else 'no base'}"])
        whole = _joined(content, base)
    whole = {section: {} if section in MERGED else [] for section in OPTIONAL} | whole
    _refuse([fault.text for fault in pack_faults.loose_ends(whole)])
    extends, stated = whole.get("extends"), frozenset(whole["stated"])
    return Pack(
        key=whole["key"],
        extends=extends,
        content=whole,
        stated=stated,
        parts=whole["processes"],
        limits={
            name: _limit(name, entry, extends is not None and f"limits.{name}" in stated)
            for name, entry in whole["limits"].items()
        },
        hours=_hours(whole["office_hours"]),
    )


def _joined(content: Mapping[str, Any], base: Pack | None) -> dict[str, Any]:
    """A file's content over its base's, and the list of what the file itself states."""
    whole: dict[str, Any] = dict(base.content) if base else {}
    stated = []
    for section in SECTIONS:
        if section not in content:
            continue
        stated.append(section)
        if section in MERGED:
            whole[section] = {**whole.get(section, {}), **content[section]}
            stated += [f"{section}.{name}" for name in content[section]]
        else:
            whole[section] = content[section]
    whole["sources"] = {**whole.get("sources", {}), **content.get("sources", {})}
    whole["not_stated"] = content.get("not_stated", [])
    whole.pop("extends", None)
    if "extends" in content:
        whole["extends"] = content["extends"]
    return {**whole, "key": content["key"], "stated": stated}


def _limit(name: str, entry: Mapping[str, Any], stated: bool) -> Limit:
    return Limit(
        name=name,
        budget=entry["budget"],
        clock=entry["clock"],
        rungs=tuple(
            Rung(one["name"], one.get("before"), one.get("after"), one["zh"], one["en"])
            for one in entry.get("rungs", [])
        ),
        stated=stated,
        source=entry["source"],
        mark=entry["mark"],
        settled_by=entry.get("settled_by"),
        decided_by=entry.get("decided_by"),
        overdue=entry.get("overdue"),
        zh=entry["zh"],
        en=entry["en"],
    )


def _hours(entry: Mapping[str, Any]) -> OfficeHours:
    cutoff = {"cutoff": time.fromisoformat(entry["cutoff"])} if "cutoff" in entry else {}
    try:
        return OfficeHours(
            segments=tuple(
                (time.fromisoformat(begin), time.fromisoformat(end))
                for begin, end in entry["segments"]
            ),
            close=time.fromisoformat(entry["close"]),
            start_rule=entry["start_rule"],
            **cutoff,
        )
    except InvalidInput as error:
        raise InvalidPack(f"office_hours: {error.message}") from error


def _refuse(faults: list[str]) -> None:
    if faults:
        raise InvalidPack("; ".join(faults), faults=faults)


def _load(folder: Path, above: tuple[str, ...]) -> Pack:
    path = folder / "pack.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InvalidPack(f"{folder.name}: there is no pack.json", pack=folder.name) from error
    except ValueError as error:
        raise InvalidPack(f"{folder.name}: pack.json is not JSON", pack=folder.name) from error
    if isinstance(content, dict) and (rates := _rates(folder)):
        content["rates"] = rates
    extends = content.get("extends") if isinstance(content, dict) else None
    if not isinstance(extends, str):
        return from_content(content)
    if "/" in extends or extends.startswith(".") or extends in (*above, folder.name):
        raise InvalidPack(f"{folder.name}: cannot extend {extends}", pack=folder.name)
    return from_content(content, _load(folder.parent / extends, (*above, folder.name)))


def _rates(folder: Path) -> Mapping[str, Any]:
    """The definitions of rates, which lie in a file of their own beside the pack's."""
    path = folder / "rates.json"
    if not path.exists():
        return {}
    try:
        rates: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InvalidPack(f"{folder.name}: rates.json is not JSON", pack=folder.name) from error
    return rates
