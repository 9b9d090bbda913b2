"""Trying out a module's routes before they could bring the whole application down."""

import pytest
from litestar import Controller, Litestar, get
from litestar.exceptions import ImproperlyConfiguredException
from tochka_core.http.mounting import RouteNameTaken, TrialMount, mount
from tochka_core.http.route_rules import MODULE_KEY, RouteRuleBroken
from tochka_plugins import ModuleInfo
from tochka_plugins.host import StagedModule


@pytest.fixture
def staged():
    """Make a staged module with *routes*."""

    def make(name, *routes):
        return StagedModule(
            candidate=FakeCandidate(name),
            hooks=None,
            info=ModuleInfo(title=name),
            routes=routes,
            metadata=None,
            migrations=None,
        )

    return make


class FakeCandidate:
    """As much of a candidate as mounting looks at."""

    def __init__(self, name):
        self.name = name


def handler(path="/", **options):
    @get(path, **options)
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


def test_sound_routes_may_be_mounted(staged):
    class Notes(Controller):
        path = "/all"

        @get("/", name="notes")
        async def listed(self) -> list[str]:
            return []

    trial = TrialMount({})
    trial(staged("notes", Notes, handler("/drafts", name="drafts")))
    trial(staged("calls", handler("/drafts", name="calls")))
    trial(staged("mails"))


@pytest.mark.parametrize("route", ["/notes", 42], ids=str)
def test_what_is_no_route_is_refused(staged, route):
    with pytest.raises(ImproperlyConfiguredException):
        TrialMount({})(staged("notes", route))


def test_a_handler_without_annotations_is_refused(staged):
    @get("/")
    async def unannotated(note) -> list[str]:
        return [note]

    with pytest.raises(ImproperlyConfiguredException, match="note"):
        TrialMount({})(staged("notes", unannotated))


def test_one_name_for_two_handlers_of_a_module_is_refused(staged):
    @get("/other", name="notes")
    async def other() -> list[str]:
        return []

    with pytest.raises(ImproperlyConfiguredException, match="notes"):
        TrialMount({})(staged("notes", handler(name="notes"), other))


def test_a_name_that_another_module_uses_is_refused_with_its_owner(staged):
    trial = TrialMount({})
    trial(staged("notes", handler(name="listed")))
    with pytest.raises(RouteNameTaken, match="'notes' has a handler named 'listed' too"):
        trial(staged("calls", handler(name="listed")))


def test_an_operation_id_that_another_module_uses_is_refused(staged):
    trial = TrialMount({})
    trial(staged("notes", handler(operation_id="listEverything")))
    with pytest.raises(Exception, match="listEverything"):
        trial(staged("calls", handler(operation_id="listEverything")))


def test_handlers_without_names_never_collide(staged):
    trial = TrialMount({})
    trial(staged("notes", handler()))
    trial(staged("calls", handler()))


def test_a_refused_module_keeps_no_name_from_others(staged):
    trial = TrialMount({})
    trial(staged("notes", handler(name="listed")))
    with pytest.raises(RouteNameTaken):
        trial(staged("calls", handler("/a", name="a-free-name"), handler("/b", name="listed")))
    trial(staged("mails", handler(name="a-free-name")))


class Escaping(Controller):
    """Its own `opt` would win over the one that the platform sets."""

    path = "/"
    opt = {"tochka_module": "other"}  # noqa: RUF012 - as Litestar has it

    @get("/")
    async def read(self) -> list[str]:
        return []


def test_routes_that_say_they_belong_to_another_module_are_refused(staged):
    with pytest.raises(RouteRuleBroken, match="sets 'tochka_module'"):
        TrialMount({})(staged("notes", Escaping))


def test_cache_keys_of_ones_own_are_refused(staged):
    own = handler(cache=True, cache_key_builder=lambda request: request.url.path)
    with pytest.raises(RouteRuleBroken, match="cache keys"):
        TrialMount({})(staged("notes", own))
    TrialMount({})(staged("notes", handler(cache=True)))


def test_a_path_and_method_handled_twice_is_refused(staged):
    with pytest.raises(RouteRuleBroken, match="GET / is handled more than once"):
        TrialMount({})(staged("notes", handler("/"), handler("/")))
