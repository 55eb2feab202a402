"""Checking files of diagrams, decisions, forms and packs without putting them into use."""

from dataclasses import replace
from pathlib import Path

from lxml import etree

from engine import packs
from engine.bpmn import linter
from engine.bpmn.linting.faults import Fault
from engine.commands import deployments
from engine.commands.deployments import LARGEST_FILE, Files
from engine.errors import InvalidInput, InvalidPack, NotFound, TooLarge
from engine.models import Role

_BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}process"
_EXPECTED = "a folder with a process.bpmn or a pack.json, or a .bpmn or .dmn file"


def faults_at(path: Path) -> list[Fault]:
    """Every fault at `path`; `file` of each is its path, seen from where `path` is.

    A process folder, or its process.bpmn, is checked with its decisions and forms. Another .bpmn
    file is checked with the decisions beside it and, if there is a folder `forms`, with those;
    its process may have any id. Raises `NotFound`, `InvalidInput`, `TooLarge`.
    """
    if not path.exists():
        raise NotFound(f"There is no {path}.")
    if path.is_dir() and not (path / "process.bpmn").is_file() and (path / "pack.json").is_file():
        return _placed(_pack_faults(path), path)
    if path.is_dir() or path.name == "process.bpmn":
        folder = path if path.is_dir() else path.parent
        return _placed(deployments.check(deployments.read_folder(folder)), folder)
    if path.stat().st_size > LARGEST_FILE:
        raise TooLarge(f"{path.name}: more than {LARGEST_FILE} bytes")
    if path.suffix == ".bpmn":
        own = {linter.PROCESS_FILE: path.name}
        return [
            replace(fault, file=str(path.parent / own.get(fault.file, fault.file)))
            for fault in _diagram_faults(path)
        ]
    if path.suffix == ".dmn":
        return _placed(linter.check_table(path.name, path.read_bytes())[1], path.parent)
    raise InvalidInput(str(path), _EXPECTED)


def _placed(faults: list[Fault], folder: Path) -> list[Fault]:
    return [replace(fault, file=str(folder / fault.file)) for fault in faults]


def _diagram_faults(path: Path) -> list[Fault]:
    """The faults of a diagram that lies alone, under the id of its own process."""
    folder = path.parent
    content = path.read_bytes()
    files = Files(
        _process_id(content) or path.stem,
        content,
        {file.stem: file.read_bytes() for file in sorted(folder.glob("*.dmn"))},
        {file.stem: file.read_bytes() for file in sorted(folder.glob("forms/*.json"))},
    )
    if (folder / "forms").is_dir():
        return deployments.check(files)
    roles = {str(role) for role in Role}
    return linter.check(files.key, files.process, files.decisions, roles=roles)


def _process_id(content: bytes) -> str:
    """The id of the first process of a diagram, empty if it cannot be read."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        return ""
    process = root.find(_BPMN)
    return "" if process is None else process.get("id") or ""


def _pack_faults(folder: Path) -> list[Fault]:
    try:
        packs.load(folder)
    except InvalidPack as error:
        told = error.details.get("faults")
        messages = told if isinstance(told, list) else [error.message]
        return [
            Fault("pack.json", "", folder.name, None, "pack", "error", str(one)) for one in messages
        ]
    return []
