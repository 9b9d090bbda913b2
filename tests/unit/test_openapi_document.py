"""What the OpenAPI document says of routes beyond what their handlers take and return."""

import msgspec
import pytest
from litestar import Litestar, Router, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.exceptions import NotAuthorizedException
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_204_NO_CONTENT
from tochka_core.http.closed_structs import ClosedStructs
from tochka_core.http.dependencies import core_dependencies, public_dependencies
from tochka_core.http.mounting import API_PATH, let_gate_ask
from tochka_core.http.openapi_document import openapi_document
from tochka_core.http.route_rules import MODULE_KEY
from tochka_core.passwords.current import CurrentPasswords
from tochka_core.settings import Settings
from tochka_plugins import (
    ANONYMOUS,
    Conflict,
    CurrentLimits,
    CurrentPrincipal,
    Session,
    TochkaError,
    TooManyRequests,
    problems,
    requires,
)

PROBLEM = "application/problem+json"
SIGNED_IN = {"400", "401", "403", "404", "503"}
BODY = {"408", "413", "415"}


class Teapot(TochkaError):
    """It is one."""

    status = 418
    title = "I'm a teapot"


class Closed(msgspec.Struct, forbid_unknown_fields=True):
    note: str


class Problem(msgspec.Struct):
    """A module's own."""

    solved: bool


@pytest.fixture
def document():
    """Describe routes of the core."""

    def document(*handlers, opt=None, path="/"):
        app = Litestar(
            [
                Router(
                    f"{API_PATH}{path}",
                    route_handlers=handlers,
                    opt=opt,
                    dependencies=core_dependencies(None, {"service": None}),
                )
            ],
            dependencies=public_dependencies(None, None, None),
            plugins=[ClosedStructs()],
        )
        let_gate_ask(app)
        return openapi_document(app)

    return document


@pytest.fixture
def described(document):
    """Describe one route of the core; return its operation."""

    def described(handler, **options):
        return only_operation(document(handler, **options))

    return described


@pytest.fixture
def of_module(described):
    """Describe one route of a module."""

    def of_module(handler):
        return described(handler, path="/notes", opt={MODULE_KEY: "notes"})

    return of_module


def only_operation(document):
    (item,) = document["paths"].values()
    (operation,) = item.values()
    return operation


def errors_of(operation):
    return {status for status in operation["responses"] if int(status) >= 400}


def test_an_error_is_a_problem_document(document):
    @get("/")
    async def read(principal: CurrentPrincipal) -> None: ...

    told = document(read)
    response = only_operation(told)["responses"]["401"]
    found = resolved(told, response)
    assert found["headers"].keys() == {"X-Request-Id", "WWW-Authenticate"}
    (media_type,) = found["content"]
    assert media_type == PROBLEM
    schema = resolved(told, found["content"][PROBLEM]["schema"])
    assert {"type", "title", "status", "detail", "request_id"} == {*schema["required"]}


