"""The files of a draft: which there may be, and those of what is deployed."""

import re
from collections.abc import Mapping
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.commands.deployments import TESTS, Files, parts
from engine.errors import InvalidInput, NotFound, TooLarge
from engine.models import Definition, DefinitionKind, DesignKind, Pack

LARGEST_FILE = 6_000_000  # bytes; a deployment takes less, and says so
MOST_FILES = 200
PROCESS, PACK = "process.bpmn", "pack.json"
KEY = re.compile(r"[a-z][a-z0-9_]{0,62}")
PACK_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_PATHS = {
    DesignKind.PROCESS: re.compile(
        r"process\.bpmn|[a-z][a-z0-9_]{0,62}(\.dmn|\.tests\.json)|forms/[a-z][a-z0-9_]{0,62}\.json"
    ),
    DesignKind.PACK: re.compile(r"pack\.json"),
}
Base = tuple[UUID, int]  # id and version of what a draft began from


def as_files(key: str, files: Mapping[str, bytes]) -> Files:
    """The files of a process draft as a deployment takes them."""
    return Files(key, files.get(PROCESS, b""), *parts(dict(sorted(files.items()))))


def files_of(session: Session, definition: Definition) -> dict[str, bytes]:
    """The files of a deployed process by path."""
    found = {PROCESS: definition.content}
    for part, named in (("decisions", "{}.dmn"), ("forms", "forms/{}.json")):
        uses = {name: UUID(key) for name, key in definition.uses.get(part, {}).items()}
        contents = dict(
            session.execute(
                select(Definition.id, Definition.content).where(Definition.id.in_(uses.values()))
            ).all()
        )
        found |= {named.format(name): contents[key] for name, key in sorted(uses.items())}
    return found | _tests_of(session, definition)


def _tests_of(session: Session, definition: Definition) -> dict[str, bytes]:
    """The newest test tables of its decisions while it was the newest version."""
    stored = {
        f"{definition.key}.{name}": f"{name}{TESTS}"
        for name in definition.uses.get("decisions", {})
    }
    if not stored:
        return {}
    after = session.scalar(
        select(Definition.deployment_id).where(
            Definition.kind == definition.kind,
            Definition.key == definition.key,
            Definition.version == definition.version + 1,
        )
    )
    earlier = [] if after is None else [Definition.deployment_id < after]  # they grow with time
    rows = session.execute(
        select(Definition.key, Definition.content)
        .where(Definition.kind == DefinitionKind.TESTS, Definition.key.in_(stored), *earlier)
        .order_by(Definition.version)
    )
    return {stored[key]: content for key, content in rows}


def deployed(session: Session, key: str, version: int | None) -> tuple[Base, dict[str, bytes]]:
    """A deployed process, its newest version unless one is named. Raises `NotFound`."""
    named = [Definition.version == version] if version is not None else []
    found = session.scalars(
        select(Definition)
        .where(
            Definition.kind.in_([DefinitionKind.PROCESS, DefinitionKind.DRAWING]),
            Definition.key == key,
            *named,
        )
        .order_by(Definition.version.desc())
        .limit(1)
    ).one_or_none()
    if found is None:
        raise NotFound("No such version of this process.")
    return (found.id, found.version), files_of(session, found)


def pack(session: Session, key: str, version: int | None) -> tuple[Base, dict[str, bytes]]:
    """A pack in use as a file, its newest version unless one is named. Raises `NotFound`."""
    named = [Pack.version == version] if version is not None else []
    found = session.scalars(
        select(Pack).where(Pack.key == key, *named).order_by(Pack.version.desc()).limit(1)
    ).one_or_none()
    if found is None:
        raise NotFound("No such version of this pack.")
    content = {PACK: orjson.dumps(found.content, option=orjson.OPT_INDENT_2)}
    return (found.id, found.version), content


def require_path(kind: str, path: str) -> None:
    """A draft of this kind may have this file, else `InvalidInput`."""
    if not _PATHS[DesignKind(kind)].fullmatch(path):
        raise InvalidInput("path", "process.bpmn, a .dmn, a .tests.json or forms/….json", path[:40])


def require_size(path: str, content: bytes) -> None:
    """The file is not too large, else `TooLarge`."""
    if len(content) > LARGEST_FILE:
        raise TooLarge(f"{path}: more than {LARGEST_FILE} bytes")
