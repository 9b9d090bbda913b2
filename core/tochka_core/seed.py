"""The first person and the first tenant of a private database, so that it can be tried at once."""

import secrets

import msgspec
from sqlalchemy import exists, select, text

from tochka_core.db import Database
from tochka_core.neighbours.neighbourhood import Neighbourhood
from tochka_core.passwords.hashing import PasswordHasher
from tochka_core.settings import Settings
from tochka_core.tenants.hooks import TenantHooks
from tochka_core.tenants.schemas import TenantIn
from tochka_core.tenants.services import create_tenant
from tochka_core.users.models import User
from tochka_core.users.services import create_user

DEMO_TENANT = "demo"
MASTER_PHONE = "+79990000001"


class Seeded(msgspec.Struct, frozen=True):
    """What was made; the password is stored nowhere."""

    phone: str
    password: str
    tenant: str


async def seed(settings: Settings) -> Seeded | None:
    """Make a `platform_master` and the tenant `demo` where there is nobody yet.

    `None` where there is somebody. Both or neither are made.
    """
    database = Database(settings.engine_url, pool_size=1)
    hasher = PasswordHasher(cost=settings.bcrypt_cost, pepper=settings.password_pepper)
    password = secrets.token_urlsafe(12)
    try:
        async with database.platform_scope(reason="seed") as session:
            # Two servers that start at once take turns; the second one finds the first one's work.
            await session.execute(text("LOCK TABLE tochka.users IN SHARE ROW EXCLUSIVE MODE"))
            if await session.scalar(select(exists().select_from(User))):
                return None
            user = await create_user(
                session,
                phone=MASTER_PHONE,
                password_hash=await hasher.hash(password),
                role="platform_master",
            )
            # No module runs in this process: to each the tenant is one that was there before it.
            hooks = TenantHooks(Neighbourhood(hook_seconds=settings.import_seconds))
            demo = TenantIn(name=DEMO_TENANT, title="Demo")
            await create_tenant(session, demo, hooks=hooks, owner_id=user.id)
    finally:
        await database.dispose()
    return Seeded(phone=MASTER_PHONE, password=password, tenant=DEMO_TENANT)
