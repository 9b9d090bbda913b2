"""Bases for a module's tables: each module in its own schema, each tenant's rows apart."""

from datetime import datetime
from uuid import UUID

from advanced_alchemy.base import BasicAttributes
from sqlalchemy import (
    Column,
    ForeignKey,
    MetaData,
    Table,
    Uuid,
    func,
    text,
)
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, registry
from uuid_utils.compat import uuid7

from tochka_plugins.schemas import CORE_SCHEMA, CURRENT_TENANT_SQL, schema_of, schema_registry

tenants = Table("tenants", MetaData(), Column("id", Uuid, primary_key=True), schema=CORE_SCHEMA)
"""The core's table of tenants, as far as a foreign key needs it."""

users = Table("users", MetaData(), Column("id", Uuid, primary_key=True), schema=CORE_SCHEMA)
"""The core's table of people, as far as a foreign key needs it, such as of who has done something.

It stays when they leave the tenant. Give it `ondelete="SET NULL"` or `"CASCADE"`.
"""

memberships = Table(
    "memberships",
    MetaData(),
    Column("tenant_id", Uuid, primary_key=True),
    Column("user_id", Uuid, primary_key=True),
    schema=CORE_SCHEMA,
)
"""The core's table of who belongs to a tenant, as far as a foreign key needs it.

    ForeignKeyConstraint(
        ["tenant_id", "owner_id"],
        [memberships.c.tenant_id, memberships.c.user_id],
        ondelete="SET NULL (owner_id)",
    )

lets nobody be an owner who is no member, and no longer than they are: give it such an `ondelete`,
or `"CASCADE"`, as nobody could leave the tenant otherwise.
"""


def module_registry(module: str) -> registry:
    """Return the mapper registry for a module's models; *module* is its entry point's name.

    Its tables lie in the module's own schema. `str` becomes `text` and `datetime`
    `timestamp with time zone`.

        class Base(DeclarativeBase):
            registry = module_registry("contacts")

        class Contact(TenantModel, Base):
            __tablename__ = "contacts"
            name: Mapped[str]
    """
    return schema_registry(schema_of(module))


class Model(BasicAttributes):
    """What all tables share: an id that sorts by time of creation (UUIDv7), and two timestamps."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7, sort_order=-90)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), sort_order=90)
    """UTC, set by the database."""
    updated_at: Mapped[datetime] = mapped_column(
        server_default=func.now(), onupdate=func.now(), sort_order=91
    )
    """UTC, set by the database with each update that goes through the ORM."""


class PlatformModel(Model):
    """A table whose rows belong to no tenant: readable from every tenant, written by the platform.

    A module's own code reads it in the scope of a tenant and writes it in `platform_scope`.
    """

    __abstract__ = True


class TenantModel(Model):
    """A table whose rows each belong to one tenant, out of reach of every other.

    `tenant_id` is filled from the scope of the transaction: leave it alone; another tenant's is
    refused. The primary key is `(tenant_id, id)` in the database and `id` alone to the ORM:
    `session.get(Model, id)` finds a row of the transaction's tenant, or none. Unique constraints
    and foreign keys among tenant tables must contain `tenant_id`.
    """

    __abstract__ = True
    __mapper_args__ = {"primary_key": ["id"]}  # noqa: RUF012 - the name and type are SQLAlchemy's

    @declared_attr
    def tenant_id(cls) -> Mapped[UUID]:  # noqa: N805 - a declared attribute gets the class
        """Name the owner of the row."""
        return mapped_column(
            ForeignKey(tenants.c.id, ondelete="CASCADE"),
            primary_key=True,
            server_default=text(CURRENT_TENANT_SQL),
            sort_order=-100,
        )
