"""A client that announces a body and does not send it is not waited for."""

import asyncio
import json

import pytest
from litestar import Litestar, post
from litestar.params import JSONBody
from tochka_core.http.body_timeout import GAP_SECONDS, BodyTimedOut, BodyTimeout
from tochka_core.http.problems import problem_details
from tochka_core.server.workers import STOP_SECONDS

HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"50")]


def client_that_sends(*messages):
    """Return a `receive` that gives *messages*, and then nothing."""
    left = list(messages)

    async def receive():
        if left:
            return left.pop(0)
        return await asyncio.Event().wait()

    return receive


def part(body, *, more_body):
    return {"type": "http.request", "body": body, "more_body": more_body}


async def read_all(scope, receive, send):
    while (await receive()).get("more_body"):
        pass


async def test_a_body_that_does_not_come_is_given_up():
    app = BodyTimeout(read_all, gap_seconds=0.01)
    with pytest.raises(BodyTimedOut):
        await app({"type": "http"}, client_that_sends(part(b"{", more_body=True)), None)


async def test_after_the_body_the_client_may_be_silent():
    async def wait_for_the_end(scope, receive, send):
        await read_all(scope, receive, send)
        await receive()

    app = BodyTimeout(wait_for_the_end, gap_seconds=0.01)
    request = app({"type": "http"}, client_that_sends(part(b"{}", more_body=False)), None)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(request, 0.2)


async def test_a_socket_may_be_silent():
    app = BodyTimeout(read_all, gap_seconds=0.01)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(app({"type": "websocket"}, client_that_sends(), None), 0.2)


async def test_the_answer_is_a_problem_document():
    @post("/")
    async def take(data: JSONBody[dict[str, str]]) -> None: ...

    app = Litestar([take], plugins=[problem_details()], logging_config=None)
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "raw_path": b"/",
        "root_path": "",
        "query_string": b"",
        "headers": HEADERS,
    }
    sent = []

    async def send(message):
        sent.append(message)

    receive = client_that_sends(part(b"{", more_body=True))
    await BodyTimeout(app, gap_seconds=0.01)(scope, receive, send)
    start, body = sent[:2]
    assert start["status"] == 408
    assert json.loads(body["body"])["title"] == "Request timeout"


def test_a_worker_need_not_be_killed_for_a_silent_client():
    assert GAP_SECONDS < STOP_SECONDS
