"""A real PostgreSQL, built by the migrations; a database of its own for each test."""

import asyncio
import tempfile
from pathlib import Path
from uuid import uuid4

import pytest
import structlog
from pooler import running_pgbouncer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from tochka_core import __version__
from tochka_core.access.cache import Cache
from tochka_core.db import Database
from tochka_core.db.maintenance import maintenance_engine
from tochka_core.encryption.ring import EncryptionRing
from tochka_core.garbage import serve_long
from tochka_core.neighbours.neighbourhood import Neighbourhood
from tochka_core.registry.module_door import Doors
from tochka_core.settings import Settings
from tochka_core.testing.building import build_platform
from tochka_core.testing.servers import private_server
from tochka_migrations.targets import module_target
from tochka_plugins.host import Candidate, assemble, discover, gate


@pytest.fixture(scope="session", autouse=True)
def collect_quickly():
    """Keep the collector from looking, with each application made, through all that is imported."""
    serve_long()


@pytest.fixture(scope="session", autouse=True)
def print_tracebacks_plainly():
    """Spare each error that a test provokes the seconds that a coloured traceback takes."""
    formatter = structlog.dev.plain_traceback
    structlog.configure(processors=[structlog.dev.ConsoleRenderer(exception_formatter=formatter)])


@pytest.fixture(scope="session")
def server():
    """A server of this test process; its databases are thrown away with it."""
    with private_server() as server:
        yield server


@pytest.fixture(scope="session")
def server_url(server):
    """The server, as the application reaches it."""
    return server.url


@pytest.fixture
def superuser_url(server, database_url):
    """The test's database, as a superuser reaches it."""
    return server.superuser_url.set(database=database_url.database)


def pytest_addoption(parser):
    parser.addoption(
        "--pooler", action="store_true", help="let requests reach the database through PgBouncer"
    )


@pytest.fixture(scope="session")
def pooler_url(pytestconfig, server_url):
    """A pooler before the server where the tests are to use one, else `None`."""
    if not pytestconfig.getoption("--pooler"):
        yield None
        return
    with (
        tempfile.TemporaryDirectory(prefix="tochka-pooler-") as folder,
        running_pgbouncer(server_url, Path(folder)) as url,
    ):
        yield url


@pytest.fixture(scope="session")
def notes():
    """The test module, staged."""
    candidate = Candidate(
        name="notes",
        entry_point="notes_module.hooks",
        distribution="notes",
        version="1.0",
        summary="Notes",
        requires=(),
        requires_python=None,
    )
    assembly = assemble(gate([candidate], core_version=__version__))
    assert assembly.quarantined == ()
    return assembly.modules[0]


@pytest.fixture(scope="session")
def notes_target(notes):
    return module_target("notes", notes.migrations, requires=frozenset(), metadata=notes.metadata)


@pytest.fixture(scope="session")
def installed():
    """Every module that is installed, staged."""
    assembly = assemble(gate(discover(), core_version=__version__))
    assert assembly.quarantined == ()
    return assembly.modules


@pytest.fixture
async def installed_database(database_url, installed, notes):
    """The database with every installed module beside the test module."""
    await build_platform(database_url, [notes, *installed])


async def _run_on(server_url, *statements):
    engine = create_async_engine(server_url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    await engine.dispose()


@pytest.fixture(scope="session")
def run_on():
    """Run statements beside all transactions, such as those that make a database."""
    return _run_on


@pytest.fixture(scope="session")
def template(server_url, notes):
    """A database as the migrations build it, with the core and the test module; its name."""

    async def build():
        await _run_on(server_url, "CREATE DATABASE template_platform")
        await build_platform(server_url.set(database="template_platform"), [notes])

    asyncio.run(build())
    return "template_platform"


@pytest.fixture
async def empty_database_url(server_url):
    """A database without any table."""
    name = f"test_{uuid4().hex}"
    await _run_on(server_url, f"CREATE DATABASE {name}")
    yield server_url.set(database=name)
    await _run_on(server_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database_url(server_url, template):
    """A database with the core and the test module, and nothing else in it.

    It has the same name in every test, so that what was made for the one fits the next.
    """
    name = "test"
    await _run_on(server_url, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield server_url.set(database=name)
    await _run_on(server_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def engine(database_url):
    """An engine of the login role on a database of its own, without a scope."""
    async with maintenance_engine(database_url) as engine:
        yield engine


@pytest.fixture
def settings(database_url, pooler_url):
    return Settings(
        database_url=_written(database_url),
        pooler_url=pooler_url and _written(pooler_url.set(database=database_url.database)),
        jwt_secret="0123456789abcdef0123456789abcdef",
        encryption_keys="0123456789abcdef" * 4,
        bcrypt_cost=4,
        db_pool_size=5,
        login_tries_per_address=10_000,
        registrations_per_address=10_000,
    )


@pytest.fixture
async def database(settings):
    is_pooled = settings.pooler_url is not None
    database = Database(settings.request_url, pool_size=5, is_pooled=is_pooled)
    yield database
    await database.dispose()


@pytest.fixture
def doors(database, notes):
    """What the doors of modules lead to where only the test module is."""
    return Doors(
        cache=Cache(database),
        neighbourhood=Neighbourhood(lambda: [notes], hook_seconds=5),
        ring=EncryptionRing(()),
    )


def _written(url):
    return url.render_as_string(hide_password=False)
