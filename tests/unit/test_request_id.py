"""Each request has a name, in the log and in the answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tochka_core.http.request_id import RequestId, current_request_id


async def answer(scope, receive, send):
    """Answer 204, and tell in a header by which name the request is known."""
    headers = [(b"x-seen", current_request_id().encode())]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def fail(scope, receive, send):
    raise RuntimeError("broken")


async def serve(app, *headers):
    """Return the messages of the answer to a request with *headers*."""
    sent = []

    async def send(message):
        sent.append(message)

    await RequestId(app)({"type": "http", "headers": list(headers)}, None, send)
    return sent


async def served_as(*headers):
    """Return the name by which the application and the client know the request."""
    start, body = await serve(answer, *headers)
    assert [name for name, _ in start["headers"]] == [b"x-seen", b"x-request-id"]
    assert "headers" not in body
    (_, seen), (_, told) = start["headers"]
    assert seen == told
    return told.decode()


@pytest.mark.parametrize("given_id", [b"a", b"req-1_2.3", b"A" * 128])
async def test_a_sound_name_is_kept(given_id):
    assert await served_as((b"x-request-id", given_id)) == given_id.decode()


@pytest.mark.parametrize(
    "given_id", [b"", b"a b", b"a\nb", b"a\n", b"A" * 129, "й".encode(), b"{}", b"<script>", b"a;b"]
)
async def test_any_other_name_is_replaced(given_id):
    made = await served_as((b"x-request-id", given_id))
    assert made.isalnum()
    assert len(made) == 32


@given(value=st.binary(max_size=200))
async def test_no_bytes_break_a_log_line(value):
    name = await served_as((b"x-request-id", value))
    assert name.isascii()
    assert name.isprintable()
    assert 1 <= len(name) <= 128


async def test_without_a_name_each_request_gets_one_of_its_own():
    assert await served_as() != await served_as()


async def test_the_name_ends_with_the_request():
    await served_as((b"x-request-id", b"one"))
    assert current_request_id() is None


async def test_the_name_ends_with_a_request_that_fails():
    with pytest.raises(RuntimeError, match="broken"):
        await serve(fail, (b"x-request-id", b"one"))
    assert current_request_id() is None
