"""Revisions of a module: written from its models, and taken back."""

import asyncio
import json

import pytest
from one_line import assert_one_line_error
from sources import write_source
from sqlalchemy import text
from tochka_core.db import Database


@pytest.fixture
def sql(empty_database_url):
    """Run statements as the platform; return the first column of what the last one finds."""

    async def run(statements):
        database = Database(empty_database_url, pool_size=1)
        async with database.platform_scope(reason="test") as session:
            for statement in statements:
                result = await session.execute(text(statement))
            found = result.scalars().all() if result.returns_rows else []
        await database.dispose()
        return found

    return lambda *statements: asyncio.run(run(statements))


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


def test_what_a_module_has_counted_is_forgotten_with_its_last_table(here, sql):
    assert here("upgrade").returncode == 0
    sql(
        "INSERT INTO tochka.tenants (id, name, title) VALUES (gen_random_uuid(), 'acme', 'Acme')",
        "INSERT INTO tochka.limit_usage SELECT id, limited, now(), 1 FROM tochka.tenants,"
        " unnest(ARRAY['contacts.max', 'deals.open', 'webhooks.endpoints']) AS limited",
    )
    left = "SELECT name FROM tochka.limit_usage ORDER BY name"
    for module, revision, counted in (
        ("contacts", "-1", ["contacts.max", "deals.open", "webhooks.endpoints"]),
        ("deals", "base", ["contacts.max", "webhooks.endpoints"]),
    ):
        done = here("modules", "downgrade", module, revision, "--yes")
        assert done.returncode == 0, done.stderr
        assert sql(left) == counted


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
