"""Handlers ask for the settings that their module gives."""

import msgspec
import pytest
from litestar import Litestar, get
from litestar.di import NamedDependency, Provide
from tochka_core.http.mounting import TrialMount
from tochka_core.http.route_rules import RouteRuleBroken
from tochka_plugins import ANY_MEMBER, CurrentSettings


class Colours(msgspec.Struct):
    first: str = "red"


class Sizes(msgspec.Struct):
    first: int = 1


@get("/", opt=ANY_MEMBER)
async def read_colours(settings: CurrentSettings[Colours]) -> str:
    return settings.first


async def provide_first(settings: CurrentSettings[Colours]) -> str:
    return settings.first


@get("/", opt=ANY_MEMBER, dependencies={"first": Provide(provide_first)})
async def read_first(first: NamedDependency[str]) -> str:
    return first


async def provide_own() -> dict[str, str]: ...


@get("/", opt=ANY_MEMBER, dependencies={"settings": Provide(provide_own)})
async def read_own(settings: NamedDependency[dict[str, str]]) -> str:
    return settings["of"]


@pytest.fixture
def core_with_settings():
    async def provide_settings() -> msgspec.Struct: ...

    return Litestar(dependencies={"settings": Provide(provide_settings)})


@pytest.mark.parametrize("route", [read_colours, read_first])
def test_a_handler_asks_for_the_settings_that_the_module_gives(core_with_settings, staged, route):
    trial = TrialMount(core_with_settings)
    trial(staged("notes", route, settings=Colours))
    for settings, given in ((Sizes, "Sizes"), (None, "nothing")):
        with pytest.raises(RouteRuleBroken, match=f"tochka_settings gives, which is {given}"):
            trial(staged("other", route, settings=settings))


def test_a_module_may_give_settings_of_its_own(core_with_settings, staged):
    TrialMount(core_with_settings)(staged("notes", read_own))
