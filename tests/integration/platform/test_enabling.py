"""Enabling a module for a tenant, with what it needs, and disabling it, with what needs it."""

import asyncio
from uuid import uuid4

import msgspec
import pytest
from notes_module.models import Note
from problems import pointers
from sqlalchemy import text
from structlog.testing import capture_logs
from tochka_core.app import create_app
from tochka_core.http.in_process import concurrent_client
from tochka_plugins import Conflict

WHO = text("SELECT current_user::text, current_setting('tochka.tenant_id', true)")
ALONG = {"enabled": True, "with_dependencies": True}
CASCADE = {"enabled": False, "with_dependents": True}


@pytest.fixture
def application(chain_application):
    return chain_application


@pytest.fixture
async def owner(judge_chain, make_tenant):
    """The owner of acme, which has nothing enabled."""
    await judge_chain()
    return await make_tenant("acme", modules=())


@pytest.fixture
def switch(client, owner):
    """Ask for a module; return the answer."""

    async def switch(module, body, *, by=owner):
        path = f"/api/v1/tenants/acme/modules/{module}"
        return await client.put(path, json=body, headers=by.headers)

    return switch


@pytest.fixture
def told(when):
    """What the modules have been told, in order."""
    told = []
    for module in ("notes", "deals", "reports"):
        for event in ("enabled", "disabled"):

            async def note(tenant, _session, said=f"{module} {event}"):
                told.append(said)

            when(f"{module} {event}", note)
    return told


@pytest.fixture
def enabled(change):
    """Return what is enabled."""

    async def enabled():
        rows = await change("SELECT module FROM tochka.tenant_modules ORDER BY module")
        return list(rows.scalars())

    return enabled


async def test_what_a_module_needs_is_asked_for_or_enabled_along(switch, enabled, told):
    refused = await switch("reports", {"enabled": True})
    assert (refused.status_code, refused.json()["missing"]) == (409, ["notes", "deals"])
    assert (await enabled(), told) == ([], [])

    answer = await switch("reports", ALONG)
    assert answer.status_code == 200
    assert answer.json()["enabled_along"] == ["notes", "deals"]
    assert (answer.json()["state"], answer.json()["missing"]) == ("enabled", [])
    assert await enabled() == ["deals", "notes", "reports"]
    assert told == ["notes enabled", "deals enabled", "reports enabled"]


async def test_what_needs_a_module_is_told_or_disabled_along(switch, enabled, told):
    await switch("reports", ALONG)
    told.clear()
    refused = await switch("notes", {"enabled": False})
    assert (refused.status_code, refused.json()["dependents"]) == (409, ["reports", "deals"])
    assert (len(await enabled()), told) == (3, [])

    answer = await switch("notes", CASCADE)
    assert (answer.status_code, answer.json()["state"]) == (200, "available")
    assert answer.json()["disabled_along"] == ["reports", "deals"]
    assert await enabled() == []
    assert told == ["reports disabled", "deals disabled", "notes disabled"]


async def test_what_is_so_already_is_told_to_nobody_and_not_written_down(switch, told, change):
    for body in (CASCADE, ALONG, ALONG, {"enabled": True}, CASCADE, CASCADE):
        answer = await switch("notes", body)
        assert (answer.status_code, answer.json()["enabled"]) == (200, body["enabled"])
    await switch("deals", ALONG)
    assert told == ["notes enabled", "notes disabled", "notes enabled", "deals enabled"]
    entries = await change(
        "SELECT action, detail FROM tochka.audit_log WHERE action LIKE 'module.%' ORDER BY at, id"
    )
    assert [(entry.action, entry.detail) for entry in entries] == [
        ("module.enabled", {"module": "notes"}),
        ("module.disabled", {"module": "notes"}),
        ("module.enabled", {"module": "notes", "along_with": "deals"}),
        ("module.enabled", {"module": "deals"}),
    ]


