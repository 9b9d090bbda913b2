"""Even a careless module cannot reach another tenant's rows, or the core's tables."""

import pytest

NOTES = "/api/v1/notes"


@pytest.fixture
async def two_tenants(client, make_tenant):
    acme, globex = await make_tenant("acme"), await make_tenant("globex")
    await client.post(NOTES, json={"text": "of acme"}, headers=acme.at("acme"))
    await client.post(NOTES, json={"text": "of globex"}, headers=globex.at("globex"))
    return acme, globex


@pytest.fixture
def run(client, two_tenants):
    """Run a statement inside a request of acme's."""

    async def run(statement):
        acme, _ = two_tenants
        return await client.get(
            f"{NOTES}/mine-whatever-i-ask",
            params={"statement": statement},
            headers=acme.at("acme"),
        )

    return run


async def test_the_same_query_shows_each_tenant_its_own(client, two_tenants):
    acme, globex = two_tenants
    assert (await client.get(NOTES, headers=acme.at("acme"))).json() == ["of acme"]
    assert (await client.get(NOTES, headers=globex.at("globex"))).json() == ["of globex"]


async def test_raw_sql_sees_its_own_rows_only(run):
    assert (await run("SELECT text FROM mod_notes.notes")).json() == ["('of acme',)"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE mod_notes.notes SET text = 'stolen' WHERE text LIKE '%globex'",
        "DELETE FROM mod_notes.notes WHERE text LIKE '%globex'",
        "UPDATE mod_notes.notes SET text = text || '!'",
    ],
)
async def test_a_bulk_statement_leaves_other_tenants_alone(client, run, two_tenants, statement):
    assert (await run(statement)).status_code == 200
    _, globex = two_tenants
    assert (await client.get(NOTES, headers=globex.at("globex"))).json() == ["of globex"]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO mod_notes.notes VALUES (gen_random_uuid(), gen_random_uuid(), 'x')",
        "UPDATE mod_notes.notes SET tenant_id = gen_random_uuid()",
        "SELECT phone FROM tochka.users",
        "SELECT * FROM tochka.tenants",
        "SELECT * FROM tochka.memberships",
        "INSERT INTO mod_notes.colours (id, name) VALUES (gen_random_uuid(), 'red')",
        "ALTER TABLE mod_notes.notes DISABLE ROW LEVEL SECURITY",
        "CREATE TABLE mod_notes.mine (id int)",
        "COPY mod_notes.notes TO '/tmp/notes'",
    ],
)
async def test_the_tenants_role_may_not(run, statement):
    response = await run(statement)
    assert response.status_code >= 400
    assert "globex" not in response.text


async def test_a_cached_answer_is_for_one_tenant_only(client, two_tenants):
    acme, globex = two_tenants
    for _ in range(2):
        for person, tenant in ((acme, "acme"), (globex, "globex")):
            answer = await client.get(f"{NOTES}/cached", headers=person.at(tenant))
            assert answer.json() == [f"of {tenant}"]


async def test_a_cached_answer_stays_behind_the_gate(client, two_tenants, register):
    acme, _ = two_tenants
    path = f"{NOTES}/cached"
    assert (await client.get(path, headers=acme.at("acme"))).status_code == 200
    assert (await client.get(path, headers=(await register()).at("acme"))).status_code == 404
    assert (await client.get(path, headers={"X-Tenant": "acme"})).status_code == 401


async def test_a_table_of_the_platform_can_be_read(client, two_tenants, database):
    acme, _ = two_tenants
    assert (await client.get(f"{NOTES}/colours", headers=acme.at("acme"))).json() == []
