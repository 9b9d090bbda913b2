"""No two handlers have one name, or one operation id, whoever contributes them."""

from itertools import product

import pytest
from contributed import handler
from litestar import WebSocket, asgi, get, websocket
from litestar.exceptions import ImproperlyConfiguredException
from litestar.types import Receive, Scope, Send
from tochka_core.http.mounting import RouteNameTaken, TrialMount
from tochka_plugins import ANY_MEMBER


def test_one_name_for_two_handlers_of_a_module_is_refused(core, staged):
    @get("/other", name="notes", opt=ANY_MEMBER)
    async def other() -> list[str]:
        return []

    with pytest.raises(ImproperlyConfiguredException, match="notes"):
        TrialMount(core)(staged("notes", handler(name="notes"), other))


def test_a_name_that_another_module_uses_is_refused_with_its_owner(core, staged):
    trial = TrialMount(core)
    trial(staged("notes", handler(name="listed")))
    with pytest.raises(RouteNameTaken, match="'notes' has the handler name 'listed' too"):
        trial(staged("calls", handler(name="listed")))


def test_an_operation_id_that_another_module_uses_is_refused(core, staged):
    trial = TrialMount(core)
    trial(staged("notes", handler(operation_id="listEverything")))
    with pytest.raises(Exception, match="listEverything"):
        trial(staged("calls", handler(operation_id="listEverything")))


def test_handlers_without_names_never_collide(served):
    assert served(notes=(handler(),), calls=(handler(),)) == ["/calls", "/notes"]


def named(kind, name):
    """Make a handler of each kind, with one name."""

    @get("/http", name=name, opt=ANY_MEMBER)
    async def over_http() -> None: ...

    @websocket("/socket", name=name, opt=ANY_MEMBER)
    async def over_websocket(socket: WebSocket) -> None: ...

    @asgi("/asgi", name=name, copy_scope=True, opt=ANY_MEMBER)
    async def over_asgi(scope: Scope, receive: Receive, send: Send) -> None: ...

    return {"http": over_http, "websocket": over_websocket, "asgi": over_asgi}[kind]


KINDS = ("http", "websocket", "asgi")


@pytest.mark.parametrize(("first", "second"), [*product(KINDS, KINDS)])
def test_names_are_taken_across_all_kinds_of_handlers(core, staged, first, second):
    trial = TrialMount(core)
    trial(staged("notes", named(first, "shared")))
    with pytest.raises(RouteNameTaken, match="'notes' has the handler name 'shared' too"):
        trial(staged("calls", named(second, "shared")))


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_of_the_core_is_taken(core, staged, kind):
    with pytest.raises(RouteNameTaken, match="the core has the handler name 'me' too"):
        TrialMount(core)(staged("notes", named(kind, "me")))


def test_an_operation_id_that_the_core_was_given_by_default_is_taken(core, staged):
    (taken,) = (item.get.operation_id for item in core.openapi_schema.paths.values())
    with pytest.raises(RouteNameTaken, match="the core has the operation id"):
        TrialMount(core)(staged("notes", handler(operation_id=taken)))


def test_operation_ids_that_are_made_from_paths_may_clash_too(core, staged):
    trial = TrialMount(core)
    trial(staged("big", handler("/notes")))
    with pytest.raises(RouteNameTaken, match="'big' has the operation id 'ApiV1BigNotesListed'"):
        trial(staged("big_notes", handler("/")))


def test_a_refused_module_keeps_no_name_from_others(core, staged):
    trial = TrialMount(core)
    trial(staged("notes", handler(name="listed")))
    with pytest.raises(RouteNameTaken):
        trial(staged("calls", handler("/a", name="a-free-name"), handler("/b", name="listed")))
    trial(staged("mails", handler(name="a-free-name")))
