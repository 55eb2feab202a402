"""A deployed version of a diagram in memory: shared by all its instances, never changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from engine.bpmn.decisions import Table


@dataclass(frozen=True, slots=True)
class Element:
    """A node of a diagram, by its BPMN id.

    kind: user, manual, service, rule, script, send, receive, subprocess, call, gateway, start,
    end, boundary, catch or throw. stage: id of the nearest enclosing sub-process (or itself)
    with the property `stage`. host: the activity a boundary event is drawn on.
    """

    id: str
    kind: str
    name: str
    name_en: str
    stage: str | None
    form: str | None
    roles: tuple[str, ...]
    unit: str | None
    limit: str | None
    clock: str | None
    outcome: str | None
    public_name: str | None
    public_name_en: str | None
    parent: str | None
    properties: Mapping[str, str]
    host: str | None = None


@dataclass(frozen=True, slots=True)
class Specification:
    """What all instances of one version share.

    elements: in the order of the file; decisions: by id; process, subprocesses: the library's.
    """

    key: str
    name: str
    name_en: str
    elements: Mapping[str, Element]
    decisions: Mapping[str, Table] = field(repr=False)
    process: Any = field(repr=False)
    subprocesses: Mapping[str, Any] = field(repr=False)
    properties: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def stages(self) -> tuple[Element, ...]:
        """The sub-processes that are stages, in the order of the file."""
        return tuple(
            e for e in self.elements.values() if e.kind == "subprocess" and e.stage == e.id
        )

    @property
    def limits(self) -> frozenset[str]:
        """The limits user tasks name; those of timers are seen when they wait."""
        return frozenset(e.limit for e in self.elements.values() if e.limit)
