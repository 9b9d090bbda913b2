"""The archive of a tenant over HTTP."""

from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tochka_core.archives import serving
from tochka_core.archives.reading import open_archive
from tochka_core.archives.revisions import read_revisions
from tochka_core.archives.writing import write_archive
from tochka_core.tenants.life_cycle import get_named
from tochka_core.tenants.models import Tenant

ACME = "/api/v1/tenants/acme"
EXPORT = f"{ACME}/export"


async def test_an_owner_gets_the_tenant_as_one_file(client, make_tenant, tmp_path):
    owner = await make_tenant("acme")
    await client.post("/api/v1/notes", json={"text": "kept"}, headers=owner.at("acme"))
    answer = await client.get(EXPORT, headers=owner.headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="acme.zip"'
    file = tmp_path / "acme.zip"
    file.write_bytes(answer.content)
    with open_archive(file) as archive:
        (note,) = archive.lines("tables/mod_notes.notes.ndjson")
        (person,) = archive.lines("people.ndjson")
    assert b'"text": "kept"' in note
    assert owner.phone.encode() in person
    log = (await client.get(f"{ACME}/audit", headers=owner.headers)).json()["items"]
    assert (log[0]["action"], log[0]["actor"]) == ("tenant.exported", str(owner.id))


async def test_nobody_else_gets_it(client, make_tenant, register, master):
    owner, admin, stranger = await make_tenant("acme"), await register(), await register()
    body = {"phone": admin.phone, "role": "admin"}
    await client.post(f"{ACME}/members", json=body, headers=master.headers)
    for person, status in ((admin, 403), (stranger, 404), (master, 200)):
        assert (await client.get(EXPORT, headers=person.headers)).status_code == status
    await client.delete(ACME, headers=owner.headers)
    assert (await client.get(EXPORT, headers=owner.headers)).status_code == 200


async def test_a_worker_makes_so_many_at_once_and_then_more(client, make_tenant, settings):
    owner = await make_tenant("acme")
    for _ in range(serving.AT_ONCE + 1):
        assert (await client.get(EXPORT, headers=owner.headers)).status_code == 200
    exports = serving.Exports(settings)
    acme, globex, other = (Tenant(id=uuid4(), name=name) for name in ("acme", "globex", "other"))
    async with exports._turn(acme.id):
        with pytest.raises(serving.TooManyExports):
            exports.response(acme)
        assert exports.response(globex)
        async with exports._turn(globex.id):
            with pytest.raises(serving.TooManyExports):
                exports.response(other)
    assert exports.response(acme)


async def test_it_is_of_one_moment_whatever_is_written_meanwhile(
    client, make_tenant, database, settings, tmp_path
):
    owner = await make_tenant("acme")
    file, pieces = tmp_path / "acme.zip", []

    async def write(piece):
        if not pieces:
            # Members have been read by now or not; notes are read later than any of the core's.
            await client.post("/api/v1/notes", json={"text": "late"}, headers=owner.at("acme"))
        pieces.append(piece)

    revisions = await read_revisions(settings.engine_url)
    async with database.snapshot(reason="test") as session:
        tenant = await get_named(session, "acme")
        manifest = await write_archive(session, tenant, revisions, write)
    file.write_bytes(b"".join(pieces))
    late = await client.get("/api/v1/notes", headers=owner.at("acme"))
    assert late.json() == ["late"]
    with open_archive(file) as archive:
        assert archive.manifest == manifest
        assert list(archive.lines("tables/mod_notes.notes.ndjson")) == []


async def test_a_tenant_that_is_purged_before_it_begins_is_none(
    client, make_tenant, engine, monkeypatch
):
    owner = await make_tenant("acme")

    async def purge(url):
        async with engine.begin() as connection:
            await connection.execute(text("SET LOCAL tochka.owner_sees_all = 'on'"))
            await connection.execute(text("DELETE FROM tochka.tenants"))
        return await read_revisions(url)

    monkeypatch.setattr(serving, "read_revisions", purge)
    assert (await client.get(EXPORT, headers=owner.headers)).status_code == 404


async def test_a_snapshot_writes_nothing(database):
    with pytest.raises(DBAPIError, match="read-only"):
        async with database.snapshot(reason="test") as session:
            await session.execute(text("UPDATE tochka.users SET phone = phone"))
