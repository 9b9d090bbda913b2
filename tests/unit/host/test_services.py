"""What a module offers is one thing of one module, and can be made."""

from functools import partial
from typing import Protocol

import pytest
from tochka_plugins.host import assemble, gate
from tochka_plugins.host.staging import StagingError


class Directory(Protocol):
    async def find(self, name: str) -> str: ...


class Files:
    def __init__(self, session): ...


def make(session):
    return Files(session)


async def make_later(session):
    return Files(session)


def make_of_two(session, name):
    return Files(session)


def test_a_module_without_services_offers_none(staged):
    assert staged().services == {}


def test_services_are_kept_by_protocol(staged):
    services = {Directory: make, Files: Files, Protocol: partial(make_of_two, name="x")}
    assert staged(tochka_services=lambda: services).services == services


@pytest.mark.parametrize(
    ("services", "told"),
    [
        ([make], "must return a mapping"),
        ({"Directory": make}, "'Directory' must be a protocol, or another class"),
        ({Directory | None: make}, "must be a protocol, or another class"),
        ({Directory: None}, "Directory must be made by an ordinary function, not None"),
        ({Directory: make_later}, "Directory must be made by an ordinary function"),
        ({Directory: make_of_two}, "Directory must be made by a function of one argument"),
        ({Directory: lambda: None}, "Directory must be made by a function of one argument"),
    ],
)
def test_what_cannot_be_made_is_refused(staged, services, told):
    with pytest.raises(StagingError, match=rf"^tochka_services\b.*{told}"):
        staged(tochka_services=lambda: services)


def test_no_two_modules_offer_the_same(module):
    offering = {"tochka_services": lambda: {Directory: make}}
    made = [module("first", **offering), module("second", **offering)]
    assembly = assemble(gate(made, core_version="1.0"))
    assert [item.name for item in assembly.modules] == ["first"]
    (second,) = assembly.quarantined
    assert (second.name, second.phase) == ("second", "stage")
    assert second.reason.endswith("tochka_services: the module 'first' offers Directory too")


def test_a_module_knows_what_it_makes_use_of(module):
    made = [module("first"), module("second", 'tochka-first; extra == "first"')]
    first, second = assemble(gate(made, core_version="1.0")).modules
    assert (second.requires, second.wishes) == (frozenset(), frozenset({"first"}))
    assert first.wishes == frozenset()
