"""Secrets of the settings that are gone, or others than they were: what an operator is told."""

import asyncio
import signal
import socket

import pytest
from click.testing import CliRunner
from msgspec.structs import replace
from sqlalchemy import text
from tochka_core.cli.group import tochka
from tochka_core.db.maintenance import maintenance_engine
from tochka_core.encryption.keys import read_encryption_keys
from tochka_core.errors import OperatorError
from tochka_core.needed_secrets import find_lacks, judge_secrets
from tochka_core.passwords.peppers import name_of_pepper
from tochka_core.passwords.stored import make_stored

PEPPER, OTHER = "pepper-of-before", "pepper-of-now"
NEW_KEY = "a1" * 32


def find(settings, **others):
    return asyncio.run(find_lacks(replace(settings, **others)))


@pytest.fixture
def findings(settings):
    """Return what the doctor says, by its subject."""

    async def findings(settings):
        async with maintenance_engine(settings.engine_url) as engine, engine.connect() as it:
            return {found.subject: found for found in await it.run_sync(judge_secrets, settings)}

    return lambda **others: asyncio.run(findings(replace(settings, **others)))


@pytest.fixture
def sql(settings):
    async def run(statement, parameters):
        async with maintenance_engine(settings.engine_url) as engine, engine.begin() as it:
            await it.execute(text("SET LOCAL ROLE tochka_platform"))
            await it.execute(text(statement), parameters)

    return lambda statement, **parameters: asyncio.run(run(statement, parameters))


@pytest.fixture
def add(sql):
    """Add a person whose password was hashed with *pepper*, or has the hash that is *stored*."""

    def add(phone, pepper="", stored=None):
        stored = stored or str(make_stored("correct horse", pepper=pepper.encode(), cost=4))
        sql(
            "INSERT INTO tochka.users (id, phone, password_hash)"
            " VALUES (gen_random_uuid(), :phone, :stored)",
            phone=phone,
            stored=stored,
        )

    return add


@pytest.fixture
def enrolled(add, sql, settings):
    """Somebody with a second factor; return the name of the key that it needs."""
    add("+79990000001")
    (key,) = settings.encryption_ring
    sql(
        "INSERT INTO tochka.second_factors (user_id, secret) SELECT id, :secret FROM tochka.users",
        secret=f"{key.name}.AAAA",
    )
    return key.name


def test_nothing_is_told_of_secrets_that_are_there(settings, enrolled, add, findings):
    add("+79990000002", OTHER)
    assert find(settings, password_pepper=OTHER) == []
    (new,) = read_encryption_keys(NEW_KEY, variable="KEYS")
    keys = f"{NEW_KEY},{settings.encryption_keys}"
    found = findings(password_pepper=OTHER, encryption_keys=keys)
    assert found["encryption"].detail == f"key {new.name} (0 secrets), key {enrolled} (1 secret)"
    assert found["passwords"].detail == f"pepper {name_of_pepper(OTHER.encode())} (1 password)"
    assert all(finding.is_ok for finding in found.values())


def test_a_pepper_that_is_gone_is_told(settings, add):
    add("+79990000001", PEPPER)
    add("+79990000002", stored="$hmac-sha384+pepper$2b$04$" + "a" * 53)
    (lack,) = find(settings)
    assert lack.startswith("TOCHKA_PASSWORD_PEPPER is not set, but was for 2 passwords; ")


def test_another_pepper_is_told_until_nobody_needs_the_old_one(settings, add, sql, findings):
    add("+79990000001", PEPPER)
    add("+79990000002")
    old, new = (name_of_pepper(pepper.encode()) for pepper in (PEPPER, OTHER))
    (lack,) = find(settings, password_pepper=OTHER)
    assert lack.startswith(
        f"TOCHKA_PASSWORD_PEPPER is {new}, and passwords were made with another:"
        f" {old} (1 password); "
    )
    assert PEPPER not in lack
    assert not findings(password_pepper=OTHER)["passwords"].is_ok
    sql("UPDATE tochka.users SET password_hash = '!' WHERE phone = '+79990000001'")
    assert find(settings, password_pepper=OTHER) == []


def test_a_pepper_without_a_name_may_be_the_one_that_is_set(settings, add):
    add("+79990000001", stored="$hmac-sha384+pepper$2b$04$" + "a" * 53)
    assert find(settings, password_pepper=PEPPER) == []


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (NEW_KEY, "TOCHKA_ENCRYPTION_KEYS lacks"),
        (None, "TOCHKA_ENCRYPTION_KEYS is not set, but secrets need"),
    ],
)
def test_a_key_that_is_gone_is_told_with_what_it_means(settings, enrolled, keys, told):
    (lack,) = find(settings, encryption_keys=keys)
    assert lack.startswith(f"{told} {enrolled} (1 second factor): ")
    assert "cannot sign in (`tochka users remove-second-factor` takes it away)" in lack
    assert "setting" not in lack


def run_alone(supervisor):
    supervisor._prepare()
    supervisor._meanwhile()


@pytest.fixture
def serve(settings, monkeypatch, tmp_path):
    """Run `tochka serve`, without workers."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tochka_core.cli.group.configure_logging", lambda _level: None)
    monkeypatch.setattr("tochka_core.cli.serve.Judge.judge", lambda _self: True)
    monkeypatch.setattr("tochka_core.cli.serve.Supervisor.run", run_alone)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {
        "DATABASE_URL": settings.database_url,
        "JWT_SECRET": settings.jwt_secret,
        "TOCHKA_DATA_DIR": str(tmp_path / "data"),
        "PORT": str(port),
    }
    before = signal.getsignal(signal.SIGHUP)
    yield lambda **others: CliRunner().invoke(tochka, ["serve"], env={**environ, **others})
    signal.signal(signal.SIGHUP, before)


def test_a_server_warns_of_them_while_its_workers_start(serve, enrolled, add):
    add("+79990000002", PEPPER)
    served = serve(TOCHKA_ENCRYPTION_KEYS=NEW_KEY)
    assert served.exit_code == 0, served.output
    keys, pepper = served.stderr.splitlines()
    assert keys.startswith(f"Warning: TOCHKA_ENCRYPTION_KEYS lacks {enrolled} (1 second factor)")
    assert pepper.startswith("Warning: TOCHKA_PASSWORD_PEPPER is not set, but was for 1 password; ")
    assert "Serving on" in served.stdout


def test_a_server_that_cannot_compare_them_says_so_and_serves(serve, monkeypatch):
    async def fail(_settings):
        raise OperatorError("The database is away.")

    monkeypatch.setattr("tochka_core.needed_secrets.find_lacks", fail)
    served = serve()
    assert served.exit_code == 0, served.output
    assert "Warning: what is kept could not be compared with the secrets that" in served.stderr
    assert "The database is away" in served.stderr
