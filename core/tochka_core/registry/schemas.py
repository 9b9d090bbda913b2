"""Modules as they cross HTTP."""

from collections.abc import Sequence
from typing import Any

import msgspec
from tochka_plugins.host import Phase
from tochka_plugins.info import Availability

from tochka_core.registry.models import Module, State
from tochka_core.registry.offering import Offer, OfferState, Switched


class ModuleOut(msgspec.Struct, frozen=True):
    """An installed module, as the platform sees it."""

    name: str
    display_name: str
    description: str
    icon: str | None
    availability: Availability
    distribution: str | None
    version: str | None
    requires: list[str]
    state: State
    phase: Phase | None
    reason: str | None
    blocked_by: str | None

    @classmethod
    def of(cls, module: Module) -> "ModuleOut":
        """Show *module*."""
        return cls(**{field: getattr(module, field) for field in cls.__struct_fields__})


class ModulePatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the operator changes of a module."""

    availability: Availability


class TenantModuleOut(msgspec.Struct, frozen=True, kw_only=True):
    """A module, as a tenant sees it."""

    name: str
    display_name: str
    description: str
    icon: str | None
    version: str | None
    requires: list[str]
    availability: Availability
    enabled: bool
    state: OfferState
    reason: str | None
    """Why it is not open, or not to be enabled; `null` where it is."""
    missing: Sequence[str]
    """What it needs and the tenant has not enabled, in the order in which that can be done."""

    @classmethod
    def of(cls, offer: Offer) -> "TenantModuleOut":
        """Show a module to a tenant."""
        return cls(**_shown(offer))


class SwitchedModuleOut(TenantModuleOut, frozen=True, kw_only=True):
    """A module that was enabled or disabled, and what was so along with it."""

    enabled_along: Sequence[str] = ()
    disabled_along: Sequence[str] = ()

    @classmethod
    def of_switched(cls, switched: Switched) -> "SwitchedModuleOut":
        """Show what was done."""
        return cls(
            **_shown(switched.offer),
            enabled_along=switched.enabled_along,
            disabled_along=switched.disabled_along,
        )


def _shown(offer: Offer) -> dict[str, Any]:
    module = offer.module
    return {
        "name": module.name,
        "display_name": module.display_name,
        "description": module.description,
        "icon": module.icon,
        "version": module.version,
        "requires": module.requires,
        "availability": module.availability,
        "enabled": offer.is_enabled,
        "state": offer.state,
        "reason": offer.reason,
        "missing": offer.missing,
    }


class ModuleSwitch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a tenant wants a module."""

    enabled: bool
    with_dependencies: bool = False
    """Enable what it needs, too; otherwise that is refused (409)."""
    with_dependents: bool = False
    """Disable what needs it, too; otherwise that is refused (409)."""
