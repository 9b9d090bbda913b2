"""Access tokens: ours are read, all others are refused in one way."""

import base64
import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from unittest.mock import Mock
from uuid import UUID

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from tochka_core.auth.keys import SigningKey, read_signing_keys
from tochka_core.auth.tokens import AccessTokens
from tochka_core.errors import ConfigurationError
from tochka_plugins import NotAuthenticated

SECRET = "the secret of this platform; " * 3
OTHER_SECRET = "the secret of another one; " * 3
ANNA, SESSION = UUID(int=0xA11A), UUID(int=0x5E55)


@pytest.fixture(scope="module")
def tokens():
    return AccessTokens([SigningKey.of_secret(SECRET)], lifetime_seconds=900)


def token(*, key=SECRET, algorithm="HS256", without=(), headers=None, **claims):
    """Make a token as ours, but for what is given."""
    now = datetime.now(UTC)
    all_claims = {
        "iss": "tochka-rosta",
        "aud": "tochka-rosta-api",
        "sub": str(ANNA),
        "sid": str(SESSION),
        "typ": "access",
        "iat": now,
        "exp": now + timedelta(minutes=5),
        **claims,
    }
    kept = {name: value for name, value in all_claims.items() if name not in without}
    named = {"kid": "jwt_secret", **(headers or {})}
    return jwt.encode(kept, key, algorithm=algorithm, headers=named)


def issued(tokens):
    """Let *tokens* issue one."""
    return tokens.issue(ANNA, SESSION, until=hours(1)).text


def encoded(text):
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def test_a_token_names_the_person_it_was_issued_to(tokens):
    for text in (issued(tokens), token()):
        claims = tokens.read(text)
        assert (claims.user_id, claims.session_id) == (ANNA, SESSION)


def test_no_two_tokens_are_alike(tokens):
    assert issued(tokens) != issued(tokens)


