"""Tenants: renamed, deleted, restored; and what modules have to say to it."""

import asyncio
from contextlib import suppress
from uuid import uuid4

import msgspec
import pytest
from litestar.testing import AsyncTestClient
from notes_module.models import Note
from notes_module.tenant_acts import ACTS
from problems import pointers
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs
from tochka_core.app import create_app
from tochka_migrations.transactions import ForbiddenStatement
from tochka_plugins import Conflict

TENANTS = "/api/v1/tenants"
ACME = f"{TENANTS}/acme"
NOTES = "/api/v1/notes"
WHO = text("SELECT current_user::text, current_setting('tochka.tenant_id', true)")


@pytest.fixture
def when(monkeypatch):
    """Have the test module do something when it is told of a tenant."""
    return lambda event, act: monkeypatch.setitem(ACTS, event, act)


@pytest.fixture
def notes_kept(database):
    """Return all notes of all tenants."""

    async def notes_kept():
        async with database.platform_scope(reason="test") as session:
            return set(await session.scalars(select(Note.text)))

    return notes_kept


@pytest.fixture
def asked(client, master):
    """Ask for the tenant acme; return the answer."""

    async def asked():
        return await client.post(TENANTS, json={"name": "acme"}, headers=master.headers)

    return asked


async def write(tenant, session, *_more):
    session.add(Note(text=f"of {tenant.name}"))


async def test_a_module_prepares_a_tenant_as_the_tenant_in_the_transaction_that_makes_it(
    client, make_tenant, when, notes_kept
):
    await make_tenant("globex")
    seen = []

    async def prepare(tenant, session):
        await write(tenant, session)
        seen.append((str(tenant.id), *(await session.execute(WHO)).one()))
        seen.append(await session.scalar(text("SELECT count(*) FROM mod_notes.notes")))
        with pytest.raises(DBAPIError):
            async with session.begin_nested():
                await session.execute(text("SELECT * FROM tochka.tenants"))
        await session.commit()

    when("created", prepare)
    owner = await make_tenant("acme")
    ((own_id, role, scope), count) = seen
    assert (role, scope, count) == ("tochka_tenant", own_id, 1)
    assert (await client.get(NOTES, headers=owner.at("acme"))).json() == ["of acme"]
    assert await notes_kept() == {"of acme"}


async def break_out(tenant, session):
    connection = await session.connection()
    for end in (connection.commit, connection.rollback, connection.close):
        with pytest.raises(ForbiddenStatement):
            await end()
    for statement in ("COMMIT", "RESET ROLE", "SET LOCAL ROLE tochka_platform"):
        with pytest.raises(ForbiddenStatement):
            await session.execute(text(statement))
    await write(tenant, session)


async def test_a_module_cannot_leave_the_part_that_it_is_lent(asked, when, notes_kept):
    when("created", break_out)
    assert (await asked()).status_code == 201
    assert await notes_kept() == {"of acme"}


def write_and_raise(error):
    async def act(tenant, session, *_more):
        await write(tenant, session)
        await session.commit()
        raise error

    return act


async def leave_a_duplicate(_tenant, session, *_more):
    session.add_all([Note(text="twice"), Note(text="twice")])


async def swallow_an_error(_tenant, session, *_more):
    with suppress(DBAPIError):
        await session.execute(text("SELECT 1 / 0"))


FAILURES = {
    "raises": write_and_raise(RuntimeError("the secret")),
    "exits": write_and_raise(SystemExit(3)),
    "cancels": write_and_raise(asyncio.CancelledError()),
    "writes twice": leave_a_duplicate,
    "swallows": swallow_an_error,
}


@pytest.mark.parametrize("act", FAILURES.values(), ids=FAILURES)
async def test_a_module_that_fails_is_named_and_there_is_no_tenant(asked, when, notes_kept, act):
    when("created", act)
    with capture_logs() as logs:
        answer = await asked()
    assert answer.status_code == 503
    assert answer.json()["detail"] == "The module notes has failed."
    assert answer.json()["module"] == "notes"
    assert [line["module"] for line in logs if line["event"] == "hook failed"] == ["notes"]
    assert await notes_kept() == set()
    when("created", write)
    assert (await asked()).status_code == 201
    assert await notes_kept() == {"of acme"}


async def test_a_module_that_takes_too_long_is_given_up(settings, notes, master, when, notes_kept):
    async def never_end(tenant, session):
        await write(tenant, session)
        await session.execute(text("SELECT pg_sleep(600)"))

    when("created", never_end)
    hasty = create_app(msgspec.structs.replace(settings, import_seconds=0.05), [notes])
    async with AsyncTestClient(hasty) as client:
        refused = await client.post(TENANTS, json={"name": "acme"}, headers=master.headers)
        assert refused.status_code == 503
        assert (await client.get(TENANTS, headers=master.headers)).json()["total"] == 0
    assert await notes_kept() == set()


