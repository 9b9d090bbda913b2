"""The tables of settings: only what tenants have set, so that defaults stay the module's."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tochka_core.db.tables import CoreBase


class ModuleSettings(CoreBase):
    """What a tenant has set for a module, but for secrets; each change makes a new version."""

    __tablename__ = "module_settings"
    __table_args__ = (CheckConstraint("jsonb_typeof(values) = 'object'", name="values"),)

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("tochka.tenants.id", ondelete="CASCADE"), primary_key=True
    )
    module: Mapped[str] = mapped_column(
        ForeignKey("tochka.modules.name", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int]
    values: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """By the name of the field in JSON."""


class ModuleSecret(CoreBase):
    """A secret that a tenant has set for a module, encrypted."""

    __tablename__ = "module_secrets"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "module"],
            ["tochka.module_settings.tenant_id", "tochka.module_settings.module"],
            ondelete="CASCADE",
        ),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    module: Mapped[str] = mapped_column(primary_key=True)
    field: Mapped[str] = mapped_column(primary_key=True)
    secret: Mapped[str]


class SettingsVersion(CoreBase):
    """Who made a version of a tenant's settings, and what they changed."""

    __tablename__ = "module_settings_versions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "module"],
            ["tochka.module_settings.tenant_id", "tochka.module_settings.module"],
            ondelete="CASCADE",
        ),
        CheckConstraint("jsonb_typeof(changes) = 'array'", name="changes"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    module: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    made_by: Mapped[UUID | None] = mapped_column(ForeignKey("tochka.users.id", ondelete="SET NULL"))
    changes: Mapped[list[Any]] = mapped_column(JSONB)
    """A `FieldChange` each."""
