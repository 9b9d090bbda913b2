"""Whatever a handler does, its client reads a problem document."""

import asyncio
import json

import pytest
from litestar import Litestar, Response, get
from tochka_core.http.last_resort import LastResort
from tochka_core.http.problems import problem_details


class Connection:
    """Notes what is sent, and refuses the headers that a server would refuse."""

    def __init__(self):
        self.sent = []

    async def send(self, message):
        for _, value in message.get("headers", ()):
            if b"\n" in value:
                raise RuntimeError("Unsupported ASGI message")
        self.sent.append(message)

    @property
    def problem(self):
        start, body = self.sent
        assert (b"content-type", b"application/problem+json") in start["headers"]
        assert start["status"] == 500
        return json.loads(body["body"])


async def serve(app):
    connection = Connection()
    await LastResort(app)({"type": "http"}, None, connection.send)
    return connection


def raising(error):
    async def app(_scope, _receive, _send):
        raise error

    return app


@pytest.mark.parametrize(
    "error",
    [SystemExit(3), KeyboardInterrupt(), GeneratorExit(), asyncio.CancelledError()],
    ids=repr,
)
async def test_what_is_no_exception_is_answered(error):
    problem = (await serve(raising(error))).problem
    assert problem["title"] == "Internal server error"
    assert problem["status"] == 500


async def test_headers_that_http_does_not_allow_are_answered():
    async def app(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b\nc: d")]})

    assert (await serve(app)).problem["status"] == 500


async def test_an_answer_that_has_begun_is_not_begun_again():
    async def app(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise SystemExit

    connection = Connection()
    with pytest.raises(SystemExit):
        await LastResort(app)({"type": "http"}, None, connection.send)
    assert [message["status"] for message in connection.sent] == [200]


async def test_the_server_may_end_a_request():
    async def app(_scope, _receive, _send):
        await asyncio.Event().wait()

    connection = Connection()
    request = asyncio.create_task(LastResort(app)({"type": "http"}, None, connection.send))
    await asyncio.sleep(0)
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    assert connection.sent == []


async def test_a_handler_of_the_framework_may_exit():
    @get("/")
    async def leave() -> Response[None]:
        raise SystemExit

    app = Litestar([leave], plugins=[problem_details()], logging_config=None)
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "headers": [],
    }
    connection = Connection()
    await LastResort(app)(scope, None, connection.send)
    assert connection.problem["status"] == 500
