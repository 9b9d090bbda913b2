"""Schemas in the database, and how what lies in them is called."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import TIMESTAMP, MetaData, Text, Uuid
from sqlalchemy.orm import registry

CORE_SCHEMA = "tochka"
TENANT_SETTING = "tochka.tenant_id"
"""The PostgreSQL setting that holds the tenant of the running transaction."""

CURRENT_TENANT_SQL = f"nullif(current_setting('{TENANT_SETTING}', true), '')::uuid"
"""The tenant of the running transaction, or NULL: after a COMMIT the setting is `''`, not unset."""

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Names for constraints, so that a later revision can drop what an earlier one added."""


def schema_of(module: str) -> str:
    """Return the schema that holds all tables of *module*."""
    return f"mod_{module}"


def module_of(schema: str) -> str | None:
    """Return the module whose tables lie in *schema*; `None` where it is no module's."""
    prefix = schema_of("")
    return schema.removeprefix(prefix) if schema.startswith(prefix) else None


def schema_registry(schema: str) -> registry:
    """Return a mapper registry whose tables lie in *schema*."""
    return registry(
        metadata=MetaData(schema=schema, naming_convention=NAMING_CONVENTION),
        type_annotation_map={datetime: TIMESTAMP(timezone=True), str: Text, UUID: Uuid},
    )