def test_a_token_ends_when_it_was_said_to(tokens):
    claims = jwt.decode(issued(tokens), options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == tokens.lifetime_seconds == 900


def test_a_token_ends_with_its_session(tokens):
    last = tokens.issue(ANNA, SESSION, until=datetime.now(UTC) + timedelta(seconds=60.5))
    claims = jwt.decode(last.text, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == last.expires_in == 60


def test_a_token_shows_in_no_log(tokens):
    token = tokens.issue(ANNA, SESSION, until=hours(1))
    assert token.text not in repr(token)


def test_a_token_carries_nothing_personal(tokens):
    claims = jwt.decode(issued(tokens), options={"verify_signature": False})
    assert set(claims) == {"iss", "aud", "sub", "sid", "typ", "jti", "iat", "exp"}


def test_an_expired_token_is_told_to_be_so():
    expired = AccessTokens([SigningKey.of_secret(SECRET)], lifetime_seconds=-1)
    with pytest.raises(NotAuthenticated, match="expired"):
        expired.read(issued(expired))


def test_a_token_that_was_read_before_expires_all_the_same(tokens):
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        text = issued(tokens)
        clock.shift(tokens.lifetime_seconds - 1)
        assert tokens.read(text) == tokens.read(text)
        clock.shift(1)
        with pytest.raises(NotAuthenticated, match="expired"):
            tokens.read(text)


def test_a_signature_is_verified_once(tokens, monkeypatch):
    text = issued(tokens)
    read = tokens.read(text)
    monkeypatch.setattr(jwt, "decode", None)
    assert tokens.read(text) == read


def test_a_token_that_begins_as_a_known_one_is_not_taken_for_it(tokens):
    text = issued(tokens)
    tokens.read(text)
    with pytest.raises(NotAuthenticated):
        tokens.read(text[:-2])


def test_so_many_tokens_are_remembered_and_no_more(monkeypatch):
    monkeypatch.setattr("tochka_core.auth.tokens.MAX_VERIFIED", 2)
    tokens = AccessTokens([SigningKey.of_secret(SECRET)], lifetime_seconds=900)
    oldest, *others = texts = [issued(tokens) for _ in range(3)]
    for text in texts:
        tokens.read(text)
    monkeypatch.setattr(jwt, "decode", Mock(side_effect=jwt.InvalidSignatureError))
    for text in others:
        tokens.read(text)
    with pytest.raises(NotAuthenticated):
        tokens.read(oldest)


def hours(number):
    return datetime.now(UTC) + timedelta(hours=number)


UNSIGNED = encoded('{"alg": "none"}')
HOSTILE = {
    "another secret": lambda: token(key=OTHER_SECRET),
    "no signature": lambda: token(key="", algorithm="none"),
    "algorithm HS384": lambda: token(algorithm="HS384"),
    "algorithm HS512": lambda: token(algorithm="HS512"),
    "for another service": lambda: token(aud="another-api"),
    "for nobody": lambda: token(aud=[]),
    "from another issuer": lambda: token(iss="another-issuer"),
    "of another type": lambda: token(typ="refresh"),
    "of no type": lambda: token(typ=None),
    "of a list of types": lambda: token(typ=["access"]),
    "of no person": lambda: token(sub="anna"),
    "of no session": lambda: token(sid="phone"),
    "of many sessions": lambda: token(sid=[str(SESSION)]),
    "of an empty person": lambda: token(sub=""),
    "issued in an hour": lambda: token(iat=hours(1)),
    "valid in an hour": lambda: token(nbf=hours(1)),
    "expired an hour ago": lambda: token(exp=hours(-1)),
    "expires never": lambda: token(exp=float("inf")),
    "expires tomorrow": lambda: token(exp="tomorrow"),
    "without iss": lambda: token(without=["iss"]),
    "without aud": lambda: token(without=["aud"]),
    "without sub": lambda: token(without=["sub"]),
    "without sid": lambda: token(without=["sid"]),
    "without typ": lambda: token(without=["typ"]),
    "without iat": lambda: token(without=["iat"]),
    "without exp": lambda: token(without=["exp"]),
    "unknown critical header": lambda: token(headers={"crit": ["unknown"]}),
    "header that denies the signature": lambda: f"{UNSIGNED}.{token().partition('.')[2]}",
    "empty signature": lambda: token().rpartition(".")[0] + ".",
    "two parts": lambda: token().rpartition(".")[0],
    "longer signature": lambda: token() + "x",
    "four parts": lambda: token() + ".x",
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_any_other_token_is_refused(tokens, hostile):
    with pytest.raises(NotAuthenticated):
        tokens.read(hostile())


def test_claims_cannot_be_exchanged(tokens):
    head, _, signature = issued(tokens).split(".")
    claims = jwt.decode(issued(tokens), options={"verify_signature": False})
    forged = encoded(json.dumps({**claims, "sub": str(UUID(int=1))}))
    with pytest.raises(NotAuthenticated):
        tokens.read(f"{head}.{forged}.{signature}")


@pytest.mark.parametrize(
    "document",
    ["[" * 100_000, "9" * 5000, "[]", "null", '{"alg": 1}', "{"],
    ids=lambda document: document[:10],
)
def test_a_header_that_no_parser_likes_is_refused(tokens, document):
    with pytest.raises(NotAuthenticated):
        tokens.read(f"{encoded(document)}.{encoded('{}')}.x")


PARTS = st.one_of(
    st.text(max_size=8),
    st.binary(max_size=30).map(lambda data: base64.urlsafe_b64encode(data).decode()),
    st.dictionaries(
        st.sampled_from(["alg", "typ", "kid", "crit", "b64", "jwk"]),
        st.none() | st.booleans() | st.integers() | st.sampled_from(["HS256", "none", "RS256", ""]),
    ).map(lambda head: encoded(json.dumps(head))),
)


@given(st.text() | st.binary() | st.lists(PARTS, max_size=5).map(".".join) | st.just("\ud800"))
def test_garbage_is_refused(tokens, garbage):
    with pytest.raises(NotAuthenticated):
        tokens.read(garbage)


OLD = SigningKey("old", "HS256", bytes(range(32)))
NEW = SigningKey("new", "EdDSA", bytes(range(32, 64)))


@pytest.mark.parametrize("algorithm", ["HS256", "EdDSA"])
def test_a_key_is_exchanged_while_its_tokens_are_about(tokens, algorithm):
    new = SigningKey.new(algorithm)
    both = AccessTokens([new, SigningKey.of_secret(SECRET)], lifetime_seconds=900)
    only_new = AccessTokens([new], lifetime_seconds=900)
    assert both.read(issued(tokens)).user_id == ANNA
    assert only_new.read(issued(both)).user_id == both.read(issued(only_new)).user_id == ANNA
    assert jwt.get_unverified_header(issued(both)) == {
        "alg": algorithm,
        "kid": new.kid,
        "typ": "JWT",
    }
    for ring, text in ((only_new, issued(tokens)), (tokens, issued(both))):
        with pytest.raises(NotAuthenticated):
            ring.read(text)


def test_a_public_key_signs_nothing():
    """The oldest confusion of algorithms: who can check a token makes one with what they know."""
    ring = AccessTokens([NEW], lifetime_seconds=900)
    public = Ed25519PrivateKey.from_private_bytes(NEW.secret).public_key().public_bytes_raw()
    for key in (public, NEW.secret):
        with pytest.raises(NotAuthenticated):
            ring.read(token(key=key, headers={"kid": NEW.kid}))


def test_a_key_signs_in_its_own_name_only():
    ring = AccessTokens([NEW, OLD], lifetime_seconds=900)
    assert ring.read(token(key=OLD.secret, headers={"kid": OLD.kid})).user_id == ANNA
    for kid in (NEW.kid, "jwt_secret", "", "../../dev/null", f"{OLD.kid}' OR '1'='1"):
        with pytest.raises(NotAuthenticated):
            ring.read(token(key=OLD.secret, headers={"kid": kid}))


def read(written, jwt_secret=None):
    return read_signing_keys(written, jwt_secret=jwt_secret, variable="KEYS")


def test_keys_are_read_as_they_are_written():
    assert read(f" {NEW.written} ,{OLD.written}=, ") == (NEW, OLD)
    assert read("") == ()


def test_the_secret_is_the_last_of_the_keys_or_where_it_is_named():
    secret = SigningKey.of_secret("s" * 32)
    assert read("", jwt_secret="s" * 32) == (secret,)
    assert read(f"{NEW.written},{OLD.written}", jwt_secret="s" * 32) == (NEW, OLD, secret)
    assert read(f"JWT_SECRET,{NEW.written}", jwt_secret="s" * 32) == (secret, NEW)
    assert read(f"JWT_SECRET,{NEW.written}") == (NEW,)


def test_keys_are_exchanged_on_one_node_after_another():
    """Of two nodes that are one step apart, each reads what the other signs."""
    steps = [
        *("", f"JWT_SECRET,{OLD.written}", OLD.written),
        *(f"{OLD.written},{NEW.written}", f"{NEW.written},{OLD.written}", NEW.written),
    ]
    nodes = [AccessTokens(read(step, jwt_secret="s" * 32), lifetime_seconds=60) for step in steps]
    for before, after in pairwise(nodes):
        for one, other in ((before, after), (after, before)):
            assert other.read(issued(one)).user_id == ANNA


def test_a_key_shows_in_no_log():
    for key in (OLD, NEW):
        assert key.written.rpartition(":")[2] not in repr(key)
        assert key.kid in repr(key)


KEY = OLD.written.rpartition(":")[2]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (KEY, "key 1 is not written name:algorithm:key"),
        (f"HS256:{KEY}", "key 1 is not written name:algorithm:key"),
        (f"a:HS256:{KEY}:b", "key 1 is not written name:algorithm:key"),
        (f":HS256:{KEY}", "key 1 has a name of other than"),
        (f"jwt_secret:HS256:{KEY}", "key 1 has a name of other than"),
        (f"a b:HS256:{KEY}", "key 1 has a name of other than"),
        (f"{'a' * 65}:HS256:{KEY}", "key 1 has a name of other than"),
        (f"{KEY}:a:HS256", "key 1 has "),
        (f"a:none:{KEY}", "key 1 has another algorithm than EdDSA and HS256"),
        (f"a:hs256:{KEY}", "key 1 has another algorithm than EdDSA and HS256"),
        ("a:HS256:", "key 1 has 0 bytes, where HS256 takes 32 or more"),
        (f"a:HS256:{KEY[:-2]}", "key 1 is not in base64url, or a part of it is missing"),
        (f"a:HS256:{KEY[:-3]}", "key 1 has 30 bytes, where HS256 takes 32 or more"),
        (f"a:HS256:{KEY}!", "key 1 is not in base64url"),
        (f"b:HS256:{KEY},a:EdDSA:{KEY}{KEY}", "key 2 has 64 bytes, where EdDSA takes 32"),
        (f"a:HS256:{KEY},a:EdDSA:{KEY}", "key 2 has the name of one before it"),
        ("JWT_SECRET,JWT_SECRET", "key 2 has the name of one before it"),
    ],
    ids=lambda written: written.replace(KEY, "KEY")[:30],
)
def test_what_is_no_key_is_told_without_showing_it(written, told):
    with pytest.raises(ConfigurationError) as caught:
        read(written)
    assert str(caught.value).startswith(f"KEYS: {told}")
    assert KEY[:-2] not in str(caught.value)
