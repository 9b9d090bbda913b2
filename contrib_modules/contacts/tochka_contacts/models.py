"""The table of contacts."""

from typing import Literal

from sqlalchemy import CheckConstraint, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from tochka_plugins import TenantModel, module_registry

Kind = Literal["person", "company"]


class Base(DeclarativeBase):
    """Declares a table of this module."""

    registry = module_registry("contacts")


class Contact(TenantModel, Base):
    """A person or a company."""

    __tablename__ = "contacts"
    __table_args__ = (
        CheckConstraint("kind IN ('person', 'company')", name="kind"),
        Index(None, "tenant_id", "name"),
    )

    kind: Mapped[Kind] = mapped_column(Text, server_default="person")
    name: Mapped[str]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    company: Mapped[str | None]
    """Where a person works, as text."""
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text, dimensions=1), server_default="{}")
    notes: Mapped[str | None]
