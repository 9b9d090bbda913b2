"""SIGHUP under load, and with workers that do not start."""

import os
import signal
import time

from load import Load
from tochka_plugins.testing import running_platform

CONTACTS = "/api/v1/contacts"
WORKERS = 2
DEADLINE_SECONDS = 120
REQUESTS = 50


def reload(platform):
    seen = platform.output.count("Replaced worker")
    os.kill(platform.process.pid, signal.SIGHUP)
    deadline = time.monotonic() + DEADLINE_SECONDS
    while platform.output.count("Replaced worker") < seen + WORKERS:
        assert time.monotonic() < deadline, platform.output
        time.sleep(0.05)


def test_no_request_fails_while_a_module_is_installed_and_removed(environment, wheels, data_dir):
    settings = {"TOCHKA_WORKERS": str(WORKERS)}
    with running_platform(
        python=str(environment.python), data_dir=data_dir, environ=settings
    ) as platform:
        acme = platform.tenant_client("acme")
        with Load(platform.base_url, "/api/v1/users/me", dict(acme.headers)) as load:
            environment.pip("install", "--quiet", "--no-deps", wheels["tochka-contacts"])
            reload(platform)
            environment.pip("uninstall", "--quiet", "--yes", "tochka-contacts")
            reload(platform)
        assert set(load.results) == {200}, load.results
        print(f"{load.results[200]} requests through 2 reloads of {WORKERS} workers, 0 failed")


def test_a_worker_that_does_not_start_leaves_the_old_one_in_place(environment, data_dir):
    """What breaks is a package that only workers import."""
    access = environment.packages / "tochka_core" / "http" / "access.py"
    source = access.read_text()
    with running_platform(python=str(environment.python), data_dir=data_dir) as platform:
        acme = platform.tenant_client("acme")
        try:
            access.write_text(
                source
                + "\nimport multiprocessing\nif multiprocessing.parent_process() is not None:"
                "\n    raise RuntimeError('broken')\n"
            )
            os.kill(platform.process.pid, signal.SIGHUP)
            deadline = time.monotonic() + DEADLINE_SECONDS
            while "did not start; the old one stays" not in platform.output:
                assert time.monotonic() < deadline, platform.output
                time.sleep(0.05)
            # Still broken: who serves now has done so all the time.
            answers = [acme.get("/api/v1/users/me").status_code for _ in range(REQUESTS)]
        finally:
            access.write_text(source)
        assert set(answers) == {200}
        assert platform.output.count("Started worker") == 1
