"""`tochka tenants`: the life of a tenant from the command line."""

from datetime import UTC, datetime, timedelta

import pytest
from notes_module.models import Note
from notes_module.tenant_acts import ACTS
from sqlalchemy import text
from tochka_plugins import Conflict


def test_a_tenant_lives_and_is_purged(tenants, told, sql):
    made = told("create", "acme", "--title", "Acme")
    assert told("rename", "acme", "initech")["name"] == "initech"
    assert tenants("show", "acme") == (1, "Error: There is no tenant 'acme'.")
    suspended = told("suspend", "initech", "--reason", "unpaid")
    assert (suspended["status"], suspended["suspension_reason"]) == ("suspended", "unpaid")
    assert told("resume", "initech")["status"] == "active"
    assert tenants("purge", "initech", "--yes") == (
        1,
        "Error: The tenant initech is not deleted; first: tochka tenants delete initech",
    )
    deleted = told("delete", "initech")
    left = datetime.fromisoformat(deleted["purge_after"]) - datetime.now(UTC)
    assert timedelta(days=9) < left < timedelta(days=10, minutes=1)
    assert told("list") == [deleted] == [told("show", "initech")]
    assert told("restore", "initech") == {**deleted, "status": "active", "purge_after": None}
    told("delete", "initech")
    assert told("purge", "--due", "--yes") == []
    assert told("purge", "initech", "--yes") == [
        {"id": made["id"], "name": "initech", "tables": []}
    ]
    assert told("list") == []
    actions = sql("SELECT action FROM tochka.audit_log WHERE tenant = :id ORDER BY id", **made)
    assert [action for (action,) in actions] == [
        *("tenant.created", "tenant.renamed", "tenant.suspended", "tenant.resumed"),
        *("tenant.deleted", "tenant.restored", "tenant.deleted", "tenant.purged"),
    ]
    assert told("create", "initech")["id"] != made["id"]


def test_what_cannot_be_a_name_means_no_tenant(tenants):
    for name in ("acme\udcff", "A", ""):
        assert tenants("show", name) == (1, f"Error: There is no tenant {name!r}.")


def test_a_person_reads_until_when_a_tenant_can_be_restored(tenants, told):
    told("create", "acme")
    code, line = tenants("delete", "acme")
    until = told("show", "acme")["purge_after"].split(".")[0] + "Z"
    assert (code, line) == (0, f"Deleted tenant acme; it can be purged after {until}.")
    assert f"can be purged after {until}  acme" in tenants("list")[1]
    assert f"purge_after: {until}" in tenants("show", "acme")[1].splitlines()


def test_a_purge_drops_the_rows_of_one_tenant_everywhere(tenants, told, sql):
    ids = {name: told("create", name)["id"] for name in ("acme", "globex")}
    for tenant in ids.values():
        sql(
            "INSERT INTO mod_notes.notes (tenant_id, id, text) VALUES"
            " (:id, gen_random_uuid(), 'a'), (:id, gen_random_uuid(), 'b')",
            "INSERT INTO tochka.tenant_modules (tenant_id, module) VALUES (:id, 'notes')",
            id=tenant,
        )
    told("delete", "acme")
    code, shown = tenants("purge", "acme", stdin="n\n")
    assert code == 1
    assert [line.split() for line in shown.splitlines()[:3]] == [
        ["TENANT", "TABLE", "ROWS"],
        ["acme", "tochka.tenant_modules", "1"],
        ["acme", "mod_notes.notes", "2"],
    ]
    sql("UPDATE tochka.tenants SET purge_after = now() WHERE name = 'acme'")
    code, shown = tenants("purge", "--due", "--yes")
    assert (code, shown.splitlines()[-1]) == (0, "Purged acme.")
    kept = sql(
        "SELECT tenant_id::text FROM mod_notes.notes"
        " UNION SELECT tenant_id::text FROM tochka.tenant_modules"
    )
    assert kept == [(ids["globex"],)]
    ((rows,),) = sql("SELECT detail->>'rows' FROM tochka.audit_log WHERE action = 'tenant.purged'")
    assert rows == "3"


LEFT_BEHIND = """
CREATE SCHEMA mod_gone;
CREATE TABLE mod_gone.a (
    tenant_id uuid REFERENCES tochka.tenants, id int, b int, PRIMARY KEY (tenant_id, id)
);
CREATE TABLE mod_gone.b (
    tenant_id uuid, id int, a int, PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, a) REFERENCES mod_gone.a
);
ALTER TABLE mod_gone.a ADD FOREIGN KEY (tenant_id, b) REFERENCES mod_gone.b;
GRANT USAGE ON SCHEMA mod_gone TO tochka_platform;
GRANT ALL ON ALL TABLES IN SCHEMA mod_gone TO tochka_platform
"""


@pytest.fixture
async def left_behind(engine):
    """Tables as a module that is gone may have left them: no cascade, and round in a circle."""
    async with engine.begin() as connection:
        for statement in LEFT_BEHIND.split(";"):
            await connection.execute(text(statement))


def test_a_purge_needs_no_module_and_no_order(told, sql, left_behind):
    told("create", "acme")
    sql(
        "INSERT INTO mod_gone.a SELECT id, 1 FROM tochka.tenants",
        "INSERT INTO mod_gone.b SELECT id, 2, 1 FROM tochka.tenants",
        "UPDATE mod_gone.a SET b = 2",
    )
    told("delete", "acme")
    (gone,) = told("purge", "acme", "--yes")
    assert sorted((item["table"], item["rows"]) for item in gone["tables"]) == [
        ("mod_gone.a", 1),
        ("mod_gone.b", 1),
    ]
    assert sql("SELECT 1 FROM mod_gone.a") == []


def test_modules_are_told_from_the_command_line_too(tenants, told, sql, monkeypatch):
    async def write(tenant, session):
        session.add(Note(text=tenant.name))

    async def refuse(*_what):
        raise Conflict("An invoice is open.")

    monkeypatch.setitem(ACTS, "created", write)
    monkeypatch.setitem(ACTS, "deleting", refuse)
    told("create", "acme")
    assert sql("SELECT text FROM mod_notes.notes") == [("acme",)]
    sql("INSERT INTO tochka.tenant_modules SELECT id, 'notes' FROM tochka.tenants")
    assert tenants("delete", "acme") == (1, "Error: An invoice is open.")
    assert told("show", "acme")["status"] == "active"


@pytest.mark.parametrize(
    ("words", "part"),
    {
        ("suspend", "nowhere", "--reason", "x"): "no tenant 'nowhere'",
        ("suspend", "nowhere", "--reason", ""): "length >= 1",
        ("rename", "nowhere", "somewhere"): "no tenant 'nowhere'",
        ("delete", "nowhere"): "no tenant 'nowhere'",
        ("restore", "nowhere"): "no tenant 'nowhere'",
        ("purge", "nowhere"): "no tenant 'nowhere'",
    }.items(),
)
def test_what_cannot_be_done_is_one_line(tenants, words, part):
    code, output = tenants(*words)
    assert code == 1
    assert output.startswith("Error: ")
    assert part in output.splitlines()[0]


@pytest.mark.parametrize("words", [("purge",), ("purge", "acme", "--due")])
def test_a_purge_is_of_one_or_of_those_that_are_due(tenants, words):
    code, output = tenants(*words)
    assert code == 2
    assert "Name a tenant, or give --due." in output
