"""Internal notes (内部备注): what colleagues write for each other about a case."""

import hashlib
from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from engine import involved, projection
from engine.cleaning import cleaned_text
from engine.commands import colleagues, hot, telling
from engine.commands.colleagues import Colleague
from engine.db import new_key, table
from engine.errors import InvalidAnswers, NotFound
from engine.models import Case, Mention, Note
from engine.notice_kinds import NoticeKind
from engine.permissions import Actor, require, require_known

LONGEST = 2000
MOST_MENTIONS = 20
_EMPTY = {
    "zh": f"写一句话，最多 {LONGEST} 个字。",
    "en": f"Write something, at most {LONGEST} characters.",
}
_TOO_MANY = {
    "zh": f"一次最多提到 {MOST_MENTIONS} 个人。",
    "en": f"Mention at most {MOST_MENTIONS} people at once.",
}


_STRANGERS = {
    "zh": "{who} 不在能看这一件的同事里。换一个人，或者去掉 @。",
    "en": "{who}: not among the colleagues who may see this case. Name another, or drop the @.",
}


def write(
    session: Session, number: str, text: str, *, by: Actor, mentions: Iterable[str] = ()
) -> UUID:
    """Write a note on a case and tell whom it mentions; the note's id.

    mentions: logins, besides those that stand in the text as @login. Raises `NotFound`,
    `NotAllowed`, and `InvalidAnswers` for "text" or "mentions".
    """
    row = session.execute(
        select(
            Case.id, Case.facts, Case.office_key, Case.unit_key, Case.sealed, Case.accused_key
        ).where(Case.number == number)
    ).one_or_none()
    if row is None:
        raise NotFound("No such case.")
    require_known(by, row)
    units = involved.units_of(session, row.id, row.facts)
    require(involved.takes_part(by, row, units), "The case belongs to other units.")
    said = cleaned_text(text)
    if not said or len(said) > LONGEST:
        raise InvalidAnswers({"text": _EMPTY})
    logins = list(dict.fromkeys([*colleagues.named(said), *mentions]))
    if len(logins) > MOST_MENTIONS:
        raise InvalidAnswers({"mentions": _TOO_MANY})
    meant = colleagues.of_case(session, row, units, logins) if logins else []
    _require_all(logins, meant)
    return _write(session, row.id, said, meant, by)


def _require_all(logins: Collection[str], meant: Collection[Colleague]) -> None:
    """Refuse whoever is none of the case's, in the same words as who is nobody at all."""
    strangers = [login for login in logins if login not in {one.login for one in meant}]
    if strangers:
        who = " ".join(f"@{login[:40]}" for login in strangers[:5])
        words = {language: text.format(who=who) for language, text in _STRANGERS.items()}
        raise InvalidAnswers({"mentions": words})


def _write(
    session: Session, case_id: UUID, text: str, meant: Collection[Colleague], by: Actor
) -> UUID:
    work = hot.of_case(session, case_id, by.id, "appeal")
    key = new_key()
    session.execute(
        insert(table(Note)).values(
            id=key, case_id=case_id, text=text, written_at=work.now, written_by=by.id
        )
    )
    if meant:
        rows = [{"note_id": key, "person_id": one.id} for one in meant]
        session.execute(insert(table(Mention)), rows)
    digest = hashlib.sha256(text.encode()).hexdigest()
    work.note("note.written", note=key.hex, sha256=digest, mentions=len(meant))
    projection.write_case(session, work)
    telling.tell(
        session,
        [one.id for one in meant],
        NoticeKind.MENTION,
        case_id=case_id,
        origin=f"note:{key.hex}",
        by=by.id,
    )
    return key
