"""A tenant goes from one installation to another, whole."""

import json
import stat
from zipfile import ZipFile

import pytest

RICH = """
CREATE TABLE mod_notes.things (
    tenant_id uuid NOT NULL REFERENCES tochka.tenants ON DELETE CASCADE, id int NOT NULL,
    "parent of" int, keeper uuid REFERENCES tochka.users, price numeric, at timestamptz,
    raw bytea, list text[], doc jsonb, ratio float8, span tstzrange, days interval, flag boolean,
    twice int GENERATED ALWAYS AS (id * 2) STORED, "odd ""name" text,
    counted int GENERATED ALWAYS AS IDENTITY, minder uuid,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, minder) REFERENCES tochka.memberships ON DELETE SET NULL (minder),
    FOREIGN KEY (tenant_id, "parent of") REFERENCES mod_notes.things
);
ALTER TABLE mod_notes.things ENABLE ROW LEVEL SECURITY;
ALTER TABLE mod_notes.things FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON mod_notes.things TO tochka_tenant
    USING (tenant_id = nullif(current_setting('tochka.tenant_id', true), '')::uuid);
CREATE POLICY every ON mod_notes.things TO tochka_platform USING (current_user = 'tochka_platform');
GRANT ALL ON mod_notes.things TO tochka_tenant, tochka_platform
"""
THINGS = """
INSERT INTO mod_notes.things (tenant_id, id, "parent of", keeper, price, at, raw, list, doc, ratio,
    span, days, flag, "odd ""name", minder)
SELECT t.id, n, nullif(n + 1, 4), u.id,
    '12345678901234567890.0123456789', '2026-02-03 04:05:06.789+03',
    '\\x00ff0a', ARRAY['a"b', NULL, E'line\\nline'], '{"k": [1.10, null, "ё"]}', 'NaN',
    '[2026-01-01 00:00+00, 2026-02-01 00:00+00)', '1 mon 2 days 03:04:05', NULL,
    E'\\u2028\\u0001\\r\\n€', u.id
FROM tochka.tenants t, tochka.users u, generate_series(1, 3) AS n
WHERE t.name = 'acme' AND u.phone = '+79990000001'
"""
ALL_THINGS = "SELECT * FROM mod_notes.things ORDER BY id"


MEMBERS = """
SELECT phone, m.role FROM tochka.memberships m JOIN tochka.users u ON u.id = m.user_id
JOIN tochka.tenants t ON t.id = m.tenant_id WHERE t.name = :name ORDER BY phone
"""


def test_a_tenant_is_taken_to_another_installation(here, there, acme, archive):
    known = there.add_person("+79990000002")
    made = there.told("import", archive)
    assert made == {
        "id": acme,
        "name": "acme",
        "rows": 8,
        "people": 2,
        "people_created": 1,
        "modules": ["notes"],
    }
    shown = there.told("show", "acme")
    assert shown == here.told("show", "acme")
    assert there.sql(MEMBERS, name="acme") == [
        ("+79990000001", "owner"),
        ("+79990000002", "member"),
    ]
    members = there.sql("SELECT user_id::text FROM tochka.memberships WHERE role = 'member'")
    assert members == [(known,)]
    for query in (
        "SELECT * FROM mod_notes.notes WHERE tenant_id = :id ORDER BY text",
        "SELECT phone, role, expires_at FROM tochka.invitations",
        "SELECT module FROM tochka.tenant_modules",
        "SELECT * FROM tochka.roles",
        "SELECT * FROM tochka.limit_usage",
    ):
        assert there.sql(query, id=acme) == here.sql(query, id=acme)
    ((actor, detail),) = there.sql(
        "SELECT actor, detail FROM tochka.audit_log WHERE action = 'tenant.imported'"
    )
    assert (actor, detail) == (
        None,
        {
            "name": "acme",
            "rows": "8",
            "people_created": "1",
            "source": "acme",
            "source_id": acme,
        },
    )
    # Who is made is told by number: there may be very many.
    assert there.sql("SELECT 1 FROM tochka.audit_log WHERE action = 'user.created'") == []
    assert here.sql("SELECT 1 FROM tochka.audit_log WHERE action = 'tenant.exported'") == [(1,)]


def test_who_is_made_has_no_password(there, archive):
    there.told("import", archive)
    people = there.sql("SELECT phone, password_hash, role, is_active FROM tochka.users")
    assert sorted(phone for phone, *_ in people) == ["+79990000001", "+79990000002"]
    for _, password_hash, role, is_active in people:
        assert (password_hash, role, is_active) == ("!", "user", True)


def test_an_archive_holds_what_is_the_tenants_and_no_password(archive):
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    with ZipFile(archive) as opened:
        names = opened.namelist()
        everything = b"".join(opened.read(name) for name in names)
        manifest = json.loads(opened.read("manifest.json"))
        people = [json.loads(line) for line in opened.read("people.ndjson").splitlines()]
    assert names[-1] == "manifest.json"
    assert "tables/mod_notes.notes.ndjson" in names
    for secret in (b"secret", b"globex", b"password", b"+79990000003"):
        assert secret not in everything
    assert sorted(person["phone"] for person in people) == ["+79990000001", "+79990000002"]
    assert [(item["name"], item["version"]) for item in manifest["modules"]] == [("notes", "1.0")]


