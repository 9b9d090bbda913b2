"""Looking through what all tenants have set, for what modules accept no more."""

from collections.abc import Mapping
from typing import Final

import msgspec
from sqlalchemy import Connection, select
from tochka_migrations.rls import all_rows

from tochka_core.encryption.ring import EncryptionRing
from tochka_core.module_settings.kinds import SettingsKind
from tochka_core.module_settings.models import ModuleSettings
from tochka_core.module_settings.stored import SECRETS, Stored, weigh
from tochka_core.tenants.models import Tenant

_BATCH: Final = 1000


class Surveyed(msgspec.Struct, frozen=True):
    """What tenants have set for one module."""

    tenants: int
    """How many have set anything."""
    refused: Mapping[str, list[str]]
    """The fields of which a kept value is not in force, by the name of the tenant."""


def survey_settings(connection: Connection, kind: SettingsKind, ring: EncryptionRing) -> Surveyed:
    """Return what tenants have set for the module that declares *kind*."""
    own = ModuleSettings.module == kind.module
    wanted = (
        select(
            Tenant.name,
            Tenant.id,
            ModuleSettings.version,
            ModuleSettings.values,
            SECRETS.label("secrets"),
        )
        .join(Tenant, Tenant.id == ModuleSettings.tenant_id)
        .where(own)
        .order_by(Tenant.name)
    )
    tenants, refused = 0, {}
    with all_rows(connection):
        for row in connection.execution_options(yield_per=_BATCH).execute(wanted):
            tenants += 1
            stored = Stored(row.version, row.values, row.secrets or {})
            if found := weigh(kind, stored, ring, row.id).refused:
                refused[row.name] = sorted(found)
    return Surveyed(tenants, refused)