async def test_it_is_in_force_with_the_answer(client, switch, owner):
    for body, status in ((ALONG, 200), (CASCADE, 404), (ALONG, 200)):
        await switch("notes", body)
        notes = await client.get("/api/v1/notes", headers=owner.at("acme"))
        assert notes.status_code == status


async def test_a_module_is_told_as_the_tenant_in_the_transaction(switch, when, change, notes_kept):
    seen = []

    async def act(tenant, session):
        seen.append((str(tenant.id), *(await session.execute(WHO)).one()))
        session.add(Note(text=f"of {tenant.name} {len(seen)}"))

    for event in ("notes enabled", "notes disabled"):
        when(event, act)
    await switch("notes", ALONG)
    await switch("notes", CASCADE)
    own_id = str((await change("SELECT id FROM tochka.tenants")).scalar_one())
    assert seen == [(own_id, "tochka_tenant", own_id)] * 2
    assert await notes_kept() == {"of acme 1", "of acme 2"}


async def write(tenant, session):
    session.add(Note(text=f"of {tenant.name}: {uuid4()}"))


def raising(error):
    async def act(tenant, session):
        await write(tenant, session)
        await session.commit()
        raise error

    return act


FAILURES = {
    "refuses": (Conflict("Not now."), 409, "Not now."),
    "raises": (RuntimeError("the secret"), 503, "The module deals has failed."),
    "exits": (SystemExit(3), 503, "The module deals has failed."),
    "cancels": (asyncio.CancelledError(), 503, "The module deals has failed."),
}


@pytest.mark.parametrize(("error", "status", "detail"), FAILURES.values(), ids=FAILURES)
async def test_a_module_that_fails_takes_all_of_it_back(
    client, switch, owner, when, *, enabled, notes_kept, change, error, status, detail
):
    when("notes enabled", write)
    when("deals enabled", raising(error))
    answer = await switch("reports", ALONG)
    assert (answer.status_code, answer.json()["detail"]) == (status, detail)
    assert (await enabled(), await notes_kept()) == ([], set())
    assert (await client.get("/api/v1/notes", headers=owner.at("acme"))).status_code == 404

    when("deals enabled", write)
    assert (await switch("reports", ALONG)).status_code == 200
    assert len(await notes_kept()) == 2
    when("deals disabled", raising(error))
    answer = await switch("notes", CASCADE)
    assert (answer.status_code, answer.json()["detail"]) == (status, detail)
    assert (await enabled(), len(await notes_kept())) == (["deals", "notes", "reports"], 2)
    written = await change("SELECT count(*) FROM tochka.audit_log WHERE action LIKE 'module.%'")
    assert written.scalar_one() == 3


async def test_a_module_that_takes_too_long_is_given_up(
    settings, chain, owner, when, *, enabled, notes_kept
):
    async def never_end(tenant, session):
        await write(tenant, session)
        await session.execute(text("SELECT pg_sleep(600)"))

    when("deals enabled", never_end)
    hasty = create_app(msgspec.structs.replace(settings, import_seconds=0.05), chain)
    async with concurrent_client(hasty) as client:
        path = "/api/v1/tenants/acme/modules/reports"
        answer = await client.put(path, json=ALONG, headers=owner.headers)
        assert (answer.status_code, answer.json()["module"]) == (503, "deals")
        assert (await enabled(), await notes_kept()) == ([], set())
        when("deals enabled", None)
        assert (await client.put(path, json=ALONG, headers=owner.headers)).status_code == 200


async def test_enabling_and_disabling_at_once_end_as_one_of_them_says(switch, enabled, told):
    for _ in range(3):
        wanted = [("reports", ALONG), ("notes", CASCADE)] * 4
        answers = await asyncio.gather(*(switch(module, body) for module, body in wanted))
        assert [answer.status_code for answer in answers] == [200] * 8
        assert await enabled() in ([], ["deals", "notes", "reports"])
    balance = dict.fromkeys(("notes", "deals", "reports"), 0)
    for said in told:
        module, event = said.split()
        balance[module] += 1 if event == "enabled" else -1
        assert balance["reports"] <= balance["deals"] <= balance["notes"] <= 1
        assert min(balance.values()) >= 0
    assert balance == dict.fromkeys(balance, int(bool(await enabled())))


