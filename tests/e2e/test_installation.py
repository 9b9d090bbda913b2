"""`tochka modules install`, `upgrade` and `remove`, under a server that serves."""

import hashlib
import os
import signal
import subprocess
import time

import pytest
from load import Load
from tochka_plugins.testing import running_platform
from wheels import write_wheel

SHELF = "/api/v1/shelf"
WORKERS = 2
HOOKS = """
    from pathlib import Path
    from litestar import get
    from litestar.di import NamedDependency
    from sqlalchemy.orm import DeclarativeBase
    from tochka_plugins import ANY_MEMBER, TenantModel, hookimpl, module_registry

    class Base(DeclarativeBase):
        registry = module_registry("shelf")

    class Book(TenantModel, Base):
        __tablename__ = "books"

    @get("/", opt=ANY_MEMBER)
    async def version() -> str:
        return "{version}"

    @hookimpl
    def tochka_routes():
        return [version]

    @hookimpl
    def tochka_models():
        return [Book]

    @hookimpl
    def tochka_migrations():
        return Path(__file__).parent / "migrations"
"""
SLOW_START = """
    import asyncio

    @hookimpl
    async def tochka_startup(platform):
        await asyncio.sleep(5)
"""
REVISION = """
    import sqlalchemy as sa
    from alembic import op
    revision, down_revision = "{revision}", {down_revision}

    def upgrade():
        {body}
"""
CREATE = """op.create_table(
            "books",
            sa.Column("tenant_id", sa.Uuid, primary_key=True),
            sa.Column("id", sa.Uuid, primary_key=True),
            sa.Column("created_at", sa.TIMESTAMP(timezone=True)),
            sa.Column("updated_at", sa.TIMESTAMP(timezone=True)),
            schema="mod_shelf")"""


@pytest.fixture(scope="module")
def shelf(workspace):
    """Wheels of one module: 1.0; 2.0 with a further revision and a slow start; and bad ones."""
    folder = workspace / "shelf"
    folder.mkdir()
    first = {"shelf/migrations/0001.py": _revision("0001", None, CREATE)}
    column = 'op.add_column("books", sa.Column("title", sa.Text), schema="mod_shelf")'
    second = {**first, "shelf/migrations/0002.py": _revision("0002", "0001", column)}
    failing = {**first, "shelf/migrations/0002.py": _revision("0002", "0001", "raise ValueError")}

    def wheel(version, files, *, hooks=HOOKS):
        source = hooks.replace("{version}", version)
        files = {"shelf/__init__.py": "", "shelf/hooks.py": source, **files}
        return write_wheel(folder, "shelf", files, version=version)

    return {
        "1.0": wheel("1.0", first),
        "2.0": wheel("2.0", second, hooks=HOOKS + SLOW_START),
        "3.0": wheel("3.0", second, hooks="raise RuntimeError('no')"),
        "4.0": wheel("4.0", failing),
    }


def _revision(name, down, body):
    return REVISION.format(revision=name, down_revision=repr(down), body=body)


