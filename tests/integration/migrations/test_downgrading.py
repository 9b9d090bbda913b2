"""One module goes back to an earlier revision, whole or not at all."""

import pytest
from revisions import TENANT_TABLE, catalog_digest, create_table, tables
from sqlalchemy import text
from tochka_migrations import Patience, core_target, upgrade
from tochka_migrations.downgrading import CannotDowngrade, downgrade, plan_downgrade
from tochka_migrations.patience import StillLocked
from tochka_migrations.rls import missing_protection
from tochka_migrations.surroundings import StrayRevision

DROP_MORE = "op.drop_column('notes', 'more', schema='mod_notes')"
ADD_MORE = "op.add_column('notes', sa.Column('more', sa.Integer), schema='mod_notes')"


@pytest.fixture
async def notes(empty, module):
    """A module at its third revision."""
    target = module("notes", TENANT_TABLE, ADD_MORE, create_table("words", "mod_notes"))
    backwards = ("op.drop_table('notes', schema='mod_notes')", DROP_MORE, DROP_WORDS)
    for number, body in enumerate(backwards, 1):
        set_downgrade(target, number, body)
    await upgrade(empty, [core_target(), target])
    return target


DROP_WORDS = "op.drop_table('words', schema='mod_notes')"


def set_downgrade(target, number, body):
    path = target.versions / f"{number}.py"
    source = path.read_text().partition("def downgrade")[0]
    path.write_text(f"{source}def downgrade():\n    {body}\n")


async def go_back(engine, target, revision, **options):
    async with engine.connect() as connection:
        planned = await connection.run_sync(plan_downgrade, target, revision)
    await downgrade(engine, target, planned, **options)
    return planned.before, planned.after


@pytest.mark.parametrize(
    ("revision", "after", "left"),
    [
        ("-1", "notes2", {"notes"}),
        ("notes1", "notes1", {"notes"}),
        ("-2", "notes1", {"notes"}),
        ("-3", None, set()),
        ("base", None, set()),
    ],
)
async def test_it_goes_back_and_forth_again(empty, notes, revision, after, left):
    assert await go_back(empty, notes, revision) == ("notes3", after)
    own = {name for name in await tables(empty) if name.startswith("mod_notes.")}
    assert own - {"mod_notes.alembic_version"} == {f"mod_notes.{name}" for name in left}
    again = await upgrade(empty, [core_target(), notes])
    assert (again.outcomes[1].before, again.outcomes[1].after) == (after, "notes3")


@pytest.mark.parametrize("revision", ["notes3", "notes4", "-4", "-0", "+1", "head", ""])
async def test_where_it_cannot_go_is_told(empty, notes, revision):
    with pytest.raises(CannotDowngrade, match=r"is at notes3 .* it can to: base, notes1, notes2"):
        await go_back(empty, notes, revision)


async def test_data_that_are_newer_than_the_package_stay(empty, notes):
    (notes.versions / "3.py").unlink()
    with pytest.raises(CannotDowngrade, match="newer than the installed package"):
        await go_back(empty, notes, "-1")


async def test_nothing_goes_back_before_the_first(empty, notes):
    await go_back(empty, notes, "base")
    with pytest.raises(CannotDowngrade, match="at nothing"):
        await go_back(empty, notes, "-1")


async def test_tables_that_others_refer_to_stay(empty, notes, module):
    key = "FOREIGN KEY (tenant_id, note) REFERENCES mod_notes.notes"
    links = f"CREATE TABLE mod_links.links (tenant_id uuid NOT NULL, note int, {key})"
    linked = module("links", f"op.execute({links!r})", requires=["notes"])
    assert (await upgrade(empty, [core_target(), notes, linked])).failures == {}
    before = await catalog_digest(empty)
    with pytest.raises(CannotDowngrade, match=r"mod_links\.links"):
        await go_back(empty, notes, "base")
    assert await catalog_digest(empty) == before

    set_downgrade(notes, 1, "op.execute('DROP TABLE mod_notes.notes CASCADE')")
    with pytest.raises(StrayRevision, match=r"mod_links\.links"):
        await go_back(empty, notes, "base")
    assert await catalog_digest(empty) == before


async def test_a_failure_half_way_leaves_all_as_it_was(empty, notes):
    before = await catalog_digest(empty)
    set_downgrade(notes, 2, "raise ValueError('half-way')")
    with pytest.raises(ValueError, match="half-way"):
        await go_back(empty, notes, "notes1")
    assert await catalog_digest(empty) == before


async def test_what_comes_back_is_protected(empty, notes):
    body = create_table("words", "mod_notes").replace("'id'", "'tenant_id'")
    again = body.replace("sa.Integer", "sa.Uuid, primary_key=True").replace("'words'", "'old'")
    set_downgrade(notes, 3, again)
    await go_back(empty, notes, "-1")
    assert "mod_notes.old" in await tables(empty)
    async with empty.connect() as connection:
        assert (await connection.run_sync(missing_protection, [notes]))["notes"] == []


async def test_a_plan_that_is_out_of_date_is_refused(empty, notes):
    async with empty.connect() as connection:
        planned = await connection.run_sync(plan_downgrade, notes, "-1")
    await downgrade(empty, notes, planned)
    with pytest.raises(CannotDowngrade, match="no longer at notes3"):
        await downgrade(empty, notes, planned)


async def test_a_lock_that_stays_is_told(empty, notes):
    patience = Patience(lock_timeout_seconds=0.05, pauses_seconds=(0.01,))
    async with empty.connect() as rival:
        await rival.execute(text("TABLE mod_notes.words"))
        with pytest.raises(StillLocked, match=r"tried 2 times.*DROP TABLE mod_notes\.words"):
            await go_back(empty, notes, "-1", patience=patience)