async def test_two_that_enable_along_at_once_tell_each_module_once(switch, enabled, told):
    answers = await asyncio.gather(*(switch(name, ALONG) for name in ("reports", "deals") * 3))
    assert [answer.status_code for answer in answers] == [200] * 6
    assert sorted(told) == ["deals enabled", "notes enabled", "reports enabled"]
    assert told[0] == "notes enabled"
    assert sum(len(answer.json()["enabled_along"]) for answer in answers) in (1, 2)
    assert await enabled() == ["deals", "notes", "reports"]


async def test_enabling_beside_a_judgement(switch, judge_chain, enabled):
    for body, expected in ((ALONG, ["deals", "notes", "reports"]), (CASCADE, [])) * 3:
        module = "reports" if body is ALONG else "notes"
        answer, *_ = await asyncio.gather(switch(module, body), judge_chain(), judge_chain())
        assert answer.status_code == 200
        assert await enabled() == expected


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"enabled": True, "with_dependents": True}, "/with_dependents"),
        ({"enabled": False, "with_dependencies": True}, "/with_dependencies"),
        ({"enabled": "yes"}, "/enabled"),
        ({"enabled": True, "with_dependencies": "all"}, "/with_dependencies"),
    ],
)
async def test_what_contradicts_itself_is_refused(switch, enabled, body, pointer):
    answer = await switch("notes", body)
    assert (answer.status_code, pointers(answer)) == (400, [pointer])
    assert await enabled() == []


async def test_what_a_module_needs_has_to_be_for_the_tenant_too(switch, master, enabled, change):
    by_availability = {"private": 403, "subscription": 402}
    for availability, status in by_availability.items():
        await change(
            "UPDATE tochka.modules SET availability = :availability WHERE name = 'notes'",
            availability=availability,
        )
        refused = await switch("reports", ALONG)
        assert (refused.status_code, refused.json()["module"]) == (status, "notes")
    assert (await switch("reports", ALONG, by=master)).status_code == 402
    await change("UPDATE tochka.modules SET availability = 'private' WHERE name = 'notes'")
    assert await enabled() == []
    assert (await switch("reports", ALONG, by=master)).status_code == 200
    # What the platform has enabled is the tenant's to build on, and to give up.
    assert (await switch("notes", CASCADE)).status_code == 200


async def test_what_cannot_be_used_is_not_enabled_and_can_be_given_up(switch, enabled, change):
    await switch("deals", ALONG)
    await change("UPDATE tochka.modules SET state = 'quarantined' WHERE name = 'notes'")
    refused = await switch("notes", CASCADE)
    assert refused.status_code == 200
    for module in ("notes", "deals"):
        refused = await switch(module, ALONG)
        assert (refused.status_code, refused.json()["module"]) == (409, "notes")
    assert (await switch("nowhere", ALONG)).status_code == 404


async def test_what_does_not_serve_here_is_enabled_elsewhere_and_given_up_anywhere(
    switch, enabled, change
):
    await change(
        "INSERT INTO tochka.modules (name, display_name, state) VALUES ('new', 'New', 'ready')"
    )
    refused = await switch("new", ALONG)
    assert (refused.status_code, refused.json()["module"]) == (503, "new")
    assert refused.headers["retry-after"] == "60"
    await change("INSERT INTO tochka.tenant_modules SELECT id, 'new' FROM tochka.tenants")
    await change("UPDATE tochka.modules SET state = 'missing' WHERE name = 'new'")
    with capture_logs() as logs:
        assert (await switch("new", CASCADE)).json()["state"] == "unavailable"
    assert [line["module"] for line in logs if line["event"] == "module not told"] == ["new"]
    assert (await enabled(), (await switch("new", CASCADE)).status_code) == ([], 404)
