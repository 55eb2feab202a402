"""Looking for cases by what they say (全文检索), by number and by phone: conditions, newest first.

Words are looked up in the index of texts. A phone is never looked for as it is written: only its
HMAC is, and only among the cases whose sender the person may know.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    cast,
    column,
    false,
    or_,
    select,
    table,
    union,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session
from sqlalchemy.sql import FromClause

from engine import bigrams, text_index
from engine.db import table as table_of
from engine.errors import InvalidInput
from engine.identity import Vault, normal_phone
from engine.models import Case, CaseWords, Contact, Identity, Role
from engine.permissions import OFFICE_ROLES, Actor
from engine.queries import compartments

LONGEST = 100
# As `engine.numbers` gives them; a slip's number leads to its case by the beginning.
_NUMBER = re.compile(r"[A-Z][A-Z0-9]*-\d{8}-\d{3,}")
_SHORTEST_PHONE = 7

_case, _words = table_of(Case), table_of(CaseWords)
_contact, _identity = table_of(Contact), table_of(Identity)
_index = table("case_index", column("rowid"), column("case_index"))


@dataclass(frozen=True)
class Sought:
    """What is looked for, as parts of a statement about cases.

    source: from where, the table of cases in it; newest: the order; condition: which. place: the
    number of a case in the index, where that gives what it finds in no order: of very many it is
    better to look among the newest first.
    """

    source: FromClause
    newest: ColumnElement[Any]
    condition: ColumnElement[bool]
    place: ColumnElement[int] | None = None

    @property
    def cases(self) -> Select[UUID]:
        """The ids of the cases, in no order."""
        return select(_case.c.id).select_from(self.source).where(self.condition)


def matching(
    session: Session, actor: Actor, text: str, vault: Vault | None = None
) -> ColumnElement[bool]:
    """That a case is found by `text`, as a condition on `case.id`; visibility is another matter."""
    return among(_case.c.id, session, actor, text, vault)


def among(
    case_id: ColumnElement[Any],
    session: Session,
    actor: Actor,
    text: str,
    vault: Vault | None = None,
) -> ColumnElement[bool]:
    """The same on any column that holds a case's id."""
    dialect = session.get_bind().dialect.name
    phone = _phone(text, vault)
    if phone is None and not _NUMBER.fullmatch(_spelt(text)):
        words = _by_words(dialect, text)
        return false() if words is None else case_id.in_(words)
    return case_id.in_(sought(session, actor, text, vault).cases)


def sought(
    session: Session,
    actor: Actor,
    text: str,
    vault: Vault | None = None,
    *,
    of: Collection[str] = (),
) -> Sought:
    """What `text` asks for: a whole number, a phone, else words that are all there.

    vault: without it no phone is looked for. of: units, if only what one of them may see counts;
    then words find no more than they must, where the index knows of units.
    """
    dialect = session.get_bind().dialect.name
    if _NUMBER.fullmatch(number := _spelt(text)):
        return Sought(_case, _case.c.id.desc(), _case.c.number == number)
    words = _by_words(dialect, text, of)
    phone = _phone(text, vault)
    if phone is not None:
        ways = [_by_phone(phone, actor), *([words] if words is not None else [])]
        return Sought(_case, _case.c.id.desc(), _case.c.id.in_(union(*ways)))
    if words is None:
        return Sought(_case, _case.c.id.desc(), false())
    source, newest = index_of(dialect)
    joined = source.join(_case, _case.c.id == _words.c.case_id)
    place = None if dialect == "sqlite" else _words.c.id
    return Sought(joined, newest, _holds(dialect, text, of), place)


def index_of(dialect: str) -> tuple[FromClause, ColumnElement[Any]]:
    """The index of texts, with `CaseWords` in it, and its order, the newest first."""
    if dialect == "sqlite":
        return _index.join(_words, _words.c.id == _index.c.rowid), _index.c.rowid.desc()
    return _words, _words.c.id.desc()


def _spelt(text: str) -> str:
    return bigrams.normal(text).strip().upper()


def _by_words(dialect: str, text: str, of: Collection[str] = ()) -> Select[UUID] | None:
    """The ids of the cases in which all words are."""
    if not bigrams.asked(text):
        return None
    holding = _holds(dialect, text, of)
    return select(_words.c.case_id).select_from(index_of(dialect)[0]).where(holding)


def _holds(dialect: str, text: str, of: Collection[str] = ()) -> ColumnElement[bool]:
    question = all_of(dialect, bigrams.asked(text))
    if of and dialect != "sqlite":
        question = f"({question}) & ({' | '.join(map(_unit, of))})"
    return holds(dialect, question)


def _unit(key: str) -> str:
    """A unit as a word of the index; its key may have signs that are none of a token's."""
    quoted = f"{text_index.UNIT}{key}".replace("\\", "\\\\").replace("'", "''")
    return f"'{quoted}'"


def holds(dialect: str, question: str) -> ColumnElement[bool]:
    """That the index answers a question in the database's own language."""
    if dialect == "sqlite":
        return _index.c.case_index.op("MATCH", is_comparison=True)(question)
    return _words.c.words.op("@@", is_comparison=True)(cast(question, TSQUERY))


def all_of(dialect: str, tokens: Sequence[tuple[str, bool]]) -> str:
    """The question for texts that have all these tokens, or one that begins so where it says so.

    Tokens are made of letters and digits alone, so that quoting them is enough.
    """
    if dialect == "sqlite":
        return " AND ".join(f'"{token}"{" *" if begins else ""}' for token, begins in tokens)
    return " & ".join(f"'{token}'{':*' if begins else ''}" for token, begins in tokens)


def any_two_of(dialect: str, tokens: Sequence[str]) -> str:
    """The question for texts that have two of these tokens, or the one if there is one alone."""
    both = [
        all_of(dialect, [(one, False), (other, False)]) for one, other in combinations(tokens, 2)
    ]
    alone = [all_of(dialect, [(one, False)]) for one in tokens if len(tokens) == 1]
    return (" OR " if dialect == "sqlite" else " | ").join(f"({one})" for one in both or alone)


def _phone(text: str, vault: Vault | None) -> bytes | None:
    """Under what a phone is found, where the text is one."""
    if vault is None:
        return None
    try:
        phone = normal_phone(text)
    except InvalidInput:
        return None
    return vault.look_up(phone) if len(phone) >= _SHORTEST_PHONE else None


def _by_phone(phone: bytes, actor: Actor) -> Select[UUID]:
    """The cases behind which a phone stands, of those whose sender the person may know."""
    sent = _contact.join(_identity, _identity.c.id == _contact.c.identity_id)
    return (
        select(_case.c.id)
        .select_from(sent.join(_case, _case.c.id == _contact.c.case_id))
        .where(_identity.c.phone_hmac == phone, may_know_sender(actor))
    )


def may_know_sender(actor: Actor) -> ColumnElement[bool]:
    """What `permissions.may_see_identity` allows, as a condition on `case`."""
    office = frozenset().union(*(actor.scope[role] for role in OFFICE_ROLES & actor.roles))
    own = sorted(actor.scope.get(Role.HANDLER, ()))
    parts: list[ColumnElement[bool]] = []
    if office:
        parts.append(_case.c.office_key.in_(sorted(office)))
    if own:
        open_to_all = and_(_case.c.confidential.is_(False), _case.c.sealed.is_(False))
        parts.append(and_(open_to_all, _case.c.unit_key.in_(own)))
    return and_(compartments.not_about(actor), or_(*parts)) if parts else false()
