"""Where encrypted secrets are kept, and with which keys."""

from collections import Counter, defaultdict
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
"""All columns of encrypted secrets; a new one needs a line here."""


def find_keys_in_use(connection: Connection) -> Mapping[str, Counter[str]]:
    """Return by the name of a key how many secrets of each kind only that key can decrypt."""
    in_use: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for kept in KEPT:
        name = func.split_part(kept.secret, ".", 1).label("name")
        counted = select(name, func.count().label("secrets")).group_by(name).order_by(name)
        for row in connection.execute(counted):
            in_use[row.name][kept.kind] = row.secrets
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
