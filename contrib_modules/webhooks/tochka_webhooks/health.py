"""Whether what is due goes out."""

from datetime import UTC, datetime, timedelta
from typing import Final

from tochka_plugins import Platform

from tochka_webhooks.queue import find_due

MOST_LATE: Final = timedelta(minutes=5)
"""How long something may be due and not be tried."""


class Late(Exception):
    """Something has been due for too long."""


async def check_punctuality(platform: Platform) -> None:
    """Return where nothing has been due for long.

    What is due for tenants that the module is not open to waits until it is.

    Raises:
        Late: something has.
    """
    before = datetime.now(UTC) - MOST_LATE
    async with platform.platform_scope(reason="look for webhooks that are late") as session:
        late = await find_due(session, at=before)
    for tenant_id in {due.tenant_id for due in late}:
        if await platform.find_tenant(tenant_id) is not None:
            raise Late(f"Webhooks have been due for more than {MOST_LATE}.")
