"""One table of each kind."""

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped
from tochka_plugins import PlatformModel, TenantModel, module_registry


class Base(DeclarativeBase):
    """Declares a table of this module."""

    registry = module_registry("notes")


class Note(TenantModel, Base):
    """A text of a tenant, once."""

    __tablename__ = "notes"
    __table_args__ = (UniqueConstraint("tenant_id", "text"),)

    text: Mapped[str]


class Colour(PlatformModel, Base):
    """A word that all tenants may read."""

    __tablename__ = "colours"

    name: Mapped[str]
