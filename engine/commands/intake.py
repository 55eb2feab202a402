"""Taking in what a clerk writes down while somebody speaks: contact, case and record in one go."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deployed, forms, permissions
from engine.cleaning import cleaned_text
from engine.commands import cases, tasks
from engine.commands.cases import Received, Said
from engine.errors import InvalidAnswers
from engine.identity import Vault
from engine.models import City, TaskStatus, UserTask
from engine.packs import Pack
from engine.permissions import GRANTS, Actor

RECORD = "case"  # the kind of record that completes what was said
LONGEST_PROPOSAL = 40
_END = re.compile(r"[。！？!?；;\n]")


@dataclass(frozen=True)
class Taken:
    """What was taken in. completed: whether its record is complete, so that it is on its way."""

    received: Received
    completed: bool


def take_in(
    session: Session,
    vault: Vault,
    pack_key: str,
    said: Said,
    answers: Mapping[str, Any] | None = None,
    *,
    by: Actor,
) -> Taken:
    """Take in a contact and complete its record with `answers`, where the clerk may do both.

    answers: of the form that completes a record; None leaves that for later. Raises as
    `cases.receive`, `InvalidAnswers` naming the faults of both, `NotAllowed`.
    """
    pack = cases.newest_pack(session, pack_key)[1]
    office = pack.reception(said.channel)
    permissions.require(
        any(by.acts_for(role, office) for role in GRANTS["contact.enter"] & by.roles),
        "The system belongs to another office.",
    )
    wrong = dict(cases.faults(pack, said))
    if answers is not None:
        wrong = {**_faults(session, pack, answers), **wrong}
    if wrong:
        raise InvalidAnswers(wrong)
    received = cases.receive(session, vault, pack_key, said, by=by.id)
    if answers is None:
        return Taken(received, completed=False)
    return Taken(received, completed=_complete(session, pack, received, answers, by))


def first_words(body: str) -> str:
    """A title for what was said, where nobody wrote one: its first sentence, cut if it is long."""
    return _END.split(cleaned_text(body), maxsplit=1)[0].strip()[:LONGEST_PROPOSAL]


def _faults(
    session: Session, pack: Pack, answers: Mapping[str, Any]
) -> Mapping[str, Mapping[str, str]]:
    process = deployed.latest(session, pack.parts["appeal"])
    element = process.asking_for(RECORD)
    if element is None or element.form is None:
        return {}
    schema = process.form(element.form)
    lists: dict[str, Collection[str]] = dict(pack.options())
    if "units" in forms.options_needed(schema):
        revision = session.scalar(select(City.organisation_revision)) or 0
        lists["units"] = deployed.unit_keys(session, revision)
    try:
        forms.check(schema, forms.clean(schema, answers), lists)
    except InvalidAnswers as error:
        return error.fields
    return {}


def _complete(
    session: Session, pack: Pack, received: Received, answers: Mapping[str, Any], by: Actor
) -> bool:
    element = deployed.latest(session, pack.parts["appeal"]).asking_for(RECORD)
    if element is None:
        return False
    task = session.scalar(
        select(UserTask)
        .where(
            UserTask.case_id == received.case_id,
            UserTask.element == element.id,
            UserTask.status == TaskStatus.OPEN,
        )
        .limit(1)
    )
    if task is None or not permissions.may_do(by, task):
        return False
    tasks.complete(session, task.id, dict(answers), by=by)
    return True
