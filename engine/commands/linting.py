"""Checking files of diagrams, decisions, forms and packs without putting them into use."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from lxml import etree

from engine import packs
from engine.bpmn import linter
from engine.bpmn.linting import page
from engine.bpmn.linting.documents import Document, Unreadable, read
from engine.bpmn.linting.faults import Fault
from engine.commands import deployments
from engine.commands.deployments import LARGEST_FILE, Files
from engine.errors import InvalidInput, InvalidPack, NotFound, TooLarge
from engine.models import Role

_BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}process"
_EXPECTED = "a folder with a process.bpmn or a pack.json, or a .bpmn, .dmn or form's .json file"


def rules() -> list[dict[str, str]]:
    """The rules: id, severity, and in both languages why it matters and the way out."""
    return [
        {"id": rule.id, "severity": rule.severity, "zh": rule.zh, "en": rule.en}
        for rule in page.in_order()
    ]


def page_of_rules() -> str:
    """The rules as docs/rules.md has them."""
    return page.markdown()


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
        files = deployments.read_folder(folder)
        return _placed(deployments.check(files, _limits_beside(folder)), folder)
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
    if path.suffix == ".json":
        return [
            replace(fault, file=str(path))
            for fault in linter.check_form(path.stem, path.read_bytes())
        ]
    raise InvalidInput(str(path), _EXPECTED)


def _limits_beside(folder: Path) -> set[str] | None:
    """The limits of the packs beside a process folder; None if there are none to know."""
    found: set[str] = set()
    for path in sorted((folder.resolve().parent / "packs").glob("*/pack.json")):
        with suppress(InvalidPack):  # whoever checks the pack itself is told
            found |= set(packs.load(path.parent).limits)
    return found or None


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
    return linter.check(
        files.key,
        files.process,
        files.decisions,
        roles=roles,
        sealed_roles=deployments.SEALED_ROLES,
    )


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
        pack = packs.load(folder)
    except InvalidPack as error:
        told = error.details.get("faults")
        messages = told if isinstance(told, list) else [error.message]
        return [_pack_fault(folder, str(one)) for one in messages]
    return [
        _pack_fault(
            folder,
            f"the route {route['key']} is sealed, but its process {route['process']} is not: give "
            "the diagram the property sealed with the value yes, so that it is checked who reads "
            "its cases",
        )
        for route in pack.items("routes")
        if route.get("sealed") and _open_to_others(folder, route["process"])
    ]


def _pack_fault(folder: Path, told: str) -> Fault:
    return Fault("pack.json", "", folder.name, 1, "pack", "error", told)


def _open_to_others(folder: Path, process: str) -> bool:
    """Whether the diagram of a process lies beside the packs and is not declared as sealed."""
    path = folder.resolve().parents[1] / process / linter.PROCESS_FILE
    if not path.is_file():
        return False
    try:
        drawn = read(path.read_bytes()).process(process)
    except Unreadable:
        return False  # whoever checks the diagram itself is told
    return drawn is not None and Document.properties(drawn).get("sealed", "").lower() != "yes"