def resolved(document, reference):
    found = document
    for step in reference["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found


def test_every_reference_leads_somewhere(document):
    @post("/{note_id:int}", responses=problems(Teapot), guards=[requires("notes:write")])
    async def write(note_id: FromPath[int], data: JSONBody[list[int]]) -> None: ...

    told = document(write, path="/notes", opt={MODULE_KEY: "notes"})

    def follow(item):
        if isinstance(item, dict):
            if "$ref" in item:
                assert resolved(told, item)
            item = list(item.values())
        if isinstance(item, list):
            for part in item:
                follow(part)

    follow(told)


def test_a_route_demands_a_token_unless_it_is_open_to_anyone(described):
    @get("/")
    async def read(principal: CurrentPrincipal) -> None: ...

    @get("/", opt=ANONYMOUS)
    async def see(platform_session: Session) -> None: ...

    assert described(read)["security"] == [{"bearer": []}]
    assert errors_of(described(read)) == SIGNED_IN
    assert "security" not in described(see)
    assert errors_of(described(see)) == {"400", "503"}


def test_who_needs_nothing_is_never_away(described):
    @get("/", opt=ANONYMOUS)
    async def live() -> None: ...

    assert errors_of(described(live)) == {"400"}


def test_a_body_can_be_wrong_in_more_ways(described):
    @post("/")
    async def write(data: JSONBody[list[int]]) -> None: ...

    assert errors_of(described(write)) == SIGNED_IN | BODY | {"409"}


def test_a_body_that_a_dependency_reads_counts_too(described):
    async def provide_sum(data: JSONBody[list[int]]) -> int:
        return sum(data)

    @post("/", dependencies={"sum": Provide(provide_sum)})
    async def write(sum: NamedDependency[int]) -> None: ...  # noqa: A002 - as it is called

    assert errors_of(described(write)) >= BODY


def test_what_is_named_in_the_path_may_be_absent(described):
    @get("/{note_id:int}", opt=ANONYMOUS)
    async def read(note_id: FromPath[int]) -> None: ...

    assert errors_of(described(read)) == {"400", "404", "503"}


def test_permissions_are_told_with_the_token(of_module):
    @get("/", guards=[requires("notes:read"), requires("notes:write")])
    async def read() -> None: ...

    assert of_module(read)["security"] == [{"bearer": ["notes:read", "notes:write"]}]


def test_a_module_needs_a_tenant_also_where_anyone_may_call(of_module):
    @get("/", opt=ANONYMOUS)
    async def see() -> None: ...

    operation = of_module(see)
    assert "security" not in operation
    assert errors_of(operation) == {"400", "404", "503"}
    assert [item["$ref"] for item in operation["parameters"]] == [
        "#/components/parameters/X-Tenant",
        "#/components/parameters/X-Tenant-Reason",
    ]


def test_of_the_core_only_what_uses_the_chosen_tenant_takes_its_name(described):
    @get("/")
    async def read(session: Session) -> None: ...

    @get("/")
    async def read_all(platform_session: Session) -> None: ...

    assert described(read)["parameters"]
    assert "parameters" not in described(read_all)


def test_too_many_tries_are_told_where_a_service_counts_them(described):
    @post("/", opt=ANONYMOUS)
    async def enter(service: NamedDependency[CurrentPasswords]) -> None: ...

    @post("/", opt=ANONYMOUS)
    async def ask(service: NamedDependency[Settings]) -> None: ...

    assert errors_of(described(enter)) - errors_of(described(ask)) == {"429"}


def test_a_route_that_counts_may_find_a_limit_reached(of_module):
    @get("/", opt=ANONYMOUS)
    async def read(session: Session) -> None: ...

    @get("/", opt=ANONYMOUS)
    async def read_and_count(limits: CurrentLimits) -> None: ...

    assert errors_of(of_module(read_and_count)) - errors_of(of_module(read)) == {"402", "409"}


def test_a_handler_adds_what_it_alone_can_answer(of_module):
    @get("/", opt=ANONYMOUS, responses=problems(TooManyRequests, Conflict, Teapot))
    async def read() -> None: ...

    operation = of_module(read)
    assert errors_of(operation) == {"400", "404", "409", "418", "429", "503"}
    assert operation["responses"]["418"]["description"] == "I'm a teapot"
    assert operation["responses"]["418"]["content"].keys() == {PROBLEM}


def test_what_a_handler_says_itself_stays(described):
    @get("/", opt=ANONYMOUS, responses={503: ResponseSpec(list[str], description="Some are away")})
    async def ready(platform_session: Session) -> list[str]: ...

    response = described(ready)["responses"]["503"]
    assert response["description"] == "Some are away"
    assert response["content"].keys() == {"application/json"}


def test_an_error_of_the_frameworks_is_a_problem_document_too(described):
    @get("/", opt=ANONYMOUS, raises=[NotAuthorizedException])
    async def read() -> None: ...

    assert described(read)["responses"]["401"] == {
        "$ref": "#/components/responses/NotAuthenticated"
    }


def test_no_content_is_told_of_an_answer_that_has_none(described):
    @delete("/", status_code=HTTP_204_NO_CONTENT)
    async def remove() -> None: ...

    assert "content" not in described(remove)["responses"]["204"]


def test_a_module_may_have_a_class_of_the_same_name(document):
    @get("/")
    async def read() -> Problem: ...

    told = document(read)
    assert told["components"]["schemas"]["Problem"]["properties"].keys() == {"solved"}
    assert "problem-document" in told["components"]["schemas"]


def test_a_body_that_forbids_unknown_fields_says_so(document):
    @post("/")
    async def write(data: JSONBody[Closed]) -> Problem: ...

    schemas = document(write)["components"]["schemas"]
    assert schemas["Closed"]["properties"].keys() == {"note"}
    assert schemas["Closed"]["additionalProperties"] is False
    assert "additionalProperties" not in schemas["Problem"]
