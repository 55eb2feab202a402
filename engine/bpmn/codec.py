"""A run's state as bytes: what the specification cannot say, and no more.

Layout: byte 0 the version, then how many ids, the ids (16 bytes each), then zlib-1 of JSON: one
column-wise pack per (sub-)process. Ids are kept only for what is open, as nothing else is known
outside; the rest gets fresh ones. Task names, not positions, tie a state to its specification.
"""

import zlib
from typing import Any
from uuid import UUID

import orjson
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from uuid_utils.compat import uuid4

from engine.bpmn.tokens import OPEN, READY, STARTED, WAITING, Run, SubRun, Token
from engine.errors import UnknownState

VERSION = 1
_KEPT = READY | WAITING | STARTED
_TRIGGERED = 16
_SAME_DATA = 0  # instead of a dictionary: the same as the parent's
_TRANSIENT = ("seen_events",)
# A state has a few kilobytes: with zlib's own sizes, making room takes ten times the packing.
_WINDOW, _MEMORY = 13, 5

Pack = list[Any]


def dump(run: Run, extra: dict[str, Any]) -> bytes:
    """The state of a run that waits. extra: what the host of the run keeps beside, as JSON."""
    ids: list[bytes] = []
    packs = [_pack(run, ids, None)]
    places: dict[int, tuple[int, dict[UUID, int]]] = {id(run): (0, _positions(run))}
    for child in run.subprocesses.values():
        number, positions = places[id(child.owner.workflow)]
        packs.append(_pack(child, ids, [number, positions[child.owner.id]]))
        places[id(child)] = (len(packs) - 1, _positions(child))
    press = zlib.compressobj(1, zlib.DEFLATED, _WINDOW, _MEMORY)
    body = press.compress(orjson.dumps([extra, *packs])) + press.flush()
    return b"".join((bytes((VERSION,)), len(ids).to_bytes(2, "big"), *ids, body))


def load(run: Run, state: bytes) -> dict[str, Any]:
    """Fill a fresh run with a saved state; the extra it was saved with.

    Raises `UnknownState` if another version wrote it or it does not fit the specification.
    """
    if not state or state[0] != VERSION:
        found = f"version {state[0]}" if state else "nothing"
        raise UnknownState(f"expected a state of version {VERSION}, found {found}")
    try:
        count = int.from_bytes(state[1:3], "big")
        ids = state[3 : 3 + 16 * count]
        extra, *packs = orjson.loads(zlib.decompress(state[3 + 16 * count :]))
        workflows: list[tuple[Any, list[Token]]] = []
        position = 0
        for pack in packs:
            owner = pack[0]
            if owner is None:
                workflow: Any = run
            else:
                token = workflows[owner[0]][1][owner[1]]
                workflow = SubRun(run.subprocess_specs[token.task_spec.spec], token, run)
                run.subprocesses[token.id] = workflow
                workflow.completed_event.connect(token.task_spec._on_subworkflow_completed, token)
            tokens, position = _unpack(workflow, pack, ids, position, run)
            workflows.append((workflow, tokens))
    except (zlib.error, KeyError, IndexError, ValueError, TypeError) as error:
        raise UnknownState(
            f"the state does not fit its diagram ({type(error).__name__})"
        ) from error
    return dict(extra)


def _positions(workflow: Any) -> dict[UUID, int]:
    return {key: number for number, key in enumerate(workflow.tasks)}


def _pack(workflow: Any, ids: list[bytes], owner: list[int] | None) -> Pack:
    index: dict[UUID | None, int] = {}
    parents: list[int] = []
    names: list[str] = []
    states: list[int] = []
    data: list[Any] = []
    internal: list[Any] = []
    order: list[int] = []
    tasks = workflow.tasks
    for number, (key, token) in enumerate(tasks.items()):
        index[key] = number
        state = token._state
        parent = index.get(token._parent, -1)
        parents.append(number - parent if parent >= 0 else 0)
        names.append(token.task_spec.name)
        states.append(state.bit_length() + (_TRIGGERED if token.triggered else 0))
        if state & _KEPT:
            ids.append(key.bytes)
        if token.data:
            same = parent >= 0 and token.data == tasks[token._parent].data
            data.append(number)
            data.append(_SAME_DATA if same else token.data)
        if state & OPEN:
            if token.internal_data:
                kept = {k: v for k, v in token.internal_data.items() if k not in _TRANSIENT}
                if kept:
                    internal.append(number)
                    internal.append(kept)
        elif isinstance(token.task_spec, UnstructuredJoin):
            order.append(number)
            order.append(token.last_state_change)
    for position in range(1, len(internal), 2):
        merged = internal[position].get("merged")
        if merged:
            internal[position]["merged"] = [index[UUID(key)] for key in merged]
    return [owner, parents, names, states, data, internal, order]


def _unpack(
    workflow: Any, pack: Pack, ids: bytes, position: int, run: Run
) -> tuple[list[Token], int]:
    _, parents, names, states, data, internal, order = pack
    specs = workflow.spec.task_specs
    tasks: dict[UUID, Token] = workflow.tasks
    tokens: list[Token] = []
    new = Token.__new__
    for number, name in enumerate(names):
        packed = states[number]
        state = 1 << ((packed & ~_TRIGGERED) - 1)
        if state & _KEPT:
            key = UUID(bytes=ids[position : position + 16])
            position += 16
        else:
            key = uuid4()
        token = new(Token)
        token.id = key
        token.workflow = workflow
        token._children = []
        token._state = state
        token.triggered = packed >= _TRIGGERED
        token.task_spec = specs[name]
        token.thread_id = 0
        token.data = {}
        token.internal_data = {}
        token.last_state_change = 0
        step = parents[number]
        if step:
            parent = tokens[number - step]
            token._parent = parent.id
            parent._children.append(key)
        else:
            token._parent = None
        tasks[key] = token
        tokens.append(token)
        if state == WAITING and isinstance(token.task_spec, CatchingEvent):
            run.event_manager.add_task(token)
    for place in range(0, len(data), 2):
        number, value = data[place], data[place + 1]
        if value == _SAME_DATA:
            source = tokens[number - parents[number]].data
            value = {k: list(v) if v.__class__ is list else v for k, v in source.items()}
        tokens[number].data = value
    for place in range(0, len(internal), 2):
        value = internal[place + 1]
        if value.get("merged"):
            value["merged"] = [str(tokens[number].id) for number in value["merged"]]
        tokens[internal[place]].internal_data = value
    for place in range(0, len(order), 2):
        tokens[order[place]].last_state_change = order[place + 1]
        run.changes = max(run.changes, order[place + 1])
    workflow.task_tree = tokens[0]
    return tokens, position
