"""Handlers that ask for what other modules offer, tried before they are served."""

from typing import Annotated, Protocol

import pytest
from litestar import Controller, Litestar, get
from litestar.di import NamedDependency, Provide
from tochka_core.http.asking import asked_services
from tochka_core.http.mounting import TrialMount
from tochka_core.http.route_rules import RouteRuleBroken
from tochka_plugins import ANY_MEMBER, FromModule, ModuleInfo
from tochka_plugins.host import StagedModule


class Directory(Protocol):
    async def find(self, name: str) -> str: ...


class Calendar(Protocol):
    async def today(self) -> str: ...


Alias = FromModule[Directory]


class FakeCandidate:
    def __init__(self, name):
        self.name = name


async def provide_session() -> None: ...


def staged(name, *routes, **fields):
    return StagedModule(
        candidate=FakeCandidate(name),
        hooks=None,
        info=ModuleInfo(title=name),
        metadata=None,
        migrations=None,
        routes=routes,
        **fields,
    )


def asking(hint):
    """Make a handler that asks for *hint*."""

    @get("/", opt=ANY_MEMBER)
    async def ask(directory: hint) -> None: ...

    return ask


@pytest.fixture
def trial():
    """What tries modules beside contacts, which offers a directory."""
    trial = TrialMount(Litestar(dependencies={"session": Provide(provide_session)}))
    trial(staged("contacts", services={Directory: object}))
    return trial


@pytest.mark.parametrize(
    ("hint", "is_optional"),
    [
        (FromModule[Directory], False),
        (Alias, False),
        (Annotated[FromModule[Directory], "for people"], False),
        (FromModule[Directory | None], True),
        (FromModule[None | Directory], True),
    ],
)
def test_a_handler_asks_by_the_type_of_a_parameter(trial, hint, is_optional):
    trial(staged("deals", asking(hint), requires=frozenset({"contacts"})))
    (asked,) = asked_services(asking(hint))
    assert (asked.parameter, asked.kind) == ("directory", Directory)
    assert asked.is_optional == is_optional


def test_so_does_what_a_controller_depends_on(trial):
    async def provide_count(book: FromModule[Directory]) -> int:
        return 1

    class Counting(Controller):
        @get("/", opt=ANY_MEMBER, dependencies={"count": Provide(provide_count)})
        async def show(self, count: NamedDependency[int]) -> int:
            return count

    trial(staged("deals", Counting, requires=frozenset({"contacts"})))
    with pytest.raises(RouteRuleBroken, match="show asks for Directory, which 'contacts' offers"):
        trial(staged("letters", Counting))


@pytest.mark.parametrize(
    ("hint", "told"),
    [
        (FromModule[Directory], "Directory, which 'contacts' offers: the module does not depend"),
        (FromModule[Directory | None], "Directory, which 'contacts' offers: the module does not"),
        (FromModule[Calendar], "Calendar, which no module offers that this one needs"),
        (FromModule[Directory | Calendar], "'directory' by FromModule, which takes one protocol"),
        (FromModule[None], "'directory' by FromModule, which takes one protocol"),
        (FromModule[list[Directory]], "'directory' by FromModule, which takes one protocol"),
        (FromModule[Directory] | None, r"'directory' by FromModule, .* FromModule\[Directory \| N"),
    ],
)
def test_what_nobody_offers_to_the_module_is_refused(trial, hint, told):
    with pytest.raises(RouteRuleBroken, match=f"^tochka_routes: ask asks for {told}"):
        trial(staged("strangers", asking(hint)))


def test_what_is_not_installed_may_be_asked_for_and_is_none(trial):
    trial(staged("strangers", asking(FromModule[Calendar | None])))


def test_an_extra_is_a_dependency_too(trial):
    wishes = frozenset({"contacts"})
    trial(staged("letters", asking(FromModule[Directory | None]), wishes=wishes))
    trial(staged("labels", asking(FromModule[Directory]), wishes=wishes))


def test_one_name_is_one_service(trial):
    async def provide_count(directory: FromModule[Directory | None]) -> int:
        return 1

    @get("/", opt=ANY_MEMBER, dependencies={"count": Provide(provide_count)})
    async def show(directory: FromModule[Directory], count: NamedDependency[int]) -> None: ...

    with pytest.raises(RouteRuleBroken, match="show asks for two services as 'directory'"):
        trial(staged("deals", show, requires=frozenset({"contacts"})))
