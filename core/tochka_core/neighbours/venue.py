"""Where modules meet: a tenant, and what is open to it."""

from datetime import UTC, datetime
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Tenant as TenantContext

from tochka_core.access.facts import TENANT
from tochka_core.tenants.models import Tenant

MAX_DEPTH: Final = 8
"""So many events may follow from each other, the first one included."""


class Venue(msgspec.Struct, frozen=True):
    """A tenant, as modules meet in one transaction of it."""

    tenant: TenantContext
    opened: frozenset[str]
    """The modules that are open to it, as the request was decided or the transaction sees it."""
    depth: int = 0
    """How many events have led to what is done here."""

    def deeper(self) -> "Venue":
        """Return the same for whoever is told of an event that is published here.

        Raises:
            RecursionError: too many events follow from each other.
        """
        if self.depth >= MAX_DEPTH:
            raise RecursionError(f"{MAX_DEPTH} events follow from each other, and yet another one.")
        return msgspec.structs.replace(self, depth=self.depth + 1)


async def read_venue(session: AsyncSession, tenant: Tenant) -> Venue:
    """Return where modules meet in *session*, which sees all tenants and may have changed this."""
    facts = await TENANT.read(session, tenant.id)
    opened = frozenset() if facts is None else facts.modules.open_at(datetime.now(UTC))
    return Venue(TenantContext(tenant.id, tenant.name, tenant.title), opened)
