"""Secrets that are kept encrypted, and the keys for it."""

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from tochka_core.encryption.keys import read_encryption_keys
from tochka_core.encryption.ring import EncryptionRing, NoEncryptionKeys, SecretUnreadable
from tochka_core.errors import ConfigurationError

OLD, NEW = "0f" * 32, "A1" * 32
PLACE = "totp 0190"


def ring(*keys):
    return EncryptionRing(read_encryption_keys(",".join(keys), variable="KEYS"))


@given(st.binary(max_size=200), st.text(max_size=40))
def test_a_secret_comes_back_where_it_is_kept(secret, place):
    assert ring(NEW).decrypt(ring(NEW).encrypt(secret, place=place), place=place) == secret


def test_the_same_secret_never_looks_the_same():
    assert ring(NEW).encrypt(b"s", place=PLACE) != ring(NEW).encrypt(b"s", place=PLACE)


def test_a_secret_does_not_open_in_another_place():
    kept = ring(NEW).encrypt(b"secret", place=PLACE)
    with pytest.raises(SecretUnreadable):
        ring(NEW).decrypt(kept, place="totp 0191")


def test_an_altered_secret_does_not_open():
    kept = ring(NEW).encrypt(b"8 bytes!", place=PLACE)  # fills whole groups of base64
    start = kept.index(".") + 1
    for place in range(start, len(kept)):
        other = "B" if kept[place] == "A" else "A"
        with pytest.raises(SecretUnreadable):
            ring(NEW).decrypt(kept[:place] + other + kept[place + 1 :], place=PLACE)


@pytest.mark.parametrize("text", ["", ".", "x", "no key.AAAA", "Ж.Ж"])
def test_what_is_no_secret_is_not_read(text):
    with pytest.raises(SecretUnreadable):
        ring(NEW).decrypt(text, place=PLACE)


@pytest.mark.parametrize("text", ["", "AAAA", "не base64", "A", "===="])
def test_what_names_a_key_and_is_no_secret_is_not_read(text):
    name = ring(NEW).encrypt(b"", place=PLACE).partition(".")[0]
    with pytest.raises(SecretUnreadable):
        ring(NEW).decrypt(f"{name}.{text}", place=PLACE)


def test_the_first_key_encrypts_and_all_decrypt():
    kept = ring(OLD).encrypt(b"secret", place=PLACE)
    both = ring(NEW, OLD)
    assert both.decrypt(kept, place=PLACE) == b"secret"
    assert both.is_outdated(kept)
    renewed = both.encrypt(b"secret", place=PLACE)
    assert not both.is_outdated(renewed)
    assert ring(NEW).decrypt(renewed, place=PLACE) == b"secret"


@pytest.mark.parametrize("keys", [(), (NEW,)])
def test_a_secret_whose_key_is_gone_is_unreadable_and_the_log_says_why(keys):
    kept = ring(OLD).encrypt(b"secret", place=PLACE)
    with structlog.testing.capture_logs() as lines, pytest.raises(SecretUnreadable) as caught:
        ring(*keys).decrypt(kept, place=PLACE)
    assert lines[0]["reason"] == "TOCHKA_ENCRYPTION_KEYS lacks its key"
    assert (lines[0]["key"], lines[0]["place"]) == (kept.partition(".")[0], PLACE)
    assert caught.value.status == 503


def test_without_keys_nothing_is_encrypted():
    with pytest.raises(NoEncryptionKeys, match="TOCHKA_ENCRYPTION_KEYS"):
        ring().encrypt(b"secret", place=PLACE)


def test_keys_stand_by_comma_in_the_order_of_their_age():
    keys = read_encryption_keys(f" {NEW} ,{OLD}, ", variable="KEYS")
    assert [key.secret.hex() for key in keys] == [NEW.lower(), OLD]
    assert len({key.name for key in keys}) == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("0f" * 31, "KEYS: key 1 is not 64 hexadecimal digits"),
        (f"{NEW},{'0f' * 33}", "KEYS: key 2 is not"),
        ("zz" * 32, "openssl rand -hex 32"),
        (f"{NEW}\n{OLD}", "key 1 is not"),
        ("٠" * 64, "key 1 is not"),
        (f"{NEW},{OLD},{NEW.lower()}", "KEYS: key 3 is there more than once"),
    ],
)
def test_what_is_no_key_is_told_without_showing_it(text, told):
    with pytest.raises(ConfigurationError, match=told) as caught:
        read_encryption_keys(text, variable="KEYS")
    assert "0f0f" not in str(caught.value)
    assert "zzzz" not in str(caught.value)


def test_a_key_is_never_shown():
    (key,) = read_encryption_keys(OLD, variable="KEYS")
    assert "0f0f" not in repr(key)
    assert "15, 15" not in repr(key)
    assert "\\x0f" not in repr(key)
