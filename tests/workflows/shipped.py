"""The shipped diagrams, decisions and forms, as the tests read them."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from engine.commands.deployments import Files, read_folder
from engine.packs import Pack, load

WORKFLOWS = Path(__file__).resolve().parents[2] / "workflows"
PACKS = WORKFLOWS / "packs"
PROCESSES = tuple(sorted(p.parent.name for p in WORKFLOWS.glob("*/process.bpmn")))
DECISIONS = tuple(sorted((p.parent.name, p.stem) for p in WORKFLOWS.glob("*/*.dmn")))
FORMS = tuple(sorted((p.parents[1].name, p.stem) for p in WORKFLOWS.glob("*/forms/*.json")))

PACK_KEYS = tuple(sorted(p.parent.name for p in PACKS.glob("*/pack.json")))


def pack_of(process: str) -> Pack:
    """The pack of the city that uses a process."""
    return load(PACKS / ("qd-sanwo-5" if process.startswith("qd_") else "gl-jindianzi"))


BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
SPIFF = "{http://spiffworkflow.org/bpmn/schema/1.0/core}"
TIMER = f"{BPMN}timerEventDefinition"


def process_bytes(key: str) -> bytes:
    return (WORKFLOWS / key / "process.bpmn").read_bytes()


@cache
def files(key: str) -> Files:
    """What is deployed for a process: its own files and those it borrows."""
    return read_folder(WORKFLOWS / key)


def decision_bytes(key: str) -> dict[str, bytes]:
    return {f"{name}.dmn": content for name, content in files(key).decisions.items()}


def tree(key: str) -> Any:
    return etree.fromstring(process_bytes(key))


def form(process: str, key: str) -> dict[str, Any]:
    return json.loads(files(process).forms[key])


def forms(process: str) -> dict[str, dict[str, Any]]:
    return {key: form(process, key) for key in files(process).forms}


def properties(element: Any) -> dict[str, str]:
    path = f"{BPMN}extensionElements/{SPIFF}properties/{SPIFF}property"
    return {p.get("name"): p.get("value") for p in element.findall(path)}


def elements(root: Any) -> list[Any]:
    """Everything of the model, the drawing left out."""
    return [e for e in root.iter() if isinstance(e.tag, str) and e.tag.startswith(BPMN)]


def timer_text(element: Any) -> str | None:
    """What stands in the timer of an event: a limit's name or a budget."""
    for kind in ("timeDate", "timeDuration"):
        found = element.find(f"{TIMER}/{BPMN}{kind}")
        if found is not None:
            return str(found.text)
    return None


def limits(key: str) -> list[str]:
    """Every limit the diagram names, in a property or in a timer."""
    named = []
    for element in elements(tree(key)):
        named += [properties(element).get("limit"), timer_text(element)]
    return list(dict.fromkeys(name for name in named if name))
