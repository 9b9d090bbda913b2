"""Making codes, and redeeming them once.

issued = await issue_code(session, "password.reset", user_id=…)     # then send issued.code
redeemable = await check_code(database, "password.reset", secret, code)
await redeem(session, redeemable)                                   # with what it is good for
"""

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import InvalidInput

from tochka_core.codes.models import OneTimeCode
from tochka_core.db import Database

_log = structlog.get_logger(__name__)

DIGITS: Final = 6
"""OWASP ASVS 5.0, 6.5.4 asks for 20 bits, which 6 digits just miss: 5 tries make up for it."""
TRIES: Final = 5
LIFETIME: Final = timedelta(minutes=10)
"""OWASP ASVS 5.0, 6.6.3: at most."""

_SECRET_BYTES: Final = 32
_SWEPT_AT_ONCE: Final = 20
"""More than are made meanwhile, so that the table does not grow."""


class WrongCode(InvalidInput):
    """The code is not the one that was sent, is used, or is too old: which of it is not told."""

    def __init__(self) -> None:
        """Point to the code."""
        super().__init__("The code is wrong, or no longer valid.", pointer="/code")


class IssuedCode(msgspec.Struct, frozen=True):
    """A code on its way: one half by phone, the other with the answer."""

    secret: str
    """For the client that asked: nobody else can redeem the code."""
    code: str
    """For the phone."""

    def __repr__(self) -> str:
        """Show nothing."""
        return "IssuedCode(***)"


class RedeemableCode(msgspec.Struct, frozen=True):
    """What a code is good for that somebody has got right."""

    id: UUID
    user_id: UUID | None
    phone: str | None
    password_hash: str | None

    def __repr__(self) -> str:
        """Show nothing that belongs to anybody."""
        return f"RedeemableCode(id={self.id})"


async def issue_code(
    session: AsyncSession,
    purpose: str,
    *,
    user_id: UUID | None = None,
    phone: str | None = None,
    password_hash: str | None = None,
) -> IssuedCode:
    """Make a code that is good for *purpose*; the rest is what that needs.

    With none of it nobody gets the code: it costs as much, and is never right.
    """
    issued = IssuedCode(secrets.token_urlsafe(_SECRET_BYTES), _random_digits())
    is_real = user_id is not None or phone is not None
    digest = _hash_code(issued.secret, issued.code) if is_real else secrets.token_bytes(32)
    session.add(
        OneTimeCode(
            purpose=purpose,
            secret_hash=_hash_secret(issued.secret),
            code_hash=digest,
            tries_left=TRIES,
            expires_at=func.now() + LIFETIME,
            user_id=user_id,
            phone=phone,
            password_hash=password_hash,
        )
    )
    await _sweep(session)
    return issued


async def check_code(database: Database, purpose: str, secret: str, code: str) -> RedeemableCode:
    """Return what *code* is good for, if it is the one that belongs to *secret*.

    That takes one of its tries, which is committed before the code is looked at: of many tries at
    once no more are looked at than it has.

    Raises:
        WrongCode: it is not, or is used, too old, or out of tries.
    """
    statement = (
        update(OneTimeCode)
        .where(
            OneTimeCode.secret_hash == _hash_secret(secret),
            OneTimeCode.purpose == purpose,
            OneTimeCode.tries_left > 0,
            OneTimeCode.expires_at > func.now(),
        )
        .values(tries_left=OneTimeCode.tries_left - 1)
        .returning(
            OneTimeCode.code_hash,
            OneTimeCode.id,
            OneTimeCode.user_id,
            OneTimeCode.phone,
            OneTimeCode.password_hash,
        )
    )
    async with database.platform_scope(reason="try a code") as session:
        row = (await session.execute(statement)).one_or_none()
    if row is None or not hmac.compare_digest(row.code_hash, _hash_code(secret, code)):
        _log.info("wrong code", purpose=purpose)
        raise WrongCode
    return RedeemableCode(row.id, row.user_id, row.phone, row.password_hash)


async def redeem(session: AsyncSession, code: RedeemableCode) -> None:
    """Use *code* up, in the transaction of what it is good for, and all others of the person.

    Raises:
        WrongCode: somebody else has done so.
    """
    if code.user_id is not None:
        await _lock_codes(session, code.user_id)
    used = delete(OneTimeCode).where(OneTimeCode.id == code.id).returning(OneTimeCode.id)
    if await session.scalar(used) is None:
        raise WrongCode
    if code.user_id is not None:
        await void_codes(session, code.user_id)


async def void_codes(session: AsyncSession, user_id: UUID) -> None:
    """Let no code of a person be good any more: what they were asked for is settled otherwise.

    Whoever changes the person too does that afterwards, as those do who redeem a code: else the two
    could wait for each other.
    """
    await _lock_codes(session, user_id)
    await session.execute(delete(OneTimeCode).where(OneTimeCode.user_id == user_id))


async def _lock_codes(session: AsyncSession, user_id: UUID) -> None:
    """Keep a person's codes from others, in one order: two of them may be redeemed at once."""
    theirs = select(OneTimeCode.id).where(OneTimeCode.user_id == user_id)
    await session.execute(theirs.order_by(OneTimeCode.id).with_for_update())


async def _sweep(session: AsyncSession) -> None:
    """Remove a few codes that are too old; no job does."""
    old = (
        select(OneTimeCode.id)
        .where(OneTimeCode.expires_at < func.now())
        .order_by(OneTimeCode.expires_at)
        .limit(_SWEPT_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    await session.execute(delete(OneTimeCode).where(OneTimeCode.id.in_(old)))


def _random_digits() -> str:
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"


def _hash_secret(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _hash_code(secret: str, code: str) -> bytes:
    return hmac.digest(secret.encode(), code.encode(), "sha256")
