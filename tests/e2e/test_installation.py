"""`tochka modules install`, `upgrade` and `remove`: all of it, or nothing."""

import hashlib
import os
import signal
import subprocess
import time

from wheels import write_wheel

SHELF = "/api/v1/shelf"


def digest(environment):
    """Return what each file of the environment holds, but for what Python compiles."""
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in environment.folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".lock"
    }


def test_a_version_that_would_be_quarantined_changes_nothing(platform, environment, modules, shelf):
    modules("install", shelf["1.0"])
    acme = platform.tenant_client("acme", modules=["shelf"])
    before = digest(environment)
    for version, reason in (("3.0", "RuntimeError: no"), ("4.0", "ValueError")):
        assert reason in modules("check-before", shelf[version], code=1)
        assert reason in modules("upgrade", shelf[version], code=1)
        assert digest(environment) == before
    assert acme.get(SHELF).text == "1.0"
    assert "quarantined" not in modules("list")


def test_an_installation_that_is_killed_is_undone_before_the_next_judgement(
    environment, modules, shelf, data_dir
):
    modules("install", shelf["1.0"])
    before = digest(environment)
    (site,) = environment.folder.glob("lib/python*")
    process = subprocess.Popen(
        [environment.python, "-m", "tochka_core", "modules", "upgrade", shelf["2.0"]],
        env={**os.environ, "TOCHKA_DATA_DIR": str(data_dir)},
    )
    while not (site / "tochka-rollback" / "journal.json").exists():
        assert process.poll() is None
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    said = environment.tochka("upgrade", env={**os.environ, "TOCHKA_DATA_DIR": str(data_dir)})
    assert "Modules ready: shelf 1.0" in said
    assert digest(environment) == before
    assert "migrated: 0001 → 0002" in modules("upgrade", shelf["2.0"])


def test_a_module_that_others_need_stays(environment, modules, shelf, workspace):
    files = {"needy/__init__.py": "", "needy/hooks.py": ""}
    needy = write_wheel(workspace, "needy", files, requires=("tochka-rosta", "shelf"))
    modules("install", "--no-index", "--find-links", shelf["1.0"].parent, needy, "shelf==1.0")
    assert "needy needs shelf" in modules("remove", "shelf", code=1)
    modules("remove", "shelf", "needy")
    assert "missing" in modules("list")


def test_what_is_installed_already_is_served_after_an_install(
    platform, environment, modules, shelf
):
    environment.pip("install", "--quiet", "--no-deps", shelf["1.0"])
    assert "Nothing to do" in modules("install", "--no-index", "shelf")
    assert platform.tenant_client("acme", modules=["shelf"]).get(SHELF).text == "1.0"


def test_what_pip_cannot_find_is_one_line(modules):
    said = modules("install", "--no-index", "nowhere-to-be-found", code=1)
    assert "No matching distribution found for nowhere-to-be-found" in said
    assert "Traceback" not in said


def test_a_module_for_a_newer_core_is_refused_with_what_it_depends_on(modules, workspace):
    files = {"eager/__init__.py": "", "eager/hooks.py": ""}
    eager = write_wheel(workspace, "eager", files, requires=("tochka-rosta>=99",))
    assert "eager 1.0 depends on tochka-rosta>=99" in modules("install", eager, code=1)
