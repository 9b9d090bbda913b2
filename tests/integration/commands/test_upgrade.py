"""The first commands: `tochka upgrade`, and who and what is there afterwards."""

import json

from one_line import assert_one_line_error
from tochka_migrations import core_target
from tochka_migrations.revisions import head_of

CORE_HEAD = head_of(core_target())


def test_upgrade_says_what_it_does(tochka):
    first = tochka("upgrade")
    assert first.returncode == 0, first.stderr
    assert f"core: nothing → {CORE_HEAD}" in first.stdout
    second = tochka("upgrade", "--json")
    report = json.loads(second.stdout)
    assert report["migrations"][0] == {
        "target": "core",
        "before": CORE_HEAD,
        "after": CORE_HEAD,
        "error": None,
        "blocked_by": None,
        "statements": [],
    }


def test_a_dry_run_prints_the_sql_and_leaves_no_trace(tochka, template):
    # The roles are the whole server's, and were made with the template.
    dry = tochka("upgrade", "--dry-run", "--strict")
    assert dry.returncode == 0, dry.stderr
    assert f"core: nothing → {CORE_HEAD}" in dry.stdout
    assert '    CREATE SCHEMA "mod_contacts";' in dry.stdout
    report = json.loads(tochka("upgrade", "--dry-run", "--json").stdout)
    assert report["migrations"][0]["before"] is None
    assert report["migrations"][0]["statements"][-1].startswith("GRANT")
    sick = json.loads(tochka("doctor", "--json").stdout)
    assert any("is at nothing" in finding["detail"] for finding in sick)


def test_a_distribution_whose_metadata_cannot_be_read_is_told_by_its_path(tochka, tmp_path):
    broken = tmp_path / "site" / "broken-1.0.dist-info"
    broken.mkdir(parents=True)
    (broken / "METADATA").write_bytes(b"Name: \xff\n")
    (broken / "entry_points.txt").write_text("[tochka.modules]\nbroken = broken.hooks\n")
    path = {"PYTHONPATH": str(broken.parent)}
    upgrade = tochka("upgrade", **path)
    assert upgrade.returncode == 0, upgrade.stderr
    assert "metadata cannot be read" in upgrade.stderr
    assert str(broken) in upgrade.stderr
    doctor = tochka("doctor", **path)
    assert doctor.returncode == 1
    assert f"FAIL  metadata: {broken} cannot be read" in doctor.stdout
    assert tochka("doctor").returncode == 0


def test_a_master_and_a_tenant_are_made_from_the_command_line(here):
    made = here(
        *("users", "create", "--phone", "8 912 345 67 89", "--role", "platform_master"),
        *("--password-stdin", "--json"),
        stdin="correct horse\n",
    )
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["phone"] == "+79123456789"
    assert "correct horse" not in made.stdout + made.stderr
    tenant = here("tenants", "create", "acme", "--owner", "+79123456789")
    assert tenant.returncode == 0, tenant.stderr
    assert_one_line_error(here("tenants", "create", "acme"), "exists already")


def test_modules_are_listed_with_their_state(tochka, here):
    before = {item["name"]: item for item in json.loads(here("modules", "list", "--json").stdout)}
    assert before["contacts"]["state"] == "new"
    assert tochka("upgrade").returncode == 0
    after = {item["name"]: item for item in json.loads(here("modules", "list", "--json").stdout)}
    assert after["contacts"]["state"] == "ready"
    assert "contacts" in here("modules", "list").stdout


def test_what_lies_in_the_current_folder_is_not_imported(tochka, tmp_path):
    for name in ("email", "tochka_contacts"):
        (tmp_path / f"{name}.py").write_text(f"raise RuntimeError('{name} of the folder')")
    done = tochka("upgrade", "--strict", PYTHONSAFEPATH="")
    assert done.returncode == 0, done.stderr
