"""Who has changed what, and when."""

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import InvalidInput, PageQuery

from tochka_core.module_settings.kinds import SettingsKind
from tochka_core.module_settings.models import SettingsVersion

Action = Literal["set", "reset"]


class FieldChange(msgspec.Struct, frozen=True):
    """What was done to one field."""

    field: str
    action: Action
    secret: bool = False
    """Its values are shown to nobody, and not kept here."""
    before: Any = UNSET
    """Absent where the default was in force."""
    after: Any = UNSET
    """Absent where the default is in force from then on."""

    def shown(self, kind: SettingsKind) -> "FieldChange":
        """Return it without values if the field is a secret by now."""
        if self.field not in kind.secrets:
            return self
        return FieldChange(self.field, self.action, secret=True)


async def list_versions(
    session: AsyncSession, tenant_id: UUID, module: str, query: PageQuery
) -> tuple[Sequence[SettingsVersion], int]:
    """Return one page of the versions of a tenant's settings, the newest first, and the total."""
    own = (SettingsVersion.tenant_id == tenant_id) & (SettingsVersion.module == module)
    total = await session.scalar(select(func.count()).select_from(SettingsVersion).where(own))
    newest = select(SettingsVersion).where(own).order_by(SettingsVersion.version.desc())
    page = newest.limit(query.limit).offset(query.offset)
    return (await session.scalars(page)).all(), total or 0


def changes_of(version: SettingsVersion) -> list[FieldChange]:
    """Return what a version has changed, by field."""
    return msgspec.convert(version.changes, list[FieldChange])


async def check_versions(session: AsyncSession, tenant_id: UUID) -> None:
    """Hold the history that an import has brought in to what is written here.

    Raises:
        InvalidInput: a version does not tell changes of fields.
    """
    own = select(SettingsVersion).where(SettingsVersion.tenant_id == tenant_id)
    async for version in await session.stream_scalars(own):
        try:
            changes_of(version)
        except msgspec.ValidationError as error:
            raise InvalidInput(f"The history of settings is malformed: {error}") from error
