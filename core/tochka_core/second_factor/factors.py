"""A person's second factor in the database: enrolled, used and removed."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import delete, extract, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import NotFound

from tochka_core.encryption.ring import EncryptionRing
from tochka_core.second_factor import totp
from tochka_core.second_factor.models import SecondFactor
from tochka_core.users.models import User

ENROLMENT_SECONDS: Final = 900
"""How long a secret waits for the app that shall know it."""


class Factor(msgspec.Struct, frozen=True):
    """A second factor as it is now; its secret is still encrypted."""

    user_id: UUID
    secret: str
    confirmed_at: datetime | None
    is_waiting: bool
    """Not confirmed, and may still be."""
    now_seconds: float
    """The database's time, as a Unix time."""


async def lock_person(session: AsyncSession, user_id: UUID) -> User:
    """Return a person whose second factor nobody else changes until the transaction ends.

    Nobody signs in as them meanwhile: a sign-in that has begun before has its session by then.

    Raises:
        NotFound: there is none.
    """
    found = select(User).where(User.id == user_id).with_for_update(key_share=True)
    user = await session.scalar(found)
    if user is None:
        raise NotFound("There is no such user.")
    return user


async def find_factor(session: AsyncSession, user_id: UUID) -> Factor | None:
    """Return a person's second factor, confirmed or not, `None` where there is none."""
    now = func.clock_timestamp()
    found = await session.execute(
        select(
            SecondFactor.secret,
            SecondFactor.confirmed_at,
            (SecondFactor.created_at > now - timedelta(seconds=ENROLMENT_SECONDS)).label("is_new"),
            extract("epoch", now).label("now"),
        ).where(SecondFactor.user_id == user_id)
    )
    row = found.one_or_none()
    if row is None:
        return None
    is_waiting = row.confirmed_at is None and row.is_new
    return Factor(user_id, row.secret, row.confirmed_at, is_waiting, float(row.now))


async def is_enrolled(session: AsyncSession, user_id: UUID) -> bool:
    """Tell whether a person has to prove a second factor to sign in."""
    factor = await find_factor(session, user_id)
    return factor is not None and factor.confirmed_at is not None


async def begin(session: AsyncSession, user_id: UUID, ring: EncryptionRing) -> str:
    """Return a new secret for a person who is locked and has no other that an app has confirmed.

    Raises:
        NoEncryptionKeys: there is no key to keep it with.
    """
    secret = totp.new_secret()
    fresh = {"secret": _seal(ring, user_id, secret), "created_at": func.clock_timestamp()}
    statement = insert(SecondFactor).values(user_id=user_id, **fresh)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[SecondFactor.user_id],
            set_=fresh,
        )
    )
    return secret


async def confirm(session: AsyncSession, factor: Factor, code: str, ring: EncryptionRing) -> bool:
    """Enrol the app that shows *code*; return whether it does know the secret."""
    step = _find_step(factor, code, ring)
    if step is None:
        return False
    await session.execute(
        update(SecondFactor)
        .where(SecondFactor.user_id == factor.user_id)
        .values(confirmed_at=func.now(), last_step=step)
    )
    return True


async def use_app_code(
    session: AsyncSession, factor: Factor, code: str, ring: EncryptionRing
) -> bool:
    """Use up a code of the app; return whether it was good.

    Of several who bring the same one at once, one is told so. The secret is encrypted anew where a
    newer key is there.
    """
    step = _find_step(factor, code, ring)
    if step is None:
        return False
    renewed = {}
    if ring.is_outdated(factor.secret):
        renewed["secret"] = _seal(ring, factor.user_id, _open(factor, ring))
    used = (
        update(SecondFactor)
        .where(
            SecondFactor.user_id == factor.user_id,
            SecondFactor.secret == factor.secret,
            SecondFactor.last_step < step,
        )
        .values(last_step=step, **renewed)
        .returning(SecondFactor.user_id)
    )
    return await session.scalar(used) is not None


async def remove(session: AsyncSession, user_id: UUID) -> bool:
    """Remove a person's second factor and recovery codes; return whether there was one."""
    removed = (
        delete(SecondFactor)
        .where(SecondFactor.user_id == user_id)
        .returning(SecondFactor.confirmed_at)
    )
    return await session.scalar(removed) is not None


def _find_step(factor: Factor, text: str, ring: EncryptionRing) -> int | None:
    code = totp.read_code(text)
    if code is None:
        return None
    return totp.find_step(_open(factor, ring), code, at_seconds=factor.now_seconds)


def _seal(ring: EncryptionRing, user_id: UUID, secret: str) -> str:
    return ring.encrypt(secret.encode(), place=place_of_secret(user_id))


def _open(factor: Factor, ring: EncryptionRing) -> str:
    return ring.decrypt(factor.secret, place=place_of_secret(factor.user_id)).decode()


def place_of_secret(user_id: UUID) -> str:
    """Return what the secret of a person's second factor is bound to."""
    return f"second_factors.secret {user_id}"
