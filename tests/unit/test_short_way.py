"""The short way to a handler and Litestar's own lead to the same answers."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import pytest
from litestar import Litestar, MediaType, Request, Response, WebSocket, delete, get, post, websocket
from litestar.background_tasks import BackgroundTask
from litestar.datastructures import Cookie, ResponseHeader, UploadFile
from litestar.di import NamedDependency, Provide
from litestar.dto import DataclassDTO, DTOConfig
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotAuthorizedException, SerializationException
from litestar.params import Body, FromCookie, FromHeader, FromPath, FromQuery, JSONBody
from litestar.response import Stream
from litestar.routes import HTTPRoute
from litestar.testing import AsyncTestClient, TestClient
from litestar.types import ASGIApp, Empty
from tochka_core.http.body import JsonRequest, refuse_nul
from tochka_core.http.resolving import resolve_one_by_one
from tochka_core.http.short_way import short_way

SHORT, LONG = "short", "long"

happened: list[str] = []


class Thing(msgspec.Struct):
    name: str
    size: int = 1


class Odd:
    """What JSON does not know."""


@dataclass
class Pair:
    shown: int
    hidden: int


def through(app: Any) -> Any:
    """Do nothing, as a middleware does."""

    async def go(scope: Any, receive: Any, send: Any) -> None:
        await app(scope, receive, send)

    return go


async def given(request: Request[Any, Any, Any]) -> str:
    return request.url.path


async def derived(given: NamedDependency[str]) -> int:
    return len(given)


def kept() -> float:
    happened.append("kept")
    return 1.5


async def opened() -> AsyncIterator[str]:
    happened.append("opened")
    try:
        yield "open"
    except LookupError:
        happened.append("undone")
        raise
    happened.append("closed")


async def opened_in_turn(opened: NamedDependency[str]) -> AsyncIterator[str]:
    yield f"{opened} in turn"
    happened.append("closed in turn")


async def broken() -> str:
    raise LookupError


async def too_late() -> str:
    raise LookupError


async def miscounted() -> Any:
    return "three"


async def keep_out(_connection: object, _handler: object) -> None:
    raise NotAuthorizedException


async def answer_early(_request: object) -> Thing:
    return Thing("early")


async def name_it(response: Response[Any]) -> Response[Any]:
    response.headers["x-named"] = "yes"
    return response


async def look_back(_request: object) -> None:
    happened.append("looked back")


SHARED: dict[str, int] = {}


async def shared() -> dict[str, int]:
    return SHARED


async def plain_shared() -> dict:  # type: ignore[type-arg]
    return SHARED


def say_created(_request: object, _error: Exception) -> Response[None]:
    return Response(None, status_code=201)


def teapot(_request: object, _error: Exception) -> Response[None]:
    return Response(None, status_code=418)


@get("/struct")
async def struct() -> Thing:
    return Thing("ä")


@get("/list", sync_to_thread=False)
def sync() -> list[Thing]:
    return [Thing("a"), Thing("b", 2)]


@get("/none")
async def none() -> None:
    return None


@get("/parameters/{number:int}")
async def parameters(
    number: FromPath[int],
    wish: FromQuery[list[int]],
    session: FromCookie[str | None],
    agent: Annotated[FromHeader[str | None], "x-agent"] = None,
) -> list[object]:
    return [number, wish, session, agent]


@get("/dependencies")
async def dependencies(
    given: NamedDependency[str], derived: NamedDependency[int], kept: NamedDependency[float]
) -> list[object]:
    return [given, derived, kept]


@get("/opened")
async def reads(opened_in_turn: NamedDependency[str]) -> str | int:
    happened.append("read")
    return len(opened_in_turn)


@get("/undone")
async def undone(opened: NamedDependency[str]) -> int:
    raise LookupError(opened)


@get("/unencoded")
async def unencoded(opened: NamedDependency[str]) -> list[Any]:
    return [opened, Odd()]


@get("/broken")
async def after_broken(broken: NamedDependency[str]) -> int:
    return len(broken)


@get("/late")
async def after_late(opened: NamedDependency[str], too_late: NamedDependency[str]) -> list[str]:
    return [opened, too_late]


@get("/miscounted")
async def counts(miscounted: NamedDependency[int]) -> int:
    return miscounted


@get("/refused", exception_handlers={LookupError: teapot})
async def refused() -> int:
    raise LookupError


@get("/awaitable", sync_to_thread=False)
def awaitable() -> Any:
    return struct.fn()


@get("/late-awaitable")
async def late_awaitable() -> Any:
    return struct.fn()


@get("/asgi")
async def asgi() -> ASGIApp:
    async def answer(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 202, "headers": []})
        await send({"type": "http.response.body", "body": b"itself", "more_body": False})

    return answer


@get("/nothing")
async def nothing() -> Any:
    return Empty


@get("/changes-it")
async def changes_it(shared: NamedDependency[dict[str, int]]) -> dict[str, int]:
    shared["counted"] = shared.get("counted", 0) + 1
    return shared


@get("/changes-plain")
async def changes_plain(plain_shared: NamedDependency[dict]) -> dict[str, int]:  # type: ignore[type-arg]
    plain_shared["counted"] = plain_shared.get("counted", 0) + 1
    return plain_shared


@get("/own-words", exception_handlers={SerializationException: teapot, TypeError: say_created})
async def own_words() -> list[Any]:
    return [Odd()]


@get("/text")
async def text() -> Any:
    return "a text"


@get("/bytes")
async def some_bytes() -> Any:
    return b"{}"


@get("/response")
async def response() -> Any:
    return Response(Thing("own"), headers={"x-own": "1"})


@get("/encoded", type_encoders={Odd: lambda _odd: "odd"})
async def encoded() -> list[Odd]:
    return [Odd()]


@get("/request")
async def request_itself(request: Request[Any, Any, Any]) -> dict[str, str]:
    return {"method": request.method, "kind": type(request).__name__}


@post("/things")
async def create(data: JSONBody[Thing]) -> Thing:
    return data


@delete("/things/{name:str}", status_code=200)
async def remove(name: FromPath[str]) -> str | None:
    if name == "none":
        raise LookupError
    return None


@post("/files")
async def files(request: Request[Any, Any, Any]) -> list[str]:
    form = await request.form()
    file: UploadFile = form["file"]
    happened.append(file)  # type: ignore[arg-type]
    return [file.filename]


@get("/guarded", guards=[keep_out])
async def guarded() -> int:
    return 1


@get("/early", before_request=answer_early)
async def early() -> Thing:
    return Thing("late")


@get("/named", after_request=name_it)
async def named() -> int:
    return 1


@get("/back", after_response=look_back)
async def back() -> int:
    return 1


@get("/between", middleware=[through])
async def between() -> int:
    return 1


@get("/header", response_headers=[ResponseHeader(name="x-fixed", value="1")])
async def header() -> int:
    return 1


@get("/cookie", response_cookies=[Cookie(key="fixed", value="1")])
async def cookie() -> int:
    return 1


@get("/dto", return_dto=DataclassDTO[Annotated[Pair, DTOConfig(exclude={"hidden"})]])
async def dto() -> Pair:
    return Pair(1, 2)


@get("/plain", media_type=MediaType.TEXT)
async def plain() -> str:
    return "plain"


@get("/empty", status_code=204)
async def empty() -> None:
    return None


@get("/promised")
async def promised() -> Response[Thing]:
    return Response(Thing("promised"))


@get("/stream")
async def stream() -> Stream:
    return Stream(iter(["a", "b"]))


@get("/background", background=BackgroundTask(look_back, None))
async def background() -> int:
    return 1


@get("/cached", cache=True)
async def cached() -> int:
    happened.append("read")
    return 1


@post("/form")
async def form(
    data: Annotated[Thing, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Thing:
    return data


@websocket("/socket")
async def speak(socket: WebSocket[Any, Any, Any]) -> None:
    await socket.accept()
    await socket.send_json({"spoken": True})


ZOO = [
    *(struct, sync, none, parameters, dependencies, reads, undone, unencoded, after_broken),
    *(after_late, counts, late_awaitable, asgi, nothing, changes_it, changes_plain, own_words),
    *(refused, awaitable, text, some_bytes, response, encoded, request_itself, create, remove),
    *(files, guarded, early, named, back, between, header, cookie, dto, plain, empty, promised),
    *(stream, background, cached, form, speak),
]
ASKED = [
    *((SHORT, "GET", f"/{name}", {}) for name in ("struct", "list", "none", "opened", "undone")),
    *(
        (SHORT, "GET", f"/{name}", {})
        for name in ("dependencies", "broken", "unencoded", "miscounted")
    ),
    *((SHORT, "GET", f"/{name}", {}) for name in ("awaitable", "text", "bytes", "response")),
    *(
        (SHORT, "GET", f"/{name}", {})
        for name in ("refused", "request", "encoded", "dependencies", "struct?a=%00")
    ),
    *((SHORT, "GET", f"/{name}", {}) for name in ("late-awaitable", "nothing")),
    *((SHORT, "GET", f"/{name}", {}) for name in ("changes-it", "changes-plain", "own-words")),
    (SHORT, "GET", "/parameters/7?wish=1&wish=2", {"headers": {"x-agent": "a"}}),
    (SHORT, "GET", "/parameters/7?wish=one", {"cookies": {"session": "s"}}),
    (SHORT, "GET", "/parameters/7", {}),
    (None, "GET", "/parameters/seven", {}),
    (SHORT, "POST", "/things", {"json": {"name": "a", "size": 2}}),
    (SHORT, "POST", "/things", {"json": {"name": 1}}),
    (SHORT, "POST", "/things", {"content": b"{", "headers": {"content-type": "application/json"}}),
    (SHORT, "POST", "/things", {"content": b"a=b"}),
    (SHORT, "DELETE", "/things/some", {}),
    (SHORT, "DELETE", "/things/none", {}),
    (SHORT, "POST", "/files", {"files": {"file": ("a.txt", b"content")}}),
    (None, "GET", "/nowhere", {}),
    (None, "PATCH", "/things", {}),
    *((LONG, "GET", f"/{name}", {}) for name in ("guarded", "early", "named", "back", "between")),
    *((LONG, "GET", f"/{name}", {}) for name in ("header", "cookie", "dto", "plain", "empty")),
    *((LONG, "GET", f"/{name}", {}) for name in ("promised", "stream", "background", "asgi")),
    (LONG, "GET", "/cached", {}),
    (LONG, "POST", "/form", {"data": {"name": "a"}}),
    (LONG, "OPTIONS", "/things", {}),
]


def app_with(*middleware: Any) -> Litestar:
    app = Litestar(
        ZOO,
        middleware=middleware,
        request_class=JsonRequest,
        before_request=refuse_nul,
        dependencies={
            "broken": Provide(broken),
            "derived": Provide(derived),
            "given": Provide(given),
            "kept": Provide(kept, use_cache=True, sync_to_thread=False),
            "miscounted": Provide(miscounted),
            "opened": Provide(opened),
            "opened_in_turn": Provide(opened_in_turn),
            "plain_shared": Provide(plain_shared),
            "shared": Provide(shared),
            "too_late": Provide(too_late),
        },
        logging_config=None,
    )
    resolve_one_by_one(app)
    return app


@pytest.fixture
def long_ways(monkeypatch):
    """What Litestar handles itself."""
    gone = []
    handle = HTTPRoute.handle

    async def note(self, scope, receive, send):
        gone.append(scope["path"])
        await handle(self, scope, receive, send)

    monkeypatch.setattr(HTTPRoute, "handle", note)
    return gone


def headers_of(answer):
    """Return the headers; the methods that are allowed come in any order."""
    return [(name, sorted(value.split(", "))) for name, value in answer.headers.multi_items()]


async def ask(app, method, path, **request):
    """Return the answers to a request and to the same once more, and what happened meanwhile."""
    happened.clear()
    async with AsyncTestClient(app, raise_server_exceptions=False) as client:
        answers = [await client.request(method, path, **request) for _ in range(2)]
    told = [(answer.status_code, headers_of(answer), answer.content) for answer in answers]
    return told, [item if isinstance(item, str) else item.file.closed for item in happened]


@pytest.mark.parametrize(("way", "method", "path", "request_"), ASKED)
async def test_both_lead_to_the_same(way, method, path, request_, long_ways):
    if isinstance(cookies := request_.get("cookies"), dict):
        request_ = {"headers": {"cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())}}
    theirs = await ask(app_with(through), method, path, **request_)
    assert len(long_ways) == (0 if way is None else 2)
    long_ways.clear()
    ours = await ask(app_with(short_way), method, path, **request_)
    assert ours == theirs
    assert len(long_ways) == (2 if way == LONG else 0)


async def test_what_was_opened_is_closed_before_anything_is_sent():
    happened.clear()
    app = app_with(short_way)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        happened.append(message["type"])

    scope: Any = {
        "type": "http",
        "method": "GET",
        "path": "/opened",
        "query_string": b"",
        "headers": [],
        "state": {},
    }
    await app(scope, receive, send)
    *closed, started, ended = happened
    assert closed[:2] == ["opened", "read"]
    assert sorted(closed[2:]) == ["closed", "closed in turn"]
    assert [started, ended] == ["http.response.start", "http.response.body"]


async def test_files_of_a_form_are_closed():
    upload = {"files": {"file": ("a.txt", b"content")}}
    answers, closed = await ask(app_with(short_way), "POST", "/files", **upload)
    assert [status for status, _, _ in answers] == [201, 201]
    assert closed == [True, True]


@pytest.mark.parametrize("name", ["some", "none"])
async def test_what_a_change_leads_to_passes_those_further_out(name):
    passed = []

    def noting(app: Any) -> Any:
        async def go(scope: Any, receive: Any, send: Any) -> None:
            async def note(message: Any) -> None:
                passed.append(message.get("status"))
                await send(message)

            await app(scope, receive, note)

        return go

    app = app_with(noting, short_way)
    async with AsyncTestClient(app, raise_server_exceptions=False) as client:
        answer = await client.delete(f"/things/{name}")
    assert passed == [answer.status_code, None]


def test_a_websocket_is_left_alone():
    with (
        TestClient(app_with(short_way)) as client,
        client.websocket_connect("/socket") as connection,
    ):
        assert connection.receive_json() == {"spoken": True}


async def test_what_was_opened_is_undone_where_the_next_cannot_be_found():
    answers, done = await ask(app_with(short_way), "GET", "/late")
    assert [status for status, _, _ in answers] == [500, 500]
    assert done == ["opened", "undone"] * 2
