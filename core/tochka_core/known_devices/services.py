"""Recognising devices, remembering and forgetting them.

What a token of a device is good for: to try the password of the person to whom it was given, on
that device's own account. It signs nobody in.
"""

import hashlib
import secrets
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.known_devices.models import KnownDevice
from tochka_core.users.models import User

MAX_DEVICES: Final = 20
"""How many devices are known of one person; a further one takes the place of the least recent."""
MAX_IDLE_DAYS: Final = 180
"""How long a device is known that nobody signs in from."""


async def is_known(session: AsyncSession, token: str, *, phone: str) -> bool:
    """Return whether the person with *phone* (E.164) has signed in from the device of *token*."""
    found = (
        select(KnownDevice.token_hash)
        .join(User, User.id == KnownDevice.user_id)
        .where(KnownDevice.token_hash == _hash(token), User.phone == phone, _IS_RECENT)
    )
    return await session.scalar(found) is not None


async def remember_device(session: AsyncSession, user_id: UUID, token: str | None) -> str:
    """Return the token of the device that a person signs in from: *token*, if it is theirs.

    Their least recent devices are forgotten, where there are too many.
    """
    if token is not None:
        used = (
            update(KnownDevice)
            .where(KnownDevice.token_hash == _hash(token), KnownDevice.user_id == user_id)
            .where(_IS_RECENT)
            .values(used_at=func.now())
            .returning(KnownDevice.token_hash)
        )
        if await session.scalar(used) is not None:
            return token
    made = secrets.token_urlsafe(32)
    session.add(KnownDevice(token_hash=_hash(made), user_id=user_id))
    await session.flush()
    kept = (
        select(KnownDevice.token_hash)
        .where(KnownDevice.user_id == user_id, _IS_RECENT)
        .order_by(KnownDevice.used_at.desc())
        .limit(MAX_DEVICES)
    )
    await session.execute(
        delete(KnownDevice).where(
            KnownDevice.user_id == user_id, KnownDevice.token_hash.not_in(kept)
        ),
        execution_options={"synchronize_session": False},
    )
    return made


async def forget_devices(session: AsyncSession, user_id: UUID) -> None:
    """Forget all devices of a person: whoever has one may know a password of theirs."""
    await session.execute(delete(KnownDevice).where(KnownDevice.user_id == user_id))


_IS_RECENT: Final = KnownDevice.used_at > func.now() - literal_column(
    f"interval '{MAX_IDLE_DAYS} days'"
)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
