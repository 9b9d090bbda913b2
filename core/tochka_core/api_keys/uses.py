"""Writing down when keys are used: off the way of requests, and rarely."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import func, or_, text, update

from tochka_core.api_keys.models import ApiKeyUse
from tochka_core.db import Database

EACH_MINUTES: Final = 5
"""How exactly it is known when a key was last used."""

_WAIT_BRIEFLY: Final = text("SET LOCAL lock_timeout = '1s'")
"""Whoever holds the row of one key, such as an administrator, keeps no other from being noted."""

_log = structlog.get_logger(__name__)


class KeyUses:
    """Notes the uses of keys in the background, each at most once in `EACH_MINUTES`."""

    def __init__(self, database: Database) -> None:
        """Write to *database*."""
        self._database = database
        self._noted: dict[UUID, float] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Semaphore()
        """However many keys are used at once, requests are left all connections but one."""

    def note(self, tenant_id: UUID, key_id: UUID) -> None:
        """Have it written down that a key is used now."""
        now = time.monotonic()
        noted = self._noted.get(key_id)
        if noted is not None and now - noted < EACH_MINUTES * 60:
            return
        self._noted[key_id] = now
        task = asyncio.create_task(self._write(tenant_id, key_id))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Wait, when the block ends, for what is to be written."""
        try:
            yield
        finally:
            while self._under_way:
                await asyncio.wait(self._under_way)

    async def _write(self, tenant_id: UUID, key_id: UUID) -> None:
        used = ApiKeyUse.last_used_at
        is_due = or_(used.is_(None), used < func.now() - timedelta(minutes=EACH_MINUTES))
        noting = (
            update(ApiKeyUse)
            .where(ApiKeyUse.tenant_id == tenant_id, ApiKeyUse.key_id == key_id, is_due)
            .values(last_used_at=func.now())
        )
        try:
            async with (
                self._turn,
                self._database.platform_scope(reason="note the use of an API key") as session,
            ):
                await session.execute(_WAIT_BRIEFLY)
                await session.execute(noting)
        except Exception as error:  # noqa: BLE001 - the request is served; nobody waits for this
            _log.warning("use of an API key not noted", error=type(error).__name__)
