"""Trees as RFC 6962 hashes them, against the values its implementations agree on."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import merkle

# The leaves and roots by which certificate transparency logs test themselves.
INPUTS = [
    bytes.fromhex(one)
    for one in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize(("count", "wanted"), list(enumerate(ROOTS, 1)))
def test_roots_are_those_of_certificate_transparency(count, wanted):
    assert merkle.root(merkle.leaf(one) for one in INPUTS[:count]).hex() == wanted


def test_a_tree_of_nothing():
    assert merkle.root([]) == hashlib.sha256().digest()


@given(st.integers(1, 70), st.data())
def test_every_path_climbs_to_the_root_and_no_other_leaf_does(count, data):
    hashes = [merkle.leaf(number.to_bytes(2)) for number in range(count)]
    index = data.draw(st.integers(0, count - 1))
    steps = merkle.path(hashes, index)
    assert len(steps) <= (count - 1).bit_length()
    assert merkle.climbed(hashes[index], steps) == merkle.root(hashes)
    if count > 1:
        assert merkle.climbed(hashes[index - 1], steps) != merkle.root(hashes)


def test_a_node_is_never_taken_for_a_leaf():
    left, right = merkle.leaf(b"a"), merkle.leaf(b"b")
    assert merkle.node(left, right) != merkle.leaf(left + right)
