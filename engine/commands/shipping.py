"""What ships with the product: packs, processes, and the organisation of the demo office."""

import json
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.commands import deployments
from engine.models import Definition, DefinitionKind, Pack

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


def demo_organisation() -> dict[str, Any]:
    """Units and persons of the demo office, as `installing.organise` takes them."""
    path = FOLDER / "packs" / DEMO_PACK / "organisation.json"
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
