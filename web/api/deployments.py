"""Deployments: putting a process with its decisions and forms into use."""

import hashlib
import re
from collections.abc import Iterator
from typing import Any

from apiflask import Schema
from flask import Response, request
from marshmallow import INCLUDE, fields
from sqlalchemy.orm import Session

from engine.commands import deployments
from engine.commands.deployments import Files
from engine.errors import InvalidAnswers, InvalidDiagram, TooLarge
from web.api.description import same_as
from web.api.door import blueprint
from web.api.once import Answer, once
from web.permitted import permitted
from web.request import current_person

_LONGEST_KEY = 64  # of a definition; a form's is `process.form`
_KEY = re.compile(r"[a-z][a-z0-9_]{0,62}")
_DECISION = re.compile(r"([a-z][a-z0-9_]{0,62})\.dmn")
_FORM = re.compile(r"(?:forms/)?([a-z][a-z0-9_]{0,62})\.json")
_EXPECTED = {
    "zh": "只收 process.bpmn、*.dmn 和 forms/*.json，各一份，名字用小写字母、数字和下划线。",
    "en": "Expected process.bpmn, *.dmn and forms/*.json, each once, named in lower case.",
}


class DeploymentIn(Schema):
    """The files of one process, recognised by field name or file name.

    Decisions (`*.dmn`) and forms (`forms/*.json`) come as further fields of any number.
    """

    class Meta:
        """Files are named by their fields."""

        unknown = INCLUDE

    key = fields.String(required=True, metadata={"description": "The process id."})
    process = fields.Raw(
        required=True,
        data_key="process.bpmn",
        metadata={"type": "string", "format": "binary", "description": "The diagram."},
    )


class FaultOut(Schema):
    """What a rule says about a diagram, as `huiyin lint --format json` prints it."""

    file = fields.String(required=True)
    element = fields.String(required=True)
    name = fields.String(required=True)
    line = fields.Integer(required=True, allow_none=True)
    rule = fields.String(required=True)
    severity = fields.String(required=True, metadata={"enum": ["error", "warning"]})
    message = fields.String(required=True)


class VersionOut(Schema):
    """A version that was made."""

    kind = fields.String(required=True, metadata={"enum": ["bpmn", "dmn", "form", "drawing"]})
    key = fields.String(required=True)
    version = fields.Integer(required=True)


class DeploymentOut(Schema):
    """The new versions, none if nothing changed; and what the linter warns of."""

    definitions = fields.List(fields.Nested(VersionOut), required=True)
    warnings = fields.List(fields.Nested(FaultOut), required=True)


@blueprint.post("/deployments")
@blueprint.input(DeploymentIn, location="files", validation=False)
@blueprint.output(DeploymentOut, 201)
@blueprint.doc(
    tags=["definitions"],
    responses=same_as("DeploymentOut", 200, "Nothing changed."),
    operation_id="deploy",
)
@permitted("deploy")
def deploy(files_data: object) -> Response:  # noqa: ARG001 - names are read from the form itself
    """Deploy a process; 200 with no definitions if nothing changed, 422 with every fault.

    A drawing, without a process that could run, is kept as a drawing, with a warning.
    """
    sent = dict(_sent())
    files = _files(sent)
    # Linting takes a while and asks no database, so it stays outside the transaction.
    faults = deployments.check(files)
    if any(fault.severity == "error" for fault in faults):
        raise InvalidDiagram(faults)
    warnings = [fault.as_dict() for fault in faults]
    me = current_person()

    def work(session: Session) -> Answer:
        done = deployments.deploy(session, files, by=me.login, person_id=me.id, checked=True)
        made = [
            {"kind": str(kind), "key": key, "version": version}
            for kind, key, version in done.definitions
        ]
        return Answer(201 if made else 200, {"definitions": made, "warnings": warnings})

    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in sent.items()}
    return once(work, [files.key, hashes])


def _sent() -> Iterator[tuple[str, bytes]]:
    """Every part of the form but `key`: its field's name if that is a file's, or its file name.

    Raises `InvalidAnswers` for a name that comes twice, `TooLarge`.
    """
    seen: set[str] = set()
    parts: list[tuple[str, bytes]] = [
        (name, text.encode("utf-8", "replace"))
        for name, text in request.form.items(multi=True)
        if name != "key"
    ]
    for field, file in request.files.items(multi=True):
        named = field if _known(field) else file.filename or field
        parts.append((named, file.read()))
    if len(parts) > deployments.MOST_FILES:
        raise TooLarge(f"At most {deployments.MOST_FILES} files are taken.")
    for name, content in parts:
        if len(content) > deployments.LARGEST_FILE:
            raise TooLarge(f"A file may have {deployments.LARGEST_FILE} bytes.", file=name[:100])
        bare = name.removeprefix("forms/")
        if bare in seen or not _known(name):
            raise InvalidAnswers({name[:100]: _EXPECTED})
        seen.add(bare)
        yield bare, content


def _known(name: str) -> bool:
    return bool(name == "process.bpmn" or _DECISION.fullmatch(name) or _FORM.fullmatch(name))


def _files(sent: dict[str, bytes]) -> Files:
    """The process. Raises `InvalidAnswers` where key or diagram is missing or too long."""
    key = request.form.get("key", "")
    faults: dict[str, dict[str, str]] = {}
    if not _KEY.fullmatch(key):
        faults["key"] = {
            "zh": "key 是流程标识，例如 appeal：小写字母、数字和下划线。",
            "en": "key is the process id, such as appeal: lower case, digits, underscores.",
        }
    if "process.bpmn" not in sent:
        faults["process.bpmn"] = _EXPECTED
    parts: dict[str, dict[str, bytes]] = {"dmn": {}, "json": {}}
    for name, content in sorted(sent.items()):  # a deployment's digest minds their order
        stem, _, ending = name.rpartition(".")
        if ending in parts:
            parts[ending][stem] = content
            faults |= _unfit(key, name, stem, content)
    if faults:
        raise InvalidAnswers(faults)
    return Files(key, sent["process.bpmn"], parts["dmn"], parts["json"])


def _unfit(key: str, name: str, stem: str, content: bytes) -> dict[str, Any]:
    """What the tables could not hold: a key too long, or a NUL in a title."""
    if len(f"{key}.{stem}") > _LONGEST_KEY:
        return {
            name: {
                "zh": f"流程标识加文件名最多 {_LONGEST_KEY - 1} 个字符。",
                "en": f"Process id and file name have {_LONGEST_KEY - 1} characters at most.",
            }
        }
    if b"\\u0000" in content:
        return {name: {"zh": "文件里有空字符。", "en": "The file contains a NUL character."}}
    return {}
