"""Commands that a module gives."""

import json

import pytest
from one_line import assert_one_line_error
from sources import write_source

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
