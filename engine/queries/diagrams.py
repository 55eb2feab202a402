"""The diagram of a case's instance: what is done, what is active, which flows were taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from lxml import etree
from sqlalchemy import literal_column, select
from sqlalchemy.orm import Session

from engine import clock, deployed, history
from engine.deployed import Deployed
from engine.errors import NotFound
from engine.models import Definition, HistoryEvent, Instance, InstanceStatus, UserTask

Texts = Mapping[str, str]
_BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_CHOOSING = frozenset({"exclusiveGateway", "eventBasedGateway"})


@dataclass(frozen=True)
class Drawing:
    """One instance of a case: which version of which process it runs."""

    instance_id: UUID
    part: str
    name: Texts
    version: int
    running: bool


@dataclass(frozen=True)
class Standing:
    """Where an instance stands, by element ids.

    active: open tasks and the sub-processes around them; overdue: those of them that are late.
    tasks_done: names of the tasks people have done, in order, each once.
    """

    done: Sequence[str]
    active: Sequence[str]
    overdue: Sequence[str]
    flows: Sequence[str]
    tasks_done: Sequence[Texts]


@dataclass(frozen=True)
class Flow:
    """A sequence flow. chosen: its source takes one of its flows each time."""

    id: str
    source: str
    target: str
    chosen: bool


def of_case(session: Session, case_id: UUID) -> list[Drawing]:
    """The instances of a case, the case's own first, then the newest."""
    rows = session.execute(
        select(Instance.id, Instance.part, Instance.status, Instance.definition_id)
        .where(Instance.case_id == case_id)
        .order_by(Instance.id.desc())
    ).all()
    drawings = []
    for row in rows:
        process = deployed.definition(session, row.definition_id)
        name = process.specification.name
        drawings.append(
            Drawing(
                instance_id=row.id,
                part=row.part,
                name={"zh": name, "en": process.specification.name_en or name},
                version=process.version,
                running=row.status == InstanceStatus.RUNNING,
            )
        )
    return sorted(drawings, key=lambda one: one.part != "appeal")


def xml(session: Session, case_id: UUID, instance_id: UUID) -> bytes:
    """The diagram an instance of this case runs, as deployed. Raises `NotFound`."""
    content = session.scalar(
        select(Definition.content)
        .join(Instance, Instance.definition_id == Definition.id)
        .where(Instance.id == instance_id, Instance.case_id == case_id)
    )
    if content is None:
        raise NotFound("No such process instance.")
    return content


def standing(session: Session, case_id: UUID, instance_id: UUID) -> Standing:
    """Where an instance of this case stands; three statements. Raises `NotFound`."""
    definition_id = session.scalar(
        select(Instance.definition_id).where(
            Instance.id == instance_id, Instance.case_id == case_id
        )
    )
    if definition_id is None:
        raise NotFound("No such process instance.")
    process = deployed.definition(session, definition_id)
    elements = process.specification.elements
    path = _path(session, case_id, instance_id)
    tasks = session.execute(
        select(UserTask.element, UserTask.due_at).where(
            UserTask.instance_id == instance_id, UserTask.status == literal_column("'open'")
        )
    ).all()
    now = clock.now()
    active: dict[str, None] = {}
    overdue: dict[str, None] = {}
    for task in tasks:
        active[task.element] = None
        if task.due_at is not None and task.due_at < now:
            overdue[task.element] = None
        parent = elements[task.element].parent if task.element in elements else None
        while parent:
            active[parent] = None
            parent = elements[parent].parent
    done = [one for one in dict.fromkeys(path) if one not in active]
    return Standing(
        done=done,
        active=list(active),
        overdue=list(overdue),
        flows=_taken(_flows(session, process), path, active),
        tasks_done=tasks_done(process, path),
    )


def _path(session: Session, case_id: UUID, instance_id: UUID) -> list[str]:
    rows = session.scalars(
        select(HistoryEvent.payload)
        .where(
            HistoryEvent.stream == history.case_stream(case_id),
            HistoryEvent.instance_id == instance_id,
        )
        .order_by(HistoryEvent.seq)
    )
    return [element for payload in rows if payload for element in payload.get("path", [])]


def tasks_done(process: Deployed, path: Sequence[str]) -> list[Texts]:
    """Names of the tasks on a path that people have done, in order, each once."""
    elements = process.specification.elements
    found = [elements[one] for one in dict.fromkeys(path) if one in elements]
    return [
        {"zh": one.name, "en": one.name_en or one.name}
        for one in found
        if one.kind in {"user", "manual"}
    ]


def _taken(flows: Sequence[Flow], path: Sequence[str], active: Mapping[str, None]) -> list[str]:
    """The flows that were followed, told from the order in which elements finished.

    A gateway that chooses has taken the flow whose target finished first afterwards or, if none
    has, is active; every other element has taken all of its flows.
    """
    places: dict[str, list[int]] = {}
    for place, element in enumerate(path):
        places.setdefault(element, []).append(place)
    taken: list[str] = []
    by_source: dict[str, list[Flow]] = {}
    for flow in flows:
        by_source.setdefault(flow.source, []).append(flow)
    for source, out in by_source.items():
        if source not in places:
            continue
        if not out[0].chosen:
            taken += [f.id for f in out if f.target in places or f.target in active]
            continue
        for place in places[source]:
            after = [
                (min(later), flow.id)
                for flow in out
                if (later := [p for p in places.get(flow.target, []) if p > place])
            ]
            waiting = [flow.id for flow in out if flow.target in active]
            taken += [min(after)[1]] if after else waiting[:1]
    return list(dict.fromkeys(taken))


_known_flows: dict[UUID, list[Flow]] = {}


def _flows(session: Session, process: Deployed) -> list[Flow]:
    """The sequence flows of a version; it passed the linter, and entities are never resolved."""
    known = _known_flows.get(process.id)
    if known is None:
        content = session.scalar(select(Definition.content).where(Definition.id == process.id))
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        root = etree.fromstring(content or b"", parser)
        choosing = {node.get("id") for kind in _CHOOSING for node in root.iter(f"{_BPMN}{kind}")}
        known = [
            Flow(
                flow.get("id"),
                flow.get("sourceRef"),
                flow.get("targetRef"),
                flow.get("sourceRef") in choosing,
            )
            for flow in root.iter(f"{_BPMN}sequenceFlow")
        ]
        _known_flows[process.id] = known
    return known
