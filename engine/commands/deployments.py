"""Putting diagrams and packs into use (部署)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from jsonschema import Draft202012Validator
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from engine import clock, comparing, deployed, history, packs
from engine.bpmn import linter
from engine.bpmn.linting.faults import Fault
from engine.bpmn.parser import parse
from engine.bpmn.specification import Specification
from engine.db import new_key
from engine.errors import InvalidDiagram, InvalidInput, InvalidPack, TooLarge
from engine.history import Entry
from engine.models import Definition, DefinitionKind, Deployment, Pack, Role

LARGEST_FILE = 2_000_000
MOST_FILES = 200
LONGEST_KEY = 64
SEALED_ROLES = {str(Role.INSPECTOR)}  # those a pack may seat in a compartment
BORROWS = "borrows.json"
FORMS, TESTS = "forms/", ".tests.json"
# What a definition of a kind is called among the files of its process.
_FILES = {
    DefinitionKind.PROCESS: "process.bpmn",
    DefinitionKind.DRAWING: "process.bpmn",
    DefinitionKind.DECISION: "decision.dmn",
    DefinitionKind.FORM: f"{FORMS}form.json",
    DefinitionKind.TESTS: f"decision{TESTS}",
}
_KEYS = {"type": "array", "items": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"}}
_BORROWS = {
    "type": "object",
    "propertyNames": {"pattern": "^[a-z][a-z0-9_]*$"},
    "additionalProperties": {
        "type": "object",
        "properties": {"decisions": _KEYS, "forms": _KEYS},
        "additionalProperties": False,
    },
}


@dataclass(frozen=True)
class Files:
    """The files of one process: its diagram, decisions by key, forms by key, as bytes.

    tests: the test table of a decision, by the decision's key; one that is not told stays.
    """

    key: str
    process: bytes
    decisions: Mapping[str, bytes]
    forms: Mapping[str, bytes]
    tests: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Deployed:
    """What a deployment did: (kind, key, version) of each new definition, if any."""

    deployment_id: UUID | None
    definitions: list[tuple[str, str, int]]


def read_folder(folder: Path) -> Files:
    """The files of a process folder, named by its key. Raises `InvalidInput`, `TooLarge`.

    Decisions and forms of its own, and those that its `borrows.json` names of the folders beside
    it: `{"appeal": {"decisions": ["classify"], "forms": ["sign"]}}`.
    """
    path = folder / "process.bpmn"
    if not path.is_file():
        raise InvalidInput(str(folder.name), "a folder with a process.bpmn")
    own = [*folder.glob("*.dmn"), *folder.glob("*.tests.json"), *folder.glob("forms/*.json")]
    found = {file.relative_to(folder).as_posix(): file for file in sorted(own)}
    for file in _borrowed(folder):
        name = file.relative_to(file.parents[1 if file.parent.name == "forms" else 0]).as_posix()
        if name in found:
            raise InvalidInput(f"{folder.name}/{BORROWS}", "files the folder has not itself", name)
        found[name] = file
    if len(found) >= MOST_FILES:
        raise TooLarge(f"{folder.name}: more than {MOST_FILES} files")
    for file in (path, *found.values()):
        if file.stat().st_size > LARGEST_FILE:
            raise TooLarge(f"{file.name}: more than {LARGEST_FILE} bytes")
    contents = {name: file.read_bytes() for name, file in found.items()}
    return Files(folder.resolve().name, path.read_bytes(), *parts(contents))


def parts(contents: Mapping[str, bytes]) -> tuple[dict[str, bytes], ...]:
    """Decisions, forms and tests by key, of files by their path in a process folder."""
    return tuple(
        {
            path.removeprefix(start).removesuffix(ending): content
            for path, content in contents.items()
            if path.startswith(start) and path.endswith(ending)
        }
        for start, ending in (("", ".dmn"), (FORMS, ".json"), ("", TESTS))
    )


def _borrowed(folder: Path) -> list[Path]:
    """The files of folders beside this one that it uses as its own."""
    path = folder / BORROWS
    if not path.is_file():
        return []
    wanted = f"{folder.name}/{BORROWS}"
    try:
        lent = json.loads(path.read_bytes())
    except ValueError as error:
        raise InvalidInput(wanted, "JSON") from error
    if list(Draft202012Validator(_BORROWS).iter_errors(lent)):
        raise InvalidInput(wanted, "decisions and forms by the folder they are of")
    files = []
    for lender, named in lent.items():
        beside = folder.resolve().parent / lender
        files += [beside / f"{key}.dmn" for key in named.get("decisions", [])]
        tested = [beside / f"{key}{TESTS}" for key in named.get("decisions", [])]
        files += [file for file in tested if file.is_file()]
        files += [beside / "forms" / f"{key}.json" for key in named.get("forms", [])]
    for file in files:
        if not file.is_file():
            raise InvalidInput(wanted, "files of the folders beside it", file.name)
    return files


def check(files: Files, limits: set[str] | None = None) -> list[Fault]:
    """Every fault of diagram, decisions and forms, as the linter tells them; empty if none.

    limits: the names of limits there are, if it is known.
    """
    routing: dict[str, set[str]] = {}
    found: list[Fault] = []
    for file, key in (
        *((f"{key}.dmn", key) for key in files.decisions),
        *((f"forms/{key}.json", key) for key in files.forms),
    ):
        if len(f"{files.key}.{key}") > LONGEST_KEY:
            told = f"the names of process and file have at most {LONGEST_KEY - 1} characters"
            found.append(Fault(file, key[:100], "", None, "name-long", "error", told))
    for key, content in files.forms.items():
        found += linter.check_form(key, content)
        routing[key] = _routing_names(content)
    return found + linter.check(
        files.key,
        files.process,
        files.decisions,
        forms=routing,
        limits=limits,
        roles={str(role) for role in Role},
        sealed_roles=SEALED_ROLES,
    )


def deploy(
    session: Session,
    files: Files,
    *,
    by: str,
    note: str = "",
    person_id: UUID | None = None,
    checked: bool = False,
) -> Deployed:
    """Deploy one process with its decisions and forms as the next versions.

    A drawing, which no engine could run, is kept as what it is and never started. What says the
    same gets no new version, however it is written; running instances stay on theirs. checked: the
    caller has asked `check` about these very files before it opened the transaction. Tests alone
    make no version of the process. Raises `InvalidDiagram` with all faults.
    """
    faults = [] if checked else [one for one in check(files) if one.severity == "error"]
    if faults:
        raise InvalidDiagram(faults)
    kind, names = _process_of(files)
    deployment_id = new_key()
    rows: list[dict[str, Any]] = []
    uses: dict[str, dict[str, str]] = {"decisions": {}, "forms": {}}
    for beside, part, contents in (
        (DefinitionKind.DECISION, "decisions", files.decisions),
        (DefinitionKind.FORM, "forms", files.forms),
    ):
        for key, content in sorted(contents.items()):
            stored = f"{files.key}.{key}"
            name = _name_of(beside, content, key)
            row, used = _version(session, beside, stored, content, name, {})
            uses[part][key] = used.hex
            rows += [row] if row else []
    row, _ = _version(session, kind, files.key, files.process, names, uses)
    rows += [row] if row else []
    for key, content in sorted(files.tests.items()):
        if key in files.decisions:
            stored = f"{files.key}.{key}"
            row, _ = _version(session, DefinitionKind.TESTS, stored, content, (key, key), {})
            rows += [row] if row else []
    if not rows:
        return Deployed(None, [])
    now = clock.now()
    session.execute(
        insert(Deployment).values(id=deployment_id, deployed_at=now, deployed_by=by, note=note)
    )
    for row in rows:
        row["deployment_id"] = deployment_id
    session.execute(insert(Definition), rows)
    made = [(row["kind"], row["key"], row["version"]) for row in rows]
    history.record(
        session,
        "system",
        [Entry("deployed", now, person_id, payload={"definitions": made, "by": by})],
    )
    return Deployed(deployment_id, made)


def _process_of(files: Files) -> tuple[DefinitionKind, tuple[str, str]]:
    """Whether the diagram is a process or a drawing, and its names."""
    drawing = linter.drawing(files.process)
    if drawing is not None:
        return DefinitionKind.DRAWING, (drawing.name or files.key, "")
    # `check` has been asked about it; asked once more here it would take as long again.
    specification = parse(files.key, files.process, files.decisions, deployed=True)
    return DefinitionKind.PROCESS, (specification.name or files.key, specification.name_en)


def deploy_pack(session: Session, folder: Path) -> int | None:
    """Put the pack in `folder` into use; its version, or None if it is there unchanged.

    Raises `InvalidPack`.
    """
    return _pack_version(session, folder.name, packs.load(folder).content)


def deploy_pack_content(
    session: Session,
    key: str,
    content: Mapping[str, Any],
    by: str,
    note: str = "",
    *,
    person_id: UUID | None = None,
    deployment_id: UUID | None = None,
) -> int | None:
    """Put a pack into use as the studio has it; its version, or None if it is there unchanged.

    content: of a file, which is joined with the newest version of what it extends, or of a whole
    pack. deployment_id: what the row of the deployment is to be called. Raises `InvalidPack`.
    """
    whole = deployed.pack_of(session, content).content
    if whole["key"] != key:
        found = str(whole["key"])[:LONGEST_KEY]
        raise InvalidPack(f"key: expected {key}, found {found}", faults=[f"key: {found}"])
    deployment_id = deployment_id or new_key()
    version = _pack_version(session, key, whole, deployment_id)
    if version is None:
        return None
    now = clock.now()
    session.execute(
        insert(Deployment).values(id=deployment_id, deployed_at=now, deployed_by=by, note=note)
    )
    made = [("pack", key, version)]
    history.record(
        session,
        "system",
        [Entry("deployed", now, person_id, payload={"definitions": made, "by": by})],
    )
    return version


def _pack_version(
    session: Session, key: str, content: Mapping[str, Any], deployment_id: UUID | None = None
) -> int | None:
    digest = hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
    newest = session.execute(
        select(Pack.version, Pack.sha256)
        .where(Pack.key == key)
        .order_by(Pack.version.desc())
        .limit(1)
    ).one_or_none()
    if newest is not None and newest.sha256 == digest:
        return None
    version = (newest.version if newest else 0) + 1
    session.execute(
        insert(Pack).values(
            id=new_key(),
            key=key,
            version=version,
            sha256=digest,
            content=dict(content),
            deployed_at=clock.now(),
            deployment_id=deployment_id,
        )
    )
    return version


def _version(
    session: Session,
    kind: DefinitionKind,
    key: str,
    content: bytes,
    names: tuple[str, str],
    uses: Mapping[str, Any],
) -> tuple[dict[str, Any] | None, UUID]:
    """The row of a new version, or None and the id of the newest if it is the same."""
    digest = _digest(content, uses)
    newest = session.execute(
        select(Definition.id, Definition.version, Definition.sha256)
        .where(Definition.kind == kind, Definition.key == key)
        .order_by(Definition.version.desc())
        .limit(1)
    ).one_or_none()
    if newest is not None and newest.sha256 != digest:
        present = session.scalars(
            select(Definition.content).where(Definition.id == newest.id)
        ).one()
        # What says the same, written otherwise, stays as it was written.
        if comparing.same(_FILES[kind], present, content):
            content, digest = present, _digest(present, uses)
    if newest is not None and newest.sha256 == digest:
        return None, newest.id
    row: dict[str, Any] = {
        "id": new_key(),
        "kind": kind,
        "key": key,
        "version": (newest.version if newest else 0) + 1,
        "name_zh": names[0][:200],
        "name_en": names[1][:200],
        "sha256": digest,
        "content": content,
        "uses": dict(uses),
    }
    return row, row["id"]


def _digest(content: bytes, uses: Mapping[str, Any]) -> str:
    return hashlib.sha256(content + orjson.dumps(uses)).hexdigest()


def _name_of(kind: DefinitionKind, content: bytes, key: str) -> tuple[str, str]:
    if kind is DefinitionKind.FORM:
        title = orjson.loads(content).get("x-title", {})
        return title.get("zh", key), title.get("en", "")
    return key, key


def _routing_names(content: bytes) -> set[str]:
    try:
        properties = orjson.loads(content).get("properties", {})
        return {name for name, field in properties.items() if field.get("x-routing")}
    except (ValueError, AttributeError):
        return set()


def describe(specification: Specification) -> dict[str, Any]:
    """What a definition is, for lists: its names and stages."""
    return {
        "key": specification.key,
        "name": {"zh": specification.name, "en": specification.name_en},
        "stages": [stage.id for stage in specification.stages],
    }
