"""What a tenant is told of each module: that it has it, could enable it, or why not."""

from datetime import UTC, datetime, timedelta

import pytest
from tochka_core.registry.offering import InstalledModule, Offering
from tochka_core.subscriptions.opening import EnabledModule, EntitledPeriod, TenantModules
from tochka_plugins import NotFound

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


def module(name, *requires, state="ready", availability="open"):
    told = {"display_name": name, "description": "", "icon": None, "version": "1.0"}
    return InstalledModule(
        name=name, requires=requires, state=state, availability=availability, **told
    )


def offering(*modules, enabled=(), entitled=(), periods=()):
    owned = [
        EnabledModule(item.name, item.availability, item.requires, periods)
        for item in modules
        if item.name in enabled
    ]
    return Offering(modules, TenantModules(owned), frozenset(entitled))


CASES = {
    "enabled": (module("a"), {"enabled": ["a"]}, "enabled"),
    "available": (module("a"), {}, "available"),
    "private": (module("a", availability="private"), {}, "private"),
    "private, but had": (module("a", availability="private"), {"enabled": ["a"]}, "enabled"),
    "to be bought": (module("a", availability="subscription"), {}, "needs_subscription"),
    "bought": (module("a", availability="subscription"), {"entitled": ["a"]}, "available"),
    "bought never": (module("a", availability="subscription"), {"enabled": ["a"]}, "lapsed"),
    "bought, and over": (
        module("a", availability="subscription"),
        {"enabled": ["a"], "periods": [EntitledPeriod(NOW - timedelta(1), NOW, "expired")]},
        "lapsed",
    ),
    "bought, and had": (
        module("a", availability="subscription"),
        {"enabled": ["a"], "periods": [EntitledPeriod(NOW, LATER, "expired")]},
        "enabled",
    ),
    "broken": (module("a", state="quarantined"), {}, "unavailable"),
    "broken, but had": (module("a", state="quarantined"), {"enabled": ["a"]}, "unavailable"),
    "gone, but had": (module("a", state="missing"), {"enabled": ["a"]}, "unavailable"),
}


@pytest.mark.parametrize(("item", "tenant", "state"), CASES.values(), ids=CASES)
def test_each_state_has_a_reason_unless_nothing_is_in_the_way(item, tenant, state):
    (offer,) = offering(item, **tenant).list(at=NOW)
    assert offer.state == state
    assert (offer.reason is None) == (state in {"enabled", "available"})


def test_what_is_gone_is_shown_to_who_has_it_only():
    gone = module("a", state="missing")
    assert offering(gone).list(at=NOW) == []
    for name in ("a", "b"):
        with pytest.raises(NotFound):
            offering(gone).get(name, at=NOW)
    assert offering(gone, enabled=["a"]).get("a", at=NOW).is_enabled


@pytest.mark.parametrize(
    ("needed", "state"),
    [
        ({}, "available"),
        ({"availability": "private"}, "blocked"),
        ({"availability": "subscription"}, "blocked"),
        ({"state": "missing"}, "blocked"),
    ],
)
def test_what_it_needs_decides_too(needed, state):
    modules = module("a", **needed), module("b", "a"), module("c", "b")
    offer = offering(*modules).get("c", at=NOW)
    assert (offer.state, offer.missing) == (state, ["a", "b"])
    assert (offer.reason is None) == (state == "available")
    owned = offering(*modules, enabled=["a", "b"]).get("c", at=NOW)
    assert (owned.state, owned.missing) == ("available", [])


def test_a_module_that_is_open_says_what_an_upgrade_has_come_to_need():
    offer = offering(module("a"), module("b", "a"), enabled=["b"]).get("b", at=NOW)
    assert (offer.state, offer.missing) == ("enabled", ["a"])


def test_what_goes_first_when_one_is_given_up():
    modules = [
        module("a"),
        module("b", "a"),
        module("c", "a", "b"),
        module("d", "c", state="missing"),
        module("e", "a"),
    ]
    assert offering(*modules, enabled="abcd").dependents("a") == ["d", "c", "b"]
    assert offering(*modules, enabled="ae").dependents("a") == ["e"]
    assert offering(*modules, enabled="abcd").dependents("d") == []


def test_modules_that_need_each_other_are_refused():
    ring = [module(name, other, state="quarantined") for name, other in ("ab", "ba")]
    ringed = offering(*ring, module("c", "a"))
    assert sorted(ringed.get("c", at=NOW).missing) == ["a", "b"]
    assert ringed.get("c", at=NOW).state == "blocked"
