"""A module has its own paths, each handled once."""

import pytest
from contributed import handler
from litestar import WebSocket, asgi, get, websocket
from litestar.params import FromPath
from litestar.types import Receive, Scope, Send
from tochka_core.http.mounting import TrialMount
from tochka_core.http.route_rules import RouteRuleBroken
from tochka_plugins import ANY_MEMBER


@pytest.mark.parametrize("path", ["/../users", "/x/../../users/me", "/.", "/.."])
def test_a_path_that_leads_elsewhere_is_refused(core, staged, path):
    with pytest.raises(RouteRuleBroken, match="leads out of the module's own path"):
        TrialMount(core)(staged("notes", handler(path)))


def test_a_path_and_method_handled_twice_is_refused(core, staged):
    with pytest.raises(RouteRuleBroken, match="GET / is handled more than once"):
        TrialMount(core)(staged("notes", handler("/"), handler("/")))


def at(kind, path):
    """Make a handler of a kind at *path*."""

    @get(path, opt=ANY_MEMBER)
    async def over_http(number: FromPath[int] = 0) -> None: ...

    @websocket(path, opt=ANY_MEMBER)
    async def over_websocket(socket: WebSocket) -> None: ...

    @asgi(path, copy_scope=True, opt=ANY_MEMBER)
    async def over_asgi(scope: Scope, receive: Receive, send: Send) -> None: ...

    return {"GET": over_http, "WEBSOCKET": over_websocket, "ASGI": over_asgi}[kind]


@pytest.mark.parametrize("kind", ["GET", "WEBSOCKET", "ASGI"])
def test_a_path_that_two_handlers_of_one_kind_claim_is_refused(core, staged, kind):
    with pytest.raises(RouteRuleBroken, match=f"{kind} /x is handled more than once"):
        TrialMount(core)(staged("notes", at(kind, "/x"), at(kind, "/x")))


def test_parameters_of_other_names_and_types_are_the_same_path(core, staged):
    @get("/{text:str}", opt=ANY_MEMBER)
    async def by_text(text: FromPath[str]) -> None: ...

    with pytest.raises(RouteRuleBroken, match=r"GET /\{text:str\} is handled more than once"):
        TrialMount(core)(staged("notes", at("GET", "/{number:int}"), by_text))


def test_a_websocket_may_share_its_path_with_http(served):
    assert served(notes=(at("GET", "/x"), at("WEBSOCKET", "/x"))) == ["/notes/x", "/notes/x"]


def test_a_mount_is_refused_as_it_takes_paths_of_other_modules(core, staged):
    @asgi("/", is_mount=True, copy_scope=True, opt=ANY_MEMBER)
    async def site(scope: Scope, receive: Receive, send: Send) -> None: ...

    with pytest.raises(RouteRuleBroken, match="site mounts an application"):
        TrialMount(core)(staged("notes", site))
