"""Registering, with the phone proven first where the operator asks for that."""

from typing import Final

from tochka_core.auth.allowances import AuthAllowances
from tochka_core.codes.sending import CODES_BY_ADDRESS, SentCode
from tochka_core.codes.services import WrongCode, check_code, issue_code, redeem
from tochka_core.db import Database
from tochka_core.messages.sending import PhoneMessages
from tochka_core.passwords.hashing import PasswordHasher
from tochka_core.passwords.rules import check_password_rules
from tochka_core.throttling.allowances import counted_address
from tochka_core.throttling.services import TryCounter
from tochka_core.users.models import User
from tochka_core.users.phones import normalize_phone
from tochka_core.users.services import create_user, find_user_by_phone

REGISTER: Final = "register"


class Registration:
    """Registers people.

    It opens its own transactions: a password takes a fifth of a second to hash, and no connection
    waits for that.
    """

    def __init__(
        self,
        *,
        allowances: AuthAllowances,
        confirm_phones: bool,
        counter: TryCounter,
        database: Database,
        hasher: PasswordHasher,
        messages: PhoneMessages,
        region: str,
    ) -> None:
        """Read phone numbers without a country code as numbers of *region*."""
        self._allowances = allowances
        self._confirm_phones = confirm_phones
        self._counter = counter
        self._database = database
        self._hasher = hasher
        self._messages = messages
        self._region = region

    async def register(self, phone: str, password: str, *, address: str) -> User | SentCode:
        """Make a person who can sign in, or first send a code; *address* is the client's.

        With a code it tells neither the answer nor its time whether the phone is registered: its
        owner is told by a message.

        Raises:
            InvalidInput: the phone or the password breaks a rule.
            Conflict: the phone is taken, and no code is asked for.
            NobodyDelivers: a code would have to be sent, and none can be.
            TooManyRequests: it was tried too often with this phone or from this address.
            TooManyPasswords: too many people register or sign in at once.
        """
        number = normalize_phone(phone, region=self._region)
        check_password_rules(password, phone=number)
        async with self._counter.counted(*self._allowances.of_registration(number, address)):
            if self._confirm_phones:
                await self._messages.allow(number, address=address)
            password_hash = await self._hasher.hash(password)
        if self._confirm_phones:
            return await self._send_code(number, password_hash)
        async with self._database.platform_scope(reason="register") as session:
            return await create_user(session, phone=number, password_hash=password_hash)

    async def confirm(self, *, secret: str, code: str, address: str) -> User:
        """Make the person who has proven their phone; *address* is the client's.

        Raises:
            WrongCode: *code* does not belong to *secret*, or is no longer good.
            Conflict: the phone has been registered meanwhile.
            TooManyRequests: there were too many codes from *address*.
        """
        tried = (CODES_BY_ADDRESS, counted_address(address))
        await self._counter.take(tried)
        found = await check_code(self._database, REGISTER, secret, code)
        if found.phone is None or found.password_hash is None:
            raise WrongCode
        async with self._database.platform_scope(reason="register") as session:
            await redeem(session, found)
            user = await create_user(session, phone=found.phone, password_hash=found.password_hash)
            await self._counter.succeed(session, tried)
        return user

    async def _send_code(self, number: str, password_hash: str) -> SentCode:
        async with self._database.platform_scope(reason="register") as session:
            if await find_user_by_phone(session, number) is not None:
                issued = await issue_code(session, REGISTER)
                notice = self._messages.notice(number, self._messages.texts.registered_already)
                return SentCode(issued, notice)
            issued = await issue_code(session, REGISTER, phone=number, password_hash=password_hash)
            text = self._messages.texts.register_code
            return SentCode(issued, self._messages.code(number, text, issued.code))
