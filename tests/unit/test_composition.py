"""The whole application is built before a worker does it, and what it cannot take is told."""

import sys
from types import ModuleType

import pytest
from litestar import WebSocket, get, websocket
from msgspec.structs import replace
from tochka_core import __version__
from tochka_core.app import create_app
from tochka_core.http.mounting import API_PATH
from tochka_core.registry.composition import compose
from tochka_core.settings import Settings
from tochka_plugins import ANY_MEMBER, hookimpl
from tochka_plugins.host import Candidate, gate
from tochka_plugins.host.gating import RESERVED_NAMES

SETTINGS = Settings(database_url="postgresql+asyncpg://nobody@127.0.0.1:1/nothing")


@pytest.fixture
def rehearsed(monkeypatch):
    """Rehearse modules with these routes; return who may be served, and the reasons of the rest."""

    def run(*steps, **modules):
        candidates = []
        for name, route in modules.items():
            hooks = ModuleType(f"{name}_hooks")
            hooks.tochka_routes = hookimpl(lambda route=route: [route])
            monkeypatch.setitem(sys.modules, hooks.__name__, hooks)
            candidates.append(Candidate(name, hooks.__name__, name, "1.0", "", (), None))
        assembly = compose(gate(candidates, core_version=__version__), SETTINGS, **dict(steps))
        names = [item.name for item in assembly.modules]
        return names, {item.name: item.reason for item in assembly.quarantined}

    return run


def socket_named(name):
    @websocket("/", name=name, opt=ANY_MEMBER)
    async def listen(socket: WebSocket) -> None: ...

    return listen


def reading(**options):
    @get("/", opt=ANY_MEMBER, **options)
    async def read() -> None: ...

    return read


def test_sound_modules_are_served(rehearsed):
    assert rehearsed(aa=reading(), bb=reading(), cc=socket_named("cc")) == (["aa", "bb", "cc"], {})


def test_of_two_websockets_with_one_name_the_later_is_set_aside(rehearsed):
    names, reasons = rehearsed(aa=socket_named("news"), bb=socket_named("news"), cc=reading())
    assert names == ["aa", "cc"]
    assert "'aa' has the handler name 'news' too" in reasons["bb"]


def test_an_operation_id_of_the_core_is_refused(rehearsed):
    names, reasons = rehearsed(aa=reading(operation_id="ApiV1UsersMeMe"), bb=reading())
    assert names == ["bb"]
    assert "the core has the operation id 'ApiV1UsersMeMe' too" in reasons["aa"]


def test_what_clashes_only_when_all_are_together_is_set_aside_too(rehearsed):
    """Its operation id is another's, but not when the module is tried alone."""
    ids = iter(["tried-alone"])
    sly = reading(operation_id=lambda *_path: next(ids, "ApiV1AaRead"))
    names, reasons = rehearsed(aa=reading(), bb=sly, cc=reading())
    assert names == ["aa", "cc"]
    assert reasons["bb"].startswith("beside the others: ")
    assert "ApiV1AaRead" in reasons["bb"]


def test_each_step_of_a_module_is_told_and_then_that_they_are_over(rehearsed):
    told = []
    begin = ("begin", lambda name, phase: told.append((name, phase)))
    rehearsed(begin, ("staged", lambda: told.append("staged")), aa=reading())
    assert told == [("aa", "load"), ("aa", "stage"), "staged"]


def test_no_module_can_be_called_like_a_part_of_the_cores_own_api():
    paths = [route.path for route in create_app(replace(SETTINGS, jwt_secret="x" * 32)).routes]
    own = {path.split("/")[3] for path in paths if path.startswith(f"{API_PATH}/")}
    assert {"audit", "auth", "modules", "tenants", "users"} <= own
    assert own <= RESERVED_NAMES
