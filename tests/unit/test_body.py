"""Bodies and paths that are refused before they can harm."""

import json
from datetime import datetime

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from litestar import Litestar, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.testing import create_test_client
from structlog.testing import capture_logs
from tochka_core.http.body import _ESCAPED_NUL, JsonRequest, refuse_nul
from tochka_core.http.problems import problem_details

NUL = "\\u0000"
PIECES = st.sampled_from(["\\", "\\\\", '\\"', NUL, "u0000", "\\u0001", "0", '"', "\0", "a"])


def holds_nul(value):
    if isinstance(value, dict):
        return any(holds_nul(item) for pair in value.items() for item in pair)
    if isinstance(value, list):
        return any(map(holds_nul, value))
    return isinstance(value, str) and "\0" in value


TEXTS = st.text() | st.lists(PIECES).map("".join)
DOCUMENTS = st.recursive(
    TEXTS | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)


@given(DOCUMENTS, st.booleans())
@example("\\\0", False)  # noqa: FBT003 - hypothesis takes examples by position
@example("\\u0000", False)  # noqa: FBT003 - as above
def test_a_nul_is_found_wherever_a_document_holds_one(document, is_ascii):
    body = json.dumps(document, ensure_ascii=is_ascii).encode()
    assert bool(_ESCAPED_NUL.search(body)) == holds_nul(document)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_a_nul_is_found_in_any_spelling_of_a_text(inside):
    body = f'"{inside}"'.encode()
    try:
        text = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return
    assert bool(_ESCAPED_NUL.search(body)) == ("\0" in text)


@post("/echo")
async def echo(data: JSONBody[dict[str, str]]) -> dict[str, str]:
    return data


class Reading(msgspec.Struct):
    count: int | None = None
    is_on: bool = False
    at: datetime | None = None
    data: dict[int, int] = {}


@post("/typed")
async def typed(data: JSONBody[Reading]) -> Reading:
    return data


@pytest.fixture(scope="module")
def client():
    @get("/find/{text:str}")
    async def find(text: FromPath[str], search: FromQuery[str] = "") -> str:
        return text + search

    with create_test_client(
        [echo, typed, find],
        request_class=JsonRequest,
        before_request=refuse_nul,
        plugins=[problem_details()],
        openapi_config=None,
    ) as client:
        yield client


def send(client, body, content_type="application/json"):
    return client.post("/echo", content=body, headers={"Content-Type": content_type})


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", "application/merge-patch+json"],
)
def test_json_is_read(client, content_type):
    assert send(client, '{"a": "b"}', content_type).json() == {"a": "b"}


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "text/json", "nonsense"])
def test_another_media_type_is_415(client, content_type):
    answer = send(client, '{"a": "b"}', content_type)
    assert answer.status_code == 415
    assert "Send application/json." in answer.text


@pytest.mark.parametrize("body", [f'{{"a": "{NUL}"}}', f'{{"{NUL}": "a"}}'])
def test_a_nul_is_refused(client, body):
    answer = send(client, body)
    assert answer.status_code == 400
    assert "U+0000" in answer.text


@pytest.mark.parametrize("body", [b'{"a": "\xff"}', b'{"\xff": "a"}', b'{"a": "\xed\xa0\x80"}'])
def test_what_is_not_utf8_is_refused(client, body):
    answer = send(client, body)
    assert answer.status_code == 400
    assert "not UTF-8" in answer.text


@pytest.mark.parametrize(
    "body", ['{"a": 1e999}', '{"a": %s}' % ("1" * 5000), '{"a": %s}' % ("1" * 400), '{"a": NaN}']
)
def test_a_number_out_of_range_is_refused(client, body):
    assert send(client, body).status_code == 400


def test_of_a_key_that_is_there_twice_the_last_counts(client):
    assert send(client, '{"a": "first", "a": "last"}').json() == {"a": "last"}


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"count": "20"}, "/count"),
        ({"count": 20.0}, "/count"),
        ({"count": "null"}, "/count"),
        ({"count": True}, "/count"),
        ({"is_on": 1}, "/is_on"),
        ({"is_on": "true"}, "/is_on"),
        ({"at": 1764354720}, "/at"),
        ({"data": {"1": "2"}}, "/data"),
        ([], ""),
    ],
)
def test_values_are_taken_as_json_has_them(client, document, pointer):
    refused = client.post("/typed", json=document)
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"].startswith(pointer)


def test_what_is_of_its_type_is_read(client):
    document = {"count": 20, "is_on": True, "at": "2030-01-01T00:00:00Z", "data": {"1": 2}}
    assert client.post("/typed", json=document).json() == document


async def broken_off(app):
    """Send a part of a body and go away; return the status that nobody reads."""
    arriving = [
        {"type": "http.request", "body": b'{"a": ', "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent = []

    async def receive():
        return arriving.pop(0)

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/echo",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"100")],
    }
    await app(scope, receive, send)
    return sent[0]["status"]


async def test_a_body_that_is_broken_off_is_no_error_of_ours():
    app = Litestar(
        [echo],
        request_class=JsonRequest,
        plugins=[problem_details()],
        openapi_config=None,
        logging_config=None,
    )
    with capture_logs() as logs:
        assert await broken_off(app) == 400
    assert logs == []


def test_a_text_about_nul_is_accepted(client):
    assert send(client, '{"a": "\\\\u0000"}').json() == {"a": NUL}


def test_a_document_that_is_nested_too_deeply_is_refused(client):
    answer = send(client, "[" * 100_000)
    assert answer.status_code == 400
    assert "nested too deeply" in answer.text


@pytest.mark.parametrize("path", ["/find/a%00b", "/find/a?search=%00", "/find/a?other=x%00"])
def test_a_nul_in_an_address_is_refused(client, path):
    assert client.get(path).status_code == 400


@pytest.mark.parametrize("path", ["/find/a?search=%2500", "/find/100%25"])
def test_a_percent_sign_in_an_address_is_accepted(client, path):
    assert client.get(path).status_code == 200
