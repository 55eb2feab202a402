"""Phrases and answer templates (常用语、答复模板): a person's own, or a unit's for all of it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from engine import clock, history, permissions, phrases
from engine.db import new_key, table
from engine.errors import Conflict, InvalidAnswers, NotFound
from engine.form_schema import RECORDS
from engine.history import Entry
from engine.models import Phrase
from engine.permissions import Actor

LONGEST_TITLE, LONGEST_TEXT = 60, 5000
MOST = 200  # of one person, or of one unit
_phrase = table(Phrase)
Sentence = dict[str, str]


@dataclass(frozen=True)
class Wording:
    """What a phrase says. unit_key: whose it is; empty for the writer's own."""

    title: str
    text: str
    kind: str = ""
    category: str = ""
    unit_key: str = ""


def save(session: Session, wording: Wording, *, by: Actor, phrase_id: UUID | None = None) -> UUID:
    """Write a phrase, or write it anew; its id.

    A unit's is written down in the unit's history. Raises `NotFound`, `NotAllowed`, `Conflict` if
    there are `MOST`, and `InvalidAnswers` with a sentence for each field, also for a variable that
    is none.
    """
    _check(wording)
    before = _owned(session, phrase_id, by) if phrase_id else None
    _require_to_write(by, wording.unit_key)
    now, key = clock.now(), phrase_id or new_key()
    values = {
        "person_id": None if wording.unit_key else by.id,
        "unit_key": wording.unit_key or None,
        "kind": wording.kind,
        "category": wording.category,
        "title": wording.title,
        "text": wording.text,
        "changed_at": now,
        "changed_by": by.id,
    }
    if before is None:
        whose = (
            _phrase.c.unit_key == wording.unit_key
            if wording.unit_key
            else _phrase.c.person_id == by.id
        )
        count = session.scalar(select(func.count()).select_from(_phrase).where(whose)) or 0
        if count >= MOST:
            raise Conflict("So many phrases are kept already.", phrases=MOST)
        session.execute(insert(_phrase).values(id=key, **values))
    else:
        session.execute(update(_phrase).where(_phrase.c.id == key).values(**values))
    for unit in {wording.unit_key, (before.unit_key if before else None) or ""} - {""}:
        _note(session, unit, "phrase.saved", key, wording.title, by)
    return key


def remove(session: Session, phrase_id: UUID, *, by: Actor) -> None:
    """Take a phrase away. Raises `NotFound`, `NotAllowed`."""
    before = _owned(session, phrase_id, by)
    session.execute(delete(_phrase).where(_phrase.c.id == phrase_id))
    if before.unit_key:
        _note(session, before.unit_key, "phrase.removed", phrase_id, before.title, by)


def _owned(session: Session, phrase_id: UUID, by: Actor) -> Any:
    """The phrase, if the person may change it; another person's own does not exist for them."""
    row = session.execute(
        select(_phrase.c.person_id, _phrase.c.unit_key, _phrase.c.title)
        .where(_phrase.c.id == phrase_id)
        .with_for_update()
    ).one_or_none()
    if row is None or (row.person_id is not None and row.person_id != by.id):
        raise NotFound("No such phrase.")
    _require_to_write(by, row.unit_key or "")
    return row


def _require_to_write(by: Actor, unit_key: str) -> None:
    permissions.require(permissions.may(by, "phrases"))
    permissions.require(
        not unit_key or permissions.may_share_phrases(by, unit_key),
        "Phrases of a unit are written by its own people.",
    )


def _note(session: Session, unit: str, kind: str, key: UUID, title: str, by: Actor) -> None:
    told = {"phrase": key.hex, "title": title}
    history.record(session, f"unit:{unit}", [Entry(kind, clock.now(), by.id, payload=told)])


def _check(wording: Wording) -> None:
    faults: dict[str, Sentence] = {}
    if not wording.title.strip() or len(wording.title) > LONGEST_TITLE:
        faults["title"] = {
            "zh": f"起个短名字，最多 {LONGEST_TITLE} 个字，在列表里认得出。",
            "en": f"Give it a short name, {LONGEST_TITLE} characters at most.",
        }
    if not wording.text.strip() or len(wording.text) > LONGEST_TEXT:
        faults["text"] = {
            "zh": f"写下要插入的话，最多 {LONGEST_TEXT} 个字。",
            "en": f"Write the words to be put in, {LONGEST_TEXT} characters at most.",
        }
    elif wrong := phrases.unknown(wording.text):
        name, near = next(iter(wrong.items()))
        faults["text"] = _unknown(name[:40], near)
    if wording.kind and wording.kind not in RECORDS:
        faults["kind"] = {"zh": "从列表里选一种表单。", "en": "Choose a form from the list."}
    if len(wording.category) > 64:
        faults["category"] = {"zh": "从列表里选一类。", "en": "Choose a category from the list."}
    if faults:
        raise InvalidAnswers(faults)


def _unknown(name: str, near: str) -> Sentence:
    if near:
        return {
            "zh": f"没有「{{{{{name}}}}}」这个变量。是不是「{{{{{near}}}}}」？",
            "en": f"There is no variable {{{{{name}}}}}. Did you mean {{{{{near}}}}}?",
        }
    known = "、".join(f"{{{{{one}}}}}" for one in phrases.VARIABLES)
    return {
        "zh": f"没有「{{{{{name}}}}}」这个变量。可以用的是：{known}。",
        "en": f"There is no variable {{{{{name}}}}}. There are: {known.replace('、', ', ')}.",
    }