async def test_a_module_refuses_in_its_own_words(asked, when, notes_kept):
    when("created", write_and_raise(Conflict("Not on a Sunday.", day=7)))
    refused = await asked()
    assert (refused.status_code, refused.json()["detail"]) == (409, "Not on a Sunday.")
    assert refused.json()["day"] == 7
    assert await notes_kept() == set()


async def test_a_module_cannot_write_for_another_tenant(asked, make_tenant, when, notes_kept):
    await make_tenant("globex")
    foreign = uuid4()

    async def write_abroad(_tenant, session):
        session.add(Note(text="abroad", tenant_id=foreign))

    when("created", write_abroad)
    assert (await asked()).status_code == 403
    assert await notes_kept() == set()


async def test_a_module_that_was_not_started_is_not_told(settings, notes, master, when, notes_kept):
    when("created", write)
    hooks = msgspec.structs.replace(notes, hooks=Unstartable(notes.hooks))
    async with AsyncTestClient(create_app(settings, [hooks])) as client:
        made = await client.post(TENANTS, json={"name": "acme"}, headers=master.headers)
    assert made.status_code == 201
    assert await notes_kept() == set()


class Unstartable:
    """The hooks of a module whose start-up raises."""

    def __init__(self, hooks):
        self.implements = hooks.implements

    async def call_async(self, hook, **_arguments):
        raise RuntimeError(hook)


async def test_a_deleted_tenant_is_closed_until_it_is_restored(
    client, make_tenant, master, register
):
    owner, stranger = await make_tenant("acme"), await register()
    await client.post(NOTES, json={"text": "kept"}, headers=owner.at("acme"))
    invited = {"phone": stranger.phone}
    await client.post(f"{ACME}/invitations", json=invited, headers=owner.headers)
    (invitation,) = (
        await client.get("/api/v1/users/me/invitations", headers=stranger.headers)
    ).json()
    deleted = await client.delete(ACME, headers=owner.headers)
    assert (deleted.status_code, deleted.json()["status"]) == (200, "deleted")
    assert (await client.get(ACME, headers=owner.headers)).json() == deleted.json()
    until = deleted.json()["purge_after"][:19] + "Z"

    refused = await client.get(NOTES, headers=owner.at("acme"))
    assert refused.status_code == 403
    assert refused.json()["purge_after"] == until
    assert until in refused.json()["detail"]
    switch = f"{ACME}/modules/notes"
    answers = [
        await client.get(NOTES, headers=stranger.at("acme")),
        await client.put(switch, json={"enabled": False}, headers=owner.headers),
        await client.delete(ACME, headers=owner.headers),
        await client.delete(ACME, headers=master.headers),
        await client.post(TENANTS, json={"name": "acme"}, headers=master.headers),
        await client.post(f"{ACME}/restore", headers=stranger.headers),
        await client.post(
            f"/api/v1/users/me/invitations/{invitation['id']}/accept", headers=stranger.headers
        ),
    ]
    assert [answer.status_code for answer in answers] == [404, 403, 403, 409, 409, 404, 403]

    restored = await client.post(f"{ACME}/restore", headers=owner.headers)
    assert (restored.status_code, restored.json()["status"]) == (200, "active")
    assert (await client.get(NOTES, headers=owner.at("acme"))).json() == ["kept"]
    assert (await client.post(f"{ACME}/restore", headers=owner.headers)).status_code == 409


@pytest.mark.parametrize("state", ["suspended", "deleted"])
async def test_a_closed_tenant_shows_members_itself_alone(client, make_tenant, master, state):
    owner = await make_tenant("acme")
    sale = {"modules": ["notes"], "paid_until": None}
    sold = await client.post(f"{ACME}/subscriptions", json=sale, headers=master.headers)
    named = {"name": "acme", "role": "owner", "module": "notes"}
    if state == "deleted":
        await client.delete(ACME, headers=owner.headers)
    else:
        await client.patch(ACME, json={"suspension_reason": "unpaid"}, headers=master.headers)
    described = (await client.get("/schema/openapi.json")).json()["paths"]
    of_one = "/api/v1/tenants/{name}"
    asked = [
        path.format(**named, subscription_id=sold.json()["id"])
        for path, operations in described.items()
        if path.startswith(of_one) and "get" in operations
    ]
    told = {path: await client.get(path, headers=owner.headers) for path in asked}
    assert {path for path, answer in told.items() if answer.status_code != 403} == {
        ACME,
        f"{ACME}/export",
    }
    for path in asked:
        assert (await client.get(path, headers=master.headers)).status_code == 200


