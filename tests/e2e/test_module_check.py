"""`tochka modules check`, as an author runs it: on a module that is installed, and on a wheel."""

import json
import os
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest
from tochka_core.conformance.catalog import CHECKS
from wheels import write_wheel

HARMFUL = """
import os
from litestar import get
from tochka_plugins import ANY_MEMBER, hookimpl

@get("/", summary="End it all", opt=ANY_MEMBER)
async def end() -> str:
    os._exit(7)

@hookimpl
def tochka_routes():
    return [end]
"""
REFUSED = """
from tochka_plugins import hookimpl

@hookimpl
def tochka_routes():
    raise ValueError("not today")
"""


@pytest.fixture
def check(tmp_path):
    """Check modules in this environment; return the process, which has ended."""

    def check(*arguments):
        # Nothing listens there: whoever asks the operator's database fails.
        elsewhere = {
            "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
            "SMS_GATEWAY_URL": "http://127.0.0.1:9/messages",
        }
        return subprocess.run(
            [sys.executable, "-P", "-m", "tochka_core", "modules", "check", *map(str, arguments)],
            env={**os.environ, **elsewhere},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    return check


def test_our_own_modules_are_gold(check, tmp_path):
    report, log = tmp_path / "report.xml", tmp_path / "check.log"
    ours = "contacts", "deals", "sms_gateway", "webhooks"
    done = check(*ours, "--level", "gold", "--json", "--junit", report, "--log", log)
    assert done.returncode == 0, done.stdout + done.stderr
    modules = json.loads(done.stdout)["modules"]
    assert [(item["module"], item["level"]) for item in modules] == [
        (name, "gold") for name in ours
    ]
    results = {item["module"]: item["results"] for item in modules}
    for name in ("contacts", "deals"):
        assert {item["outcome"] for item in results[name]} == {"passed"}
    # Its tables refer to those of contacts and of the core, and are filled all the same.
    (leaks,) = (item for item in results["deals"] if item["id"] == "leaks")
    assert "nothing could be written" not in leaks["detail"]
    suites = ET.parse(report).getroot()  # noqa: S314 - our own
    assert [len(suite) for suite in suites] == [len(CHECKS) + 1] * len(ours)
    assert '"event": "module.enabled"' in log.read_text()


def test_what_ends_the_process_fails_its_checks_and_no_others(check, tmp_path):
    harmful = write_wheel(
        tmp_path, "harmful", {"harmful/__init__.py": "", "harmful/hooks.py": HARMFUL}
    )
    done = check(harmful)
    assert done.returncode == 1
    told = done.stdout.splitlines()
    assert told[0] == "harmful 1.0"
    assert told[-1].startswith("harmful is below bronze; bronze lacks: ")
    failed = [line.split()[2] for line in told if line.startswith("FAIL")]
    assert failed == ["leaks", "answers"]
    assert "the module ended the process, with exit code 7" in done.stdout
    assert "ok    gold    idle-hooks" in done.stdout


def test_what_is_not_admitted_is_looked_at_no_further(check, tmp_path):
    refused = write_wheel(
        tmp_path, "refused", {"refused/__init__.py": "", "refused/hooks.py": REFUSED}
    )
    done = check(refused, "--json")
    assert done.returncode == 1
    (module,) = json.loads(done.stdout)["modules"]
    assert module["level"] is None
    (admitted, *others) = module["results"]
    assert "phase stage: ValueError: not today (refused/hooks.py" in admitted["faults"][0]["what"]
    assert {item["outcome"] for item in others} == {"unchecked"}
