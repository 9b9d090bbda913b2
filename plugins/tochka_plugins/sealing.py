"""Secrets in the tables of a module that have to be read again, unreadable in the database.

    class Mailbox(TenantModel, Base):
        password: Mapped[str] = sealed_column()

    mailbox_id = uuid7()
    sealed = seal(session, "s3cr3t", Mailbox.password, mailbox_id)
    session.add(Mailbox(id=mailbox_id, password=sealed))
    ...
    password = unseal(session, mailbox.password, Mailbox.password, mailbox.id)

What has to be compared only, such as a token that somebody shows, is better kept as a hash.
"""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import Text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, MappedColumn, mapped_column

from tochka_plugins.neighbours import neighbours_of

SEALED: Final = "sealed"
"""The comment of such a column, by which the operator's commands find it, whoever made it."""


def sealed_column(*, nullable: bool = False) -> MappedColumn[Any]:
    """Return a column of a `TenantModel` for what `seal` returns.

    In the revision that makes it, it is a text with the comment `sealed`. By that
    `tochka keys reencrypt` and `tochka doctor` find it, also when the module is gone.
    """
    return mapped_column(Text, comment=SEALED, nullable=nullable)


def seal(
    session: AsyncSession, secret: str, column: InstrumentedAttribute[Any], row_id: UUID
) -> str:
    """Return what to keep of *secret* in the *column* of the row with this id.

    It is bound to that place of the tenant of *session*: copied elsewhere it cannot be read.

    Raises:
        Unavailable: the operator has set no TOCHKA_ENCRYPTION_KEYS.
        RuntimeError: the transaction is no tenant's, or was not opened by the platform.
    """
    return neighbours_of(session).seal(secret, _place(column), row_id)


def unseal(
    session: AsyncSession, kept: str, column: InstrumentedAttribute[Any], row_id: UUID
) -> str:
    """Return the secret that is *kept* in the *column* of the row with this id.

    Raises:
        Unavailable: its key is gone, or it was altered or moved; the log has the reason.
        RuntimeError: the transaction is no tenant's, or was not opened by the platform.
    """
    return neighbours_of(session).unseal(kept, _place(column), row_id)


def _place(column: InstrumentedAttribute[Any]) -> str:
    """Return schema, table and column, as the database has them."""
    (kept,) = column.property.columns
    return f"{kept.table.fullname}.{kept.name}"
