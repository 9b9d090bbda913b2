"""Sending an archive to a client while it is made."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

import structlog
from anyio import create_task_group
from litestar import Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send
from tochka_plugins import Unavailable

from tochka_core.archives.revisions import read_revisions
from tochka_core.archives.writing import Write, write_archive
from tochka_core.db import Database
from tochka_core.settings import Settings
from tochka_core.tenants.models import Tenant
from tochka_core.tenants.standing import no_such_tenant

AT_ONCE: Final = 2
"""In one worker, of different tenants; each has a connection of its own, and compresses."""

PATIENCE_SECONDS: Final = 60.0
"""How long a client may take nothing: meanwhile the snapshot keeps the database from tidying up."""

MEDIA_TYPE: Final = "application/zip"

_log = structlog.get_logger(__name__)


class TooManyExports(Unavailable):
    """The worker makes as many archives as it may at once, or one of the tenant already."""

    def __init__(self) -> None:
        """Ask the client to come back in half a minute."""
        super().__init__("Too many exports are being made.", retry_after_seconds=30)


class Exports:
    """Makes archives in one worker, a few at a time, beside the pool that requests use."""

    def __init__(self, settings: Settings) -> None:
        """Connect to the database itself, not through a pooler: an export may take long."""
        self._url = settings.engine_url
        self._running: set[UUID] = set()
        """Tenants, each once: whoever takes theirs slowly keeps nobody else from theirs."""

    def response(self, tenant: Tenant) -> "ArchiveResponse":
        """Return the answer that carries *tenant* as an archive.

        Raises:
            TooManyExports: none can begin now.
        """
        tenant_id = tenant.id
        self._refuse_more(tenant_id)
        return ArchiveResponse(tenant.name, lambda write: self._export(tenant_id, write))

    async def _export(self, tenant_id: UUID, write: Write) -> None:
        async with self._turn(tenant_id):
            revisions = await read_revisions(self._url)
            database = Database(self._url, pool_size=1)
            try:
                async with database.snapshot(reason="export") as session:
                    tenant = await session.get(Tenant, tenant_id)
                    if tenant is None:  # It was purged since it was asked for.
                        raise no_such_tenant()
                    await write_archive(session, tenant, revisions, write)
            finally:
                await database.dispose()

    @asynccontextmanager
    async def _turn(self, tenant_id: UUID) -> AsyncIterator[None]:
        self._refuse_more(tenant_id)
        self._running.add(tenant_id)
        try:
            yield
        finally:
            self._running.remove(tenant_id)

    def _refuse_more(self, tenant_id: UUID) -> None:
        if tenant_id in self._running or len(self._running) >= AT_ONCE:
            raise TooManyExports


class ArchiveResponse(Response[bytes]):
    """A response whose body is made while it is sent."""

    def __init__(self, name: str, export: Callable[[Write], Awaitable[None]]) -> None:
        """Offer what *export* writes as the file `<name>.zip`."""
        disposition = {"Content-Disposition": f'attachment; filename="{name}.zip"'}
        super().__init__(b"", media_type=MEDIA_TYPE, headers=disposition)
        self._export = export

    def to_asgi_response(self, *_context: Any, **_more: Any) -> ASGIResponse:  # noqa: ANN401 - Litestar's own
        """Return what sends it."""
        return _Sending(self._export, headers=self.headers, media_type=MEDIA_TYPE)


class _Sending(ASGIResponse):
    """Sends the archive for as long as the client takes it.

    One that fails half-way has no table of contents, and no import takes it for whole.
    """

    __slots__ = ("_export",)

    _should_set_content_length = False

    def __init__(self, export: Callable[[Write], Awaitable[None]], **about: Any) -> None:  # noqa: ANN401 - Litestar's own
        super().__init__(**about)
        self._export = export

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's
        async with create_task_group() as tasks:

            async def watch() -> None:
                while (await receive())["type"] != "http.disconnect":
                    pass
                tasks.cancel_scope.cancel()

            tasks.start_soon(watch)
            await self._send(send)
            tasks.cancel_scope.cancel()

    async def _send(self, send: Send) -> None:
        has_started = False

        async def write(piece: bytes) -> None:
            nonlocal has_started
            if not has_started:
                # Not before: what fails until now is answered as any other request.
                has_started = True
                await self.start_response(send)
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            except TimeoutError:
                _log.warning("export given up: the client takes nothing")
                raise

        await self._export(write)
        await send({"type": "http.response.body", "body": b"", "more_body": False})