async def test_only_an_owner_or_the_platform_deletes_and_restores(
    client, make_tenant, master, register
):
    await make_tenant("acme")
    admin = await register()
    await client.post(
        f"{ACME}/members", json={"phone": admin.phone, "role": "admin"}, headers=master.headers
    )
    assert (await client.delete(ACME, headers=admin.headers)).status_code == 403
    assert (await client.delete(ACME, headers=master.headers)).status_code == 200
    assert (await client.post(f"{ACME}/restore", headers=admin.headers)).status_code == 403
    assert (await client.post(f"{ACME}/restore", headers=master.headers)).status_code == 200


async def test_what_was_suspended_is_so_again_when_it_is_restored(client, make_tenant, master):
    owner = await make_tenant("acme")
    await client.patch(ACME, json={"suspension_reason": "unpaid"}, headers=master.headers)
    assert (await client.delete(ACME, headers=owner.headers)).status_code == 403
    await client.delete(ACME, headers=master.headers)
    restored = await client.post(f"{ACME}/restore", headers=owner.headers)
    assert restored.json()["status"] == "suspended"


async def test_a_module_that_is_enabled_may_refuse_a_deletion(
    client, make_tenant, when, notes_kept
):
    owner = await make_tenant("acme", modules=[])
    when("deleting", write_and_raise(Conflict("An invoice is open.")))
    assert (await client.delete(ACME, headers=owner.headers)).status_code == 200
    await client.post(f"{ACME}/restore", headers=owner.headers)
    await client.put(f"{ACME}/modules/notes", json={"enabled": True}, headers=owner.headers)
    refused = await client.delete(ACME, headers=owner.headers)
    assert (refused.status_code, refused.json()["detail"]) == (409, "An invoice is open.")
    assert (await client.get(NOTES, headers=owner.at("acme"))).json() == []

    told = []

    async def agree(tenant, session, purge_after):
        await write(tenant, session)
        told.append(purge_after)

    when("deleting", agree)
    deleted = await client.delete(ACME, headers=owner.headers)
    assert [item.isoformat() for item in told] == [
        deleted.json()["purge_after"].replace("Z", "+00:00")
    ]
    assert await notes_kept() == {"of acme"}


async def test_of_two_who_delete_at_once_one_does(client, make_tenant, when):
    owner = await make_tenant("acme")
    told = []

    async def count(*_what):
        told.append(1)

    when("deleting", count)
    answers = await asyncio.gather(*(client.delete(ACME, headers=owner.headers) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 403, 403, 403]
    assert told == [1]


async def test_a_renamed_tenant_is_known_by_its_new_name_only(client, make_tenant, master):
    owner = await make_tenant("acme")
    await make_tenant("globex")
    await client.post(NOTES, json={"text": "kept"}, headers=owner.at("acme"))
    renamed = await client.patch(ACME, json={"name": "initech"}, headers=master.headers)
    assert (renamed.status_code, renamed.json()["name"]) == (200, "initech")
    assert (await client.get(NOTES, headers=owner.at("initech"))).json() == ["kept"]
    for answer in (
        await client.get(NOTES, headers=owner.at("acme")),
        await client.get(ACME, headers=owner.headers),
        await client.get(ACME, headers=master.headers),
    ):
        assert answer.status_code == 404
    path = f"{TENANTS}/initech"
    for name, status in (("globex", 409), ("www", 400), ("No Good", 400)):
        answer = await client.patch(path, json={"name": name}, headers=master.headers)
        assert answer.status_code == status
        assert status == 409 or pointers(answer) == ["/name"]
    mine = await client.patch(path, json={"name": "mine"}, headers=owner.headers)
    assert mine.status_code == 403


async def test_what_becomes_of_a_tenant_is_written_down(client, make_tenant, master):
    owner = await make_tenant("acme", modules=[])
    for change in ({"name": "initech"}, {"suspension_reason": None}):
        await client.patch(ACME, json=change, headers=master.headers)
    path = f"{TENANTS}/initech"
    gone = (await client.delete(path, headers=owner.headers)).json()["purge_after"]
    await client.post(f"{path}/restore", headers=owner.headers)
    page = (await client.get(f"{path}/audit", headers=owner.headers)).json()
    me = str(owner.id)
    assert [(item["action"], item["actor"], item["detail"]) for item in page["items"]][:3] == [
        ("tenant.restored", me, {}),
        ("tenant.deleted", me, {"purge_after": gone}),
        ("tenant.renamed", str(master.id), {"before": "acme", "name": "initech"}),
    ]
