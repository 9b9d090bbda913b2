"""Settings as they cross HTTP."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET

from tochka_core.encryption.ring import EncryptionRing
from tochka_core.module_settings.history import FieldChange, changes_of
from tochka_core.module_settings.kinds import SettingsKind
from tochka_core.module_settings.models import SettingsVersion
from tochka_core.module_settings.stored import Stored, weigh

_UNREADABLE = "The installation cannot read it; its operator has to do something, or set it again."


class UnacceptedOut(msgspec.Struct, frozen=True):
    """A value that is kept, and is not in force."""

    field: str
    reason: str
    value: Any = UNSET
    """Absent for secrets."""


class SettingsOut(msgspec.Struct, frozen=True):
    """What a tenant has set for a module."""

    module: str
    version: int
    """How often it was changed; `If-Match` and `ETag` have it in quotes."""
    values: Mapping[str, Any]
    """All fields but secrets, with the defaults of those that are not set."""
    secrets: Mapping[str, bool]
    """Whether they are set."""
    set_fields: list[str]
    """Those that are set; all others follow the defaults of the module."""
    unaccepted: list[UnacceptedOut]
    """What was set and the module takes no more: the default is in force."""

    @classmethod
    def of(
        cls, kind: SettingsKind, stored: Stored, ring: EncryptionRing, tenant_id: UUID
    ) -> "SettingsOut":
        """Show what a tenant has *stored*."""
        found = weigh(kind, stored, ring, tenant_id)
        refused = {**found.refused, **dict.fromkeys(found.unreadable, _UNREADABLE)}
        hidden = kind.secrets | stored.secrets.keys()
        return cls(
            module=kind.module,
            version=stored.version,
            values=kind.show(kind.make(found.values)),
            secrets={field: field in stored.secrets for field in sorted(kind.secrets)},
            set_fields=sorted({*found.values, *found.unreadable}),
            unaccepted=[
                UnacceptedOut(
                    field, refused[field], UNSET if field in hidden else stored.values[field]
                )
                for field in sorted(refused)
            ],
        )


class SettingsVersionOut(msgspec.Struct, frozen=True):
    """A version of the settings, and what was changed to make it."""

    version: int
    made_at: datetime
    made_by: UUID | None
    changes: list[FieldChange]

    @classmethod
    def of(cls, version: SettingsVersion, kind: SettingsKind) -> "SettingsVersionOut":
        """Show a version; of what is a secret by now no value is shown."""
        return cls(
            version=version.version,
            made_at=version.made_at,
            made_by=version.made_by,
            changes=[change.shown(kind) for change in changes_of(version)],
        )
