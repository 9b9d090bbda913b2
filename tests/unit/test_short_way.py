"""The short way to a handler and Litestar's own lead to the same answers."""

from typing import Any

import pytest
from handlers_of_all_kinds import HANDLERS, happened, make_dependencies, through
from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.testing import AsyncTestClient, TestClient
from tochka_core.http.body import JsonRequest, refuse_nul
from tochka_core.http.resolving import resolve_one_by_one
from tochka_core.http.short_way import short_way

SHORT, LONG = "short", "long"
PLAIN = [
    *("struct", "list", "none", "opened", "undone", "dependencies", "broken", "unencoded"),
    *("miscounted", "awaitable", "late-awaitable", "text", "bytes", "response", "refused"),
    *("request", "encoded", "nothing", "changes-it", "changes-plain", "own-words"),
]
OTHERS = [
    *("guarded", "early", "named", "back", "between", "header", "cookie", "dto", "plain", "empty"),
    *("promised", "stream", "background", "asgi", "cached"),
]
ASKED = [
    *((SHORT, "GET", f"/{name}", {}) for name in PLAIN),
    *((LONG, "GET", f"/{name}", {}) for name in OTHERS),
    (SHORT, "GET", "/struct?a=%00", {}),
    (SHORT, "GET", "/parameters/7?wish=1&wish=2", {"headers": {"x-agent": "a"}}),
    (SHORT, "GET", "/parameters/7?wish=one", {"headers": {"cookie": "session=s"}}),
    (SHORT, "GET", "/parameters/7", {}),
    (None, "GET", "/parameters/seven", {}),
    (SHORT, "POST", "/things", {"json": {"name": "a", "size": 2}}),
    (SHORT, "POST", "/things", {"json": {"name": 1}}),
    (SHORT, "POST", "/things", {"content": b"{", "headers": {"content-type": "application/json"}}),
    (SHORT, "POST", "/things", {"content": b"a=b"}),
    (SHORT, "DELETE", "/things/some", {}),
    (SHORT, "DELETE", "/things/none", {}),
    (SHORT, "POST", "/files", {"files": {"file": ("a.txt", b"content")}}),
    (LONG, "POST", "/form", {"data": {"name": "a"}}),
    (LONG, "OPTIONS", "/things", {}),
    (None, "GET", "/nowhere", {}),
    (None, "PATCH", "/things", {}),
]


def app_with(*middleware: Any) -> Litestar:
    app = Litestar(
        HANDLERS,
        middleware=middleware,
        request_class=JsonRequest,
        before_request=refuse_nul,
        dependencies=make_dependencies(),
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
