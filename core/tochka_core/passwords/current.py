"""Asking a person who is signed in for the password again, before something that matters."""

from typing import Final
from uuid import UUID

from tochka_plugins import InvalidInput

from tochka_core.audit.actions import Action
from tochka_core.audit.services import record_refusal
from tochka_core.db import Database
from tochka_core.passwords.hashing import PasswordHasher
from tochka_core.throttling.allowances import Allowance
from tochka_core.throttling.services import TryCounter
from tochka_core.users.services import get_user

_TRIES: Final = Allowance(
    name="password.current.person",
    free_tries=5,
    first_delay_seconds=30,
    max_delay_seconds=900,
    forget_seconds=3600,
)
"""Who has found an open session may guess as seldom as somebody who signs in."""


class CurrentPasswords:
    """Asks for present passwords, for whatever purpose, and counts the wrong ones together."""

    def __init__(self, *, counter: TryCounter, database: Database, hasher: PasswordHasher) -> None:
        """Count wrong ones with *counter*."""
        self._counter = counter
        self._database = database
        self._hasher = hasher

    async def prove(self, user_id: UUID, password: str, *, pointer: str, refused_as: Action) -> str:
        """Return the hash that is stored of the present password, which *password* is.

        *pointer* says where in the request it stands, *refused_as* what the audit log is told of
        a wrong one.

        Raises:
            InvalidInput: it is another one.
            NotFound: the person is gone.
            TooManyRequests: it was wrong too often.
            TooManyPasswords: too many people register or sign in at once.
        """
        tried = (_TRIES, str(user_id))
        async with self._counter.counted(tried):
            async with self._database.platform_scope(reason="present password") as session:
                stored = (await get_user(session, user_id)).password_hash
            is_right = await self._hasher.verify(password, stored)
        if not is_right:
            await record_refusal(self._database, refused_as, actor=user_id)
            raise InvalidInput("This is not the present password.", pointer=pointer)
        async with self._database.platform_scope(reason="present password") as session:
            await self._counter.succeed(session, tried)
        return stored
