"""A text as it came, with what is cleaned away marked: nothing is lost, nothing is made up."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.cleaning import cleaned_text, marked
from engine.identity import Vault, normal_code

TEXTS = st.text(alphabet=st.sampled_from("路灯不亮 \u3000\t\n\u200b\x07a1。"), max_size=40)


@given(TEXTS)
def test_the_pieces_are_the_text(text: str) -> None:
    assert "".join(piece.text for piece in marked(text)) == text


@given(st.text(alphabet=st.sampled_from("路灯不亮 \u3000。\n"), max_size=40))
def test_what_is_not_marked_is_what_was_kept(text: str) -> None:
    kept = "".join(piece.text for piece in marked(text) if not piece.cut)
    assert kept.replace("\u3000", " ").split() == cleaned_text(text).split()


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("路灯\u200b不亮", ["unseen"]),
        ("路灯  不亮", ["blanks"]),
        (" 路灯不亮\n\n\n\n请修 ", ["blanks", "lines", "blanks"]),
        ("路灯不亮", []),
        ("", []),
    ],
)
def test_each_kind_of_what_goes_is_named(text: str, cut: list[str]) -> None:
    assert [piece.cut for piece in marked(text) if piece.cut] == cut


def test_the_code_of_a_part_is_always_the_same_and_of_no_other() -> None:
    vault, other = Vault(bytes(32)), Vault(bytes(31) + b"1")
    first, second = UUID(int=1), UUID(int=2)
    code = vault.code_of_part(first)
    assert code == vault.code_of_part(first)
    assert len(normal_code(code)) == 10
    assert len({code, vault.code_of_part(second), other.code_of_part(first)}) == 3
