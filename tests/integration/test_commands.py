"""The commands, as an operator meets them: exit codes and one clear line."""

import json
import os
import socket
import subprocess
import sys
from uuid import uuid4

import pytest
from click.testing import CliRunner
from sources import write_source
from sqlalchemy import text
from structlog.testing import capture_logs
from tochka_core.cli.group import tochka as group
from tochka_core.db.maintenance import maintenance_engine
from tochka_migrations import core_target
from tochka_migrations.revisions import head_of

CLEAN = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("TOCHKA_", "DATABASE_URL", "JWT_SECRET", "HOST", "PORT"))
}
CORE_HEAD = head_of(core_target())
SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def settings(empty_database_url):
    url = empty_database_url.render_as_string(hide_password=False)
    return {"DATABASE_URL": url, "JWT_SECRET": SECRET, "TOCHKA_BCRYPT_COST": "4"}


@pytest.fixture
def tochka(tmp_path, settings):
    """Run a command against an empty database, in a process of its own."""

    def tochka(*arguments, stdin="", **environ):
        return subprocess.run(
            [sys.executable, "-P", "-m", "tochka_core", *arguments],
            input=stdin,
            env={**CLEAN, **settings, **environ},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return tochka


@pytest.fixture
def here(tmp_path, settings, monkeypatch):
    """Run a command against the same database in this process, which has all imported already."""
    monkeypatch.chdir(tmp_path)
    # The log of this process is pytest's.
    monkeypatch.setattr("tochka_core.cli.group.configure_logging", lambda _level: None)
    for name in os.environ.keys() - CLEAN:
        monkeypatch.delenv(name)

    def here(*arguments, stdin="", **environ):
        with capture_logs():
            ran = CliRunner().invoke(group, arguments, input=stdin, env={**settings, **environ})
        if ran.exception and not isinstance(ran.exception, SystemExit):
            raise ran.exception
        return subprocess.CompletedProcess(arguments, ran.exit_code, ran.stdout, ran.stderr)

    return here


def assert_one_line_error(result, *parts):
    assert result.returncode == 1, result.stderr
    assert "Traceback" not in result.stderr
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("Error: ")
    for part in parts:
        assert part in last


def test_upgrade_says_what_it_does(tochka):
    first = tochka("upgrade")
    assert first.returncode == 0, first.stderr
    assert f"core: nothing → {CORE_HEAD}" in first.stdout
    second = tochka("upgrade", "--json")
    report = json.loads(second.stdout)
    assert report["migrations"][0] == {
        "target": "core",
        "before": CORE_HEAD,
        "after": CORE_HEAD,
        "error": None,
        "blocked_by": None,
        "statements": [],
    }


def test_a_dry_run_prints_the_sql_and_leaves_no_trace(tochka, template):
    # The roles are the whole server's, and were made with the template.
    dry = tochka("upgrade", "--dry-run", "--strict")
    assert dry.returncode == 0, dry.stderr
    assert f"core: nothing → {CORE_HEAD}" in dry.stdout
    assert '    CREATE SCHEMA "mod_contacts";' in dry.stdout
    report = json.loads(tochka("upgrade", "--dry-run", "--json").stdout)
    assert report["migrations"][0]["before"] is None
    assert report["migrations"][0]["statements"][-1].startswith("GRANT")
    sick = json.loads(tochka("doctor", "--json").stdout)
    assert any("is at nothing" in finding["detail"] for finding in sick)


def test_a_distribution_whose_metadata_cannot_be_read_is_told_by_its_path(tochka, tmp_path):
    broken = tmp_path / "site" / "broken-1.0.dist-info"
    broken.mkdir(parents=True)
    (broken / "METADATA").write_bytes(b"Name: \xff\n")
    (broken / "entry_points.txt").write_text("[tochka.modules]\nbroken = broken.hooks\n")
    path = {"PYTHONPATH": str(broken.parent)}
    upgrade = tochka("upgrade", **path)
    assert upgrade.returncode == 0, upgrade.stderr
    assert "metadata cannot be read" in upgrade.stderr
    assert str(broken) in upgrade.stderr
    doctor = tochka("doctor", **path)
    assert doctor.returncode == 1
    assert f"FAIL  metadata: {broken} cannot be read" in doctor.stdout
    assert tochka("doctor").returncode == 0


def test_a_master_and_a_tenant_are_made_from_the_command_line(here):
    made = here(
        *("users", "create", "--phone", "8 912 345 67 89", "--role", "platform_master"),
        *("--password-stdin", "--json"),
        stdin="correct horse\n",
    )
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["phone"] == "+79123456789"
    assert "correct horse" not in made.stdout + made.stderr
    tenant = here("tenants", "create", "acme", "--owner", "+79123456789")
    assert tenant.returncode == 0, tenant.stderr
    assert_one_line_error(here("tenants", "create", "acme"), "exists already")


@pytest.mark.parametrize(
    ("arguments", "stdin", "part"),
    [
        (("users", "create", "--phone", "12", "--password-stdin"), "correct horse", "phone number"),
        (
            ("users", "create", "--phone", "+79123456789", "--password-stdin"),
            "short",
            "8 characters",
        ),
        (("tenants", "create", "No Good"), "", "tenant's name"),
        (("tenants", "create", "acme", "--owner", "+79123456789"), "", "registered"),
    ],
)
def test_a_bad_argument_is_one_line(here, arguments, stdin, part):
    assert_one_line_error(here(*arguments, stdin=stdin), part)


@pytest.fixture
def unused_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.mark.parametrize(
    ("runner", "command"),
    [("here", ("upgrade",)), ("here", ("modules", "list")), ("tochka", ("serve",))],
)
def test_a_database_that_cannot_be_used_is_one_line(
    request, empty_database_url, unused_port, runner, command
):
    run = request.getfixturevalue(runner)
    url = f"postgresql+asyncpg://user:hush@127.0.0.1:{unused_port}/db"
    away = run(*command, DATABASE_URL=url, PORT=unused_port)
    assert_one_line_error(away, "cannot be reached", "DATABASE_URL")
    assert "hush" not in away.stdout + away.stderr

    for flaw, part in (({"password": "hush"}, "password"), ({"database": "nowhere"}, "nowhere")):
        url = empty_database_url.set(**flaw).render_as_string(hide_password=False)
        assert_one_line_error(run(*command, DATABASE_URL=url, PORT=unused_port), part)


def test_a_port_in_use_is_one_line(tochka):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert_one_line_error(tochka("serve", PORT=port), port, "PORT")


def test_a_host_that_cannot_be_one_is_one_line(tochka):
    assert_one_line_error(tochka("serve", HOST="a" * 64), "HOST")


def test_production_demands_a_secret(tochka):
    assert_one_line_error(tochka("serve", JWT_SECRET=""), "JWT_SECRET")
    assert_one_line_error(tochka("serve", JWT_SECRET="short"), "JWT_SECRET", "32")


def test_a_malformed_setting_is_named_and_an_unknown_one_reported(tochka, here):
    assert_one_line_error(here("upgrade", PORT="many"), "PORT")
    assert_one_line_error(here("upgrade", DATABASE_URL="mysql://x/y"), "DATABASE_URL")
    unknown = tochka("upgrade", TOCHKA_WORKER="2")
    assert unknown.returncode == 0
    assert "TOCHKA_WORKER" in unknown.stderr
    assert "TOCHKA_WORKERS" in unknown.stderr


def test_the_doctor_finds_what_is_missing_and_is_content_after_the_upgrade(tochka):
    sick = tochka("doctor", "--json")
    assert sick.returncode == 1
    assert not all(finding["is_ok"] for finding in json.loads(sick.stdout))
    assert tochka("upgrade").returncode == 0
    healthy = tochka("doctor")
    assert healthy.returncode == 0, healthy.stdout + healthy.stderr
    assert "FAIL" not in healthy.stdout


async def test_the_doctor_prints_what_an_administrator_has_to_run(tochka, empty_database_url):
    assert tochka("upgrade").returncode == 0
    login = f"login_{uuid4().hex}"
    async with maintenance_engine(empty_database_url) as engine, engine.begin() as connection:
        await connection.execute(text(f"CREATE ROLE {login} LOGIN PASSWORD 'login'"))
    url = empty_database_url.set(username=login, password="login")
    sick = tochka("doctor", DATABASE_URL=url.render_as_string(hide_password=False))
    assert sick.returncode == 1
    assert f'GRANT tochka_tenant, tochka_platform TO "{login}";' in sick.stdout
    assert tochka("doctor").returncode == 0


async def test_the_doctor_names_the_column_that_no_model_declares(tochka, empty_database_url):
    assert tochka("upgrade").returncode == 0
    async with maintenance_engine(empty_database_url) as engine, engine.begin() as connection:
        await connection.execute(text("ALTER TABLE mod_contacts.contacts ADD stray int"))
        await connection.execute(text("ALTER TABLE tochka.users ADD stray int"))
    sick = tochka("doctor")
    assert sick.returncode == 1
    assert "the column mod_contacts.contacts.stray is in no model" in sick.stdout
    assert "the column tochka.users.stray is in no model" in sick.stdout


def test_a_revision_is_written_from_the_models(tochka, tmp_path):
    sources = tmp_path / "src"
    write_source(sources, "words")

    where = {"PYTHONPATH": str(sources), "PYTHONDONTWRITEBYTECODE": "1"}

    def make(message, *arguments):
        return tochka("modules", "makemigration", "words", "-m", message, *arguments, **where)

    first = make("words")
    assert first.returncode == 0, first.stderr
    written = sources / "words" / "migrations" / "0001_words.py"
    assert f"Wrote {written}" in first.stdout
    write_source(sources, "words", columns="more: Mapped[str]")
    failed = tochka("upgrade", "--strict", **where)
    assert "makemigration words" in failed.stderr
    assert "0002_more.py" in make("more").stdout
    assert "nothing to do" in make("again").stdout
    assert "words: nothing → 0002" in tochka("upgrade", "--strict", **where).stdout
    assert json.loads(make("again", "--json").stdout) == {"module": "words", "path": None}


def test_a_revision_after_one_that_fails_is_refused_in_one_line(tochka, tmp_path):
    sources = tmp_path / "src"
    write_source(sources, "words")
    where = {"PYTHONPATH": str(sources), "PYTHONDONTWRITEBYTECODE": "1"}
    make = ("modules", "makemigration", "words", "-m", "words")
    tochka(*make, **where)
    (written,) = (sources / "words" / "migrations").iterdir()
    source = written.read_text()
    written.write_text(source.replace("op.create_table(", "raise ValueError("))
    why = ("words cannot be taken to its newest revision: ", "words/migrations/0001_words.py:")
    assert_one_line_error(tochka(*make, **where), *why)
    written.write_text(source.replace("down_revision = None", 'down_revision = "0000"'))
    why = ("to its newest revision: 0001_words.py: there is no revision '0000' to follow",)
    assert_one_line_error(tochka(*make, **where), *why)


def test_a_revision_builds_on_those_of_the_modules_that_its_own_needs(tochka, tmp_path):
    sources = tmp_path / "src"
    for module in ("words", "deps"):
        write_source(sources, module)
    with (sources / "deps-1.0.dist-info" / "METADATA").open("a") as metadata:
        metadata.write("Requires-Dist: words\n")

    def make(module):
        where = {"PYTHONPATH": str(sources), "PYTHONDONTWRITEBYTECODE": "1"}
        return tochka("modules", "makemigration", module, "-m", "first", **where)

    for module in ("words", "deps"):
        assert make(module).returncode == 0
    assert "nothing to do" in make("deps").stdout
    (written,) = (sources / "words" / "migrations").iterdir()
    written.write_text(written.read_text().replace("op.create_table(", "raise ValueError("))
    assert_one_line_error(make("deps"), "Error: words cannot be taken to its newest revision: ")
    (sources / "words" / "hooks.py").write_text("1 / 0")
    assert_one_line_error(make("deps"), "deps needs words, which is quarantined in phase load: ")


def test_a_revision_is_written_for_an_installed_module_only(here):
    unknown = here("modules", "makemigration", "unknown", "-m", "x")
    assert_one_line_error(unknown, "'unknown' is not installed")


def test_a_module_goes_back_and_forth(tochka, here):
    assert tochka("upgrade").returncode == 0
    asked = here("modules", "downgrade", "contacts", "-1", stdin="n\n")
    assert asked.returncode == 1
    assert "contacts: 0002 → 0001" in asked.stdout
    done = here("modules", "downgrade", "contacts", "-1", "--yes", "--json")
    assert json.loads(done.stdout) == {"before": "0002", "after": "0001"}
    away = here("modules", "downgrade", "contacts", "0002", "--yes")
    assert_one_line_error(away, "cannot go back to 0002", "base")
    needed = here("modules", "downgrade", "contacts", "base", "--yes")
    assert_one_line_error(needed, "on table mod_deals.deals depends on table contacts")
    for module in ("deals", "contacts"):
        gone = here("modules", "downgrade", module, "base", "--yes")
        assert f"{module} is at nothing." in gone.stdout
    again = tochka("upgrade").stdout
    assert again.index("contacts: nothing → 0002") < again.index("deals: nothing → 0001")
    unknown = here("modules", "downgrade", "unknown", "-1", "--yes")
    assert_one_line_error(unknown, "'unknown' is not installed")


def test_a_downgrade_that_fails_is_one_line(tochka, tmp_path):
    sources = tmp_path / "src"
    write_source(sources, "words")
    where = {"PYTHONPATH": str(sources), "PYTHONDONTWRITEBYTECODE": "1"}
    tochka("modules", "makemigration", "words", "-m", "words", **where)
    (written,) = (sources / "words" / "migrations").iterdir()
    written.write_text(written.read_text().replace("op.drop_table(", "raise ValueError("))
    assert tochka("upgrade", "--strict", **where).returncode == 0
    failed = tochka("modules", "downgrade", "words", "base", "--yes", **where)
    assert_one_line_error(failed, "words stays as it was: ", "words/migrations/0001_words.py:")


def test_modules_are_listed_with_their_state(tochka, here):
    before = {item["name"]: item for item in json.loads(here("modules", "list", "--json").stdout)}
    assert before["contacts"]["state"] == "new"
    assert tochka("upgrade").returncode == 0
    after = {item["name"]: item for item in json.loads(here("modules", "list", "--json").stdout)}
    assert after["contacts"]["state"] == "ready"
    assert "contacts" in here("modules", "list").stdout


TALLIES = """
import click
from sqlalchemy import text
from tochka_plugins import NotFound, hookimpl, pass_platform

@click.command()
@click.option("--tenant", "tenant_id", type=click.UUID)
@pass_platform
async def count(platform, tenant_id):
    "Count the tenants that can be seen."
    if tenant_id is not None:
        async with platform.tenant_scope(tenant_id):
            raise NotFound("Nobody is here.")
    async with platform.platform_scope(reason="test") as session:
        click.echo(await session.scalar(text("SELECT count(*) FROM tochka.tenants")))

@hookimpl
def tochka_commands():
    return [count]
"""


@pytest.fixture
def tallies(tmp_path):
    """The module `tallies`, which has a command and no tables; yields where it is found."""
    sources = tmp_path / "src"
    write_source(sources, "tallies")
    (sources / "tallies" / "hooks.py").write_text(TALLIES)
    return {"PYTHONPATH": str(sources)}


def test_a_command_of_a_module_works_in_the_scope_that_it_opens(tochka, here, tallies):
    assert tochka("upgrade", "--strict", **tallies).returncode == 0
    made = json.loads(here("tenants", "create", "acme", "--json").stdout)
    assert tochka("tallies", "count", **tallies).stdout == "1\n"
    count = ("tallies", "count", "--tenant", made["id"])
    assert_one_line_error(tochka(*count, **tallies), "tallies is not open to the tenant")
    assert tochka("modules", "enable", "tallies", "--tenant", "acme", **tallies).returncode == 0
    assert_one_line_error(tochka(*count, **tallies), "Nobody is here.")


def test_a_command_of_a_module_that_was_not_judged_here_is_refused(tochka, tallies):
    refused = tochka("tallies", "count", **tallies)
    assert_one_line_error(refused, "tallies 1.0 is not ready in this database", "tochka upgrade")
    assert tochka("tallies", "count", "--help", DATABASE_URL="no url", **tallies).returncode == 0


def test_a_command_of_a_module_without_its_database_is_one_line(tochka, tallies, unused_port):
    url = f"postgresql+asyncpg://user:hush@127.0.0.1:{unused_port}/db"
    away = tochka("tallies", "count", DATABASE_URL=url, **tallies)
    assert_one_line_error(away, "cannot be reached", "DATABASE_URL")


def test_what_lies_in_the_current_folder_is_not_imported(tochka, tmp_path):
    for name in ("email", "tochka_contacts"):
        (tmp_path / f"{name}.py").write_text(f"raise RuntimeError('{name} of the folder')")
    done = tochka("upgrade", "--strict", PYTHONSAFEPATH="")
    assert done.returncode == 0, done.stderr
