"""The route of a request is the one that Litestar's own router finds."""

from typing import Any

import pytest
from litestar import Litestar, Request, Response, Router, get, post
from litestar._asgi.utils import wrap_in_exception_handler
from litestar.params import FromPath
from tochka_core.http.routing import Routing


def answer_with(status):
    def answer(request: Request[Any, Any, Any], error: Exception) -> Response[str]:
        return Response(f"{type(error).__name__}: {error}", status_code=status)

    return answer


@get("/things/{name:str}")
async def read(request: Request[Any, Any, Any], name: FromPath[str]) -> list[Any]:
    scope = request.scope
    return [name, scope["path"], scope["path_params"], scope["path_template"]]


@post("/things")
async def create() -> int:
    raise LookupError


@get("/own", exception_handlers={LookupError: answer_with(418)})
async def own() -> int:
    raise LookupError


@get("/")
async def root() -> str:
    return "root"


def make_app():
    errors = {LookupError: answer_with(409), 404: answer_with(410), 400: answer_with(422)}
    inner = Router("/api", route_handlers=[read, create, own])
    return Litestar([inner, root], exception_handlers=errors, logging_config=None)


async def ask(app, *, path, method="GET", headers=(), **more):
    """Return what is sent in answer."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "query_string": b"", **more}
    await app({**scope, "headers": list(headers)}, receive, send)
    return sent


ASKED = [
    {"path": "/"},
    {"path": "/api/things/one"},
    {"path": "/api//things/one/"},
    {"path": "//api/things/one"},
    {"path": "/api/things"},
    {"path": "/api/things", "method": "POST"},
    {"path": "/api/things", "method": "OPTIONS"},
    {"path": "/api/own"},
    {"path": "/api/nowhere"},
    {"path": "/under/api/things/one", "root_path": "/under"},
    {"path": "/api/things/one", "root_path": ""},
    {"path": "/api/things/one", "headers": [(b"host", b"api.example.com:8000")]},
    {"path": "/api/things/one", "headers": [(b"host", b"a b")]},
    {"path": "/api/nowhere", "headers": [(b"host", b"a b")]},
]


@pytest.mark.parametrize("asked", ASKED, ids=str)
async def test_it_is_the_same(asked):
    app = make_app()
    theirs = await ask(app, **asked)
    app.asgi_handler = wrap_in_exception_handler(Routing(app))
    for _ in range(2):  # what was found is kept
        assert await ask(app, **asked) == theirs
