"""What tenants have set, as it is kept, and what of it is in force."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.encryption.ring import EncryptionRing, SecretUnreadable
from tochka_core.module_settings.kinds import SettingsKind
from tochka_core.module_settings.models import ModuleSecret, ModuleSettings

_BECAME_ONE: Final = "It is a secret now; set it again."
_IS_NONE: Final = "It was kept as a secret, and is none now; set it again."


class Stored(msgspec.Struct, frozen=True):
    """What a tenant has set for a module."""

    version: int = 0
    """How often it was changed."""
    values: Mapping[str, Any] = msgspec.field(default_factory=dict)
    secrets: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Encrypted."""

    @property
    def fields(self) -> frozenset[str]:
        """Those that are set."""
        return frozenset(self.values.keys() | self.secrets.keys())

    def without(self, fields: AbstractSet[str]) -> "Stored":
        """Return what is set but for *fields*."""
        return Stored(
            self.version,
            {field: value for field, value in self.values.items() if field not in fields},
            {field: secret for field, secret in self.secrets.items() if field not in fields},
        )

    def kept(self, field: str) -> tuple[object, str | None]:
        """Return all that is kept of a field, which was a secret or is one."""
        return self.values.get(field), self.secrets.get(field)


class InForce(msgspec.Struct, frozen=True):
    """What of it the module accepts, in the version that runs."""

    values: Mapping[str, Any]
    """Secrets among them, decrypted: this is for the module alone."""
    readable: Mapping[str, Any]
    """Those that could be, with others."""
    refused: Mapping[str, str]
    """Why the others are not, by field."""
    unreadable: frozenset[str]
    """Secrets that cannot be decrypted."""


_OWN: Final = and_(
    ModuleSecret.tenant_id == ModuleSettings.tenant_id, ModuleSecret.module == ModuleSettings.module
)
SECRETS: Final = (
    select(func.jsonb_object_agg(ModuleSecret.field, ModuleSecret.secret))
    .where(_OWN)
    .scalar_subquery()
)
"""All secrets beside a row of `ModuleSettings`, encrypted, by field; NULL where there are none."""


def place_of_secret(tenant_id: UUID, module: str, field: str) -> str:
    """Return what a secret is bound to: it decrypts nowhere else."""
    return f"setting {tenant_id} {module} {field}"


async def read_stored(session: AsyncSession, tenant_id: UUID, module: str) -> Stored:
    """Return what a tenant has set for *module*, which may be nothing."""
    wanted = (ModuleSettings.tenant_id == tenant_id) & (ModuleSettings.module == module)
    row = (
        await session.execute(
            select(ModuleSettings.version, ModuleSettings.values, SECRETS).where(wanted)
        )
    ).one_or_none()
    return Stored() if row is None else Stored(row[0], row[1], row[2] or {})


async def set_modules(session: AsyncSession, tenant_id: UUID) -> Sequence[str]:
    """Return the modules for which a tenant has ever set something, enabled or not."""
    own = select(ModuleSettings.module).where(ModuleSettings.tenant_id == tenant_id)
    return (await session.scalars(own)).all()


def weigh(kind: SettingsKind, stored: Stored, ring: EncryptionRing, tenant_id: UUID) -> InForce:
    """Return what of *stored* is in force in the module that declares *kind*."""
    values = {field: value for field, value in stored.values.items() if field not in kind.secrets}
    refused = dict.fromkeys(stored.values.keys() & kind.secrets, _BECAME_ONE)
    unreadable = set()
    for field, secret in stored.secrets.items():
        if field not in kind.secrets:
            refused[field] = _IS_NONE
            continue
        refused.pop(field, None)
        try:
            place = place_of_secret(tenant_id, kind.module, field)
            values[field] = ring.decrypt(secret, place=place).decode()
        except SecretUnreadable:
            unreadable.add(field)
    accepted = kind.accept(values)
    return InForce(
        values=accepted.values,
        readable=values,
        refused={**refused, **accepted.refused},
        unreadable=frozenset(unreadable),
    )
