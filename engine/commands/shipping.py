"""What ships with the product: packs, processes, and the organisations of the demo cities."""

import json
from pathlib import Path
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine.commands import deployments, installing, people
from engine.models import Definition, DefinitionKind, Pack, Person

FOLDER = Path(__file__).resolve().parent.parent.parent / "workflows"
DEMO_PACK = "gl-jindianzi"


def processes() -> list[Path]:
    """The folders of the shipped processes."""
    return sorted(path.parent for path in FOLDER.glob("*/process.bpmn"))


def packs() -> list[Path]:
    """The folders of the shipped packs."""
    return sorted(path.parent for path in FOLDER.glob("packs/*/pack.json"))


def deploy_missing(session: Session) -> list[str]:
    """Deploy every shipped process and pack of which no version is there; their keys.

    One that is there stays as it is: a city may have changed its own.
    """
    there = set(
        session.scalars(select(Definition.key).where(Definition.kind == DefinitionKind.PROCESS))
    )
    done = []
    for folder in processes():
        if folder.name not in there:
            deployments.deploy(session, deployments.read_folder(folder), by="shipped")
            done.append(folder.name)
    known = set(session.scalars(select(Pack.key)))
    for folder in packs():
        if folder.name not in known:
            deployments.deploy_pack(session, folder)
            done.append(folder.name)
    return done


def organise_demo(session: Session, password: str) -> None:
    """Add the units and people of every city that ships with some, all with one password.

    Raises `InvalidInput`.
    """
    added: list[str] = []
    for content in organisations():
        added += installing.organise(session, content, {})
    # Hashing is slow on purpose; what all share is hashed once.
    hashed = people.hash_password(password)
    session.execute(update(Person).where(Person.login.in_(added)).values(password_hash=hashed))


def organisations() -> list[dict[str, Any]]:
    """The organisation file of every shipped pack that has one."""
    paths = sorted(FOLDER.glob("packs/*/organisation.json"))
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]
