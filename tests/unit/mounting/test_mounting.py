"""Trying out a module's routes before they could bring the whole application down."""

import pytest
from contributed import handler
from litestar import Controller, Litestar, Router, get
from litestar.exceptions import ImproperlyConfiguredException
from litestar.testing import AsyncTestClient
from tochka_core.http.mounting import TrialMount, mount
from tochka_core.http.route_rules import MODULE_KEY, RouteRuleBroken, handlers_at
from tochka_plugins import ANY_MEMBER


def test_routes_lie_under_the_path_of_their_module_and_are_marked(staged):
    router = mount(staged("notes", handler("/drafts")))
    assert router.path == "/api/v1/notes"
    assert router.opt == {MODULE_KEY: "notes"}
    assert [route.path for route in Litestar([router], openapi_config=None).routes] == [
        "/api/v1/notes/drafts"
    ]


async def test_an_application_that_mounts_routes_again_takes_nothing_from_the_first(staged):
    """As the one does that describes them."""

    @get("/drafts", opt=ANY_MEMBER)
    async def read_drafts() -> complex:
        return 1j

    class Notes(Controller):
        path = "/all"

        @get("/", opt=ANY_MEMBER)
        async def listed(self) -> complex:
            return 1j

    @get("/sent", opt=ANY_MEMBER)
    async def read_sent() -> complex:
        return 1j

    module = staged("notes", read_drafts, Notes, Router("/old", route_handlers=[read_sent]))
    for name in ("first", "second"):
        app = Litestar([mount(module)], type_encoders={complex: lambda _, name=name: name})
        assert {handler.app is app for handler in handlers_at(app, "/api/v1/notes")} == {True}
        async with AsyncTestClient(app) as client:
            for path in ("drafts", "all", "old/sent"):
                assert (await client.get(f"/api/v1/notes/{path}")).json() == name


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


def test_a_description_that_cannot_be_encoded_is_refused(core, staged):
    with pytest.raises(UnicodeEncodeError, match="surrogates"):
        TrialMount(core)(staged("notes", handler(description="half \ud83d")))
