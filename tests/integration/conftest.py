"""A real PostgreSQL, built by the migrations; a database of its own for each test."""

import asyncio
import gc
import tempfile
from pathlib import Path
from uuid import uuid4

import pytest
import structlog
from data_folders import data_folder
from pooler import running_pgbouncer
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from tochka_core import __version__
from tochka_core.access.cache import Cache
from tochka_core.db import Database
from tochka_core.db.embedded import embedded_postgres
from tochka_core.db.maintenance import maintenance_engine
from tochka_core.encryption.ring import EncryptionRing
from tochka_core.neighbours.neighbourhood import Neighbourhood
from tochka_core.registry.module_door import Doors
from tochka_core.registry.record import write_judgement
from tochka_core.registry.targets import module_targets
from tochka_core.settings import Settings
from tochka_migrations import core_target, upgrade
from tochka_migrations.targets import module_target
from tochka_plugins.host import Assembly, Candidate, assemble, discover, gate

UNSAFE_AND_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # Its workers are a superuser's, and may not be ended by who drops a test's database.
    "autovacuum": "off",
}


@pytest.fixture(scope="session", autouse=True)
def collect_quickly():
    """Keep the collector from looking, with each application made, through all that is imported."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def print_tracebacks_plainly():
    """Spare each error that a test provokes the seconds that a coloured traceback takes."""
    formatter = structlog.dev.plain_traceback
    structlog.configure(processors=[structlog.dev.ConsoleRenderer(exception_formatter=formatter)])


@pytest.fixture(scope="session")
def server_folder():
    """Where the server of this test process keeps its data."""
    with data_folder() as folder:
        yield folder / "data"


@pytest.fixture(scope="session")
def server_url(server_folder):
    """A server of this test process; its databases are thrown away with it."""
    with embedded_postgres(server_folder, options=UNSAFE_AND_FAST) as url:
        yield make_url(url)


@pytest.fixture
def superuser_url(server_folder, database_url):
    """The test's database, as a superuser reaches it."""
    password = (server_folder / "postgres.password").read_text().strip()
    return database_url.set(username="postgres", password=password)


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
async def installed_database(engine, database, installed, notes):
    """The database with every installed module beside the test module."""
    targets = module_targets(Assembly(installed, ()))
    assert (await upgrade(engine, [core_target(), *targets])).failures == {}
    ready = [notes, *installed]
    async with database.platform_scope(reason="test") as session:
        requires = {module.name: module.requires for module in ready}
        await write_judgement(session, ready=ready, requires=requires, quarantined=[])


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
def template(server_url, notes, notes_target):
    """A database as the migrations build it, with the core and the test module; its name."""

    async def build():
        await _run_on(server_url, "CREATE DATABASE template_platform")
        engine = create_async_engine(
            server_url.set(database="template_platform"), poolclass=NullPool
        )
        result = await upgrade(engine, [core_target(), notes_target])
        assert result.failures == {}
        await engine.dispose()
        database = Database(server_url.set(database="template_platform"), pool_size=1)
        async with database.platform_scope(reason="template") as session:
            await write_judgement(
                session, ready=[notes], requires={"notes": frozenset()}, quarantined=[]
            )
        await database.dispose()

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
