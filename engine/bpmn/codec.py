"""A run's state as bytes: what the specification cannot say, and no more.

Layout: byte 0 the version; 4 bytes a checksum of all that follows; how many ids, the ids (16 bytes
each), then deflated JSON: one column-wise pack per (sub-)process. Ids are kept only for what is
open, as nothing else is known outside; the rest gets fresh ones. Task names, not positions, tie a
state to its specification. Version 1 had no checksum of its own and is still read; how a version
is added: docs/decisions/0020.
"""

import zlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from uuid_utils.compat import uuid4

from engine.bpmn.tokens import OPEN, READY, STARTED, WAITING, Run, SubRun, Token
from engine.errors import StepFailed, UnknownState

VERSION = 2
# Bounds of what is written, and so of what a damaged state can make us read.
MAX_BYTES = 16 * 1024 * 1024
MAX_TOKENS = 100_000
_KEPT = READY | WAITING | STARTED
_TRIGGERED = 16
_STATES = {n + extra: 1 << (n - 1) for n in range(1, 10) for extra in (0, _TRIGGERED)}
_SAME_DATA = 0  # instead of a dictionary: the same as the parent's
_TRANSIENT = ("seen_events",)
# A state has a few kilobytes: with zlib's own sizes, making room takes ten times the packing.
_WINDOW, _MEMORY = 13, 5
_UNFIT = (
    zlib.error, LookupError, ValueError, TypeError, AttributeError, RecursionError, OverflowError,
)  # fmt: skip

Pack = list[Any]
_NAMES = 2


def dump(run: Run, extra: dict[str, Any]) -> bytes:
    """The state of a run that waits. extra: what the host of the run keeps beside, as JSON.

    Raises `StepFailed` if it grows beyond what is read again.
    """
    ids: list[bytes] = []
    packs = [_pack(run, ids, None)]
    places: dict[int, tuple[int, dict[UUID, int]]] = {id(run): (0, _positions(run))}
    for child in run.subprocesses.values():
        number, positions = places[id(child.owner.workflow)]
        packs.append(_pack(child, ids, [number, positions[child.owner.id]]))
        places[id(child)] = (len(packs) - 1, _positions(child))
    content = orjson.dumps([extra, *packs])
    if len(content) > MAX_BYTES or sum(len(pack[_NAMES]) for pack in packs) > MAX_TOKENS:
        raise StepFailed("", f"the state grows beyond {MAX_BYTES} bytes; go over shorter lists")
    press = zlib.compressobj(1, zlib.DEFLATED, -_WINDOW, _MEMORY)
    body = press.compress(content) + press.flush()
    rest = b"".join((len(ids).to_bytes(2, "big"), *ids, body))
    return b"".join((bytes((VERSION,)), zlib.crc32(rest).to_bytes(4, "big"), rest))


def load(run: Run, state: bytes) -> dict[str, Any]:
    """Fill a fresh run with a saved state; the extra it was saved with.

    Raises `UnknownState`, and nothing else whatever the bytes, if another version wrote it, it is
    damaged, or it does not fit the specification.
    """
    if not state:
        raise _damaged("it is empty")
    opened = _READERS.get(state[0])
    if opened is None:
        known = " or ".join(map(str, sorted(_READERS)))
        found = f"version {state[0]}: a newer Huiyin wrote it; upgrade here, then retry"
        raise UnknownState(f"expected a state of version {known}, found {found}")
    try:
        ids, content = opened(state)
        return _fill(run, ids, orjson.loads(content))
    except UnknownState:
        raise
    except _UNFIT as error:
        raise UnknownState(
            f"the state does not fit its diagram ({type(error).__name__}): put the instance's row "
            "back from a backup, or the definition it ran on, then retry"
        ) from error


def _fill(run: Run, ids: bytes, content: list[Any]) -> dict[str, Any]:
    extra, *packs = content
    if sum(len(pack[_NAMES]) for pack in packs) > MAX_TOKENS:
        raise ValueError("too many tasks")
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
    return dict(extra)


# Reading the versions there were --------------------------------------------------------------


def _open_1(state: bytes) -> tuple[bytes, bytes]:
    """The ids and the JSON of a state of version 1, whose ids nothing vouches for."""
    end = 3 + 16 * int.from_bytes(state[1:3], "big")
    return state[3:end], _inflated(state[end:], zlib.MAX_WBITS)


def _open_2(state: bytes) -> tuple[bytes, bytes]:
    """The ids and the JSON of a state of version 2."""
    rest = state[5:]
    if zlib.crc32(rest) != int.from_bytes(state[1:5], "big"):
        raise _damaged("its checksum is another")
    end = 2 + 16 * int.from_bytes(rest[:2], "big")
    return rest[2:end], _inflated(rest[end:], -_WINDOW)


_READERS: dict[int, Callable[[bytes], tuple[bytes, bytes]]] = {1: _open_1, 2: _open_2}


def _inflated(packed: bytes, window: int) -> bytes:
    """What was packed, whole and of a bounded size."""
    press = zlib.decompressobj(window)
    content = press.decompress(packed, MAX_BYTES)
    if not press.eof or press.unused_data:
        raise _damaged("it is cut off, too long or too large")
    return content


def _damaged(how: str) -> UnknownState:
    return UnknownState(
        f"the state is damaged, {how}: put the instance's row back from a backup, then retry"
    )


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
        state = _STATES[packed]
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
            if not 0 < step <= number:
                raise ValueError("a parent that does not come before")
            parent = tokens[number - step]
            token._parent = parent.id
            parent._children.append(key)
        else:
            token._parent = None
        tasks[key] = token
        tokens.append(token)
        if state == WAITING and isinstance(token.task_spec, CatchingEvent):
            run.event_manager.add_task(token)
    _unpack_data(tokens, parents, data)
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


def _unpack_data(tokens: list[Token], parents: list[int], data: list[Any]) -> None:
    for place in range(0, len(data), 2):
        number, value = data[place], data[place + 1]
        if value == _SAME_DATA:
            source = tokens[number - parents[number]].data
            value = {k: list(v) if v.__class__ is list else v for k, v in source.items()}
        if value.__class__ is not dict:
            raise TypeError("data that is no object")
        tokens[number].data = value
