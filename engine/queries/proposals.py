"""What a case is proposed to be while its words are still typed: category and unit, each with why.

A category is read from the pack's list: its words, its name, its examples; and from precedents.
A unit comes from the very table that dispatch asks later, so that nothing else is promised.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from engine import deployed
from engine.bpmn.allow_list import Refused
from engine.bpmn.decisions import Table
from engine.models import Case, City, Definition, Precedent
from engine.packs import Item, Pack
from engine.permissions import Actor
from engine.queries import case_list
from engine.work import restored

Texts = Mapping[str, str]
UNIT = "proposed_unit"  # what the table of a dispatch gives
BACKSTOP = "backstop"  # the ground of what the table does not list
MOST = 3
_PRECEDENTS = 500
_BETWEEN = re.compile(r"[、，,；;/\s]+")
_SHORTEST = 2
_WORD, _NAME, _EXAMPLE, _RULED = 3, 2, 2, 6


@dataclass(frozen=True)
class Proposal:
    """One proposal. number: of the case whose ruling it follows, where the person may see that."""

    key: str
    name: Texts
    why: Texts
    number: str = ""


@dataclass(frozen=True)
class Proposals:
    """categories: the likeliest first. unit: as the table answers for the category named."""

    categories: Sequence[Proposal] = ()
    unit: Proposal | None = None


@dataclass(frozen=True)
class Asked:
    """What is typed so far. facts: those that a table may read, the category among them."""

    title: str = ""
    body: str = ""
    route: str = ""
    facts: Mapping[str, Any] | None = None

    @property
    def text(self) -> str:
        """Where words are looked for."""
        return f"{self.title}\n{self.body}".lower()


def at_hand(
    pack: Pack,
    decisions: Mapping[str, Table],
    names: Mapping[str, Texts],
    active: frozenset[str],
    asked: Asked,
) -> Proposals:
    """The same without a statement, for a case whose record is kept: its own precedent is a fact.

    decisions: of its process. names, active: of the units.
    """
    facts = restored(asked.facts or {})
    return Proposals(
        _categories(pack, asked.text, ()),
        None if pack.items("routes") else _unit(pack, decisions, facts, None, names, active),
    )


def proposed(
    session: Session, actor: Actor, pack: Pack, office: str | None, asked: Asked
) -> Proposals:
    """Both proposals; one statement, and one more where a table has not been read before."""
    rows = session.execute(
        select(
            City.organisation_revision,
            _newest(_process(pack, asked.route)).label("definition"),
            Precedent.category,
            Precedent.words,
            Precedent.unit_key,
            Case.number,
            case_list.may_see(actor).label("seen"),
        )
        .select_from(City)
        .outerjoin(
            Precedent, and_(Precedent.office_key == office, Precedent.withdrawn_at.is_(None))
        )
        .outerjoin(Case, Case.id == Precedent.case_id)
        .order_by(Precedent.id.desc())
        .limit(_PRECEDENTS)
    ).all()
    if not rows:
        return Proposals()
    revision = rows[0].organisation_revision
    active = deployed.unit_keys(session, revision)
    ruled = [row for row in rows if row.category and row.unit_key in active]
    facts = restored(asked.facts or {})
    names = deployed.unit_names(session, revision)
    categories = _categories(pack, asked.text, ruled)
    if rows[0].definition is None:
        return Proposals(categories)
    by = _fitting(ruled, facts["category"], asked.text)
    facts["precedent_unit"] = by.unit_key if by is not None else ""
    decisions = deployed.definition(session, rows[0].definition).specification.decisions
    return Proposals(categories, _unit(pack, decisions, facts, by, names, active))


def _process(pack: Pack, route: str) -> str:
    """The process whose table sends the case on: of its route, where a pack has routes."""
    if not pack.items("routes"):
        return pack.parts["appeal"]
    chosen = pack.item("routes", route)
    return str(chosen["process"]) if chosen else ""


def _newest(process: str) -> Any:
    return (
        select(Definition.id)
        .where(Definition.kind == "bpmn", Definition.key == process)
        .order_by(Definition.version.desc())
        .limit(1)
        .scalar_subquery()
    )


def _categories(pack: Pack, text: str, ruled: Sequence[Any]) -> list[Proposal]:
    if not text.strip():
        return []
    scored: list[tuple[int, Proposal]] = []
    for entry in pack.items("categories"):
        fitting = [(weight, word) for weight, word in _words(entry) if word.lower() in text]
        score = sum(weight * len(word) for weight, word in fitting)
        by = _fitting(ruled, entry["key"], text, only_by_words=True)
        if by is not None:
            score += _RULED * _SHORTEST
        if not score:
            continue
        found = list(dict.fromkeys(word for _, word in fitting))[:MOST]
        scored.append((score, _proposed_category(entry, found, by)))
    scored.sort(key=lambda one: -one[0])
    return [one for _, one in scored[:MOST]]


def _words(entry: Item) -> Iterator[tuple[int, str]]:
    """What points to a category: the pack's words for it, its name, its examples."""
    yield from ((_WORD, word) for word in entry.get("words", ()))
    yield _NAME, entry["zh"]
    for word in _BETWEEN.split(entry.get("examples", {}).get("zh", "")):
        if len(word) >= _SHORTEST:
            yield _EXAMPLE, word


