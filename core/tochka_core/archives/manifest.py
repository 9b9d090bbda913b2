"""What an archive says of itself: a ZIP of one NDJSON file for each table, and `manifest.json`.

The manifest is written last, when the counts and checksums are known, and read first.
"""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

FORMAT_VERSION: Final = 1
MANIFEST_PATH: Final = "manifest.json"
PEOPLE_PATH: Final = "people.ndjson"

Count = Annotated[int, Meta(ge=0)]
Text = Annotated[str, Meta(min_length=1)]


class Contents(msgspec.Struct, frozen=True):
    """What a file must hold."""

    rows: Count
    bytes: Count
    sha256: str


class ExportedTable(msgspec.Struct, frozen=True):
    """The tenant's rows of a table, one JSON object a line."""

    table: Text
    """Schema and name, such as `mod_contacts.contacts`."""
    columns: tuple[str, ...]
    """The keys of each object."""
    contents: Contents

    @property
    def path(self) -> str:
        """Where in the archive the rows are."""
        return path_of(self.table)


class ExportedModule(msgspec.Struct, frozen=True):
    """A module that the tenant has enabled, or that keeps rows of it."""

    name: Text
    version: str | None
    revision: str | None
    """What its schema was at."""


class ExportedTenant(msgspec.Struct, frozen=True):
    """The tenant itself."""

    id: UUID
    name: Text
    title: Annotated[str, Meta(min_length=1, max_length=200)]
    created_at: datetime
    suspended_at: datetime | None
    suspension_reason: str | None


class Manifest(msgspec.Struct, frozen=True):
    """All that has to be known before a row is taken in."""

    format: Literal["tochka-tenant"]
    format_version: int
    exported_at: datetime
    core_version: str
    core_revision: str | None
    tenant: ExportedTenant
    modules: tuple[ExportedModule, ...]
    people: Contents
    """Of `people.ndjson`: id and phone of each person that rows refer to."""
    tables: tuple[ExportedTable, ...]


class Person(msgspec.Struct, frozen=True):
    """A line of `people.ndjson`."""

    id: UUID
    phone: str


def path_of(table: str) -> str:
    """Return where in the archive the rows of *table* are."""
    return f"tables/{table}.ndjson"
