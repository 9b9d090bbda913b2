"""Where encrypted secrets are kept, and with which keys."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias
from uuid import UUID

import msgspec
from sqlalchemy import Connection, SQLColumnExpression, TableClause, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.db.tables import CoreBase
from tochka_core.encryption.ring import EncryptionRing
from tochka_core.encryption.sealed import SealedColumn, find_sealed_columns, place_of_sealed
from tochka_core.module_settings.models import ModuleSecret
from tochka_core.module_settings.stored import place_of_secret as place_of_setting
from tochka_core.second_factor.factors import place_of_secret
from tochka_core.second_factor.models import SecondFactor


class Kept(msgspec.Struct, frozen=True):
    """A column of encrypted secrets."""

    table: type[CoreBase] | TableClause
    secret: SQLColumnExpression[str]
    owner: tuple[SQLColumnExpression[Any], ...]
    """Tells the rows apart."""
    place: Callable[..., str]
    """What the secret of an owner is bound to."""
    kind: str
    """What an operator calls one of them."""
    loss: str
    """What it means to be without the key of one, and how to get over it."""


KEPT: Final = (
    Kept(
        SecondFactor,
        SecondFactor.secret,
        (SecondFactor.user_id,),
        place_of_secret,
        kind="second factor",
        loss="whoever has such a second factor cannot sign in"
        " (`tochka users remove-second-factor` takes it away)",
    ),
    Kept(
        ModuleSecret,
        ModuleSecret.secret,
        (ModuleSecret.tenant_id, ModuleSecret.module, ModuleSecret.field),
        place_of_setting,
        kind="secret setting",
        loss="such a setting is unreadable (its tenant may set it again)",
    ),
)
"""All columns of encrypted secrets in the core; a new one needs a line here."""

_OF_MODULE: Final = "module's secret"

LOSSES: Final = {
    **{kept.kind: kept.loss for kept in KEPT},
    _OF_MODULE: "what a module keeps as such a secret is unreadable (its tenant may set it again)",
}
"""By kind what it means to be without the key of one."""

InUse: TypeAlias = Mapping[str, Counter[str]]
"""By the name of a key how many secrets of each kind only that key can decrypt."""


def find_keys_in_use(connection: Connection) -> InUse:
    """Return which keys the secrets need that are kept, and for how many of them."""
    in_use: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for kept in _all_kept(connection):
        name = func.split_part(kept.secret, ".", 1).label("name")
        counted = select(name, func.count().label("secrets")).where(kept.secret.is_not(None))
        for row in connection.execute(counted.group_by(name).order_by(name)):
            in_use[row.name][kept.kind] += row.secrets
    return in_use


async def renew_secrets(session: AsyncSession, ring: EncryptionRing) -> int:
    """Encrypt with the first key what others have encrypted; return how many secrets that were.

    Raises:
        SecretUnreadable: the key of one is not in the ring, or it was altered or moved.
    """
    renewed = 0
    for kept in await (await session.connection()).run_sync(_all_kept):
        secrets = select(kept.secret, *kept.owner).where(kept.secret.is_not(None))
        for secret, *owner in await session.execute(secrets):
            if ring.is_outdated(secret):
                place = kept.place(*owner)
                fresh = ring.encrypt(ring.decrypt(secret, place=place), place=place)
                await _replace(session, kept, owner, secret, fresh)
                renewed += 1
    return renewed


def _all_kept(connection: Connection) -> Sequence[Kept]:
    return [*KEPT, *map(_kept_by_module, find_sealed_columns(connection))]


def _kept_by_module(column: SealedColumn) -> Kept:
    rows = column.rows

    def place(tenant_id: UUID, row_id: UUID) -> str:
        return place_of_sealed(tenant_id, column.path, row_id)

    return Kept(
        rows,
        rows.c[column.column],
        (rows.c.tenant_id, rows.c.id),
        place,
        kind=_OF_MODULE,
        loss=LOSSES[_OF_MODULE],
    )


async def _replace(
    session: AsyncSession, kept: Kept, owner: Sequence[object], secret: str, fresh: str
) -> None:
    """Store *fresh*, unless somebody has stored another secret meanwhile."""
    own = [column == value for column, value in zip(kept.owner, owner, strict=True)]
    await session.execute(
        update(kept.table).where(*own, kept.secret == secret).values({kept.secret: fresh})
    )
