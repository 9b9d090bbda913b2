"""Passwords that their owners replace."""

from typing import Final
from uuid import UUID

from tochka_plugins import Conflict, Message, Person

from tochka_core.audit.services import record
from tochka_core.auth.allowances import AuthAllowances
from tochka_core.codes.sending import CODES_BY_ADDRESS, SentCode
from tochka_core.codes.services import WrongCode, check_code, issue_code, redeem, void_codes
from tochka_core.db import Database
from tochka_core.known_devices.services import forget_devices
from tochka_core.messages.sending import PhoneMessages
from tochka_core.passwords.current import CurrentPasswords
from tochka_core.passwords.hashing import PasswordHasher
from tochka_core.passwords.rules import check_password_rules
from tochka_core.passwords.services import set_password
from tochka_core.sessions.services import end_sessions
from tochka_core.throttling.allowances import counted_address
from tochka_core.throttling.services import TryCounter
from tochka_core.users.models import User
from tochka_core.users.phones import normalize_phone
from tochka_core.users.services import find_active_id

RESET: Final = "password.reset"


class PasswordService:
    """Lets people replace their passwords: by the present one, or by a code sent to their phone.

    It opens its own transactions: no connection waits while a password is hashed. What is to be
    sent is returned, so that it is sent when the answer has been.
    """

    def __init__(
        self,
        *,
        allowances: AuthAllowances,
        counter: TryCounter,
        current_passwords: CurrentPasswords,
        database: Database,
        hasher: PasswordHasher,
        messages: PhoneMessages,
        region: str,
    ) -> None:
        """Read phone numbers without a country code as numbers of *region*."""
        self._allowances = allowances
        self._counter = counter
        self._current_passwords = current_passwords
        self._database = database
        self._hasher = hasher
        self._messages = messages
        self._region = region

    async def change(self, person: Person, *, current: str, password: str) -> Message | None:
        """Replace the *current* password; the person stays signed in here and nowhere else.

        Raises:
            InvalidInput: *current* is wrong, or *password* breaks a rule.
            Conflict: the password has been changed meanwhile.
            TooManyRequests: *current* was wrong too often.
            TooManyPasswords: too many people register or sign in at once.
        """
        user_id = person.user_id
        check_password_rules(password, phone=person.phone)
        stored = await self._current_passwords.prove(
            user_id,
            current,
            pointer="/current_password",
            refused_as="user.password_change_refused",
        )
        renewed = await self._hasher.hash(password)
        async with self._database.platform_scope(reason="change a password") as session:
            await void_codes(session, user_id)
            if not await set_password(session, user_id, renewed, instead_of=stored):
                raise Conflict("The password has been changed meanwhile.")
            here = person.session_id
            await end_sessions(session, user_id, reason="password_changed", but=here)
            record(session, "user.password_changed", actor=user_id, tenant=None)
        return await self._messages.allowed_notice(person.phone, self._messages.texts.changed)

    async def forget(self, phone: str, *, address: str) -> SentCode:
        """Begin to replace a password that its owner does not know; *address* is the client's.

        Whether the phone is anybody's tells neither the answer nor the time that it takes.

        Raises:
            InvalidInput: the phone is malformed.
            NobodyDelivers: no messages can be sent.
            TooManyRequests: the phone has got too many, or *address* has had too many sent.
        """
        number = normalize_phone(phone, region=self._region)
        await self._messages.allow(number, address=address)
        async with self._database.platform_scope(reason="forget a password") as session:
            user_id = await find_active_id(session, number)
            issued = await issue_code(session, RESET, user_id=user_id)
        if user_id is None:
            return SentCode(issued, None)
        text = self._messages.texts.reset_code
        return SentCode(issued, self._messages.code(number, text, issued.code))

    async def reset(self, *, secret: str, code: str, password: str, address: str) -> Message | None:
        """Give a person a new password; *address* is the client's. All their sessions end.

        Raises:
            WrongCode: *code* does not belong to *secret*, or is no longer good.
            InvalidInput: *password* breaks a rule.
            TooManyRequests: there were too many codes from *address*.
            TooManyPasswords: too many people register or sign in at once.
        """
        check_password_rules(password, phone=None)
        tried = (CODES_BY_ADDRESS, counted_address(address))
        await self._counter.take(tried)
        redeemable = await check_code(self._database, RESET, secret, code)
        user = await self._find(redeemable.user_id)
        check_password_rules(password, phone=user.phone)
        renewed = await self._hasher.hash(password)
        async with self._database.platform_scope(reason="reset a password") as session:
            await redeem(session, redeemable)
            if not await set_password(session, user.id, renewed):
                raise WrongCode
            await end_sessions(session, user.id, reason="password_reset")
            await forget_devices(session, user.id)
            cleared = (self._allowances.login_by_phone, user.phone)
            await self._counter.succeed(session, tried, cleared)
            record(session, "user.password_reset", actor=None, tenant=None, user=user.id)
        return await self._messages.allowed_notice(user.phone, self._messages.texts.changed)

    async def _find(self, user_id: UUID | None) -> User:
        async with self._database.platform_scope(reason="reset a password") as session:
            user = None if user_id is None else await session.get(User, user_id)
        if user is None or not user.is_active:
            raise WrongCode
        return user
