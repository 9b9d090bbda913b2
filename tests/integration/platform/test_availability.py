"""Who may enable a module: its own wish once, the operator's word for good."""

import asyncio
from itertools import cycle, islice

import msgspec
import pytest
from problems import pointers
from sqlalchemy import text
from tochka_core.registry.record import write_judgement
from tochka_plugins import ModuleInfo
from tochka_plugins.host import Quarantined

NOTES = "/api/v1/modules/notes"


@pytest.fixture
def offer(client):
    """Say who may enable the test module; return the answer."""

    async def offer(person, availability, *, path=NOTES):
        body = {"availability": availability}
        return await client.patch(path, json=body, headers=person.headers)

    return offer


@pytest.fixture
def judge(database, notes):
    """Judge the test module, which wishes *availability*, as one that is ready, or is not."""

    async def judge(availability="open", *, is_ready=True):
        info = ModuleInfo(title="Notes", availability=availability)
        judged = msgspec.structs.replace(notes, info=info)
        quarantined = Quarantined("notes", "load", "is broken")
        async with database.platform_scope(reason="test") as session:
            await write_judgement(
                session,
                ready=[judged] if is_ready else [],
                requires={"notes": frozenset()},
                quarantined=[] if is_ready else [quarantined],
            )

    return judge


@pytest.fixture
def available(change):
    """Return who may enable the test module."""

    async def available():
        statement = "SELECT availability FROM tochka.modules WHERE name = 'notes'"
        return (await change(statement)).scalar_one()

    return available


async def test_a_module_is_asked_once(judge, available, change):
    await change("DELETE FROM tochka.modules")
    await judge("subscription", is_ready=False)
    assert await available() == "open"
    await judge("subscription")
    assert await available() == "subscription"
    await judge("private")
    assert await available() == "subscription"


async def test_what_the_operator_says_outlives_judgements(master, offer, judge, available, change):
    await change("DELETE FROM tochka.modules")
    await judge(is_ready=False)
    answer = await offer(master, "private")
    assert (answer.status_code, answer.json()["availability"]) == (200, "private")
    for is_ready in (True, False, True):
        await judge("open", is_ready=is_ready)
        assert await available() == "private"


async def test_it_decides_who_enables(client, make_tenant, master, offer):
    owner = await make_tenant("acme", modules=())
    path, body = "/api/v1/tenants/acme/modules/notes", {"enabled": True}
    await offer(master, "private")
    assert (await client.put(path, json=body, headers=owner.headers)).status_code == 403
    await offer(master, "open")
    assert (await client.put(path, json=body, headers=owner.headers)).status_code == 200


async def test_only_the_platform_says_and_only_what_there_is(
    client, make_tenant, master, offer, available
):
    owner = await make_tenant("acme")
    assert (await offer(owner, "private")).status_code == 403
    for nowhere in ("nowhere", "%D0%BD%D0%B5%D1%82"):
        answer = await offer(master, "private", path=f"/api/v1/modules/{nowhere}")
        assert answer.status_code == 404
    for wrong in ("free", None, 1, ["open"]):
        answer = await offer(master, wrong)
        assert (answer.status_code, pointers(answer)) == (400, ["/availability"])
    for body in ({}, {"availability": "private", "state": "ready"}):
        answer = await client.patch(NOTES, json=body, headers=master.headers)
        assert answer.status_code == 400
    assert await available() == "open"


async def test_what_changes_is_written_down_once(offer, master, change):
    for wanted in ("private", "private", "subscription"):
        await offer(master, wanted)
    entries = await change(
        "SELECT actor, detail FROM tochka.audit_log WHERE action = 'module.availability_changed'"
        " ORDER BY at"
    )
    assert [(entry.actor, entry.detail) for entry in entries] == [
        (master.id, {"module": "notes", "before": "open", "availability": "private"}),
        (master.id, {"module": "notes", "before": "private", "availability": "subscription"}),
    ]


async def test_operator_and_judgement_at_once(offer, master, judge, available, change):
    for wanted in islice(cycle(["private", "open"]), 6):
        await change("UPDATE tochka.modules SET is_availability_settled = false")
        answer, _ = await asyncio.gather(offer(master, wanted), judge("subscription"))
        assert answer.status_code == 200
        assert await available() == wanted


async def test_the_database_knows_no_other_word(change):
    with pytest.raises(Exception, match="ck_modules_availability"):
        await change("UPDATE tochka.modules SET availability = 'free'")


async def test_a_judgement_does_not_wait_for_who_enables(database, judge, make_tenant):
    await make_tenant("acme", modules=())
    async with asyncio.timeout(20), database.platform_scope(reason="test") as session:
        enable = "INSERT INTO tochka.tenant_modules (tenant_id, module) SELECT id, 'notes'"
        await session.execute(text(f"{enable} FROM tochka.tenants"))
        await judge()
