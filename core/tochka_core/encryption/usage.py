"""Where encrypted secrets are kept, and with which keys."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, SQLColumnExpression, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.db.tables import CoreBase
from tochka_core.encryption.ring import EncryptionRing
from tochka_core.module_settings.models import ModuleSecret
from tochka_core.module_settings.stored import place_of_secret as place_of_setting
from tochka_core.second_factor.factors import place_of_secret
from tochka_core.second_factor.models import SecondFactor


class Kept(msgspec.Struct, frozen=True):
    """A column of encrypted secrets."""

    table: type[CoreBase]
    secret: SQLColumnExpression[str]
    owner: tuple[SQLColumnExpression[Any], ...]
    """Tells the rows apart."""
    place: Callable[..., str]
    """What the secret of an owner is bound to."""


KEPT: Final = (
    Kept(SecondFactor, SecondFactor.secret, (SecondFactor.user_id,), place_of_secret),
    Kept(
        ModuleSecret,
        ModuleSecret.secret,
        (ModuleSecret.tenant_id, ModuleSecret.module, ModuleSecret.field),
        place_of_setting,
    ),
)
"""All columns of encrypted secrets; a new one needs a line here."""


def find_keys_in_use(connection: Connection) -> Mapping[str, int]:
    """Return by the name of a key how many secrets only that key can decrypt."""
    in_use: Counter[str] = Counter()
    for kept in KEPT:
        name = func.split_part(kept.secret, ".", 1).label("name")
        counted = select(name, func.count().label("secrets")).group_by(name)
        in_use.update({row.name: row.secrets for row in connection.execute(counted)})
    return in_use


async def renew_secrets(session: AsyncSession, ring: EncryptionRing) -> int:
    """Encrypt with the first key what others have encrypted; return how many secrets that were.

    Raises:
        SecretUnreadable: the key of one is not in the ring, or it was altered or moved.
    """
    renewed = 0
    for kept in KEPT:
        for secret, *owner in await session.execute(select(kept.secret, *kept.owner)):
            if ring.is_outdated(secret):
                place = kept.place(*owner)
                fresh = ring.encrypt(ring.decrypt(secret, place=place), place=place)
                await _replace(session, kept, owner, secret, fresh)
                renewed += 1
    return renewed


async def _replace(
    session: AsyncSession, kept: Kept, owner: Sequence[object], secret: str, fresh: str
) -> None:
    """Store *fresh*, unless somebody has stored another secret meanwhile."""
    own = [column == value for column, value in zip(kept.owner, owner, strict=True)]
    await session.execute(
        update(kept.table).where(*own, kept.secret == secret).values({kept.secret: fresh})
    )
