"""What a client is told when a constraint of a module's table refuses a change.

    class Bookmark(TenantModel, Base):
        __tablename__ = "bookmarks"
        __table_args__ = (
            UniqueConstraint(
                "tenant_id", "url", info=refused("This link is kept already.", pointer="/url")
            ),
        )

The words stand beside unique, exclusion, check and foreign key constraints and unique indexes.
"""

from collections.abc import Iterator
from typing import Final

import msgspec
from sqlalchemy import Constraint, ForeignKeyConstraint, Index, MetaData, Table

from tochka_plugins.errors import Conflict, InvalidInput

_KEY: Final = "tochka_refusal"


class Refusal(msgspec.Struct, frozen=True):
    """What a client is told when a constraint refuses a change; `refused` makes it."""

    detail: str
    pointer: str | None = None
    error: type[Conflict | InvalidInput] = Conflict

    def make_error(self) -> Conflict | InvalidInput:
        """Return the error that says so."""
        if self.error is InvalidInput:
            return InvalidInput(self.detail, pointer=self.pointer)
        if self.pointer is None:
            return Conflict(self.detail)
        return Conflict(self.detail, errors=[{"pointer": self.pointer, "detail": self.detail}])


def refused(
    detail: str,
    *,
    pointer: str | None = None,
    error: type[Conflict | InvalidInput] = Conflict,
) -> dict[str, Refusal]:
    """Say for the `info` of a constraint what a client is told whose change it refuses.

    *pointer* names the field of the body (RFC 6901, such as `/url`), where it is the same for each
    route that can break the constraint. *error* is the answer: 409 unless it is `InvalidInput`.
    The words of a foreign key are those for what is not there; what still refers to a row that is
    deleted, the platform tells itself.
    """
    return {_KEY: Refusal(detail, pointer, error)}


def declared_refusals(
    metadata: MetaData,
) -> Iterator[tuple[Table, Constraint | Index, Refusal]]:
    """Yield each constraint that has words, with its table and them.

    Those of a `ForeignKey` are those of its constraint.
    """
    for table in metadata.tables.values():
        constraints: list[Constraint | Index] = [*table.constraints, *table.indexes]
        for constraint in constraints:
            keys = constraint.elements if isinstance(constraint, ForeignKeyConstraint) else ()
            for told in (constraint, *keys):
                if _KEY in told.info:
                    yield table, constraint, told.info[_KEY]
