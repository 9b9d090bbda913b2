"""The base of the core's own tables, all of them in the schema `tochka`."""

from sqlalchemy.orm import DeclarativeBase
from tochka_plugins.schemas import CORE_SCHEMA, schema_registry


class CoreBase(DeclarativeBase):
    """Declares a table in the core's schema."""

    registry = schema_registry(CORE_SCHEMA)
