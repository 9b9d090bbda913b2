"""Removing what has ended long ago, bit by bit."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from tochka_plugins import ModuleNotOpen, Platform

from tochka_webhooks.models import Delivery, Status
from tochka_webhooks.settings import KeepingSettings

_FIRST_SECONDS: Final = 60.0
"""A worker that has just begun has other things to do."""

_EVERY_SECONDS: Final = 3600.0
_BATCH_ROWS: Final = 500
"""So many go in one transaction."""

_BATCHES: Final = 20
"""So many of one tenant in one round; the next one goes on."""

_log = logging.getLogger(__name__)


async def clean_again_and_again(platform: Platform) -> None:
    """Remove what need not be kept any more, every hour, until cancelled."""
    await asyncio.sleep(_FIRST_SECONDS)
    while True:
        try:
            await clean(platform)
        except Exception:  # noqa: BLE001 - whatever is wrong now need not be so in an hour
            _log.exception("webhooks: cannot clean up")
        await asyncio.sleep(_EVERY_SECONDS)


async def clean(platform: Platform) -> None:
    """Remove what the tenants do not want to keep any more.

    Those that the module is not open to keep what they have.
    """
    old = datetime.now(UTC) - timedelta(days=1)
    async with platform.platform_scope(reason="look for webhooks that are old") as session:
        kept = select(Delivery.tenant_id).where(Delivery.finished_at < old).distinct()
        tenants = (await session.scalars(kept)).all()
    for tenant_id in tenants:
        try:
            await _clean_tenant(platform, tenant_id)
        except ModuleNotOpen:
            continue


async def _clean_tenant(platform: Platform, tenant_id: UUID) -> None:
    settings = await platform.settings(tenant_id, KeepingSettings)
    kept: tuple[tuple[Status, int], ...] = (
        ("delivered", settings.keep_delivered_days),
        ("dead", settings.keep_dead_days),
    )
    for status, days in kept:
        until = datetime.now(UTC) - timedelta(days=days)
        for _ in range(_BATCHES):
            if await _remove(platform, tenant_id, status, until) < _BATCH_ROWS:
                break


async def _remove(platform: Platform, tenant_id: UUID, status: Status, until: datetime) -> int:
    """Remove some that have ended before *until*; return how many."""
    old = (
        select(Delivery.id)
        .where(Delivery.status == status, Delivery.finished_at < until)
        .limit(_BATCH_ROWS)
        .with_for_update(skip_locked=True)
        .cte("old")
    )
    removing = delete(Delivery).where(Delivery.id.in_(select(old.c.id))).returning(Delivery.id)
    async with platform.tenant_scope(tenant_id) as session:
        return len((await session.scalars(removing)).all())
