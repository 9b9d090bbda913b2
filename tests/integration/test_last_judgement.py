"""A judgement stands until anything changes that it was made of."""

import pytest
from sqlalchemy import text
from tochka_core.registry import judgement, last_judgement
from tochka_core.registry.events import Judgement, Migration, Ready
from tochka_core.registry.last_judgement import find_standing_judgement, write_last_judgement
from tochka_migrations import core_target
from tochka_migrations.revisions import head_of
from tochka_plugins.host import Quarantined


@pytest.fixture
def installed(monkeypatch):
    """Say what is installed."""

    def installed(environment):
        monkeypatch.setattr(last_judgement, "fingerprint", lambda: environment)

    installed("as it was")
    return installed


@pytest.fixture
def remember(database, notes_target, installed):
    async def remember(**changes):
        judged = {
            "ready": (Ready("notes", "1.0", {"load": 0.5}),),
            "quarantined": (),
            "migrations": (
                Migration("core", None, head_of(core_target())),
                Migration("notes", None, head_of(notes_target)),
            ),
        }
        async with database.platform_scope(reason="test") as session:
            await write_last_judgement(
                session,
                Judgement(**{**judged, **changes}),
                environment=last_judgement.fingerprint(),
            )

    return remember


async def test_a_judgement_stands_while_nothing_changes(settings, remember):
    await remember()
    found = await find_standing_judgement(settings)
    assert [item.name for item in found.ready] == ["notes"]
    assert found.ready[0].seconds == {"load": 0.5}
    assert all(item.before == item.after for item in found.migrations)


@pytest.mark.parametrize("environment", ["another", None])
async def test_another_environment_is_judged(settings, remember, installed, environment):
    await remember()
    installed(environment)
    assert await find_standing_judgement(settings) is None


async def test_an_environment_that_may_change_at_any_time_is_judged(settings, remember, installed):
    installed(None)
    await remember()
    assert await find_standing_judgement(settings) is None


async def test_a_quarantined_module_is_judged_again(settings, remember):
    await remember(quarantined=(Quarantined("bad", "load", "no"),))
    assert await find_standing_judgement(settings) is None


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE mod_notes.alembic_version SET version_num = 'older'",
        "UPDATE tochka.alembic_version SET version_num = '0001'",
        "DROP SCHEMA mod_notes CASCADE",
        "ALTER TABLE mod_notes.notes DISABLE ROW LEVEL SECURITY",
        "CREATE UNIQUE INDEX u ON mod_notes.notes (text)",
        "UPDATE tochka.modules SET state = 'missing'",
        "UPDATE tochka.modules SET version = '0.9'",
        "DROP TABLE tochka.judgement",
    ],
)
async def test_a_database_that_has_changed_is_judged(settings, engine, remember, change):
    await remember()
    async with engine.begin() as connection:
        await connection.execute(text(change))
    assert await find_standing_judgement(settings) is None


async def test_an_empty_database_is_judged(settings, empty_database_url, installed):
    url = empty_database_url.render_as_string(hide_password=False)
    assert await find_standing_judgement(type(settings)(database_url=url)) is None


async def test_what_is_installed_during_a_judgement_is_left_to_the_next(
    settings, engine, monkeypatch
):
    environment = ["before"]

    def discover(**_options):
        environment[0] = "after"
        return []

    for module in (judgement, last_judgement):
        monkeypatch.setattr(module, "fingerprint", lambda: environment[0])
    monkeypatch.setattr(judgement, "discover", discover)
    monkeypatch.setattr(judgement, "configure_logging", lambda *_arguments, **_options: None)
    await judgement.judge(settings)
    assert await find_standing_judgement(settings) is None
    environment[0] = "before"
    assert await find_standing_judgement(settings) is not None
