"""Every bad module is set aside with the right reason, all others serve, nothing is left behind."""

import json
import os
import subprocess

import msgspec
import pytest
from tochka_core.conformance.admission import admission
from tochka_core.registry.events import Judgement
from tochka_plugins.testing import PlatformFailure, running_platform
from tochka_plugins.testing.data_folders import data_folder
from wheels import write_wheel
from zoo import ZOO

MANY_ROUTES = """
import os, sys
from litestar import WebSocket, get, websocket
from tochka_plugins import ANY_MEMBER, hookimpl

@websocket("/news", name="news", opt=ANY_MEMBER)
async def news(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()

@get("/process", opt=ANY_MEMBER)
async def process() -> dict[str, list[str]]:
    return {"imported": [*sys.modules], "folder": [os.getcwd()]}

def handler(number):
    @get(f"/{number}", opt=ANY_MEMBER)
    async def read() -> int:
        return number
    return read

@hookimpl
def tochka_routes():
    return [news, process, *(handler(number) for number in range(300))]
"""
QUITS_AT_START = """
from tochka_plugins import hookimpl

@hookimpl
async def tochka_startup():
    raise SystemExit(3)
"""
BROKEN_METADATA = b"Metadata-Version: 2.1\nName: \xff\xfe\nVersion: what\n"


@pytest.fixture(scope="module")
def zoo(fresh_environment, wheels, workspace):
    """An environment with contacts, a module of 300 routes, and all bad modules at once.

    One of the bad is ready to all appearances, and quits when it is started.
    """
    folder = workspace / "zoo"
    folder.mkdir()
    paths = [
        write_wheel(
            folder,
            name.replace("_", "-"),
            animal.files(name),
            entry_points=animal.entry_points,
            requires=animal.requires,
        )
        for name, animal in ZOO.items()
    ]
    large = {"large/__init__.py": "", "large/hooks.py": MANY_ROUTES}
    quits = {"quits/__init__.py": "", "quits/hooks.py": QUITS_AT_START}
    paths += [
        write_wheel(folder, "large", large),
        write_wheel(folder, "quits", quits),
        wheels["tochka-contacts"],
    ]
    fresh_environment.pip("install", "--quiet", "--no-deps", *paths)
    broken = fresh_environment.packages / "broken_metadata-1.0.dist-info"
    broken.mkdir()
    (broken / "METADATA").write_bytes(BROKEN_METADATA)
    (broken / "entry_points.txt").write_text("[tochka.modules]\nbroken = broken.hooks\n")
    yield fresh_environment
    (broken / "METADATA").unlink()
    (broken / "entry_points.txt").unlink()
    broken.rmdir()
    names = [path.name.split("-")[0] for path in paths]
    fresh_environment.pip("uninstall", "--quiet", "--yes", *names)


@pytest.fixture(scope="module")
def settings():
    with data_folder() as folder:
        yield {
            "TOCHKA_DATA_DIR": str(folder / "data"),
            "TOCHKA_IMPORT_SECONDS": "5",
            "TOCHKA_BCRYPT_COST": "4",
        }


@pytest.fixture(scope="module")
def judgement(zoo, settings):
    """What `tochka upgrade` says of the zoo."""
    environ = {**os.environ, **settings}
    return json.loads(zoo.tochka("upgrade", "--json", env=environ))


@pytest.fixture(scope="module")
def platform(zoo, settings, judgement):
    with running_platform(python=str(zoo.python), environ=settings) as platform:
        yield platform


def test_all_sound_modules_are_ready(judgement):
    assert {item["name"] for item in judgement["ready"]} == {
        "contacts",
        "large",
        "quits",
    }


@pytest.mark.parametrize("name", ZOO)
def test_a_bad_module_is_set_aside_with_its_reason(judgement, name):
    animal = ZOO[name]
    distribution = name.replace("_", "-")
    (found,) = [item for item in judgement["quarantined"] if item["distribution"] == distribution]
    assert found["phase"] == animal.phase, found
    assert animal.words in found["reason"]
    assert found["blocked_by"] == animal.blocked_by
    assert found["version"] == "1.0"
    told = admission(msgspec.convert(judgement, Judgement), found["name"])
    assert told.outcome == "failed"
    assert animal.words in told.faults[0].what


def test_strict_makes_the_quarantine_an_error(zoo, settings, judgement):
    command = [str(zoo.python), "-m", "tochka_core", "modules", "list", "--strict"]
    result = subprocess.run(
        command, env={**os.environ, **settings}, capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert "half-way" in result.stdout
    assert "metadata cannot be read" in result.stderr
    assert "broken_metadata-1.0.dist-info" in result.stderr


def test_a_bad_module_offers_no_command_but_the_reason(platform):
    with pytest.raises(PlatformFailure, match=r"twice_called is quarantined .* declared 2 times"):
        platform.run_command("twice_called", "count")
    with pytest.raises(PlatformFailure, match=r"exits is quarantined in phase load: SystemExit: 3"):
        platform.run_command("exits", "--help")


def test_the_commands_of_good_modules_are_offered_among_them(platform):
    listed = platform.run_command("--help")
    assert "  contacts " in listed
    assert "  lonely " not in listed
    assert platform.run_command("contacts", "count").startswith("Contacts: ")


def test_the_test_kit_says_why_a_module_cannot_be_enabled(platform):
    with pytest.raises(PlatformFailure, match=r"raises is quarantined: ValueError: not today"):
        platform.tenant_client("initech", modules=["raises"])


def test_the_platform_serves_among_them(platform):
    acme = platform.tenant_client("acme", modules=["contacts", "large"])
    assert acme.post("/api/v1/contacts", json={"name": "Anna"}).status_code == 201
    assert acme.get("/api/v1/large/299").json() == 299
    assert acme.get("/schema/openapi.json").status_code == 200
    reported = {item["name"]: item for item in acme.get("/health/ready").json()["modules"]}
    assert reported["contacts"]["state"] == "ready"
    assert reported["quits"]["state"] == "stopped"
    assert reported["hangs"]["state"] == "quarantined"
    assert "takes longer than" in reported["hangs"]["reason"]


def test_nothing_of_them_is_left_in_the_process_that_serves(platform):
    umbrella = platform.tenant_client("umbrella", modules=["large"])
    process = umbrella.get("/api/v1/large/process").json()
    assert {"tochka_contacts", "large"} <= set(process["imported"])
    assert not ZOO.keys() & set(process["imported"])
    assert process["folder"] != ["/"]


def test_nothing_of_them_is_left_in_the_database(platform, zoo, settings):
    script = """
import asyncio, os
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from tochka_core.local import running_database
from tochka_core.settings import load_settings

async def schemas(url):
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        rows = await connection.execute(text(
            "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'mod\\\\_%'"
            " UNION ALL SELECT relname FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace ORDER BY 1"))
        print(*(row[0] for row in rows))
    await engine.dispose()

with running_database(load_settings(os.environ)) as settings:
    asyncio.run(schemas(settings.engine_url))
"""
    result = subprocess.run(
        [str(zoo.python), "-c", script],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.split() == ["mod_contacts"]


def test_a_module_whose_cause_is_gone_comes_back_by_itself(zoo, settings, judgement):
    hooks = zoo.packages / "import_error" / "hooks.py"
    source = hooks.read_text()
    hooks.write_text("")
    try:
        healed = json.loads(zoo.tochka("upgrade", "--json", env={**os.environ, **settings}))
    finally:
        hooks.write_text(source)
    assert {"import_error", "needs_broken"} <= {item["name"] for item in healed["ready"]}
