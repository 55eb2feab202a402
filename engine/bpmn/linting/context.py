"""What a rule may ask of a diagram, and what is known around it.

What several rules ask is found once, when the first of them asks.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from engine.bpmn.decisions import Table
from engine.bpmn.linting.documents import BPMN, Document, children, local
from engine.bpmn.linting.saying import Said, said_in
from engine.bpmn.linting.scopes import EVENTS, TASKS, Node, Scope, cyclic, references, scopes
from engine.bpmn.linting.shapes import Drawing
from engine.bpmn.linting.tokens import MAX_MARKINGS, TokenGame, TooWide
from engine.bpmn.linting.variables import Unset, Variables

MAX_NODES = 150  # the library goes four calls deeper with each element in a row


@dataclass(frozen=True)
class Known:
    """What the rest of a deployment has; None where it is not known here.

    tables: decisions by key; forms: form -> routing variables it sets; limits, roles: names;
    sealed_roles: the roles that sit in a compartment.
    """

    tables: Mapping[str, Table] = field(default_factory=dict)
    forms: Mapping[str, AbstractSet[str]] | None = None
    limits: AbstractSet[str] | None = None
    roles: AbstractSet[str] | None = None
    sealed_roles: AbstractSet[str] | None = None


class Context:
    """One diagram, for rules of the subject `diagram`.

    key: the process id expected; file: its name; root: its outermost element.
    """

    def __init__(self, file: str, document: Document, key: str, known: Known) -> None:
        self.file = file
        self.document = document
        self.root = document.root
        self.key = key
        self.known = known

    @cached_property
    def is_bpmn(self) -> bool:
        """Whether the file is a BPMN 2.0 diagram at all."""
        return bool(self.root.tag == f"{{{BPMN}}}definitions")

    @cached_property
    def elements(self) -> list[tuple[Any, str]]:
        """Every element of the diagram, its drawing left out, with its kind."""
        if not self.is_bpmn:
            return []
        return [(node, local(node)) for node in self.root.iter(f"{{{BPMN}}}*")]

    @cached_property
    def namespaces(self) -> set[str]:
        """The namespaces of attributes and extensions, ours and those of other tools."""
        names: set[str] = set()
        for node, kind in self.elements:
            names.update(node.keys())
            if kind == "extensionElements":
                names.update(child.tag for child in node if isinstance(child.tag, str))
        return {name[1:].partition("}")[0] for name in names if name.startswith("{")}

    @cached_property
    def process(self) -> Any:
        """The process element looked into: the one expected, else the first; or None."""
        if not self.is_bpmn:
            return None
        found = self.document.process(self.key)
        return found if found is not None else next(iter(self.document.processes()), None)

    @cached_property
    def properties(self) -> dict[str, str]:
        """The process's own properties."""
        return {} if self.process is None else Document.properties(self.process)

    @cached_property
    def called(self) -> dict[str, Any]:
        """The other processes of the file, by id."""
        if self.process is None:
            return {}
        return {
            p.get("id"): p
            for p in self.document.processes()
            if p is not self.process and p.get("id")
        }

    @cached_property
    def scopes(self) -> list[Scope]:
        """The process, its sub-processes and the processes it calls, outer ones first."""
        if self.process is None:
            return []
        found = scopes(self.process)
        for one in self.called.values():
            found += scopes(one)
        return found

    @cached_property
    def small(self) -> list[Scope]:
        """The scopes of a size that can be followed; `too-many` tells of the others."""
        return [scope for scope in self.scopes if len(scope.nodes) <= MAX_NODES]

    @cached_property
    def _by_kind(self) -> dict[str, list[Node]]:
        found: dict[str, list[Node]] = {}
        for scope in self.scopes:
            for node in scope.nodes.values():
                found.setdefault(node.kind, []).append(node)
        return found

    def nodes(self, *kinds: str) -> Iterator[Node]:
        """The nodes of these kinds in every scope; all tasks and events without a kind."""
        for kind in kinds or (*TASKS, *EVENTS):
            yield from self._by_kind.get(kind, ())

    def gateways(self, *kinds: str) -> Iterator[Node]:
        """The gateways of these kinds, in scopes of a size that can be followed."""
        for scope in self.small:
            for node in scope.nodes.values():
                if node.kind in kinds:
                    yield node

    @cached_property
    def messages(self) -> dict[str, Any]:
        """The messages of the file, by id."""
        return references(self.document, "message")

    @cached_property
    def coded(self) -> dict[str, dict[str, Any]]:
        """The errors and escalations of the file, by kind and id."""
        return {kind: references(self.document, kind) for kind in ("error", "escalation")}

    @cached_property
    def contents(self) -> list[Any]:
        """Every element that stands directly in a process or sub-process."""
        return [child for scope in self.scopes for child in children(scope.xml)]

    @cached_property
    def expressions(self) -> list[Said]:
        """Every expression of the diagram, with where it stands."""
        return [one for scope in self.scopes for one in said_in(scope)]

    @cached_property
    def cycles(self) -> list[tuple[Scope, set[str]]]:
        """The loops: a scope and ids of its nodes on a common cycle."""
        return [(scope, group) for scope in self.small for group in cyclic(scope)]

    @cached_property
    def looping(self) -> set[int]:
        """The nodes, by identity, that lie on a loop."""
        return {id(scope.nodes[key]) for scope, group in self.cycles for key in group}

    @cached_property
    def games(self) -> list[tuple[Scope, TokenGame]]:
        """The scopes in which ways run side by side, played through as far as there is room."""
        found: list[tuple[Scope, TokenGame]] = []
        room = MAX_MARKINGS
        for scope in self.small:
            beside = any(node.kind == "parallelGateway" for node in scope.nodes.values())
            if beside and len(scope.starts()) == 1:
                with suppress(TooWide):
                    game = TokenGame(scope, room)
                    room -= game.seen
                    found.append((scope, game))
        return found

    @cached_property
    def drawing(self) -> Drawing:
        """What is drawn, and where."""
        return Drawing(self.root)

    @cached_property
    def variables(self) -> Variables | None:
        """Which routing variables are set where; None if a scope is too large to follow."""
        if not self.scopes or len(self.small) < len(self.scopes):
            return None
        return Variables(self.scopes, self.known.tables, self.known.forms)

    @cached_property
    def unset(self) -> list[Unset]:
        """The routing variables that are read where they may not be set."""
        given = self.properties.get("given", "").replace(",", " ").split()
        return [] if self.variables is None else list(self.variables.unset(frozenset(given)))

    @cached_property
    def _scope_of(self) -> dict[int, Scope]:
        return {id(node): scope for scope in self.scopes for node in scope.nodes.values()}

    def scope_of(self, node: Node) -> Scope:
        """The scope a node stands in."""
        return self._scope_of[id(node)]

    @staticmethod
    def around(scope: Scope | None) -> Iterator[Node]:
        """The sub-processes around a scope, the nearest first."""
        while scope is not None and scope.owner is not None:
            yield scope.owner
            scope = scope.outer