def _proposed_category(entry: Item, words: Sequence[str], by: Any) -> Proposal:
    name = {"zh": entry["zh"], "en": entry["en"]}
    if by is not None:
        why = {"zh": "有先例", "en": "by a precedent"}
        return Proposal(entry["key"], name, why, by.number if by.seen else "")
    said = "」「".join(words)
    quoted = ", ".join(f"“{word}”" for word in words)
    return Proposal(entry["key"], name, {"zh": f"写到「{said}」", "en": f"it says {quoted}"})


def _fitting(
    ruled: Sequence[Any], category: str, text: str, *, only_by_words: bool = False
) -> Any | None:
    """The newest precedent that holds for the category, and for the text where it names words."""
    for row in ruled:
        if row.category != category or (only_by_words and not row.words):
            continue
        if not row.words or any(word.lower() in text for word in row.words):
            return row
    return None


def _unit(
    pack: Pack,
    decisions: Mapping[str, Table],
    facts: Mapping[str, Any],
    by: Any | None,
    names: Mapping[str, Texts],
    active: frozenset[str],
) -> Proposal | None:
    """What the table of the dispatch gives. by: the precedent among the facts, if it is known."""
    if not facts["category"]:
        return None
    for table in decisions.values():
        if UNIT not in {output.name for output in table.outputs}:
            continue
        try:
            outputs, row = table.explained(facts)
        except Refused:
            return None
        key = str(outputs[UNIT] or "")
        if outputs.get("ground") == BACKSTOP or key not in active:
            entry = pack.item("categories", str(facts["category"])) or {}
            if entry.get("unit") in active:
                return _of_category(entry, names)
        if key not in active:
            return None
        why = _words_of(row.words, row.number) if row else {"zh": "派单目录", "en": "the table"}
        follows = by is not None and by.seen and outputs.get("ground") == "precedent"
        return Proposal(key, names[key], why, by.number if by is not None and follows else "")
    return None


def _of_category(entry: Item, names: Mapping[str, Texts]) -> Proposal:
    """The unit that the pack names for a category, where the table knows none."""
    why = {
        "zh": f"派单目录没有列到；「{entry['zh']}」归它管",
        "en": f"not in the table; it answers for “{entry['en']}”",
    }
    return Proposal(str(entry["unit"]), names[str(entry["unit"])], why)


def _words_of(words: str, number: int) -> Texts:
    zh, _, en = words.partition("|")
    zh, en = zh.strip(), en.strip() or zh.strip()
    return {
        "zh": f"派单目录第 {number} 行{'：' if zh else ''}{zh}",
        "en": f"row {number} of the table{': ' if en else ''}{en}",
    }
