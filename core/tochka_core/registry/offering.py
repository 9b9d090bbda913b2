"""What a tenant has of the modules that are installed, what it could enable, and why not."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Conflict, PaymentRequired, PermissionDenied, TochkaError
from tochka_plugins.host.ordering import in_order
from tochka_plugins.info import Availability

from tochka_core.access.cache import Look
from tochka_core.access.facts import TENANT, TenantFacts
from tochka_core.registry.availability import no_such_module
from tochka_core.registry.models import Module, State
from tochka_core.subscriptions.opening import ModuleLapsed, TenantModules
from tochka_core.subscriptions.services import entitled_modules

OfferState = Literal[
    "enabled",
    "lapsed",
    "available",
    "blocked",
    "needs_subscription",
    "private",
    "unavailable",
]


class InstalledModule(msgspec.Struct, frozen=True):
    """A module that was ever seen, as far as tenants are told of it."""

    name: str
    display_name: str
    description: str
    icon: str | None
    version: str | None
    requires: Sequence[str]
    availability: Availability
    state: State


class Offer(msgspec.Struct, frozen=True):
    """A module, as it stands for one tenant."""

    module: InstalledModule
    is_enabled: bool
    state: OfferState
    reason: str | None
    """Why it is not open to the tenant, or not to be enabled by it; `None` where it is."""
    missing: Sequence[str]
    """What it needs and the tenant has not enabled, in the order of dependencies."""


class Switched(msgspec.Struct, frozen=True):
    """A module that was enabled or disabled."""

    offer: Offer
    enabled_along: Sequence[str] = ()
    """What was enabled before it, as it needs that."""
    disabled_along: Sequence[str] = ()
    """What was disabled before it, as that needs it."""


_INSTALLED: Final = select(*(getattr(Module, field) for field in InstalledModule.__struct_fields__))


class Offering:
    """All modules of the platform, before one tenant."""

    def __init__(
        self, modules: Sequence[InstalledModule], owned: TenantModules, entitled: frozenset[str]
    ) -> None:
        """Offer *modules* to who has enabled what is in *owned* and is entitled to *entitled*."""
        self._modules = {module.name: module for module in modules}
        self._owned = owned
        self._entitled = entitled

    def list(self, *, at: datetime) -> Sequence[Offer]:
        """Return what the tenant has enabled, or is installed, by name."""
        return [
            self._offer(module, at)
            for name, module in sorted(self._modules.items())
            if name in self._owned or module.state != "missing"
        ]

    def get(self, name: str, *, at: datetime) -> Offer:
        """Return one of what `list` returns.

        Raises:
            NotFound: there is no such module.
        """
        module = self._modules.get(name)
        if module is None or (module.state == "missing" and name not in self._owned):
            raise no_such_module()
        return self._offer(module, at)

    def show(self, name: str, *, at: datetime) -> Offer:
        """Return a module that there is, also one that is gone, and that the tenant has not."""
        return self._offer(self._modules[name], at)

    def missing(self, name: str) -> Sequence[str]:
        """Return what a module needs, and what that needs, as far as it is not enabled, in order.

        What comes later may need what comes before.
        """
        needs: dict[str, Sequence[str]] = {}
        waiting = [*self._requires(name)]
        while waiting:
            needed = waiting.pop()
            if needed not in needs and needed not in self._owned:
                needs[needed] = self._requires(needed)
                waiting += needs[needed]
        return _ordered(needs)

    def dependents(self, name: str) -> Sequence[str]:
        """Return what the tenant has enabled that needs a module, also by way of others.

        In the order in which they can go: what comes later may be needed by what comes before.
        """
        found: dict[str, Sequence[str]] = {}
        waiting = [name]
        while waiting:
            needed = waiting.pop()
            for other, module in self._modules.items():
                if needed in module.requires and other in self._owned and other not in found:
                    found[other] = module.requires
                    waiting.append(other)
        return _ordered(found)[::-1]

    def find_refusal(self, name: str, *, is_platform: bool) -> TochkaError | None:
        """Return why a module, whatever it needs, is not to be enabled; `None` where it is."""
        module = self._modules.get(name)
        if module is None or module.state != "ready":
            detail = f"The module {name} cannot be used at present."
            return Conflict(detail, module=name, state="unavailable")
        if module.availability == "private" and not is_platform:
            detail = f"Only a platform_master may enable {name}."
            return PermissionDenied(detail, module=name, state="private")
        if module.availability == "subscription" and name not in self._entitled:
            detail = f"A subscription to {name} is needed."
            return PaymentRequired(detail, module=name, state="needs_subscription")
        return None

    def _requires(self, name: str) -> Sequence[str]:
        module = self._modules.get(name)
        return () if module is None else module.requires

    def _offer(self, module: InstalledModule, at: datetime) -> Offer:
        is_enabled, missing = module.name in self._owned, self.missing(module.name)
        state, reason = (
            self._owned_state(module, at) if is_enabled else self._new_state(module, missing)
        )
        return Offer(module, is_enabled, state, reason, missing)

    def _owned_state(self, module: InstalledModule, at: datetime) -> tuple[OfferState, str | None]:
        if module.state != "ready":
            return "unavailable", f"The module {module.name} cannot be used at present."
        lapse = self._owned.why_closed(module.name, at)
        if lapse is None:
            return "enabled", None
        return "lapsed", ModuleLapsed(module.name, lapse).detail

    def _new_state(
        self, module: InstalledModule, missing: Sequence[str]
    ) -> tuple[OfferState, str | None]:
        refusal = self.find_refusal(module.name, is_platform=False)
        if refusal is not None:
            return refusal.extra["state"], refusal.detail
        for name in missing:
            refusal = self.find_refusal(name, is_platform=False)
            if refusal is not None:
                return "blocked", f"It needs {name}. {refusal.detail}"
        return "available", None


async def read_offering(session: AsyncSession, tenant_id: UUID) -> Offering:
    """Return what there is for a tenant, as the database has it now."""
    tenant = await TENANT.read(session, tenant_id)
    return await _offer_all(session, tenant_id, tenant)


async def look_at_offering(look: Look, tenant_id: UUID) -> Offering:
    """Return what there is for a tenant, who has what this worker goes by when it lets them in."""
    tenant = await look.find(TENANT, tenant_id)
    return await _offer_all(await look.session(), tenant_id, tenant)


async def _offer_all(
    session: AsyncSession, tenant_id: UUID, tenant: TenantFacts | None
) -> Offering:
    installed = [InstalledModule(*row) for row in await session.execute(_INSTALLED)]
    owned = TenantModules() if tenant is None else tenant.modules
    return Offering(installed, owned, await entitled_modules(session, tenant_id))


def _ordered(needs: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """Return the keys, each after those of them that it needs; ties by name."""
    if not needs:
        return []
    order, cycles = in_order({name: frozenset(needed) for name, needed in needs.items()}, {})
    # Left by a judgement that has refused them all, and so will whoever wants to enable one.
    return [*order, *(name for cycle in cycles for name in cycle)]
