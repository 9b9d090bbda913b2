"""Handlers that want all kinds of things of the framework, and what they ask for."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from litestar import MediaType, Request, Response, WebSocket, delete, get, post, websocket
from litestar.background_tasks import BackgroundTask
from litestar.datastructures import Cookie, ResponseHeader, UploadFile
from litestar.di import NamedDependency, Provide
from litestar.dto import DataclassDTO, DTOConfig
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotAuthorizedException, SerializationException
from litestar.params import Body, FromCookie, FromHeader, FromPath, FromQuery, JSONBody
from litestar.response import Stream
from litestar.types import ASGIApp, Empty

happened: list[Any] = []
"""What they have done, and the files that they were sent."""


class Thing(msgspec.Struct):
    name: str
    size: int = 1


class Odd:
    """What JSON does not know."""


@dataclass
class Pair:
    shown: int
    hidden: int


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
    happened.append(file)
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


def through(app: Any) -> Any:
    """Do nothing, as a middleware does."""

    async def go(scope: Any, receive: Any, send: Any) -> None:
        await app(scope, receive, send)

    return go


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


HANDLERS = [
    *(struct, sync, none, parameters, dependencies, reads, undone, unencoded, after_broken),
    *(after_late, counts, late_awaitable, asgi, nothing, changes_it, changes_plain, own_words),
    *(refused, awaitable, text, some_bytes, response, encoded, request_itself, create, remove),
    *(files, guarded, early, named, back, between, header, cookie, dto, plain, empty, promised),
    *(stream, background, cached, form, speak),
]


def make_dependencies() -> dict[str, Provide]:
    """Return what they ask for, of which one is kept once it was made."""
    return {
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
    }
