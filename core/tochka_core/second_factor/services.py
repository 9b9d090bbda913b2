"""Setting up, proving and removing a second factor."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final
from uuid import UUID

import msgspec
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Conflict, InvalidInput, Message, NotAuthenticated, Person

from tochka_core.audit.services import record, record_refusal
from tochka_core.db import Database
from tochka_core.encryption.ring import EncryptionRing
from tochka_core.http.client import Client
from tochka_core.messages.sending import PhoneMessages
from tochka_core.passwords.current import CurrentPasswords
from tochka_core.second_factor import factors, totp
from tochka_core.second_factor.administration import remove_second_factor
from tochka_core.second_factor.challenges import find_challenged, hold_challenge, use_up
from tochka_core.second_factor.factors import Factor, find_factor, lock_person
from tochka_core.second_factor.recovery_codes import replace_codes, use_code
from tochka_core.sessions.services import end_sessions, mark_stepped_up
from tochka_core.sessions.signing_in import Sessions, SignedIn
from tochka_core.throttling.allowances import Allowance
from tochka_core.throttling.services import TryCounter

_AT_SIGN_IN: Final = Allowance(
    name="second.factor.login",
    free_tries=5,
    first_delay_seconds=30,
    max_delay_seconds=900,
    forget_seconds=3600,
)
"""Wrong codes of one person. Three of a million are good at a time: with one each quarter of an
hour, a year of guessing finds one with a chance of a tenth."""

_IN_SESSIONS: Final = replace(_AT_SIGN_IN, name="second.factor.session")
"""The same where the person is signed in. Who has got hold of a session uses up these tries, and
does not keep its owner from signing in and ending it."""

_WRONG_CODE: Final = "The code is wrong, or was used before."


class Enrolment(msgspec.Struct, frozen=True):
    """What an authenticator app has to be given."""

    secret: str
    address: str
    """The same for a QR code."""

    def __repr__(self) -> str:
        """Show nothing: it belongs in no log."""
        return "Enrolment(***)"


class Confirmed(msgspec.Struct, frozen=True):
    """A second factor that is asked for from now on."""

    recovery_codes: Sequence[str]
    notice: Message | None
    """Tells its owner so, in case that it is somebody else's."""