@pytest.fixture
def modules(environment, data_dir):
    """Run `tochka modules` beside the server, and in the end remove what it installed."""

    def modules(*arguments, code=0):
        result = subprocess.run(
            [environment.python, "-m", "tochka_core", "modules", *map(str, arguments)],
            env={**os.environ, "TOCHKA_DATA_DIR": str(data_dir)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == code, result.stdout + result.stderr
        return result.stdout + result.stderr

    yield modules
    environment.pip("uninstall", "--quiet", "--yes", "shelf")


@pytest.fixture
def platform(environment, data_dir):
    with running_platform(
        python=str(environment.python),
        data_dir=data_dir,
        environ={"TOCHKA_WORKERS": str(WORKERS)},
    ) as platform:
        yield platform


def digest(environment):
    """Return what each file of the environment holds, but for what Python compiles."""
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in environment.folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".lock"
    }


def test_no_request_fails_while_a_module_comes_is_replaced_and_goes(platform, modules, shelf):
    acme = platform.tenant_client("acme")
    assert acme.get(SHELF).status_code == 404
    with Load(platform.base_url, "/api/v1/users/me", dict(acme.headers)) as load:
        modules("install", shelf["1.0"])
        path = "/api/v1/tenants/acme/modules/shelf"
        acme.put(path, json={"enabled": True}).raise_for_status()
        assert acme.get(SHELF).text == "1.0"
        with Load(platform.base_url, SHELF, dict(acme.headers)) as used:
            said = modules("upgrade", shelf["2.0"])
            assert "shelf migrated: 0001 → 0002" in said
        assert acme.get(SHELF).text == "2.0"
        modules("remove", "shelf")
    assert acme.get(SHELF).status_code == 404
    assert set(load.results) == {200}, load.results
    assert set(used.results) == {200}, used.results
    print(f"{load.results[200]} + {used.results[200]} requests, 0 failed")


def test_a_version_that_would_be_quarantined_changes_nothing(platform, environment, modules, shelf):
    modules("install", shelf["1.0"])
    acme = platform.tenant_client("acme", modules=["shelf"])
    before = digest(environment)
    for version, reason in (("3.0", "RuntimeError: no"), ("4.0", "ValueError")):
        assert reason in modules("check-before", shelf[version], code=1)
        assert reason in modules("upgrade", shelf[version], code=1)
        assert digest(environment) == before
    assert acme.get(SHELF).text == "1.0"
    assert "quarantined" not in modules("list")


def test_an_installation_that_is_killed_is_undone_before_the_next_judgement(
    environment, modules, shelf, data_dir
):
    modules("install", shelf["1.0"])
    before = digest(environment)
    (site,) = environment.folder.glob("lib/python*")
    process = subprocess.Popen(
        [environment.python, "-m", "tochka_core", "modules", "upgrade", shelf["2.0"]],
        env={**os.environ, "TOCHKA_DATA_DIR": str(data_dir)},
    )
    while not (site / "tochka-rollback" / "journal.json").exists():
        assert process.poll() is None
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    said = environment.tochka("upgrade", env={**os.environ, "TOCHKA_DATA_DIR": str(data_dir)})
    assert "Modules ready: shelf 1.0" in said
    assert digest(environment) == before
    assert "migrated: 0001 → 0002" in modules("upgrade", shelf["2.0"])


def test_a_module_that_others_need_stays(environment, modules, shelf, workspace):
    files = {"needy/__init__.py": "", "needy/hooks.py": ""}
    needy = write_wheel(workspace, "needy", files, requires=("tochka-rosta", "shelf"))
    modules("install", "--no-index", "--find-links", shelf["1.0"].parent, needy, "shelf==1.0")
    assert "needy needs shelf" in modules("remove", "shelf", code=1)
    modules("remove", "shelf", "needy")
    assert "missing" in modules("list")


def test_what_is_installed_already_is_served_after_an_install(
    platform, environment, modules, shelf
):
    environment.pip("install", "--quiet", "--no-deps", shelf["1.0"])
    assert "Nothing to do" in modules("install", "--no-index", "shelf")
    assert platform.tenant_client("acme", modules=["shelf"]).get(SHELF).text == "1.0"


def test_what_pip_cannot_find_is_one_line(modules):
    said = modules("install", "--no-index", "nowhere-to-be-found", code=1)
    assert "No matching distribution found for nowhere-to-be-found" in said
    assert "Traceback" not in said


def test_a_module_for_a_newer_core_is_refused_with_what_it_depends_on(modules, workspace):
    files = {"eager/__init__.py": "", "eager/hooks.py": ""}
    eager = write_wheel(workspace, "eager", files, requires=("tochka-rosta>=99",))
    assert "eager 1.0 depends on tochka-rosta>=99" in modules("install", eager, code=1)
