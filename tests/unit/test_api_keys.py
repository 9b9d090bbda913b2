"""API keys as text, the uses that are noted of them, and answers that are cached for them."""

import asyncio
from contextlib import asynccontextmanager
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs
from tochka_core.api_keys.tokens import KeyToken, is_key
from tochka_core.api_keys.uses import EACH_MINUTES, KeyUses
from tochka_core.http.access import Access, cache_key
from tochka_plugins import PermissionDenied, Person, Principal


def test_a_key_is_found_in_its_text():
    made = KeyToken.new()
    assert is_key(made.text)
    assert KeyToken.find(made.text) == made
    assert made.fits(KeyToken.find(made.text).secret_hash)
    assert not made.fits(KeyToken.new().secret_hash)


def test_a_key_has_256_random_bits_and_tells_none_of_them():
    keys = [KeyToken.new() for _ in range(100)]
    assert len({key.secret for key in keys}) == len({key.prefix for key in keys}) == 100
    assert all(len(key.secret) >= 256 // 8 for key in keys)
    for key in keys:
        assert key.text.removeprefix(key.prefix + "_") not in f"{key!r} {key}"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-1],
        lambda text: text + "A",
        lambda text: text[:-1] + "!",
        lambda text: text[:-1] + "\N{LATIN SMALL LETTER E WITH ACUTE}",
        lambda text: text[:-1] + "=",
        lambda text: text[:-1] + "+",
        lambda text: text[:-1] + "/",
        lambda text: text + "\n",
        lambda text: text[:19] + "-" + text[20:],
        lambda text: text[:18] + "\0" + text[19:],
        lambda text: text[:18] + "g" + text[19:],
        lambda text: text[:18] + "A" + text[19:],
        lambda _: "tk_",
        lambda _: "",
    ],
)
def test_what_cannot_be_a_key_is_none(spoil):
    assert KeyToken.find(spoil(KeyToken.new().text)) is None


def test_a_key_is_no_person():
    key = Principal(api_key_id=uuid4())
    with pytest.raises(PermissionDenied, match="a person"):
        key.require_person()
    assert (key.user_id, key.role) == (None, "user")
    person = Person(uuid4(), "+79990000001", "platform_master")
    principal = Principal(person)
    assert principal.require_person() is person
    assert (principal.user_id, principal.role) == (person.user_id, "platform_master")


def test_callers_do_not_share_answers_that_are_cached():
    request = SimpleNamespace(method="GET", url=SimpleNamespace(path="/", query=""))
    callers = [
        Principal(api_key_id=UUID(int=1)),
        Principal(api_key_id=UUID(int=2)),
        Principal(Person(UUID(int=3), "+79990000001", "user")),
        None,
    ]
    keys = {cache_key_of(request, caller) for caller in callers}
    assert len(keys) == len(callers)


def cache_key_of(request, principal):
    request.auth = Access(principal=principal, tenant=None)
    return cache_key(request)


class Written:
    """A database that counts transactions, or refuses them."""

    def __init__(self, error=None):
        self.error = error
        self.transactions = 0

    @asynccontextmanager
    async def platform_scope(self, *, reason):
        del reason
        await asyncio.sleep(0)
        if self.error:
            raise self.error
        self.transactions += 1
        yield self

    async def execute(self, statement):
        """Do nothing."""


async def test_each_key_is_noted_once_in_some_minutes(monkeypatch):
    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    database, keys = Written(), [uuid4(), uuid4()]
    uses = KeyUses(database)
    async with uses.running():
        for _ in range(10):
            for key in keys:
                uses.note(uuid4(), key)
    assert database.transactions == 2
    now += EACH_MINUTES * 60 + 1
    async with uses.running():
        uses.note(uuid4(), keys[0])
    assert database.transactions == 3


async def test_a_use_that_cannot_be_noted_is_told_to_nobody_but_the_log():
    uses = KeyUses(Written(ConnectionError("gone")))
    with capture_logs() as lines:
        async with uses.running():
            uses.note(uuid4(), uuid4())
    assert [line["event"] for line in lines] == ["use of an API key not noted"]
