"""Every error becomes a problem document (RFC 9457)."""

import msgspec
import pytest
from advanced_alchemy.exceptions import (
    NotFoundError,
    RepositoryError,
    wrap_sqlalchemy_exception,
)
from litestar import get, post
from litestar.di import NamedDependency, Provide
from litestar.exceptions import (
    ClientException,
    HTTPException,
    ImproperlyConfiguredException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.testing import create_test_client
from problems import pointers
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    InvalidRequestError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from structlog.testing import capture_logs
from tochka_core.http.problems import NOTHING_HERE, _body_error, _converters, problem_details
from tochka_plugins import Conflict, InvalidInput, NotAuthenticated, NotFound, Unavailable


def problem_of(error):
    """Return the document for *error*, as the plugin picks its converter: the nearest class."""
    converters = _converters({})
    kind = next(kind for kind in type(error).__mro__ if kind in converters)
    return converters[kind](error)


@pytest.mark.parametrize(
    ("message", "key", "pointer", "detail"),
    [
        ("Expected `int`, got `str` - at `$.port`", None, "/port", "Expected `int`, got `str`"),
        ("Expected `int` - at `$.items[0].x`", None, "/items/0/x", "Expected `int`"),
        ("Expected `int` - at `$[2]`", None, "/2", "Expected `int`"),
        ("Expected `int` - at `$.map[...]`", None, "/map", "Expected `int`"),
        ("Expected `int` - at `$.a/b~c`", None, "/a~1b~0c", "Expected `int`"),
        ("Expected `object`, got `array`", None, "", "Expected `object`, got `array`"),
        ("Expected `int`", "phone", "/phone", "Expected `int`"),
        ("Expected `int`", "items[0].x", "/items/0/x", "Expected `int`"),
        ("Expected `int`", "data", "", "Expected `int`"),
        ("Expected `int`", "data[0].x", "/0/x", "Expected `int`"),
        ("Expected `int` - at `$.data[0].x`", "x", "/0/x", "Expected `int`"),
        ("Expected `int` - at `$.data.data`", "data", "/data", "Expected `int`"),
        ("Expected `int` - at `$.data.metadata.x`", "metax", "/metadata/x", "Expected `int`"),
        ("Expected `int`", "database", "/database", "Expected `int`"),
        ("Expected `int`", "data_dir", "/data_dir", "Expected `int`"),
        (
            "Object missing required field `phone`",
            "data",
            "/phone",
            "Object missing required field `phone`",
        ),
        (
            "Object missing required field `x` - at `$.items[1]`",
            None,
            "/items/1/x",
            "Object missing required field `x`",
        ),
        (
            "Object contains unknown field `a/b`",
            "data",
            "/a~1b",
            "Object contains unknown field `a/b`",
        ),
        ("'data'", None, "", "Send a JSON document."),
    ],
)
def test_a_complaint_about_a_body_points_at_the_field(message, key, pointer, detail):
    assert _body_error(message, key) == {"pointer": pointer, "detail": detail}


@pytest.mark.parametrize(
    ("error", "status", "title", "detail"),
    [
        (NotFound("No such tenant."), 404, "Not found", "No such tenant."),
        (InvalidInput("Bad."), 400, "Invalid input", "Bad."),
        (NotFoundException("Nothing matches"), 404, "Not found", NOTHING_HERE),
        (
            MethodNotAllowedException(),
            405,
            "Method not allowed",
            "This path does not know the method.",
        ),
        (ClientException("Bad."), 400, "Invalid input", "Bad."),
        (HTTPException("Too big", status_code=413), 413, "Request body too large", "Too big"),
        (HTTPException("Strange", status_code=415), 415, "Unsupported media type", "Strange"),
        (HTTPException("Slow down", status_code=429), 429, "Request refused", "Slow down"),
        (
            IntegrityError("", {}, Exception("key (phone)=(+7912) exists")),
            409,
            "Conflict",
            "The change conflicts with what is stored.",
        ),
        (DataError("", {}, Exception("int4")), 400, "Invalid input", "A value is out of range."),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_an_error_has_a_status_a_title_and_a_sentence(error, status, title, detail):
    problem = problem_of(error)
    assert (problem.status_code, problem.title, problem.detail) == (status, title, detail)
    assert problem.type_ == "about:blank"
    assert problem.extra["request_id"] is None


class ForeignKeyBroken(Exception):
    """What the driver says of it, as PostgreSQL has told it."""

    sqlstate = "23503"

    def __init__(self, schema_name):
        super().__init__("key (id)=(7) is still referenced")
        self.schema_name = schema_name


@pytest.mark.parametrize(
    ("statement", "schema", "module"),
    [
        ("DELETE FROM mod_contacts.contacts", "mod_deals", "deals"),
        ("\n  delete from mod_contacts.contacts", "mod_deals", "deals"),
        ("DELETE FROM mod_contacts.contacts", "tochka", None),
        ("INSERT INTO mod_deals.deals", "mod_deals", None),
        (None, "mod_deals", None),  # looked at with the commit
    ],
)
def test_what_keeps_something_from_being_deleted_is_named(statement, schema, module):
    problem = problem_of(IntegrityError(statement, {}, ForeignKeyBroken(schema)))
    assert problem.status_code == 409
    assert problem.extra.get("module") == module
    assert problem.detail == (
        "The change conflicts with what is stored."
        if module is None
        else "The module deals still refers to it."
    )


def test_members_and_headers_of_an_error_reach_the_document():
    problem = problem_of(Conflict("Enable contacts first.", missing=["contacts"]))
    assert problem.extra["missing"] == ["contacts"]
    assert problem_of(NotAuthenticated("no")).headers == {"WWW-Authenticate": "Bearer"}
    assert problem_of(Unavailable("no", retry_after_seconds=9)).headers == {"Retry-After": "9"}


def test_headers_of_a_refusal_reach_the_client():
    refusal = HTTPException("Slow", status_code=429, headers={"Retry-After": "3"})
    assert problem_of(refusal).headers == {"Retry-After": "3"}


@pytest.mark.parametrize("member", ["status", "title", "headers"])
def test_members_that_the_document_has_anyway_do_not_break_it(member):
    assert problem_of(Conflict("Taken.", **{member: "odd"})).status_code == 409


@pytest.mark.parametrize("extra", [["a text"], [{"field": "x"}], [], {"field": "x"}, None])
def test_a_validation_error_of_a_modules_own_making_is_still_400(extra):
    assert problem_of(ValidationException("Bad.", extra=extra)).status_code == 400


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("s3cret"),
        ImproperlyConfiguredException("s3cret"),
        DBAPIError("SELECT s3cret", {}, Exception("s3cret")),
        InvalidRequestError("s3cret"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_unexpected_error_is_logged_and_hides_its_message(error):
    with capture_logs() as logs:
        problem = problem_of(error)
    assert (problem.status_code, problem.title) == (500, "Internal server error")
    assert "s3cret" not in f"{problem.detail}{problem.extra}"
    assert [(line["event"], line["exc_info"]) for line in logs] == [("unexpected error", error)]


def test_a_lost_connection_is_503():
    error = DBAPIError("", {}, Exception("gone"), connection_invalidated=True)
    problem = problem_of(error)
    assert (problem.status_code, problem.headers) == (503, {"Retry-After": "1"})


def through_a_repository(error):
    """Raise *error* inside an advanced-alchemy repository; return what comes out."""
    with pytest.raises(RepositoryError) as caught, wrap_sqlalchemy_exception():
        raise error
    return caught.value


@pytest.mark.parametrize("wrap", [lambda error: error, through_a_repository])
def test_a_pool_that_is_used_up_is_503(wrap):
    problem = problem_of(wrap(PoolTimeoutError("QueuePool limit of size 1 reached")))
    assert (problem.status_code, problem.headers) == (503, {"Retry-After": "1"})


def refused(kind, sqlstate):
    """Make what SQLAlchemy raises for an answer of the server."""
    orig = Exception("s3cret")
    orig.sqlstate = sqlstate
    return kind("SELECT s3cret", {}, orig)


UNIQUE, EXCLUSION, FOREIGN_KEY = "23505", "23P01", "23503"
REFUSALS = [
    *((IntegrityError, state, 409, None) for state in (UNIQUE, EXCLUSION, FOREIGN_KEY)),
    (DataError, "22003", 400, None),
    *((OperationalError, state, 503, "60") for state in ("53100", "25006")),
    *((DBAPIError, state, 503, "60") for state in ("53100", "25006")),
    *((DBAPIError, state, 503, "1") for state in ("40001", "40P01", "55P03", "53300")),
]


@pytest.mark.parametrize(("kind", "sqlstate", "status", "retry_after"), REFUSALS)
@pytest.mark.parametrize(
    "wrap", [lambda error: error, through_a_repository], ids=["raw", "wrapped"]
)
def test_what_the_database_refuses_is_told_alike_through_a_repository(
    kind, sqlstate, status, retry_after, wrap
):
    with capture_logs() as logs:
        problem = problem_of(wrap(refused(kind, sqlstate)))
    assert (problem.status_code, problem.headers.get("Retry-After")) == (status, retry_after)
    assert "s3cret" not in f"{problem.detail}{problem.extra}{logs}"
    assert [line["log_level"] for line in logs] == ["warning"]


@pytest.mark.parametrize(
    "wrap", [lambda error: error, through_a_repository], ids=["raw", "wrapped"]
)
def test_a_statement_that_is_itself_a_mistake_is_500(wrap):
    with capture_logs() as logs:
        problem = problem_of(wrap(refused(ProgrammingError, "42703")))
    assert problem.status_code == 500
    assert [line["log_level"] for line in logs] == ["error"]


def test_what_a_repository_does_not_find_is_404():
    with pytest.raises(NotFoundError) as caught, wrap_sqlalchemy_exception():
        raise NotFoundError("No item found")
    assert problem_of(caught.value).status_code == problem_of(NotFoundError()).status_code == 404


@pytest.mark.parametrize(
    ("group", "status"),
    [
        (ExceptionGroup("closing", [Conflict("Taken."), RuntimeError("second")]), 409),
        (ExceptionGroup("closing", [IntegrityError("", {}, Exception("taken"))]), 409),
        (ExceptionGroup("closing", [NotFoundException()]), 404),
        (ExceptionGroup("closing", [RuntimeError("s3cret")]), 500),
        (ExceptionGroup("outer", [ExceptionGroup("inner", [Conflict("Taken.")])]), 409),
    ],
    ids=repr,
)
def test_a_group_of_errors_is_answered_with_its_first(group, status):
    problem = problem_of(group)
    assert problem.status_code == status
    assert "s3cret" not in problem.detail


class Inner(msgspec.Struct):
    number: int


class Document(msgspec.Struct, forbid_unknown_fields=True):
    items: list[Inner] = []
    metadata: Inner | None = None
    database: int = 0


@pytest.fixture(scope="module")
def client():
    @post("/documents")
    async def keep(data: JSONBody[Document]) -> None: ...

    @get("/documents/{number:int}")
    async def show(number: FromPath[int], limit: FromQuery[int] = 1) -> int:
        return number * limit

    @get("/taken")
    async def taken() -> None:
        raise Conflict("Taken.", by="anna")

    @get("/broken")
    async def broken() -> None:
        raise RuntimeError("s3cret")

    handlers = [keep, show, taken, broken]
    with create_test_client(
        handlers, plugins=[problem_details()], openapi_config=None, raise_server_exceptions=False
    ) as client:
        yield client


def test_the_answer_is_a_problem_document(client):
    answer = client.get("/taken")
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "status": 409,
        "title": "Conflict",
        "detail": "Taken.",
        "by": "anna",
        "request_id": None,
    }


@pytest.mark.parametrize("path", ["/nothing", "/documents/seven", "/documents/1/2"])
def test_an_unknown_path_is_answered_in_one_way(client, path):
    assert client.get(path).json()["detail"] == NOTHING_HERE


def test_an_unknown_method_is_405_and_tells_those_that_are_known(client):
    answer = client.delete("/taken")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"items": [{"number": 1}, {"number": "two"}]}, "/items/1/number"),
        ({"items": [{}]}, "/items/0/number"),
        ({"gone": 1}, "/gone"),
        ({"database": "x"}, "/database"),
        ({"metadata": {"number": "x"}}, "/metadata/number"),
        ([], ""),
    ],
    ids=str,
)
def test_a_body_that_does_not_fit_is_pointed_into(client, document, pointer):
    answer = client.post("/documents", json=document)
    assert answer.status_code == 400
    assert [item["pointer"] for item in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize("body", ["", "{", "null", '"\\ud800"'])
def test_a_body_that_is_no_document_is_400(client, body):
    answer = client.post("/documents", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == ""


def test_a_parameter_that_does_not_fit_is_named(client):
    answer = client.get("/documents/1", params={"limit": "many"})
    assert answer.status_code == 400
    assert [item["pointer"] for item in answer.json()["errors"]] == ["/limit"]


def test_an_accident_does_not_tell_what_happened(client):
    with capture_logs():
        answer = client.get("/broken")
    assert answer.status_code == 500
    assert "s3cret" not in answer.text


def test_a_field_that_is_called_like_a_dependency_is_the_clients_mistake():
    class Meeting(msgspec.Struct):
        session: int
        tags: list[int] = []

    @post("/", dependencies={"session": Provide(lambda: "x", sync_to_thread=False)})
    async def meet(data: JSONBody[Meeting], session: NamedDependency[str]) -> None: ...

    with create_test_client(
        meet, plugins=[problem_details()], openapi_config=None, raise_server_exceptions=False
    ) as client:
        answer = client.post("/", json={"session": "soon"})
        assert (answer.status_code, pointers(answer)) == (400, ["/session"])
        answer = client.post("/", json={"session": 1, "tags": ["a"]})
        assert (answer.status_code, pointers(answer)) == (400, ["/tags/0"])


def test_a_dependency_of_the_wrong_type_is_ours():
    @get("/", dependencies={"database": Provide(lambda: "x", sync_to_thread=False)})
    async def read(database: NamedDependency[int]) -> None: ...

    with create_test_client(
        read, plugins=[problem_details()], openapi_config=None, raise_server_exceptions=False
    ) as client:
        assert client.get("/").status_code == 500
