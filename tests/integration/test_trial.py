"""Judging in a process of its own, with migrations that do not end."""

import asyncio
import json
import subprocess
import sys
import time
from functools import partial

import pytest
from mischief import (
    ENDS_AT_IMPORT,
    HANGING_REVISION,
    MIGRATES,
    PRINTS_AT_IMPORT,
    START,
)
from serving import DEADLINE_SECONDS, Place, eventually
from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine
from tochka_core.registry.migration import upgrade_core
from tochka_migrations.runner import exclusive

SLEEPING = """
    SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event = 'PgSleep'
"""
WAITING = """
    SELECT coalesce(max(extract(epoch FROM clock_timestamp() - query_start)), 0)
      FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event = 'advisory'
"""
FORBID = """
    CREATE FUNCTION tochka.forbid() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION 'not today'; END $$
"""
FORBID_RECORD = """
    CREATE TRIGGER forbid BEFORE INSERT OR UPDATE ON tochka.judgement
        EXECUTE FUNCTION tochka.forbid()
"""


@pytest.fixture
async def engine(empty_database_url):
    engine = create_async_engine(
        empty_database_url, poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    yield engine
    await engine.dispose()


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


@pytest.fixture
def start(place, empty_database_url):
    """Start a command of `tochka` on an empty database."""
    started = []

    def start(*words, stderr=None, **settings):
        url = empty_database_url.render_as_string(hide_password=False)
        process = subprocess.Popen(
            [sys.executable, "-m", "tochka_core", *words],
            env=place.environ(DATABASE_URL=url, **settings),
            cwd=place.folder,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def upgrade(start):
    """Start `tochka upgrade --json` on an empty database."""
    return partial(start, "upgrade", "--json")


def quarantine(process):
    """Return the reasons for which modules are set aside, by name."""
    judgement = json.loads(process.communicate(timeout=DEADLINE_SECONDS)[0])
    return {item["name"]: (item["phase"], item["reason"]) for item in judgement["quarantined"]}


async def wait_until(engine, query, is_enough):
    deadline = time.monotonic() + DEADLINE_SECONDS
    async with engine.connect() as connection:
        while not is_enough(await connection.scalar(text(query))):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)


async def test_a_migration_that_does_not_end_is_set_aside_and_its_statement_ends(
    place, upgrade, engine
):
    place.install("slow", MIGRATES, **{"slow/migrations/1.py": HANGING_REVISION})
    found = await asyncio.to_thread(quarantine, upgrade(TOCHKA_MIGRATION_SECONDS="2"))
    assert found == {"slow": ("migrate", "takes longer than 2 s")}
    await wait_until(engine, SLEEPING, lambda count: count == 0)


async def test_a_killed_upgrade_leaves_no_trial_and_no_statement(place, upgrade, engine):
    place.install("slow", MIGRATES, **{"slow/migrations/1.py": HANGING_REVISION})
    process = upgrade()
    await wait_until(engine, SLEEPING, lambda count: count == 1)
    process.kill()
    process.wait()
    await wait_until(engine, SLEEPING, lambda count: count == 0)
    eventually(lambda: place.processes() == [])


async def test_a_database_that_fails_at_the_record_is_told_in_one_line(upgrade, engine):
    await upgrade_core(engine.execution_options(isolation_level="READ COMMITTED"))
    async with engine.connect() as connection:
        await connection.execute(text(FORBID))
        await connection.execute(text(FORBID_RECORD))
    process = upgrade(stderr=subprocess.PIPE)
    _, said = await asyncio.to_thread(process.communicate, timeout=DEADLINE_SECONDS)
    assert process.returncode == 1
    assert said == "Error: The database failed in the middle of it (not today).\n"


async def test_the_doctor_outlives_the_modules_that_it_looks_at(place, start, engine):
    place.install("abrupt", ENDS_AT_IMPORT)
    place.install("chatty", PRINTS_AT_IMPORT)
    await upgrade_core(engine.execution_options(isolation_level="READ COMMITTED"))
    process = start("doctor", "--json")
    output, _ = await asyncio.to_thread(process.communicate, timeout=DEADLINE_SECONDS)
    found = {item["subject"]: item["detail"] for item in json.loads(output)}
    assert found["chatty"] == "has no tables"
    assert found["abrupt"].startswith("quarantined in phase load: ended the process that judged it")


async def test_waiting_for_another_upgrade_is_not_held_against_a_module(place, upgrade, engine):
    place.install("sound", START)
    async with exclusive(engine.execution_options(isolation_level="READ COMMITTED")):
        process = upgrade(TOCHKA_IMPORT_SECONDS="4")
        await wait_until(engine, WAITING, lambda seconds: seconds > 5)
    assert await asyncio.to_thread(quarantine, process) == {}
