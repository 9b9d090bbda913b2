"""Modules as they cross HTTP."""

import msgspec
from tochka_plugins.host import Phase
from tochka_plugins.info import Availability

from tochka_core.registry.models import Module, State


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


class TenantModuleOut(msgspec.Struct, frozen=True):
    """A module, as a tenant sees it."""

    name: str
    display_name: str
    description: str
    icon: str | None
    version: str | None
    requires: list[str]
    enabled: bool

    @classmethod
    def of(cls, module: Module, *, enabled: bool) -> "TenantModuleOut":
        """Show *module* to a tenant."""
        return cls(
            name=module.name,
            display_name=module.display_name,
            description=module.description,
            icon=module.icon,
            version=module.version,
            requires=module.requires,
            enabled=enabled,
        )


class ModuleSwitch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a tenant wants a module."""

    enabled: bool
