"""An archive is made for as long as somebody takes it."""

import asyncio

import pytest
from tochka_core.archives import serving
from tochka_core.archives.serving import ArchiveResponse


async def run(export, *, receive, send):
    await ArchiveResponse("acme", export).to_asgi_response()({}, receive, send)


async def stay():
    """Be a client that does not leave."""
    await asyncio.Event().wait()


@pytest.fixture
def sent():
    return []


@pytest.fixture
def send(sent):
    async def send(message):
        sent.append(message)

    return send


async def test_what_is_written_is_sent_in_its_order(sent, send):
    async def export(write):
        for piece in (b"a", b"b"):
            await write(piece)

    await run(export, receive=stay, send=send)
    start, *bodies = sent
    assert (start["type"], start["status"]) == ("http.response.start", 200)
    assert not [name for name, _ in start["headers"] if name == b"content-length"]
    assert [body["body"] for body in bodies] == [b"a", b"b", b""]
    assert [body["more_body"] for body in bodies] == [True, True, False]


async def test_a_client_that_leaves_ends_it(sent, send):
    ended = asyncio.Event()

    async def export(write):
        try:
            await write(b"a")
            await asyncio.Event().wait()
        finally:
            ended.set()

    messages = iter([{"type": "http.request", "body": b""}, {"type": "http.disconnect"}])

    async def receive():
        return next(messages)

    await run(export, receive=receive, send=send)
    assert ended.is_set()
    assert all(message.get("more_body", True) for message in sent)


async def test_a_client_that_takes_nothing_ends_it(monkeypatch):
    monkeypatch.setattr(serving, "PATIENCE_SECONDS", 0.01)

    async def send(message):
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    with pytest.raises(ExceptionGroup) as caught:
        await run(lambda write: write(b"a"), receive=stay, send=send)
    assert caught.group_contains(TimeoutError)


async def test_what_fails_before_the_first_byte_has_not_answered(sent, send):
    async def export(_write):
        raise RuntimeError("no")

    with pytest.raises(ExceptionGroup):
        await run(export, receive=stay, send=send)
    assert sent == []
