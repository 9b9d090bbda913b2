"""Every route says in one way who may call it."""

import pytest
from contributed import handler
from litestar import (
    Controller,
    HttpMethod,
    Litestar,
    Router,
    WebSocket,
    asgi,
    get,
    route,
    websocket,
)
from litestar.types import Receive, Scope, Send
from tochka_core.http.mounting import TrialMount, let_gate_ask, mount
from tochka_core.http.route_rules import MODULE_KEY, PERMISSIONS_KEY, RouteRuleBroken
from tochka_plugins import ANONYMOUS, ANY_MEMBER, requires, requires_step_up


def with_opt(place, opt):
    """Make a route that carries *opt* at one of the places where it may stand."""

    @get("/")
    async def read() -> None: ...

    @get("/", opt=opt)
    async def own() -> None: ...

    @get("/", **opt)
    async def by_keyword() -> None: ...

    @websocket("/", opt=opt)
    async def over_websocket(socket: WebSocket) -> None: ...

    @asgi("/", opt=opt, copy_scope=True)
    async def over_asgi(scope: Scope, receive: Receive, send: Send) -> None: ...

    class Whole(Controller):
        @get("/")
        async def read(self) -> None: ...

    Whole.opt = opt
    router = Router("/", route_handlers=[read], opt=opt)
    return {
        "http": own,
        "keyword": by_keyword,
        "websocket": over_websocket,
        "asgi": over_asgi,
        "controller": Whole,
        "router": router,
        "outer router": Router("/", route_handlers=[Router("/in", route_handlers=[read])], opt=opt),
    }[place]


PLACES = ("http", "keyword", "websocket", "asgi", "controller", "router", "outer router")
LAYERS = ("handler", "controller", "router")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "opt",
    [{MODULE_KEY: "other"}, {MODULE_KEY: "notes"}, {MODULE_KEY: None}, {"tochka_later": True}],
    ids=str,
)
def test_what_the_platform_says_of_a_route_is_not_for_modules_to_say(core, staged, place, opt):
    with pytest.raises(RouteRuleBroken, match=f"sets '{next(iter(opt))}'"):
        TrialMount(core)(staged("notes", with_opt(place, opt)))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("word", [ANONYMOUS, ANY_MEMBER], ids=str)
def test_any_route_may_be_opened_and_carry_keys_of_its_own(served, place, word):
    assert served(notes=(with_opt(place, {**word, "own": 1}),))[0].startswith("/notes")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "opt",
    [
        {"exclude_from_auth": True},
        {"tochka_anonymous": "no"},
        {"tochka_anonymous": 1},
        {"tochka_any_member": False},
    ],
    ids=str,
)
def test_no_route_is_opened_by_another_word(core, staged, place, opt):
    word = "ANY_MEMBER" if "tochka_any_member" in opt else "ANONYMOUS"
    with pytest.raises(RouteRuleBroken, match=f"is opened by opt={word}, or not at all"):
        TrialMount(core)(staged("notes", with_opt(place, opt)))


@pytest.mark.parametrize("place", PLACES)
def test_a_route_that_does_not_say_who_may_call_it_is_refused(core, staged, place):
    with pytest.raises(RouteRuleBroken, match="does not say who may call it: give it guards="):
        TrialMount(core)(staged("notes", with_opt(place, {"own": 1})))


def test_one_handler_of_a_controller_that_does_not_say_it_is_enough_to_refuse(core, staged):
    class Notes(Controller):
        @get("/", opt=ANY_MEMBER)
        async def listed(self) -> None: ...

        @get("/other", guards=[requires_step_up()])
        async def forgotten(self) -> None: ...

    with pytest.raises(RouteRuleBroken, match=r"Notes\.forgotten does not say who may call it"):
        TrialMount(core)(staged("notes", Notes))