def test_every_kind_of_value_and_of_reference_arrives(here, there, acme, tmp_path):
    for installation in (here, there):
        installation.build(RICH)
    there.add_person("+79990000001")
    here.sql(THINGS)
    here.told("export", "acme", tmp_path / "rich.zip")
    there.told("import", tmp_path / "rich.zip")
    ours = {row[1]: [str(value) for value in row] for row in here.sql(ALL_THINGS)}
    theirs = {row[1]: [str(value) for value in row] for row in there.sql(ALL_THINGS)}
    keeper, minder = 3, -1
    for number, row in theirs.items():
        for person in (keeper, minder):
            assert row[person] != ours[number][person]
            row[person] = ours[number][person]
    assert len(theirs) == 3
    assert theirs == ours


CLAIMS = "SELECT domain FROM tochka.domain_claims"
PROOFS = "SELECT domain FROM tochka.domains"


def test_roles_come_along_and_domains_are_to_be_proven_anew(here, there, acme, tmp_path):
    here.sql(
        "INSERT INTO tochka.roles (tenant_id, name, title, permissions)"
        " VALUES (:id, 'clerk', 'Clerk', ARRAY['notes:read'])",
        "UPDATE tochka.memberships SET role = 'clerk' WHERE role = 'member'",
        "INSERT INTO tochka.domain_claims (tenant_id, domain, token)"
        " VALUES (:id, 'shop.example.com', 'known')",
        "INSERT INTO tochka.domains (domain, holder_id, method)"
        " VALUES ('shop.example.com', :id, 'dns')",
        id=acme,
    )
    here.told("export", "acme", tmp_path / "acme.zip")
    there.told("import", tmp_path / "acme.zip")
    assert there.sql(MEMBERS, name="acme")[1] == ("+79990000002", "clerk")
    assert there.sql(CLAIMS) == [("shop.example.com",)]
    assert there.sql("SELECT token FROM tochka.domain_claims WHERE length(token) < 60") == []
    assert there.sql(PROOFS) == []
    here.told("delete", "acme")
    here.told("purge", "acme", "--yes")
    assert here.sql(CLAIMS) == here.sql(PROOFS) == []


@pytest.mark.parametrize(
    "role", [("Owner ", "{}"), ("clerk", "{NULL,notes:read}"), ("clerk", "{{a},{b}}")]
)
def test_a_role_that_nobody_could_define_is_refused(here, there, acme, tmp_path, role):
    here.sql(
        "INSERT INTO tochka.roles (tenant_id, name, title, permissions)"
        " VALUES (:id, :name, 'Clerk', CAST(CAST(:granted AS text) AS text[]))",
        id=acme,
        name=role[0],
        granted=role[1],
    )
    here.told("export", "acme", tmp_path / "acme.zip")
    code, output = there.run("import", tmp_path / "acme.zip")
    assert (code, "role" in output) == (1, True)
    assert there.sql("SELECT FROM tochka.tenants") == []


@pytest.mark.parametrize("domain", ["é.example", "Shop.example.com", "a..b"])
def test_a_claim_that_nobody_could_make_is_refused(here, there, acme, tmp_path, domain):
    here.sql(
        "INSERT INTO tochka.domain_claims (tenant_id, domain, token) VALUES (:id, :domain, 'x')",
        id=acme,
        domain=domain,
    )
    here.told("export", "acme", tmp_path / "acme.zip")
    code, output = there.run("import", tmp_path / "acme.zip")
    assert (code, "domain" in output) == (1, True)
    assert there.sql("SELECT FROM tochka.tenants") == []


def test_a_tenant_is_put_beside_itself_under_another_name(here, acme, archive):
    assert here.run("import", archive) == (
        1,
        "Error: The tenant acme is here already; with --name the archive becomes another one.",
    )
    here.told("rename", "acme", "initech")
    assert "The tenant initech is here already" in here.run("import", archive)[1]
    made = here.told("import", archive, "--name", "acme")
    assert made["id"] != acme
    assert (made["people"], made["people_created"]) == (2, 0)
    both = "SELECT text FROM mod_notes.notes WHERE tenant_id = :id ORDER BY text"
    assert here.sql(both, id=acme) == here.sql(both, id=made["id"]) == [("a",), ("b",)]
    assert here.sql(MEMBERS, name="acme") == here.sql(MEMBERS, name="initech")


def test_the_id_of_a_tenant_that_was_here_is_not_taken_again(here, acme, archive):
    here.told("delete", "acme")
    here.told("purge", "acme", "--yes")
    code, output = here.run("import", archive)
    assert (code, output.count("\n")) == (1, 0)
    assert output.startswith("Error: The audit log here has entries of a tenant with this id; with")
    assert here.sql("SELECT FROM tochka.tenants WHERE name = 'acme'") == []
    made = here.told("import", archive, "--name", "acme")
    assert made["id"] != acme
    assert len(here.sql(MEMBERS, name="acme")) == 2


