"""The hashes that were there before one said how it was made are still our own."""

from uuid import uuid4

import pytest
from sqlalchemy import text
from tochka_core.passwords.hashing import PasswordHasher
from tochka_migrations import core_target, upgrade
from tochka_migrations.downgrading import downgrade, plan_downgrade

PASSWORD = "correct horse battery"
INSERT = "INSERT INTO tochka.users (id, phone, password_hash) VALUES (:id, :phone, :stored)"


@pytest.fixture
def before(core_before):
    """The core as it was before hashes said how they were made."""
    return core_before("passwords")


@pytest.mark.parametrize("pepper", ["", "secret"])
async def test_a_password_stays_valid_forth_and_back(empty, before, pepper):
    hasher = PasswordHasher(cost=4, pepper=pepper)
    bare = "$2b" + (await hasher.hash(PASSWORD)).partition("$2b")[2]

    async def stored():
        async with empty.connect() as connection:
            return await connection.scalar(text("SELECT password_hash FROM tochka.users"))

    outcome = (await upgrade(empty, [before])).outcomes[0]
    async with empty.begin() as connection:
        given = {"id": uuid4(), "phone": "+79990000001", "stored": bare}
        await connection.execute(text(INSERT), given)
    assert (await upgrade(empty, [core_target()])).failures == {}
    assert await hasher.verify(PASSWORD, await stored())
    async with empty.connect() as connection:
        planned = await connection.run_sync(plan_downgrade, core_target(), outcome.after)
    await downgrade(empty, core_target(), planned)
    assert await stored() == bare
