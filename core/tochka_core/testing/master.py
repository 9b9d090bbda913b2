"""The `platform_master` that every test finds, signed in."""

import secrets

import msgspec
from tochka_plugins.testing.signing_in import Token

from tochka_core.http.client import Client
from tochka_core.passwords.hashing import PasswordHasher
from tochka_core.seed import MASTER_PHONE
from tochka_core.users.services import create_user
from tochka_core.wiring.shared import Shared


class Master(msgspec.Struct, frozen=True):
    """Somebody who may do what the platform may."""

    phone: str
    password: str
    token: Token


async def make_master(shared: Shared) -> Master:
    """Make the person, and sign them in."""
    password = secrets.token_urlsafe(12)
    settings = shared.settings
    hasher = PasswordHasher(cost=settings.bcrypt_cost, pepper=settings.password_pepper)
    password_hash = await hasher.hash(password)
    async with shared.database.platform_scope(reason="platform_master of the tests") as session:
        user = await create_user(
            session, phone=MASTER_PHONE, password_hash=password_hash, role="platform_master"
        )
        client = Client(address="127.0.0.1", device="tests")
        opened = await shared.sessions.open(session, user.id, client, None)
    access = opened.access
    return Master(MASTER_PHONE, password, Token(access.text, access.expires_in))
