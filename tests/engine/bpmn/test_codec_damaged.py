"""Whatever bytes stand where a state should be: one class of error, and bounded memory."""

import tracemalloc
import zlib

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.bpmn import codec
from engine.bpmn.execution import Execution
from engine.errors import HuiyinError, UnknownState
from tests.engine.bpmn import keeping
from tests.engine.bpmn.drawing import facts

STATES = {
    path: keeping.specification(path.stem) for path in keeping.GOLDEN.glob("version_*/*.state")
}
NEWEST = [path for path in STATES if path.parent.name == f"version_{codec.VERSION}"]
FACTS = facts(**keeping.CASE)
FEW = settings(max_examples=100, deadline=None)
MANY = settings(max_examples=1_500, deadline=None)


def flipped(data, paths):
    path = data.draw(st.sampled_from(sorted(paths)))
    state = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        state[data.draw(st.integers(0, len(state) - 1))] ^= data.draw(st.integers(1, 255))
    return STATES[path], bytes(state), path.read_bytes()


def sealed(version: int, ids: bytes, content: bytes) -> bytes:
    """A state with what a version promises around any content: it must be read to be refused."""
    press = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS if version == 1 else -13)
    rest = b"".join(((len(ids) // 16).to_bytes(2, "big"), ids, press.compress(content)))
    rest += press.flush()
    check = b"" if version == 1 else zlib.crc32(rest).to_bytes(4, "big")
    return bytes([version]) + check + rest


def opened(state: bytes) -> tuple[int, bytes, list]:
    ids, content = codec._READERS[state[0]](state)
    return state[0], ids, orjson.loads(content)


def _no_flip_is_taken(data):
    spec, state, good = flipped(data, NEWEST)
    if state != good:
        with pytest.raises(UnknownState):
            Execution.restore(spec, state, FACTS)


def _cut_off(data):
    path = data.draw(st.sampled_from(sorted(STATES)))
    good = path.read_bytes()
    state = good[: data.draw(st.integers(0, len(good) - 1))] + data.draw(st.binary(max_size=3))
    if state != good:
        with pytest.raises(UnknownState):
            Execution.restore(STATES[path], state, FACTS)


def _anything(data):
    version = data.draw(st.sampled_from([b"", b"\x01", b"\x02"]))
    with pytest.raises(UnknownState):
        Execution.restore(STATES[NEWEST[0]], version + data.draw(st.binary(max_size=200)), FACTS)


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 40), st.integers(-(2**63), 2**64 - 1),
    st.floats(), st.text(max_size=8),
    st.sampled_from(["Start", "End", "f", "j", "a", "merged", "m"]),
)  # fmt: skip
CONTENTS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=20,
)


def _places(content, way=()):
    """Every place within a list of lists, by the numbers that lead there."""
    yield way
    if isinstance(content, list):
        for number, inner in enumerate(content):
            yield from _places(inner, (*way, number))


def _looked_at(spec, state):
    """Read and looked at from all sides: nothing but errors in words comes out."""
    try:
        run = Execution.restore(spec, state, FACTS)
        view = keeping.shown(run)
    except HuiyinError:
        return
    assert set(view) == {"tasks", "timers", "messages", "routing", "active", "stages"}


def _content_of_another_mind(data):
    path = data.draw(st.sampled_from(sorted(STATES)))
    version, ids, content = opened(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        *way, last = data.draw(st.sampled_from(list(_places(content))[1:]))
        inner = content
        for number in way:
            inner = inner[number]
        inner[last] = data.draw(CONTENTS)
    _looked_at(STATES[path], sealed(version, ids, orjson.dumps(content)))


def _content_of_no_mind(data):
    content = data.draw(st.binary(max_size=60) | CONTENTS.map(orjson.dumps))
    ids = data.draw(st.binary(min_size=0, max_size=2)) * 16
    state = sealed(data.draw(st.sampled_from([1, 2])), ids, content)
    _looked_at(STATES[NEWEST[0]], state)


DAMAGES = {
    "bits flipped": _no_flip_is_taken,
    "cut off": _cut_off,
    "any bytes": _anything,
    "content changed": _content_of_another_mind,
    "any content": _content_of_no_mind,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_state_is_refused_in_words_and_nothing_else(damage):
    FEW(given(st.data())(DAMAGES[damage]))()


@pytest.mark.slow
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_state_is_refused_whatever_the_damage(damage):
    MANY(given(st.data())(DAMAGES[damage]))()


BOMBS = {
    "zeros": b"[" + b" " * 50_000_000 + b"]",
    "empty lists": b"[" + b"[]," * 200_000 + b"[]]",
    "deep": b"[" * 5_000_000,
    "tasks": orjson.dumps(
        [{}, [None, [0] + [1] * 110_000, ["Start"] * 110_001, [3] * 110_001, [], [], []]]
    ),
    "a huge shift": orjson.dumps([{}, [None, [0], ["Start"], [10**12], [], [], []]]),
}


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_takes_bounded_memory(bomb, version):
    state = sealed(version, b"", BOMBS[bomb])
    assert len(state) < 400_000
    tracemalloc.start()
    try:
        with pytest.raises(UnknownState):
            Execution.restore(STATES[NEWEST[0]], state, FACTS)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100_000_000
