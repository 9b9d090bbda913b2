"""What a module keeps as a secret is unreadable in the database, and moves to a new key."""

from uuid import uuid4

import pytest
from msgspec.structs import replace
from notes_module.models import Note
from sqlalchemy import select, text
from structlog.testing import capture_logs
from tochka_core.db.maintenance import maintenance_engine
from tochka_core.encryption.keys import EncryptionKey
from tochka_core.encryption.ring import EncryptionRing, NoEncryptionKeys, SecretUnreadable
from tochka_core.encryption.standing import find_lack_of_keys
from tochka_core.encryption.usage import find_keys_in_use, renew_secrets
from tochka_core.neighbours.neighbourhood import Neighbourhood
from tochka_core.registry.module_door import ModuleDoor
from tochka_plugins import seal, unseal

SECRET = "whisper"
OLD, NEW = EncryptionKey.new(), EncryptionKey.new()


@pytest.fixture
async def sealed(settings):
    """The texts of notes are declared as secrets meanwhile."""
    comment = "COMMENT ON COLUMN mod_notes.notes.text IS {}"
    async with maintenance_engine(settings.engine_url) as engine:
        async with engine.begin() as connection:
            await connection.execute(text(comment.format("'sealed'")))
        yield
        async with engine.begin() as connection:
            await connection.execute(text(comment.format("NULL")))


@pytest.fixture
async def acme(owner, change):
    return (await change("SELECT id FROM tochka.tenants")).scalar()


@pytest.fixture
def open_door(doors, chain):
    """Return the door of notes where there are these keys."""

    def open_door(*keys):
        ring = EncryptionRing(keys)
        neighbourhood = Neighbourhood(lambda: chain, hook_seconds=5, ring=ring)
        return ModuleDoor(replace(doors, neighbourhood=neighbourhood), "notes")

    return open_door


async def keep(door, tenant_id):
    """Keep the secret as a note; return its id."""
    note_id = uuid4()
    async with door.tenant_scope(tenant_id) as session:
        session.add(Note(id=note_id, text=seal(session, SECRET, Note.text, note_id)))
    return note_id


async def read(door, tenant_id, note_id):
    async with door.tenant_scope(tenant_id) as session:
        kept = await session.scalar(select(Note.text).where(Note.id == note_id))
        return unseal(session, kept, Note.text, note_id)


async def test_it_is_read_again_and_unreadable_in_the_database(open_door, acme, change):
    door = open_door(OLD)
    note_id = await keep(door, acme)
    kept = (await change("SELECT text FROM mod_notes.notes")).scalar()
    assert SECRET not in kept
    assert await read(door, acme, note_id) == SECRET


async def test_a_request_keeps_one_by_the_keys_of_the_installation(act, change):
    async def work(session):
        note_id = uuid4()
        sealed = seal(session, SECRET, Note.text, note_id)
        assert unseal(session, sealed, Note.text, note_id) == SECRET
        session.add(Note(id=note_id, text=sealed))

    assert (await act(work)).status_code == 201
    assert SECRET not in (await change("SELECT text FROM mod_notes.notes")).scalar()


async def test_it_is_bound_to_tenant_column_and_row(open_door, acme, make_tenant):
    door = open_door(OLD)
    note_id = await keep(door, acme)
    await make_tenant("globex", modules=["notes"])
    (globex,) = [tenant.id for tenant in await door.tenants() if tenant.name == "globex"]
    async with door.tenant_scope(acme) as session:
        kept = await session.scalar(select(Note.text))
        for column, row_id in ((Note.text, uuid4()), (Note.created_at, note_id)):
            with capture_logs(), pytest.raises(SecretUnreadable):
                unseal(session, kept, column, row_id)
    async with door.tenant_scope(globex) as session:
        with capture_logs(), pytest.raises(SecretUnreadable):
            unseal(session, kept, Note.text, note_id)


async def test_without_keys_nothing_is_kept(open_door, acme):
    with pytest.raises(NoEncryptionKeys):
        await keep(open_door(), acme)


async def test_it_moves_to_a_new_key(open_door, acme, database, sealed):
    note_id = await keep(open_door(OLD), acme)
    async with database.platform_scope(reason="test") as session:
        in_use = await (await session.connection()).run_sync(find_keys_in_use)
        assert find_lack_of_keys(in_use, [OLD]) is None
        lack = find_lack_of_keys(in_use, [NEW])
        assert f"{OLD.name} (1 module's secret)" in lack
        assert "its tenant may set it again" in lack
        ring = EncryptionRing([NEW, OLD])
        assert await renew_secrets(session, ring) == 1
        assert await renew_secrets(session, ring) == 0
    assert await read(open_door(NEW), acme, note_id) == SECRET


async def test_a_column_that_holds_none_yet_is_passed_over(acme, database, sealed):
    async with database.platform_scope(reason="test") as session:
        assert await renew_secrets(session, EncryptionRing([NEW])) == 0
