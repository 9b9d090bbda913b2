"""What was found about a request counts for the same one, until anything may have changed."""

from datetime import UTC, datetime, timedelta
from unittest.mock import Mock
from uuid import uuid4

import pytest
from tochka_core.access.cache import Cache
from tochka_core.http import decisions as module
from tochka_core.http.decisions import Admitted, Decisions
from tochka_core.http.lookup import Asked
from tochka_plugins import Person, Principal

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def asked(name="acme", *, domain="", module="notes", at=NOW):
    return Asked(name, domain, module, at)


def admitted(until=NOW + timedelta(minutes=5)):
    return Admitted(Principal(Person(uuid4(), "+79990000000", "user")), None, until)


@pytest.fixture
def cache():
    cache = Cache(Mock())
    cache.begin()
    return cache


@pytest.fixture
def decisions(cache):
    return Decisions(cache)


@pytest.fixture
def keep(cache, decisions):
    """Keep something as a request does: it looks for it, and finds it at the same version."""

    def keep(token="token", so=None, **more):  # noqa: S107 - no secret
        so, found = so or asked(), admitted(**more)
        assert decisions.find(token, so) is None
        decisions.keep(token, so, found, version=cache.version)
        return found

    return keep


def test_the_same_is_found_again(decisions, keep):
    kept = keep()
    assert decisions.find("token", asked()) is kept
    assert decisions.find("token", asked(at=NOW + timedelta(minutes=4))) is kept


@pytest.mark.parametrize(
    ("token", "other"),
    [
        ("another", asked()),
        ("token", asked("other")),
        ("token", asked(None)),
        ("token", asked(domain="acme.example.com")),
        ("token", asked(module="deals")),
        ("token", asked(module=None)),
    ],
)
def test_who_says_another_thing_is_decided_about_anew(decisions, keep, token, other):
    keep()
    assert decisions.find(token, other) is None


def test_it_ends_when_the_first_of_what_it_is_made_of_does(decisions, keep):
    kept = keep(until=NOW + timedelta(seconds=1))
    assert decisions.find("token", asked(at=NOW + timedelta(seconds=0.9))) is kept
    assert decisions.find("token", asked(at=NOW + timedelta(seconds=1))) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda cache: cache.forget("session", str(uuid4())),
        lambda cache: cache.forget("tenant"),
        lambda cache: cache.forget_all(),
        lambda cache: cache.bypass(),
        lambda cache: cache.begin(),
    ],
    ids=["of one subject", "of all of a kind", "of all", "nobody listens", "anew"],
)
def test_any_change_ends_all(cache, decisions, keep, change):
    keep()
    change(cache)
    assert decisions.find("token", asked()) is None


def test_what_changes_while_it_is_looked_for_is_not_kept(cache, decisions):
    assert decisions.find("token", asked()) is None
    version = cache.version
    cache.forget("person", str(uuid4()))
    decisions.keep("token", asked(), admitted(), version=version)
    assert decisions.find("token", asked()) is None


def test_nor_where_another_request_has_seen_the_change_meanwhile(cache, decisions):
    assert decisions.find("token", asked()) is None
    version = cache.version
    cache.forget("person", str(uuid4()))
    assert decisions.find("other", asked()) is None
    decisions.keep("token", asked(), admitted(), version=version)
    assert decisions.find("token", asked()) is None


def test_while_nobody_listens_nothing_is_kept():
    cache = Cache(Mock())
    decisions = Decisions(cache)
    decisions.keep("token", asked(), admitted(), version=cache.version)
    assert decisions.find("token", asked()) is None


def test_the_oldest_are_forgotten(monkeypatch, decisions, keep):
    monkeypatch.setattr(module, "MAX_KEPT", 2)
    for token in ("first", "second", "third"):
        keep(token)
    assert decisions.find("first", asked()) is None
    assert decisions.find("third", asked()) is not None


def test_what_is_found_counts_as_known(cache, decisions, keep):
    keep()
    before = cache.hits
    decisions.find("token", asked())
    assert cache.hits == before + 1
