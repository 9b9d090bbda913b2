"""The OpenAPI documents of sets of modules, put together of parts."""

import asyncio
import threading
from functools import partial

import msgspec
import pytest
from litestar import Router, get, post
from litestar.params import JSONBody
from tochka_core.http.openapi import is_named
from tochka_core.http.openapi_documents import MAX_DOCUMENTS, Documents
from tochka_core.http.openapi_parts import describe_core, describe_module
from tochka_plugins import ANONYMOUS, ANY_MEMBER, ModuleInfo, Page
from tochka_plugins.host import StagedModule


class FakeCandidate:
    """As much of a candidate as mounting looks at."""

    def __init__(self, name):
        self.name = name


def module_of(name):
    """Make a module with a route for members and one for anyone, each with a class of its own."""

    # As at the top of a file of the module's own.
    item = msgspec.defstruct("Item", [("of_members", int)], module=f"{name}.schemas")
    price = msgspec.defstruct("Price", [("minor", int)], module=f"{name}.schemas")

    @post("/", opt=ANY_MEMBER)
    async def write(data: JSONBody[item]) -> item: ...

    @get("/", opt=ANONYMOUS)
    async def read() -> price: ...

    @get("/prices/{kind:str}", opt=ANONYMOUS)
    async def read_one() -> list[price]: ...

    return StagedModule(
        candidate=FakeCandidate(name),
        hooks=None,
        info=ModuleInfo(title=name),
        routes=(write, read, read_one),
        metadata=None,
        migrations=None,
    )


class Item(msgspec.Struct):
    of_core: int


@get("/core")
async def read_core() -> Item: ...


@pytest.fixture
def counted():
    """What was described, and by which thread."""
    return []


@pytest.fixture
def make(counted):
    """Make documents of the core and these modules."""

    def describing(name, describe):
        def described():
            counted.append((name, threading.current_thread()))
            return describe()

        return described

    def make(*names):
        core = partial(describe_core, lambda: Router("/", route_handlers=[read_core]), {})
        modules = {name: partial(describe_module, module_of(name), {}) for name in names}
        return Documents(
            describing("core", core),
            {name: describing(name, describe) for name, describe in modules.items()},
        )

    return make


async def told(documents, *names, **options):
    return msgspec.json.decode((await documents.of(frozenset(names), **options)).body)


async def test_a_document_is_of_the_core_and_the_named_modules(make):
    documents = make("notes", "calls")
    assert (await told(documents))["paths"].keys() == {"/core"}
    of_both = await told(documents, "notes", "calls", "of-another-worker")
    assert [*of_both["paths"]] == [
        "/api/v1/calls",
        "/api/v1/calls/prices/{kind}",
        "/api/v1/notes",
        "/api/v1/notes/prices/{kind}",
        "/core",
    ]


async def test_schemas_of_one_name_are_told_apart_by_their_modules(make):
    document = await told(make("notes", "calls"), "notes", "calls")
    schemas = document["components"]["schemas"]
    assert schemas.keys() == {
        "Item",
        "problem-document",
        *("calls.Item", "calls.Price", "notes.Item", "notes.Price"),
    }
    assert schemas["Item"]["properties"].keys() == {"of_core"}
    body = document["paths"]["/api/v1/notes"]["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"] == {"$ref": "#/components/schemas/notes.Item"}


def test_a_generic_class_is_called_by_what_it_is_of_and_not_by_where_that_is():
    other = msgspec.defstruct("Other", [("a", int)], module="far.away")
    namesake = msgspec.defstruct("Item", [("b", int)], module="far.away")

    @get("/others")
    async def others() -> Page[other]: ...

    @get("/items")
    async def items() -> Page[Item]: ...

    @get("/namesakes")
    async def namesakes() -> Page[namesake]: ...

    def called(*routes):
        names = describe_core(lambda: Router("/", route_handlers=routes), {}).part.schemas
        return sorted(name for name in names if name.startswith("Page"))

    assert called(others, items) == ["Page_Item", "Page_Other"]
    assert called(others, namesakes, items)[0] == "Page_Other"
    assert len(called(namesakes, items)) == 2


async def test_what_is_told_of_a_module_depends_on_no_other(make):
    alone = await make("notes").of({"notes"})
    among_others = await make("calls", "notes", "mails").of({"notes"})
    assert alone == among_others


async def test_visitors_are_told_of_what_is_open_to_anyone(make):
    document = await told(make("notes"), "notes", for_visitors=True)
    assert document["paths"]["/api/v1/notes"].keys() == {"get"}
    assert document["components"]["schemas"].keys() == {"Item", "problem-document", "notes.Price"}


async def test_a_part_is_described_once_when_it_is_asked_for_and_beside_the_event_loop(
    make, counted
):
    documents = make("notes", "calls")
    assert counted == []
    await asyncio.gather(*(documents.of({"notes"}) for _ in range(10)))
    await documents.of({"notes"}, for_visitors=True)
    assert sorted(name for name, _ in counted) == ["core", "notes"]
    assert threading.current_thread() not in {thread for _, thread in counted}
    await documents.of(documents.served)
    assert sorted(name for name, _ in counted) == ["calls", "core", "notes"]


async def test_documents_are_kept_in_a_bounded_number_and_made_the_same_again(make):
    names = [f"m{number}" for number in range(6)]
    documents = make(*names)
    sets = [{name for bit, name in enumerate(names) if number >> bit & 1} for number in range(64)]
    made = [await documents.of(wanted) for wanted in sets]
    assert len({document.etag for document in made}) == len(sets)
    assert len(documents._documents) == MAX_DOCUMENTS
    assert await documents.of(sets[-1]) is made[-1]
    again = await documents.of(sets[0])
    assert again is not made[0]
    assert again == made[0]


@pytest.mark.parametrize(
    ("headers", "is_known"),
    [
        ([], False),
        (['"a"'], True),
        (['W/"a"'], True),
        (['"b", "a"'], True),
        (['"b"', '"a"'], True),
        (["*"], True),
        (["a"], False),
        (['"ab"', ""], False),
    ],
)
def test_a_client_names_the_documents_that_it_has(headers, is_known):
    assert is_named('"a"', headers) is is_known