class SecondFactors:
    """Enrols and removes second factors, and asks for them.

    It opens its own transactions: a try is counted, and stays so, before it is known whether the
    code is right.
    """

    def __init__(
        self,
        *,
        counter: TryCounter,
        current_passwords: CurrentPasswords,
        database: Database,
        messages: PhoneMessages,
        ring: EncryptionRing,
        sessions: Sessions,
    ) -> None:
        """Keep secrets with the keys of *ring*."""
        self._counter = counter
        self._current_passwords = current_passwords
        self._database = database
        self._messages = messages
        self._ring = ring
        self._sessions = sessions

    async def begin(self, person: Person, password: str) -> Enrolment:
        """Return what an app has to be given; nothing is asked for until it has shown a code.

        Whatever an earlier call has returned is good no more.

        Raises:
            Conflict: there is a second factor already.
            InvalidInput: the password is wrong.
            NoEncryptionKeys: the installation cannot keep a secret.
            TooManyRequests: there were too many wrong passwords.
        """
        await self._current_passwords.prove(
            person.user_id, password, pointer="/password", refused_as="second_factor.refused"
        )
        async with self._scope() as session:
            user = await lock_person(session, person.user_id)
            factor = await find_factor(session, user.id)
            if factor is not None and factor.confirmed_at is not None:
                raise Conflict("You have a second factor; remove it before you set up another.")
            secret = await factors.begin(session, user.id, self._ring)
        return Enrolment(secret, totp.app_address(secret, phone=user.phone))

    async def confirm(self, person: Person, code: str) -> Confirmed:
        """Ask for codes of the app from now on. Other sessions end.

        Raises:
            Conflict: nothing waits for a code.
            InvalidInput: the code is wrong.
            TooManyRequests: there were too many wrong codes.
        """
        tried = (_IN_SESSIONS, str(person.user_id))
        await self._counter.take(tried)
        async with self._scope() as session:
            await lock_person(session, person.user_id)
            factor = await find_factor(session, person.user_id)
            if factor is None or not factor.is_waiting:
                raise Conflict("No second factor waits to be confirmed; set one up first.")
            is_right = await factors.confirm(session, factor, code, self._ring)
            if is_right:
                await self._counter.succeed(session, tried)
                await self._change_sessions(session, person, is_enrolled=True)
                record(session, "second_factor.enrolled", actor=person.user_id, tenant=None)
                codes = await replace_codes(session, person.user_id)
        if not is_right:
            await self._refuse(actor=person.user_id)
            raise InvalidInput(_WRONG_CODE, pointer="/code")
        text = self._messages.texts.second_factor_set_up
        return Confirmed(codes, await self._messages.allowed_notice(person.phone, text))

    async def remove(self, person: Person, code: str) -> Message | None:
        """Ask for no code any more. Other sessions end. What is returned tells the owner.

        Raises:
            Conflict: there is no second factor.
            InvalidInput: the code is wrong.
            TooManyRequests: there were too many wrong codes.
        """
        async with self._proven(person, code) as session:
            await factors.remove(session, person.user_id)
            await self._change_sessions(session, person, is_enrolled=False)
            record(session, "second_factor.removed", actor=person.user_id, tenant=None)
        return await self._tell_removed(person.phone)

    async def remove_of(self, user_id: UUID, *, actor: UUID) -> Message | None:
        """Ask a person who has lost it for no code any more; what is returned tells them.

        All their sessions end.

        Raises:
            NotFound: there is no such person, or they have no second factor.
        """
        async with self._scope() as session:
            user = await remove_second_factor(session, user_id, actor=actor)
        return await self._tell_removed(user.phone)

    async def renew_recovery_codes(self, person: Person, code: str) -> Sequence[str]:
        """Return new recovery codes; the old ones are good no more.

        Raises:
            Conflict: there is no second factor.
            InvalidInput: the code is wrong.
            TooManyRequests: there were too many wrong codes.
        """
        async with self._proven(person, code) as session:
            codes = await replace_codes(session, person.user_id)
            record(
                session,
                "second_factor.recovery_codes_renewed",
                actor=person.user_id,
                tenant=None,
            )
        return codes

    async def step_up(self, person: Person, code: str) -> None:
        """Note in the session that the second factor was proved just now.

        Raises:
            Conflict: there is no second factor.
            InvalidInput: the code is wrong.
            TooManyRequests: there were too many wrong codes.
        """
        async with self._proven(person, code) as session:
            await mark_stepped_up(session, person.session_id)

    async def sign_in(
        self, challenge: str, code: str, client: Client, *, device_token: str | None = None
    ) -> SignedIn:
        """Begin the session that *challenge* was given instead of.

        *device_token* is what an earlier sign-in of the same person has returned for the device.

        Raises:
            NotAuthenticated: the code is wrong; or the challenge is used, has expired, or is none;
                or the person was deactivated, or has another password or no second factor since.
            TooManyRequests: there were too many wrong codes.
        """
        async with self._scope() as session:
            user_id = await find_challenged(session, challenge)
        if user_id is None:
            raise _void_challenge()
        tried = (_AT_SIGN_IN, str(user_id))
        await self._counter.take(tried)
        async with self._scope() as session:
            if not await hold_challenge(session, challenge, user_id):
                raise _void_challenge()
            factor = await find_factor(session, user_id)
            if factor is None or factor.confirmed_at is None:
                raise _void_challenge()
            if await self._use(session, factor, code):
                await use_up(session, challenge)
                await self._counter.succeed(session, tried)
                record(session, "user.signed_in", actor=user_id, tenant=None)
                return await self._sessions.open(
                    session, user_id, client, device_token, is_stepped_up=True
                )
        await self._refuse(user=user_id)
        raise NotAuthenticated(_WRONG_CODE)

    @asynccontextmanager
    async def _proven(self, person: Person, code: str) -> AsyncIterator[AsyncSession]:
        """Open a transaction in which *code* has been used up; nobody changes the factor meanwhile.

        Raises:
            Conflict: there is no second factor.
            InvalidInput: the code is wrong.
            TooManyRequests: there were too many wrong codes.
        """
        tried = (_IN_SESSIONS, str(person.user_id))
        await self._counter.take(tried)
        async with self._scope() as session:
            await lock_person(session, person.user_id)
            factor = await find_factor(session, person.user_id)
            if factor is None or factor.confirmed_at is None:
                raise Conflict("You have no second factor.")
            if await self._use(session, factor, code):
                await self._counter.succeed(session, tried)
                yield session
                return
        await self._refuse(actor=person.user_id)
        raise InvalidInput(_WRONG_CODE, pointer="/code")

    async def _use(self, session: AsyncSession, factor: Factor, code: str) -> bool:
        """Use up a code of the app, or a recovery code; return whether it was good."""
        if totp.read_code(code) is not None:
            return await factors.use_app_code(session, factor, code, self._ring)
        is_good = await use_code(session, factor.user_id, code)
        if is_good:
            record(session, "second_factor.recovery_code_used", actor=factor.user_id, tenant=None)
        return is_good

    async def _change_sessions(
        self, session: AsyncSession, person: Person, *, is_enrolled: bool
    ) -> None:
        """Leave the person this session only: whoever else is signed in has proved less."""
        own = person.session_id
        await end_sessions(session, person.user_id, reason="second_factor_changed", but=own)
        await mark_stepped_up(session, own, is_stepped_up=is_enrolled)

    async def _tell_removed(self, phone: str) -> Message | None:
        text = self._messages.texts.second_factor_removed
        return await self._messages.allowed_notice(phone, text)

    async def _refuse(self, *, actor: UUID | None = None, user: UUID | None = None) -> None:
        """Write down that a code was wrong: of *actor*, or of *user*, who is not signed in yet."""
        await record_refusal(self._database, "second_factor.refused", actor=actor, user=user)

    def _scope(self) -> AbstractAsyncContextManager[AsyncSession]:
        return self._database.platform_scope(reason="second factor")


def _void_challenge() -> NotAuthenticated:
    return NotAuthenticated("The challenge is not good any more; sign in again.")
