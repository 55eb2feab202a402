"""From a draft to a version in use: propose, send back, deploy, go back to an older version.

What is deployed is what was reviewed: every act names what its person had before them (`seen`), and
is refused if the draft or what is in use has changed since. All of a deployment is one
transaction; what fails leaves the draft as it was.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import update
from sqlalchemy.orm import Session

from engine import clock, comparing, history
from engine.commands import audience, deployments, design_drafts
from engine.commands.design_contents import PACK, as_files
from engine.commands.design_review import Ready, in_use, look, version_of
from engine.commands.telling import tell
from engine.db import new_key, table
from engine.errors import Conflict, InvalidInput, InvalidPack, NotAllowed, NotFound, TooLarge
from engine.history import Entry
from engine.models import (
    DefinitionKind,
    Deployment,
    DesignDraft,
    DesignKind,
    DesignStatus,
)
from engine.notice_kinds import NoticeKind
from engine.permissions import GRANTS, Actor

LONGEST_NOTE = 2000
_draft, _deployment = table(DesignDraft), table(Deployment)
_DRAWN = {str(DefinitionKind.PROCESS), str(DefinitionKind.DRAWING)}


@dataclass(frozen=True)
class Done:
    """What came of it. version: now in use; None where it was proposed, as draft `draft_id`."""

    version: int | None
    draft_id: UUID | None = None


def propose(session: Session, draft_id: UUID, *, note: str, by: Actor, seen: str) -> None:
    """Ask a second person to deploy one's draft.

    Raises `NotFound`, `NotAllowed`, `Conflict` if it is not open, has changed since it was seen or
    says nothing new, `InvalidInput` (field `note`).
    """
    ready = look(session, draft_id, lock=True)
    if ready.person_id != by.id:
        raise NotAllowed("The draft is somebody else's.")
    if ready.status is not DesignStatus.OPEN:
        raise Conflict("The draft is not open.", why="over")
    _require_seen(ready, seen)
    _set(
        session,
        draft_id,
        status=DesignStatus.PROPOSED,
        note=_said("note", note),
        proposed_at=clock.now(),
        refused_by=None,
    )
    _record(session, "design.proposed", by, ready)
    others = audience.of_roles(session, GRANTS["deploy"])
    _tell(session, others, NoticeKind.DESIGN_PROPOSED, by, ready)


def withdraw(session: Session, draft_id: UUID, *, by: Actor) -> None:
    """Take back what one proposed, to go on with it. Raises as `propose`."""
    ready = look(session, draft_id, lock=True)
    if ready.person_id != by.id:
        raise NotAllowed("The draft is somebody else's.")
    _require_proposed(ready)
    _set(session, draft_id, status=DesignStatus.OPEN, proposed_at=None)
    _record(session, "design.withdrawn", by, ready)


def refuse(session: Session, draft_id: UUID, *, reason: str, by: Actor) -> None:
    """Send what somebody else proposed back to them, with a reason.

    Raises `NotFound`, `NotAllowed` for one's own, `Conflict`, `InvalidInput` (field `reason`).
    """
    ready = look(session, draft_id, lock=True)
    if ready.person_id == by.id:
        raise NotAllowed("One takes one's own proposal back.")
    _require_proposed(ready)
    if not reason.strip():
        raise InvalidInput("reason", "why it goes back")
    said = _said("reason", reason)
    _set(
        session,
        draft_id,
        status=DesignStatus.OPEN,
        note=said,
        proposed_at=None,
        refused_by=by.id,
    )
    _record(session, "design.refused", by, ready, reason=said)
    _tell(session, [ready.person_id], NoticeKind.DESIGN_REFUSED, by, ready)


def deploy(
    session: Session,
    draft_id: UUID,
    *,
    note: str,
    by: Actor,
    seen: str,
    two_persons: bool = False,
) -> Done:
    """Put a draft into use; whoever has cases under way stays on their version.

    One's own open draft, or what somebody else proposed; under the rule of two persons only the
    latter. Raises `NotFound`, `NotAllowed`, `Conflict` if the draft is not to be deployed, has
    changed since it was seen, what is in use has, or nothing differs; `InvalidDiagram` and
    `InvalidPack` with every fault, `TooLarge`, `InvalidInput` (field `note`).
    """
    ready = look(session, draft_id, lock=True)
    _require_may_deploy(ready, by, two_persons=two_persons)
    _require_seen(ready, seen)
    said = _said("note", note)
    back_to = _older(session, ready)
    version, deployment_id = _put(session, ready, said, by, ready.drawn_by, back_to)
    _set(
        session,
        draft_id,
        status=DesignStatus.DEPLOYED,
        note=said,
        ended_at=clock.now(),
        ended_by=by.id,
        deployment_id=deployment_id,
        deployed_version=version,
    )
    _record(session, "design.deployed", by, ready, version=version, drawn_by=ready.drawn_by)
    _tell(session, [ready.person_id], NoticeKind.DESIGN_DEPLOYED, by, ready)
    return Done(version)


def roll_back(
    session: Session,
    kind: DesignKind,
    key: str,
    version: int,
    *,
    note: str,
    by: Actor,
    title: str = "",
    two_persons: bool = False,
) -> Done:
    """Deploy the content of an older version as the next one.

    Under the rule of two persons it becomes a proposal, of this title, for somebody else to
    deploy. Raises as `deploy`.
    """
    said = _said("note", note)
    base, files = version_of(session, kind, key, version)
    newest, present = in_use(session, kind, key)
    if base[1] == newest or comparing.compare_files(present, files).same:
        raise Conflict("This version says what is in use.", why="same")
    if two_persons:
        draft_id = design_drafts.lay(session, kind, key, files, by=by, base=base, title=title)
        propose(session, draft_id, note=said, by=by, seen=look(session, draft_id).seen)
        return Done(None, draft_id)
    status = DesignStatus.OPEN
    ready = Ready(
        new_key(), kind, key, by.id, by.login, status, version, newest, files, present
    )  # no draft: what it came from is a version
    made, _ = _put(session, ready, said, by, "", version)
    _record(session, "design.rolled_back", by, ready, version=made, back_to=version)
    return Done(made)


def _put(
    session: Session, ready: Ready, note: str, by: Actor, drawn_by: str, back_to: int | None
) -> tuple[int, UUID | None]:
    """The version that is made, and its deployment."""
    for path, content in ready.files.items():
        if len(content) > deployments.LARGEST_FILE:
            raise TooLarge(f"{path}: more than {deployments.LARGEST_FILE} bytes", file=path)
    if comparing.compare_files(ready.deployed, ready.files).same:
        raise Conflict("Nothing differs from what is in use.", why="same")
    if ready.kind is DesignKind.PACK:
        version, deployment_id = _put_pack(session, ready, note, by)
    else:
        files = as_files(ready.key, ready.files)
        done = deployments.deploy(session, files, by=by.login, note=note, person_id=by.id)
        made = [number for kind, key, number in done.definitions if kind in _DRAWN]
        # Tests alone make no version of the process.
        version = made[0] if made else ready.newest or 0
        deployment_id = done.deployment_id
    if deployment_id is None:
        raise Conflict("Nothing differs from what is in use.", why="same")
    session.execute(
        update(_deployment)
        .where(_deployment.c.id == deployment_id)
        .values(drawn_by=drawn_by, back_to=back_to)
    )
    return version, deployment_id


def _put_pack(session: Session, ready: Ready, note: str, by: Actor) -> tuple[int, UUID | None]:
    try:
        content = orjson.loads(ready.files[PACK])
    except (KeyError, ValueError):
        content = None
    if not isinstance(content, dict):
        raise InvalidPack("pack.json is not JSON", faults=["pack.json: not JSON"])
    deployment_id = new_key()
    version = deployments.deploy_pack_content(
        session,
        ready.key,
        content,
        by.login,
        note,
        person_id=by.id,
        deployment_id=deployment_id,
    )
    return (version, deployment_id) if version is not None else (ready.newest or 0, None)


def _older(session: Session, ready: Ready) -> int | None:
    """The older version that a draft brings back unchanged, if it does."""
    if ready.base_version is None or ready.base_version == ready.newest:
        return None
    try:
        _, files = version_of(session, ready.kind, ready.key, ready.base_version)
    except NotFound:
        return None
    return ready.base_version if comparing.compare_files(files, ready.files).same else None


def _require_may_deploy(ready: Ready, by: Actor, *, two_persons: bool) -> None:
    own = ready.person_id == by.id
    if ready.status not in {DesignStatus.OPEN, DesignStatus.PROPOSED}:
        raise Conflict("The draft is over.", why="over")
    if own and two_persons:
        raise NotAllowed("A second person deploys what one has drawn.")
    if not own and ready.status is not DesignStatus.PROPOSED:
        raise NotAllowed("The draft is somebody else's, and not proposed.")


def _require_seen(ready: Ready, seen: str) -> None:
    if ready.seen != seen:
        raise Conflict(
            "The draft, or what is in use, has changed since it was looked at.", why="changed"
        )
    if comparing.compare_files(ready.deployed, ready.files).same:
        raise Conflict("Nothing differs from what is in use.", why="same")


def _require_proposed(ready: Ready) -> None:
    if ready.status is not DesignStatus.PROPOSED:
        raise Conflict("The draft is not proposed any more.", why="over")


def _said(field: str, text: str) -> str:
    said = text.strip()
    if len(said) > LONGEST_NOTE:
        raise InvalidInput(field, f"at most {LONGEST_NOTE} characters")
    return said


def _set(session: Session, draft_id: UUID, **values: Any) -> None:
    session.execute(update(_draft).where(_draft.c.id == draft_id).values(**values))


def _tell(session: Session, to: Iterable[UUID], kind: NoticeKind, by: Actor, ready: Ready) -> None:
    """Tell colleagues what became of a draft; whose doing it is is not told."""
    tell(session, to, kind, case_id=None, details={"draft": ready.draft_id.hex}, by=by.id)


def _record(session: Session, kind: str, by: Actor, ready: Ready, **more: Any) -> None:
    payload = {"draft": ready.draft_id.hex, "kind": str(ready.kind), "key": ready.key, **more}
    history.record(session, "system", [Entry(kind, clock.now(), by.id, payload=payload)])
