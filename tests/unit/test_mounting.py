"""Trying out a module's routes before they could bring the whole application down."""

from itertools import product

import msgspec
import pytest
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
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency, Provide
from litestar.exceptions import ImproperlyConfiguredException
from litestar.params import FromPath
from litestar.types import Receive, Scope, Send
from tochka_core.http.mounting import RouteNameTaken, TrialMount, let_gate_ask, mount
from tochka_core.http.route_rules import MODULE_KEY, PERMISSIONS_KEY, RouteRuleBroken
from tochka_plugins import (
    ANONYMOUS,
    ANY_MEMBER,
    CurrentSettings,
    ModuleInfo,
    Permission,
    requires,
    requires_step_up,
)
from tochka_plugins.host import StagedModule


@pytest.fixture
def staged():
    """Make a staged module with *routes*."""

    def make(name, *routes, permissions=(), requires=frozenset(), settings=None):
        return StagedModule(
            settings=settings,
            permissions=tuple(Permission(name, "Allow it") for name in permissions),
            requires=requires,
            candidate=FakeCandidate(name),
            hooks=None,
            info=ModuleInfo(title=name),
            routes=routes,
            metadata=None,
            migrations=None,
        )

    return make


@pytest.fixture
def served(core, staged):
    """Try modules in turn, then mount all of them; return their paths."""

    def run(**modules):
        trial = TrialMount(core)
        made = [staged(name, *routes) for name, routes in modules.items()]
        for module in made:
            trial(module)
        app = Litestar([mount(module) for module in made], openapi_config=None)
        return sorted(route.path.removeprefix("/api/v1") for route in app.routes)

    return run


@pytest.fixture
def core():
    """An application without modules."""

    @get("/api/v1/users/me", name="me")
    async def read_me() -> str:
        return ""

    return Litestar([read_me])


class FakeCandidate:
    """As much of a candidate as mounting looks at."""

    def __init__(self, name):
        self.name = name


def handler(path="/", *, opt=ANY_MEMBER, **options):
    @get(path, opt=opt, **options)
    async def listed() -> list[str]:
        return []

    return listed


def test_routes_lie_under_the_path_of_their_module_and_are_marked(staged):
    router = mount(staged("notes", handler("/drafts")))
    assert router.path == "/api/v1/notes"
    assert router.opt == {MODULE_KEY: "notes"}
    assert [route.path for route in Litestar([router], openapi_config=None).routes] == [
        "/api/v1/notes/drafts"
    ]


def test_sound_routes_may_be_mounted(served):
    class Notes(Controller):
        path = "/all"

        @get("/", name="notes", opt=ANY_MEMBER)
        async def listed(self) -> list[str]:
            return []

    notes = (Notes, handler("/drafts", name="drafts"))
    paths = served(notes=notes, calls=(handler("/drafts", name="calls"),), mails=())
    assert paths == ["/calls/drafts", "/notes/all", "/notes/drafts"]


@pytest.mark.parametrize("route", ["/notes", 42], ids=str)
def test_what_is_no_route_is_refused(core, staged, route):
    with pytest.raises(ImproperlyConfiguredException):
        TrialMount(core)(staged("notes", route))


def test_a_handler_without_annotations_is_refused(core, staged):
    @get("/")
    async def unannotated(note) -> list[str]:
        return [note]

    with pytest.raises(RouteRuleBroken, match=r"unannotated: 'note' does not have a type"):
        TrialMount(core)(staged("notes", unannotated))


def test_a_handler_whose_annotation_names_nothing_is_refused(core, staged):
    @get("/")
    async def mistaken(note: "Nothing") -> None: ...  # noqa: F821 - that is the point

    with pytest.raises(RouteRuleBroken, match=r"mistaken: name 'Nothing' is not defined"):
        TrialMount(core)(staged("notes", mistaken))


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


@pytest.mark.parametrize("path", ["/../users", "/x/../../users/me", "/.", "/.."])
def test_a_path_that_leads_elsewhere_is_refused(core, staged, path):
    with pytest.raises(RouteRuleBroken, match="leads out of the module's own path"):
        TrialMount(core)(staged("notes", handler(path)))


@pytest.mark.parametrize(
    "options",
    [
        {"cache_control": CacheControlHeader(public=True, max_age=60)},
        {"cache_control": CacheControlHeader(s_maxage=60)},
        {"response_headers": {"Cache-Control": "max-age=60, Public"}},
    ],
    ids=["public", "s-maxage", "header"],
)
def test_shared_caches_are_not_told_to_keep_a_tenants_answer(core, staged, options):
    with pytest.raises(RouteRuleBroken, match="a shared cache does not know tenants"):
        TrialMount(core)(staged("notes", handler(**options)))
    with pytest.raises(RouteRuleBroken, match="a shared cache does not know tenants"):
        TrialMount(core)(staged("notes", Router("/", route_handlers=[handler()], **options)))


def test_a_clients_own_cache_may_keep_an_answer(served):
    own = CacheControlHeader(private=True, max_age=60)
    assert served(notes=(handler(cache_control=own),)) == ["/notes"]


def test_a_description_that_cannot_be_encoded_is_refused(core, staged):
    with pytest.raises(UnicodeEncodeError, match="surrogates"):
        TrialMount(core)(staged("notes", handler(description="half \ud83d")))


def test_cache_keys_of_ones_own_are_refused(core, staged):
    own = handler(cache=True, cache_key_builder=lambda request: request.url.path)
    with pytest.raises(RouteRuleBroken, match="cache keys"):
        TrialMount(core)(staged("notes", own))
    TrialMount(core)(staged("notes", handler(cache=True)))


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
