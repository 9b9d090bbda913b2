"""Signing in."""

import structlog
from tochka_plugins import NotAuthenticated

from tochka_core.audit.services import record, record_refusal
from tochka_core.auth.allowances import AuthAllowances
from tochka_core.db import Database
from tochka_core.http.client import Client
from tochka_core.known_devices.services import is_known
from tochka_core.passwords.hashing import PasswordHasher, TooManyPasswords
from tochka_core.passwords.services import find_with_costliest, set_password
from tochka_core.second_factor.challenges import Challenge, open_challenge
from tochka_core.second_factor.factors import is_enrolled
from tochka_core.sessions.signing_in import Sessions, SignedIn
from tochka_core.throttling.services import TryCounter
from tochka_core.users.models import User
from tochka_core.users.phones import masked, normalize_phone
from tochka_core.users.services import lock_sign_in

_log = structlog.get_logger(__name__)


class AuthService:
    """Signs people in.

    It opens its own transactions: a password takes a fifth of a second to hash, and no connection
    waits for that.
    """

    def __init__(
        self,
        *,
        allowances: AuthAllowances,
        counter: TryCounter,
        database: Database,
        hasher: PasswordHasher,
        sessions: Sessions,
        region: str,
    ) -> None:
        """Read phone numbers without a country code as numbers of *region*."""
        self._allowances = allowances
        self._counter = counter
        self._database = database
        self._hasher = hasher
        self._sessions = sessions
        self._region = region

    async def login(
        self, phone: str, password: str, client: Client, *, device_token: str | None = None
    ) -> SignedIn | Challenge:
        """Begin a session on the device that *client* is.

        It is a known one by the *device_token* that an earlier sign-in of the same person has
        returned. A person with a second factor has no session yet: what is returned asks them to
        prove it.

        Raises:
            InvalidInput: the phone is malformed.
            NotAuthenticated: the phone is unknown, the password wrong, or the person deactivated;
                which of them is not told, nor does the time it takes tell.
            TooManyRequests: there were too many wrong passwords for this phone, whether it is known
                or not, or from this address.
            TooManyPasswords: too many people register or sign in at once.
        """
        number = normalize_phone(phone, region=self._region)
        device = await self._find_known(device_token, phone=number)
        tries = self._allowances.of_login(number, client.address, known_device=device)
        async with self._counter.counted(*tries):
            while True:
                user = await self._check(number, password)
                if self._hasher.is_outdated(user.password_hash):
                    await self._renew(user, password)
                async with self._database.platform_scope(reason="login") as session:
                    # Else it is not the password that was checked, or it is hashed anew.
                    if await lock_sign_in(session, user):
                        await self._counter.succeed(session, *tries)
                        if await is_enrolled(session, user.id):
                            return await open_challenge(session, user)
                        record(session, "user.signed_in", actor=user.id, tenant=None)
                        return await self._sessions.open(session, user.id, client, device)

    async def _find_known(self, device_token: str | None, *, phone: str) -> str | None:
        """Return the token of a device if the owner of *phone* has signed in with it before."""
        if device_token is None:
            return None
        async with self._database.platform_scope(reason="login") as session:
            return device_token if await is_known(session, device_token, phone=phone) else None

    async def _check(self, number: str, password: str) -> User:
        """Return the person who has the phone *number* and the password."""
        async with self._database.platform_scope(reason="login") as session:
            user, costliest = await find_with_costliest(session, number)
        stored = user.password_hash if user else None
        matches = await self._hasher.verify(password, stored, costliest=costliest)
        if user is None or not matches or not user.is_active:
            await record_refusal(
                self._database,
                "user.sign_in_refused",
                user=user.id if user else None,
                phone=masked(number),
            )
            raise NotAuthenticated("The phone or the password is wrong.")
        return user

    async def _renew(self, user: User, password: str) -> None:
        """Hash the password as it is done today."""
        try:
            renewed = await self._hasher.hash(password)
        except TooManyPasswords:
            return  # The next time will do.
        async with self._database.platform_scope(reason="login") as session:
            is_set = await set_password(session, user.id, renewed, instead_of=user.password_hash)
        if is_set:
            user.password_hash = renewed
        _log.info("password hashed anew", user_id=str(user.id))
