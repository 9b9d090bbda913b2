"""Recovery codes: for who has lost the phone with the app. Each is good once.

With 125 random bits there is nothing to guess, so that a plain hash keeps them (OWASP ASVS 5.0,
6.5.2 asks for 112 bits).
"""

import hashlib
import secrets
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.second_factor.models import RecoveryCode

CODES: Final = 10
"""How many a person gets."""

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base32: no letter that is read as a digit, and no U."""
_MISREAD: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None})
_GROUPS: Final = 5
_GROUP_CHARACTERS: Final = 5


def new_code() -> str:
    """Return a code such as `7ZK4P-0QWRT-…`, five groups of five."""
    groups = (
        "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_CHARACTERS)) for _ in range(_GROUPS)
    )
    return "-".join(groups)


def hash_of(code: str) -> bytes:
    """Return what is kept of *code*: the same in any case, with any spaces and hyphens.

    Letters that are read as digits count as these.
    """
    written = "".join(code.split()).upper().translate(_MISREAD)
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).digest()


async def replace_codes(session: AsyncSession, user_id: UUID) -> Sequence[str]:
    """Return new recovery codes of a person, whose old ones are good no more."""
    await session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    codes = [new_code() for _ in range(CODES)]
    rows = [{"user_id": user_id, "code_hash": hash_of(code)} for code in codes]
    await session.execute(insert(RecoveryCode), rows)
    return codes


async def use_code(session: AsyncSession, user_id: UUID, code: str) -> bool:
    """Use up a recovery code; return whether it was one of the person's.

    Of several who bring the same one at once, one is told so.
    """
    used = (
        delete(RecoveryCode)
        .where(RecoveryCode.user_id == user_id, RecoveryCode.code_hash == hash_of(code))
        .returning(RecoveryCode.user_id)
    )
    return await session.scalar(used) is not None


async def count_codes(session: AsyncSession, user_id: UUID) -> int:
    """Return how many recovery codes a person has left."""
    counted = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.user_id == user_id)
    return await session.scalar(counted) or 0