def test_modules_that_no_tenant_may_enable_are_told(there, archive):
    there.sql("UPDATE tochka.modules SET availability = 'private' WHERE name = 'notes'")
    code, output = there.run("import", archive)
    assert (code, output) == (
        0,
        "Imported tenant acme: 8 rows, 2 people, of whom 2 are new. Enabled modules: notes.",
    )


def test_a_suspended_tenant_stays_so_and_a_deleted_one_is_restored_by_the_move(
    here, there, acme, tmp_path
):
    here.told("suspend", "acme", "--reason", "unpaid")
    here.told("delete", "acme")
    here.told("export", "acme", tmp_path / "acme.zip")
    there.told("import", tmp_path / "acme.zip")
    moved = there.told("show", "acme")
    assert (moved["status"], moved["suspension_reason"]) == ("suspended", "unpaid")


def test_a_module_that_is_missing_or_at_another_revision_is_named(there, archive):
    there.sql("UPDATE tochka.modules SET state = 'missing' WHERE name = 'notes'")
    code, output = there.run("import", archive)
    assert (code, "the module notes 1.0 is not ready here" in output) == (1, True)
    there.sql("UPDATE tochka.modules SET state = 'ready' WHERE name = 'notes'")
    there.build("UPDATE mod_notes.alembic_version SET version_num = '0099'")
    code, output = there.run("import", archive)
    assert (code, "notes is at 0099 here and was at 0001" in output) == (1, True)


def test_tables_that_differ_are_refused(there, archive):
    there.build("ALTER TABLE mod_notes.notes ADD COLUMN more int")
    assert "mod_notes.notes has other columns here" in there.run("import", archive)[1]
    there.build("DROP TABLE mod_notes.notes CASCADE")
    assert "There is no table mod_notes.notes" in there.run("import", archive)[1]


def test_a_file_that_is_there_is_not_overwritten(here, acme, tmp_path):
    file = tmp_path / "there.zip"
    file.write_text("precious")
    assert here.run("export", "acme", file) == (1, f"Error: {file} exists already.")
    assert file.read_text() == "precious"
    code, output = here.run("export", "acme", tmp_path / "nowhere" / "acme.zip")
    assert (code, "cannot be written: No such file" in output) == (1, True)
    assert here.run("export", "nobody", tmp_path / "x.zip")[1] == (
        "Error: There is no tenant 'nobody'."
    )
    assert sorted(item.name for item in tmp_path.iterdir()) == ["there.zip"]


SETTINGS = """
INSERT INTO tochka.module_settings (tenant_id, module, version, values)
SELECT id, 'notes', 3, '{"pageSize": 7, "colour": "red"}' FROM tochka.tenants WHERE name = 'acme';
INSERT INTO tochka.module_secrets (tenant_id, module, field, secret)
SELECT id, 'notes', 'token', 'encrypted' FROM tochka.tenants WHERE name = 'acme';
INSERT INTO tochka.module_settings_versions (tenant_id, module, version, made_by, changes)
SELECT t.id, 'notes', 3, u.id, CAST(:changes AS jsonb) FROM tochka.tenants t, tochka.users u
WHERE t.name = 'acme' AND u.phone = '+79990000001'
"""
CHANGES = '[{"field": "pageSize", "action": "set", "after": 7}]'
KEPT = """
SELECT s.values, v.changes, u.phone, (SELECT count(*) FROM tochka.module_secrets)
FROM tochka.module_settings s JOIN tochka.module_settings_versions v USING (tenant_id, module)
JOIN tochka.users u ON u.id = v.made_by
"""


def test_settings_and_their_history_come_along_and_secrets_stay(here, there, acme, tmp_path):
    here.sql("DELETE FROM tochka.tenant_modules", "DELETE FROM mod_notes.notes")
    for statement in SETTINGS.split(";"):
        here.sql(statement, **({"changes": CHANGES} if ":changes" in statement else {}))
    assert here.sql(KEPT)[0][-1] == 1
    here.told("export", "acme", tmp_path / "acme.zip")
    there.told("import", tmp_path / "acme.zip")
    (kept,) = there.sql(KEPT)
    changes = [{"field": "pageSize", "action": "set", "after": 7}]
    assert kept == ({"pageSize": 7, "colour": "red"}, changes, "+79990000001", 0)
    assert here.run("purge", "acme", "--yes")[0] != 0
    here.told("delete", "acme")
    here.told("purge", "acme", "--yes")
    assert here.sql("SELECT count(*) FROM tochka.module_settings") == [(0,)]


@pytest.mark.parametrize("changes", ['[{"field": 1}]', "[7]", '[{"field": "x", "action": "y"}]'])
def test_a_history_of_settings_that_nobody_could_have_is_refused(
    here, there, acme, tmp_path, changes
):
    for statement in SETTINGS.split(";"):
        here.sql(statement, **({"changes": changes} if ":changes" in statement else {}))
    here.told("export", "acme", tmp_path / "acme.zip")
    code, output = there.run("import", tmp_path / "acme.zip")
    assert code == 1
    assert "The history of settings is malformed" in output
    assert there.sql("SELECT name FROM tochka.tenants WHERE name = 'acme'") == []
