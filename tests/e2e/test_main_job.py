"""pip install a module on a running platform, and it is live; pip uninstall it, and all is well."""

import json
import os
import signal
import time
import zipfile

from tochka_plugins.testing import running_platform

CONTACTS = "/api/v1/contacts"
DEADLINE_SECONDS = 60


def reload(platform):
    """Send SIGHUP and return when all workers have been replaced."""
    seen = platform.output.count("Replaced worker")
    os.kill(platform.process.pid, signal.SIGHUP)
    deadline = time.monotonic() + DEADLINE_SECONDS
    while platform.output.count("Replaced worker") == seen:
        assert time.monotonic() < deadline, platform.output
        time.sleep(0.05)


def test_a_module_is_installed_used_and_removed_on_a_running_platform(
    environment, wheels, data_dir
):
    with running_platform(python=str(environment.python), data_dir=data_dir) as platform:
        master = platform.master_client()
        acme = platform.tenant_client("acme")
        globex = platform.tenant_client("globex")
        assert acme.get(CONTACTS).status_code == 404

        environment.pip("install", "--quiet", "--no-deps", wheels["tochka-contacts"])
        reload(platform)

        assert acme.get(CONTACTS).status_code == 404
        switch = "/api/v1/tenants/{}/modules/contacts"
        enabled = master.put(switch.format("acme"), json={"enabled": True})
        assert enabled.status_code == 200, enabled.text
        made = acme.post(CONTACTS, json={"name": "Anna"})
        assert made.status_code == 201, made.text
        assert acme.get(CONTACTS).json()["items"] == [made.json()]

        assert globex.get(CONTACTS).status_code == 404
        assert master.put(switch.format("globex"), json={"enabled": True}).status_code == 200
        assert globex.get(CONTACTS).json()["total"] == 0
        assert globex.get(f"{CONTACTS}/{made.json()['id']}").status_code == 404

        environment.pip("uninstall", "--quiet", "--yes", "tochka-contacts")
        reload(platform)
        assert acme.get(CONTACTS).status_code == 404
        assert acme.get("/api/v1/users/me").status_code == 200
        (module,) = master.get("/api/v1/modules").json()
        assert (module["name"], module["state"]) == ("contacts", "missing")

    with running_platform(python=str(environment.python), data_dir=data_dir) as platform:
        ready = platform.client().get("/health/ready").json()
        assert ready["status"] == "ready"

    settings = {**os.environ, "TOCHKA_DATA_DIR": str(data_dir)}
    purged = json.loads(
        environment.tochka("modules", "purge", "contacts", "--yes", "--json", env=settings)
    )
    assert purged["tables"] == [{"name": "mod_contacts.contacts", "rows": 1}]

    environment.pip("install", "--quiet", "--no-deps", wheels["tochka-contacts"])
    environment.tochka("upgrade", env=settings)
    listed = json.loads(environment.tochka("modules", "list", "--json", env=settings))
    assert [(item["name"], item["state"]) for item in listed] == [("contacts", "ready")]


def test_a_module_that_cannot_be_imported_is_set_aside_and_the_rest_serves(
    environment, wheels, data_dir
):
    environment.pip("install", "--quiet", "--no-deps", wheels["tochka-contacts"])
    hooks = environment.packages / "tochka_contacts" / "hooks.py"
    hooks.write_text("import nothing_of_this_name\n")
    with running_platform(python=str(environment.python), data_dir=data_dir) as platform:
        (module,) = platform.master_client().get("/api/v1/modules").json()
        assert (module["state"], module["phase"]) == ("quarantined", "load")
        assert "nothing_of_this_name" in module["reason"]
        assert "Quarantined: contacts in phase load" in platform.output
        assert platform.tenant_client("acme").get("/api/v1/users/me").status_code == 200


def test_two_servers_that_start_at_once_on_an_empty_folder_both_come_up(environment, data_dir):
    python = str(environment.python)
    with (
        running_platform(python=python, data_dir=data_dir, wait=False) as first,
        running_platform(python=python, data_dir=data_dir, wait=False) as second,
    ):
        first.wait_until_live()
        second.wait_until_live()
        printed = [platform.output.count("password ") for platform in (first, second)]
        assert sorted(printed) == [0, 1]


def test_a_killed_server_loses_nothing_and_leaves_the_port_free(environment, data_dir):
    python = str(environment.python)
    with running_platform(python=python, data_dir=data_dir) as platform:
        acme = platform.tenant_client("acme")
        credentials = acme.headers["Authorization"]
        port = platform.base_url.rpartition(":")[2]
        platform.process.kill()
        platform.process.wait()
    again = {"PORT": port}
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        try:
            with running_platform(python=python, data_dir=data_dir, environ=again) as platform:
                me = platform.client().get(
                    "/api/v1/users/me", headers={"Authorization": credentials}
                )
                assert me.status_code == 200
        except AssertionError:
            # The orphaned worker notices that its parent is gone, but not before us.
            if time.monotonic() > deadline:
                raise
        else:
            break


def test_the_wheel_carries_its_migrations_and_types(wheels):
    with zipfile.ZipFile(wheels["tochka-rosta"]) as wheel:
        names = set(wheel.namelist())
    assert {
        "tochka_migrations/env.py",
        "tochka_migrations/script.py.mako",
        "tochka_migrations/versions/0001_core.py",
        "tochka_core/py.typed",
        "tochka_plugins/py.typed",
        "tochka_migrations/py.typed",
    } <= names
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {
        "tochka_core",
        "tochka_migrations",
        "tochka_plugins",
    }
