"""The platform with contacts in this process, as a worker builds it, for what looks inside."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import httpx
from asking import ask
from sqlalchemy import URL
from tochka_core.app import create_app
from tochka_core.db import Database
from tochka_core.registry.following import load_ready
from tochka_core.registry.record import read_ready
from tochka_core.settings import load_settings

from speed.rows import PASSWORD, PHONE, TENANT
from speed.servers import SECRET

NONE: Final[Mapping[str, str]] = {}


@asynccontextmanager
async def platform_here(
    database: URL, *, others: Mapping[str, str] = NONE
) -> AsyncIterator[Callable[..., Awaitable[None]]]:
    """Yield what asks the platform on *database* for a path, as the person who is signed in.

    *others* are installed beside contacts: their versions by name.
    """
    settings = load_settings(
        {
            "DATABASE_URL": database.render_as_string(hide_password=False),
            "JWT_SECRET": SECRET,
            "TOCHKA_LOG_LEVEL": "warning",
        }
    )
    reading = Database(database, pool_size=1)
    async with reading.platform_scope(reason="bench") as session:
        ready = await read_ready(session)
    await reading.dispose()
    modules = load_ready({"contacts": ready["contacts"], **others}).modules
    app = create_app(settings, modules)
    async with app.lifespan():
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://bench") as client:
            person = {"phone": PHONE, "password": PASSWORD}
            answer = await client.post("/api/v1/auth/login", json=person)
        token = answer.raise_for_status().json()["access_token"]
        yield partial(ask, app, token=token, tenant=TENANT)
