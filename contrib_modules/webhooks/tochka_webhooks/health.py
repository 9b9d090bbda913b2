"""Whether what is due goes out."""

from datetime import UTC, datetime, timedelta
from typing import Final

from tochka_plugins import Platform

from tochka_webhooks.queue import find_due, was_sent_since

MOST_LATE: Final = timedelta(minutes=5)
"""How long something may be due and not be tried."""


class Late(Exception):
    """Something has been due for too long, and nothing is sent."""


async def check_punctuality(platform: Platform) -> None:
    """Return where what is due goes out, though an endpoint may be behind.

    What is due for tenants that the module is not open to waits until it is.

    Raises:
        Late: something has been due for long, and nothing was sent for any tenant that waits.
    """
    before = datetime.now(UTC) - MOST_LATE
    async with platform.platform_scope(reason="look for webhooks that are late") as session:
        tenants = {due.tenant_id for due in await find_due(session, at=before)}
        if await was_sent_since(session, before, tenants):
            return
    for tenant_id in tenants:
        if await platform.find_tenant(tenant_id) is not None:
            raise Late(f"Webhooks have been due for more than {MOST_LATE}, and none is sent.")