def test_an_authors_own_answer_to_options_says_who_may_call_it(core, staged, served):
    def options(opt):
        @route("/", http_method=HttpMethod.OPTIONS, opt=opt)
        async def tell() -> None: ...

        return tell

    with pytest.raises(RouteRuleBroken, match="tell does not say who may call it"):
        TrialMount(core)(staged("notes", options(None)))
    assert served(notes=(options(ANY_MEMBER),)) == ["/notes"]


@pytest.mark.parametrize("place", PLACES)
def test_a_route_is_not_open_to_anyone_and_to_members_only(core, staged, place):
    told = "says opt=ANONYMOUS and opt=ANY_MEMBER, which exclude each other"
    with pytest.raises(RouteRuleBroken, match=told):
        TrialMount(core)(staged("notes", with_opt(place, {**ANONYMOUS, **ANY_MEMBER})))


@pytest.mark.parametrize("place", LAYERS)
def test_a_route_is_not_for_members_whatever_they_hold_and_for_who_holds_something(
    core, staged, place
):
    route = guarded(place, "notes:read", opt=ANY_MEMBER)
    with pytest.raises(RouteRuleBroken, match=r"says opt=ANY_MEMBER and requires\('notes:read'\)"):
        TrialMount(core)(staged("notes", route, permissions=["notes:read"]))


def guarded(place, permission, **options):
    """Make a contribution that requires *permission* by one of its layers."""
    guards = [requires(permission)]

    class Whole(Controller):
        @get("/", **options)
        async def read(self) -> None: ...

    if place == "handler":
        return handler(guards=guards, **{"opt": None, **options})
    if place == "controller":
        Whole.guards = guards
        return Whole
    return Router("/", route_handlers=[Router("/in", route_handlers=[Whole])], guards=guards)


@pytest.mark.parametrize("place", LAYERS)
@pytest.mark.parametrize("permission", ["notes:write", "", "base:read", "tenants:read_audit"])
def test_a_permission_that_nobody_could_give_is_refused(core, staged, place, permission):
    trial = TrialMount(core)
    trial(staged("base", permissions=["base:read"]))
    notes = staged("notes", guarded(place, permission), permissions=["notes:read"])
    with pytest.raises(RouteRuleBroken, match=f"requires '{permission}', which neither"):
        trial(notes)


@pytest.mark.parametrize("place", LAYERS)
@pytest.mark.parametrize("permission", ["notes:read", "base:read"])
def test_a_permission_of_the_module_or_one_that_it_needs_may_be_required(
    core, staged, place, permission
):
    trial = TrialMount(core)
    trial(staged("base", permissions=["base:read"]))
    route = guarded(place, permission)
    trial(staged("notes", route, permissions=["notes:read"], requires=frozenset({"base"})))


@pytest.mark.parametrize("place", LAYERS)
def test_an_open_route_requires_nothing(core, staged, place):
    route = guarded(place, "notes:read", opt=ANONYMOUS)
    with pytest.raises(RouteRuleBroken, match="need not be signed in"):
        TrialMount(core)(staged("notes", route, permissions=["notes:read"]))


def test_an_open_route_asks_for_no_step_up(core, staged):
    trial = TrialMount(core)
    trial(staged("diary", handler(guards=[requires_step_up()])))
    with pytest.raises(RouteRuleBroken, match="a step-up of people who need not be signed in"):
        trial(staged("notes", handler(guards=[requires_step_up()], opt=ANONYMOUS)))


def test_permissions_are_left_to_the_gate_and_other_guards_are_not(staged):
    """Should Litestar keep guards elsewhere one day, they are asked twice, and slowly."""

    async def other(connection, route_handler): ...

    route = Router("/", route_handlers=[guarded("handler", "notes:write")], guards=[other])
    app = Litestar([mount(staged("notes", route))], openapi_config=None)
    let_gate_ask(app)
    (served,) = app.routes[0].route_handler_map["GET"][:1]
    assert served.opt[PERMISSIONS_KEY] == ("notes:write",)
    assert served.resolve_guards() == [other]
