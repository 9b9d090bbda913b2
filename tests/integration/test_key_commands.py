"""`tochka keys reencrypt` in this process."""

import asyncio
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from structlog.testing import capture_logs
from tochka_core.cli.group import tochka
from tochka_core.db import Database
from tochka_core.encryption.keys import read_encryption_keys
from tochka_core.encryption.ring import EncryptionRing
from tochka_core.second_factor.factors import place_of_secret

ANNA = UUID("01a2101e-4360-7184-a450-b6c564b7c136")
OLD, NEW = "0f" * 32, "a1" * 32


def ring(*keys):
    return EncryptionRing(read_encryption_keys(",".join(keys), variable="KEYS"))


@pytest.fixture
def reencrypt(monkeypatch, tmp_path, settings):
    """Run the command with these keys; return its exit code and output."""
    monkeypatch.chdir(tmp_path)
    # The log of this process is pytest's.
    monkeypatch.setattr("tochka_core.cli.group.configure_logging", lambda _level: None)

    def reencrypt(*keys):
        environ = {
            "DATABASE_URL": settings.database_url,
            "TOCHKA_ENCRYPTION_KEYS": ",".join(keys),
        }
        with capture_logs():
            result = CliRunner().invoke(tochka, ["keys", "reencrypt"], env=environ)
        return result.exit_code, result.output.strip()

    return reencrypt


@pytest.fixture
def sql(settings):
    """Run statements as the platform; return what the last one finds."""

    async def run(statements):
        database = Database(settings.engine_url, pool_size=1)
        async with database.platform_scope(reason="test") as session:
            for statement, parameters in statements:
                found = await session.execute(text(statement), parameters)
            rows = found.scalars().all() if found.returns_rows else None
        await database.dispose()
        return rows

    return lambda *statements: asyncio.run(run(statements))


def test_what_an_old_key_has_encrypted_is_encrypted_with_the_new_one(reencrypt, sql):
    kept = {"id": ANNA, "secret": ring(OLD).encrypt(b"secret", place=place_of_secret(ANNA))}
    sql(
        ("INSERT INTO tochka.users (id, phone, password_hash) VALUES (:id, '+7', '!')", kept),
        ("INSERT INTO tochka.second_factors (user_id, secret) VALUES (:id, :secret)", kept),
    )
    code, output = reencrypt(NEW)
    assert code == 1
    (old,) = read_encryption_keys(OLD, variable="KEYS")
    assert output.startswith(f"Error: TOCHKA_ENCRYPTION_KEYS lacks {old.name} (1 second factor): ")
    assert reencrypt(NEW, OLD) == (0, "Encrypted 1 secret anew.")
    assert reencrypt(NEW, OLD) == (0, "Encrypted 0 secrets anew.")
    (secret,) = sql(("SELECT secret FROM tochka.second_factors", {}))
    assert ring(NEW).decrypt(secret, place=place_of_secret(ANNA)) == b"secret"


def test_a_secret_that_was_moved_stops_it(reencrypt, sql):
    kept = {"id": ANNA, "secret": ring(OLD).encrypt(b"secret", place="elsewhere")}
    sql(
        ("INSERT INTO tochka.users (id, phone, password_hash) VALUES (:id, '+7', '!')", kept),
        ("INSERT INTO tochka.second_factors (user_id, secret) VALUES (:id, :secret)", kept),
    )
    code, output = reencrypt(NEW, OLD)
    assert (code, output[:23]) == (1, "Error: A secret was alt")
    assert sql(("SELECT secret FROM tochka.second_factors", {})) == [kept["secret"]]


def test_without_a_key_there_is_nothing_to_encrypt_with(reencrypt):
    told = "Error: TOCHKA_ENCRYPTION_KEYS is not set: no secret can be kept."
    assert reencrypt() == (1, told)
