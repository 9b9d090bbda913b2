"""The tenants that a request names."""

from datetime import datetime
from uuid import UUID

import msgspec

from tochka_core.access.cache import Look
from tochka_core.access.facts import PLACE, TENANT, VISITED, TenantFacts, read_tenant_by_name
from tochka_core.subscriptions.opening import Lapse
from tochka_core.tenants.names import NAME_RULE


class Found(msgspec.Struct, frozen=True):
    """A tenant that a request names, as far as access depends on it."""

    id: UUID
    name: str
    title: str
    is_by_domain: bool
    """Named by the host, not only by the header."""
    is_suspended: bool
    suspension_reason: str | None
    purge_after: datetime | None
    """Set while it is deleted."""
    role: str | None
    """The caller's role; `None` for who is no member."""
    opened: frozenset[str]
    """The modules that are open to the tenant."""
    opened_until: datetime
    """How long these are open, unless something is changed."""
    lapse: Lapse | None = None
    """Why the module that is asked for is closed, if the tenant has enabled it."""


class Asked(msgspec.Struct, frozen=True):
    """What a request names."""

    name: str | None
    """The tenant's name, from the header."""
    domain: str
    """The domain that the request was sent to, empty where that is none."""
    module: str | None
    at: datetime
    """The moment of the request: what is open then."""

    def tenants(self) -> list[str]:
        """Return what tenants are called here: the domain, and the name if any can have it."""
        name = self.name if self.name and NAME_RULE.fullmatch(self.name) else None
        return [called for called in (self.domain, name) if called]


async def find_own_tenants(look: Look, user_id: UUID, asked: Asked) -> list[Found]:
    """Return the tenants that are asked for, of those that the person belongs to."""
    found = []
    for called in asked.tenants():
        place = await look.find(PLACE, user_id, called)
        tenant = None if place is None else await look.find(TENANT, place.tenant_id)
        if place is not None and tenant is not None:
            found.append(found_as(tenant, asked, place.role, is_by_domain=called == asked.domain))
    return found


async def find_visited_tenants(look: Look, asked: Asked) -> list[Found]:
    """Return the tenants that are asked for, of those that have the module open."""
    found = []
    for called in asked.tenants():
        tenant = await look.find(VISITED, called, asked.module)
        if tenant is not None and asked.module in tenant.modules.open_at(asked.at):
            found.append(found_as(tenant, asked, None, is_by_domain=called == asked.domain))
    return found


async def find_foreign_tenants(look: Look, asked: Asked) -> list[Found]:
    """Return the tenant with the name that is asked for, for who may know of all of them."""
    if asked.name not in asked.tenants():
        return []
    tenant = await read_tenant_by_name(await look.session(), asked.name)
    return [] if tenant is None else [found_as(tenant, asked, None, is_by_domain=False)]


def found_as(tenant: TenantFacts, asked: Asked, role: str | None, *, is_by_domain: bool) -> Found:
    """Return *tenant* as the one that is asked for, by a caller who has *role* there."""
    opened = tenant.modules.open_at(asked.at)
    module = asked.module
    return Found(
        id=tenant.id,
        name=tenant.name,
        title=tenant.title,
        is_by_domain=is_by_domain,
        is_suspended=tenant.is_suspended,
        suspension_reason=tenant.suspension_reason,
        purge_after=tenant.purge_after,
        role=role,
        opened=opened,
        opened_until=tenant.modules.unchanged_until(asked.at),
        lapse=None
        if module is None or module in opened
        else tenant.modules.why_closed(module, asked.at),
    )
