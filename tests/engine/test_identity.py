"""Who said it: sealed apart from content, found by HMAC only."""

import stat

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.identity import Reporter, Vault, new_code, normal_code, normal_phone, secret_in
from tests.racing import failures, together

VAULT = Vault(bytes(range(32)))
CHEN = Reporter("陈女士", "13800001234")
_names = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)


@given(_names, st.from_regex(r"\+?[0-9]{5,20}", fullmatch=True) | st.just(""))
@example("", "")
@example("𠮷野家👩\u200d💻", "+8613800001234")
def test_what_is_sealed_opens_again(name, phone):
    sealed = VAULT.seal(Reporter(name, phone))
    assert VAULT.open(sealed.key_id, sealed.sealed) == Reporter(name, phone)
    assert (sealed.phone_hmac is None) is (phone == "")


def test_the_same_person_is_never_sealed_the_same_but_found_by_the_phone():
    first, second = VAULT.seal(CHEN), VAULT.seal(CHEN)
    assert first.sealed != second.sealed
    assert first.phone_hmac == second.phone_hmac == VAULT.look_up("13800001234")
    assert Vault(bytes(32)).seal(CHEN).phone_hmac != first.phone_hmac
    for secret in ("陈女士".encode(), b"13800001234"):
        assert secret not in first.sealed


def test_another_key_or_a_changed_byte_does_not_open():
    sealed = VAULT.seal(CHEN)
    changed = bytearray(sealed.sealed)
    changed[-1] ^= 1
    for vault, key_id, content in (
        (Vault(bytes(32)), "1", sealed.sealed),
        (VAULT, "2", sealed.sealed),
        (VAULT, "1", bytes(changed)),
        (VAULT, "1", sealed.sealed[:-1]),
        (VAULT, "1", sealed.sealed[:5]),
        (VAULT, "1", b""),
    ):
        with pytest.raises(InvalidInput) as caught:
            vault.open(key_id, content)
        assert "陈" not in str(caught.value)


def test_an_erased_identity_is_empty():
    assert VAULT.open("1", None) == Reporter()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("13800001234", "13800001234"),
        (" 138 0000 1234 ", "13800001234"),
        ("138-0000-1234", "13800001234"),
        ("(0773)2800000", "07732800000"),
        ("（0773）2800000", "07732800000"),
        ("１３８００００１２３４", "13800001234"),
        ("+86 138 0000 1234", "+8613800001234"),
        ("＋86　138·0000·1234", "+8613800001234"),
        ("138\u00a00000\u20031234\t", "13800001234"),
        ("\u202d13800001234\u202c", "13800001234"),
        ("\ufeff13800001234\u200b", "13800001234"),
        ("0773—2800000", "07732800000"),
        ("0773–2800000", "07732800000"),
        ("12345", "12345"),
        ("1" * 20, "1" * 20),
        ("", ""),
        (" ", ""),
        ("\u3000", ""),
    ],
)
def test_a_phone_is_one_however_it_is_typed(typed, meant):
    assert normal_phone(typed) == meant


@pytest.mark.parametrize(
    "typed",
    ["1234", "1" * 21, "没有", "138x0000", "++8613800001234", "86+13800001234", "+", "12345;--",
     "13800001234\n<b>", "١٢٣٤٥٦", "1380000123４⁵", "12345 or 1=1", "\x0012345x"],
)  # fmt: skip
def test_what_is_no_phone_is_refused(typed):
    with pytest.raises(InvalidInput) as caught:
        normal_phone(typed)
    assert caught.value.field == "phone"
    assert caught.value.found == "", "what was typed is not repeated"


@given(st.text(max_size=30))
def test_a_normal_phone_stays_as_it_is(text):
    try:
        phone = normal_phone(text)
    except InvalidInput:
        return
    assert normal_phone(phone) == phone


def test_codes_are_long_and_read_without_doubt():
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    for code in codes:
        assert normal_code(code) == code.replace("-", "")
        assert not set("01IOL") & set(code)
        assert len(normal_code(code)) == 10


@pytest.mark.parametrize(
    "typed", ["k7m3-9qxw-2p", "K7M39QXW2P", " k7m3 9qxw 2p ", "K7M3－9QXW－2P", "Ｋ7M3-９QXW-2P"]
)
def test_a_code_is_one_however_it_is_typed(typed):
    assert normal_code(typed) == "K7M39QXW2P"


def test_a_secret_is_made_once_and_is_for_the_owner_only(tmp_path):
    home = tmp_path / "home"
    first = secret_in(home, "identity.key")
    assert len(first) == 32
    assert secret_in(home, "identity.key") == first
    assert secret_in(home, "other.key") != first
    assert stat.S_IMODE((home / "identity.key").stat().st_mode) == 0o600
    assert [path.name for path in sorted(home.iterdir())] == ["identity.key", "other.key"]


def test_processes_that_start_at_once_take_one_secret(tmp_path):
    results = together([lambda: secret_in(tmp_path, "identity.key") for _ in range(8)])
    assert not failures(results)
    assert len(set(results)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["identity.key"]


def test_the_vault_of_a_home_is_the_same_tomorrow(tmp_path):
    sealed = Vault.at(tmp_path).seal(CHEN)
    assert Vault.at(tmp_path).open(sealed.key_id, sealed.sealed) == CHEN
