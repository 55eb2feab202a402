"""Splitting a contact (拆件): who asked for several things gets a case for each of them.

The first part stays the case that is there; every further one is a case of its own, with number,
process and code, sent by the same person. What was said is kept once and counted once.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deployed, forms, permissions, projection, records
from engine.cleaning import cleaned_line, cleaned_text
from engine.commands import cases, hot, tasks
from engine.commands.cases import PartOf, Received, Said, Sender
from engine.commands.intake import first_words
from engine.db import new_key
from engine.errors import Conflict, InvalidAnswers, NotFound
from engine.identity import Vault, normal_code
from engine.models import Case, CaseStatus, Contact, Instance, TaskStatus, UserTask
from engine.permissions import Actor
from engine.work import Work

# While one of these waits it is not settled yet what the case is.
SCREENING = frozenset({"case", "screening"})
FEWEST, MOST = 2, 10
# 一、 二、 · 1. 2、 3） · （1） · 第一， · 另外， at the beginning of a sentence.
_NUMBERED = re.compile(
    r"(?:^|(?<=[。；;！？!?\n]))\s*"
    r"(?:[（(]?[一二三四五六七八九十]{1,2}[)）、．.]|[（(]?\d{1,2}[)）、．](?!\d)|\d{1,2}\.(?!\d)"
    r"|第[一二三四五六七八九十][，,、：:]?|其[一二三四五][，,：:]|另外[，,：:]?|还有[，,：:]|此外[，,：:]?)"
)
# What of the record holds for every part; each has its title, place and category.
_SHARED = ("kind", "place_kind", "hazard", "confidential")
_TOO_FEW = {
    "zh": "至少写两件，每件写清是什么事。只有一件事的，不用拆。",
    "en": "Write at least two, each with what it is about. A single matter is not split.",
}
_TOO_MANY = {
    "zh": f"一次最多拆成 {MOST} 件。",
    "en": f"At most {MOST} at a time.",
}


@dataclass(frozen=True)
class Part:
    """One thing that was asked for. Without a title its first sentence is one."""

    body: str
    title: str = ""
    place: str = ""
    category: str = ""


@dataclass(frozen=True)
class Split:
    """What became of it. parts: the new cases, each with the code that its citizen is told."""

    case_id: UUID
    number: str
    parts: tuple[Received, ...]

    @property
    def numbers(self) -> list[str]:
        """Of all parts, the case that was there first."""
        return [self.number, *(one.number for one in self.parts)]


def split(
    session: Session,
    vault: Vault,
    number: str,
    parts: Sequence[Part],
    *,
    by: Actor,
    parts_before: int = 0,
) -> Split:
    """Let the case keep the first part and make a case of every other one.

    parts_before: how many parts it had when the person looked: what was split in the meantime is
    not split again. A record that is complete holds for every part, so that nothing is typed twice.
    Raises `NotFound`, also for a case that does not exist for the person; `NotAllowed` without the
    task that screens it; `Conflict` where nothing of the kind waits; `InvalidAnswers` by field, as
    `body-2` of the second part.
    """
    case = session.execute(
        select(
            Case.id,
            Case.title,
            Case.body,
            Case.place,
            *(getattr(Case, name) for name in permissions.RIGHTS),
        ).where(Case.number == number)
    ).one_or_none()
    if case is None:
        raise NotFound("No such case.")
    permissions.require_known(by, case)
    work = hot.of_case(session, case.id, by.id, "appeal")
    record = _require_screening(work, by)
    before = list(work.facts.get("parts", ()))
    if len(before) != parts_before:
        raise Conflict("Somebody else has split this case.", parts=before)
    wanted = _tidied(parts, case.place, str(work.facts["category"]))
    receiving = cases.receiving(session, work.terms.pack.key, max(len(wanted) - 1, 1))
    root = _root(session, case.id)
    saids = [_said(work, root, one) for one in wanted]
    _require_whole(receiving, saids)
    numbers = [number, *(next(receiving.numbers) for _ in saids[1:])]
    receiving.numbers = iter(numbers[1:])
    told = {"of": number, "parts": numbers}
    made = tuple(_open(session, vault, receiving, work, root, said, told, by) for said in saids[1:])
    _keep_first(work, saids[0], [*(before or [number]), *numbers[1:]], told)
    projection.write_case(session, work)
    if record == "screening":
        for one, said in zip(made, saids[1:], strict=True):
            _carry_record(session, work, one.case_id, said, by)
    return Split(case.id, number, made)


def proposed(body: str) -> list[str]:
    """The text cut where its author numbered it, or by paragraph; all of it in one if neither."""
    text = cleaned_text(body)
    starts = [found.start() for found in _NUMBERED.finditer(text)]
    if len(starts) == 1 and starts[0] > 0:
        starts = [0, *starts]  # before "besides" stands a matter of its own
    elif starts:
        starts[0] = 0  # before the first number stands what introduces it
    cut = [text[at:until] for at, until in pairwise([*starts, len(text)])]
    numbered = [one for one in (_NUMBERED.sub("", piece).strip() for piece in cut) if one]
    paragraphs = [one for one in text.split("\n") if one]
    for pieces in (numbered, paragraphs):
        if FEWEST <= len(pieces) <= MOST:
            return pieces
    return [text]


def _require_screening(work: Work, by: Actor) -> str:
    """The kind of record that waits, where the person may screen the case now."""
    if work.case["sealed"] or work.case["status"] != CaseStatus.OPEN or work.case["matter_id"]:
        raise Conflict("Only a case that is being screened, for itself alone, can be split.")
    rows = work.session.execute(
        select(UserTask, Instance.definition_id)
        .join(Instance, Instance.id == UserTask.instance_id)
        .where(UserTask.case_id == work.case_id, UserTask.status == TaskStatus.OPEN)
    ).all()
    for row in rows:
        task: UserTask = row.UserTask
        schema = deployed.definition(work.session, row.definition_id).forms.get(task.form, {})
        record = forms.record(schema) or ""
        if record in SCREENING:
            permissions.require_may_complete(by, task)
            return record
    raise Conflict("The case is screened already.")


def _root(session: Session, case_id: UUID) -> Contact:
    """What arrived and made the case; of a part, what it is a part of."""
    first = session.scalars(
        select(Contact).where(Contact.case_id == case_id).order_by(Contact.id).limit(1)
    ).one()
    return session.get_one(Contact, first.of_contact_id) if first.of_contact_id else first


def _tidied(parts: Sequence[Part], place: str, category: str) -> list[Part]:
    """The parts that say something; what is not said of each holds as it did of the whole."""
    said = [one for one in parts if cleaned_text(one.body) or cleaned_line(one.title)]
    if len(said) < FEWEST:
        raise InvalidAnswers({f"body-{len(said) + 1}": _TOO_FEW})
    if len(said) > MOST:
        raise InvalidAnswers({f"body-{MOST + 1}": _TOO_MANY})
    return [
        Part(
            one.body,
            one.title or first_words(one.body),
            one.place or place,
            one.category or category,
        )
        for one in said
    ]


def _said(work: Work, root: Contact, part: Part) -> Said:
    return Said(
        channel=work.case["channel"],
        title=part.title,
        body=part.body,
        place=part.place,
        category=part.category,
        confidential=bool(work.facts["confidential"]),
        received_at=root.received_at,
    )


def _require_whole(receiving: cases.Receiving, saids: Sequence[Said]) -> None:
    """Refuse what no case could be made of; a channel or category that is gone since is kept."""
    wrong: dict[str, Mapping[str, str]] = {}
    for place, said in enumerate(saids, 1):
        found = cases.faults(receiving.pack, said)
        wrong |= {f"{name}-{place}": why for name, why in found.items() if name != "channel"}
    if wrong:
        raise InvalidAnswers(wrong)


def _open(
    session: Session,
    vault: Vault,
    receiving: cases.Receiving,
    work: Work,
    root: Contact,
    said: Said,
    told: Mapping[str, Any],
    by: Actor,
) -> Received:
    """A case for one part, of the same person, with a code that can be told again."""
    contact_id = new_key()
    code = vault.code_of_part(contact_id)
    sender = Sender(
        identity_id=root.identity_id,
        code_hmac=vault.look_up(normal_code(code)),
        anonymous=bool(work.facts["anonymous"]),
        may_call_back=bool(work.facts["may_call_back"]),
    )
    shared = {name: work.facts[name] for name in _SHARED}
    part = PartOf(
        contact_id=contact_id,
        of=root.id,
        accused_key=work.case["accused_key"],
        facts={**shared, "parts": told["parts"]},
        told=told,
        code=code,
    )
    _, case_id, number = cases.open_case(session, receiving, said, sender, by=by.id, part=part)
    return Received(contact_id, case_id, number, code)


def _keep_first(work: Work, said: Said, parts: list[str], told: Mapping[str, Any]) -> None:
    """What is left in the case that was there; all of it stays in the contact."""
    work.case_columns |= {
        "title": cleaned_line(said.title),
        "body": cleaned_text(said.body),
        "place": cleaned_line(said.place),
    }
    work.facts |= {"category": said.category, "parts": parts}
    work.note("case.split", **told)
    work.notify("case.split", "citizen", {"parts": told["parts"]})


def _carry_record(session: Session, whole: Work, case_id: UUID, said: Said, by: Actor) -> None:
    """Complete the part's record with what was complete already; else it waits for its clerk."""
    task_id = session.scalar(
        select(UserTask.id)
        .where(UserTask.case_id == case_id, UserTask.status == TaskStatus.OPEN)
        .limit(1)
    )
    if task_id is None:
        return
    work = hot.of_task(session, task_id, None)
    work.by = by.id
    assert work.task is not None
    schema = work.deployed.form(work.task["form"])
    if forms.record(schema) != "case":
        return
    own = {"title": cleaned_line(said.title), "place": cleaned_line(said.place)}
    known = {**{name: whole.facts[name] for name in _SHARED}, **own, "category": said.category}
    answers = forms.clean(
        schema, {name: value for name, value in known.items() if name in schema["properties"]}
    )
    options = records.options(work)
    try:
        forms.check(schema, answers, options, work.facts)
    except InvalidAnswers:
        return
    tasks.carry_out(session, work, answers, options)
