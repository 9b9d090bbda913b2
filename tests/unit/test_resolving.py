"""What a handler asks for is found one after another."""

import pytest
from litestar import Litestar, get
from litestar.di import NamedDependency, Provide
from litestar.testing import AsyncTestClient
from tochka_core.http.resolving import resolve_one_by_one


@pytest.fixture
def happened():
    return []


@pytest.fixture
async def client(happened):
    async def opened():
        happened.append("opened")
        yield "something"
        happened.append("closed")

    async def broken():
        happened.append("broken")
        raise LookupError

    @get("/")
    async def read(opened: NamedDependency[str], asked: NamedDependency[str]) -> str:
        return opened + asked

    app = Litestar(
        [read],
        dependencies={"asked": Provide(broken), "opened": Provide(opened)},
        logging_config=None,
    )
    resolve_one_by_one(app)
    async with AsyncTestClient(app) as client:
        yield client


async def test_what_comes_after_one_that_fails_is_not_begun(client, happened):
    assert (await client.get("/")).is_server_error
    assert happened == ["broken"]
