"""The rows of one table in an archive, checked line by line."""

from collections.abc import Iterator
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Raw

from tochka_core.archives.manifest import ExportedTable
from tochka_core.archives.people import People
from tochka_core.archives.reading import Archive, ArchiveRefused
from tochka_core.tenants.tables import TenantTable

_BATCH_BYTES: Final = 2**20
_OBJECT: Final = msgspec.json.Decoder(dict[str, Raw])
_PERSON: Final = msgspec.json.Decoder(str | None)


class TableReading:
    """Checks the rows of one table, and puts people's ids here in the place of theirs."""

    def __init__(
        self, exported: ExportedTable, table: TenantTable, *, tenant_id: UUID, people: People
    ) -> None:
        """Read the rows of *table*, which have to be those of *tenant_id*, the archive's tenant."""
        self._path = exported.path
        self._columns = set(table.columns)
        self._user_columns = table.user_columns
        self._tenant_id = f'"{tenant_id}"'.encode()
        self._people = people

    def batches(self, archive: Archive) -> Iterator[str]:
        """Yield the rows as JSON objects joined by commas, about `_BATCH_BYTES` at once.

        Raises:
            ArchiveRefused: a line is no row of this tenant and table.
        """
        return _batches(self._rows(archive))

    def _rows(self, archive: Archive) -> Iterator[bytes]:
        for number, line in enumerate(archive.lines(self._path), start=1):
            try:
                row = _OBJECT.decode(line)
            except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
                raise self._refused(number, f"is malformed: {error}") from error
            if row.keys() != self._columns:
                raise self._refused(number, "has other columns")
            if bytes(row["tenant_id"]) != self._tenant_id:
                raise self._refused(number, "is of another tenant")
            yield self._translated(number, row) if self._user_columns else line

    def _translated(self, number: int, row: dict[str, Raw]) -> bytes:
        for column in self._user_columns:
            try:
                theirs = _PERSON.decode(row[column])
                ours = None if theirs is None else self._people.ids[theirs]
            except (msgspec.DecodeError, KeyError):
                raise self._refused(number, "names a person who is not in the archive") from None
            row[column] = Raw(msgspec.json.encode(ours))
        return msgspec.json.encode(row)

    def _refused(self, number: int, what: str) -> ArchiveRefused:
        return ArchiveRefused(f"Line {number} of {self._path} {what}.")


def _batches(rows: Iterator[bytes]) -> Iterator[str]:
    batch: list[bytes] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += len(row)
        if size >= _BATCH_BYTES:
            yield _joined(batch)
            batch, size = [], 0
    if batch:
        yield _joined(batch)


def _joined(rows: list[bytes]) -> str:
    try:
        return b",".join(rows).decode()
    except UnicodeDecodeError as error:
        raise ArchiveRefused(f"The archive is not in UTF-8: {error.reason}.") from error
