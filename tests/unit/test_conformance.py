"""What reports come to, and that the page of the checks knows them all."""

from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4
from xml.etree import ElementTree as ET

import httpx
import pytest
from click.testing import CliRunner
from tochka_core.cli.modules.check import check
from tochka_core.conformance.catalog import ADMITTED, CHECKS
from tochka_core.conformance.checks.guards import look_at_guards
from tochka_core.conformance.checks.sql import EXCLUDED
from tochka_core.conformance.junit import junit_xml
from tochka_core.conformance.people import Person
from tochka_core.conformance.report import LEVELS, Fault, Report, Verdict
from tochka_core.conformance.routes import ModuleRoute

PAGE = (Path(__file__).parents[2] / "docs" / "conformance.md").read_text()
ALL = (ADMITTED, *CHECKS)
FAULT = Fault("a < b", "mend it")


def report(*failing, inapplicable=()):
    """Return a report in which the checks of these ids have failed."""
    results = [
        check.result(
            Verdict((FAULT,) if check.id in failing else (), applies=check.id not in inapplicable)
        )
        for check in ALL
    ]
    return Report.of("notes", "1.0", results)


@pytest.mark.parametrize("level", LEVELS)
def test_each_level_can_be_missed_by_one_check(level):
    check = next(item for item in ALL if item.level == level)
    missed = report(check.id)
    assert not missed.reaches(level)
    assert [item.id for item in missed.missing] == [check.id]
    assert missed.next_level == level


def test_no_level_is_reached_above_one_that_is_missed():
    assert report("admitted").level is None
    assert report("drift").level == "bronze"
    assert report("sql").level == "silver"


def test_what_does_not_apply_is_no_reproach():
    whole = report(inapplicable={"sql", "leaks"})
    assert whole.level == "gold"
    assert whole.next_level is None
    assert whole.missing == ()


def test_what_was_not_looked_at_is():
    results = [check.unchecked("it was not admitted") for check in ALL]
    assert Report.of("notes", None, results).level is None


def test_junit_has_a_case_for_each_check():
    written = junit_xml([report("sql", inapplicable={"drift"})])
    (suite,) = ET.fromstring(written)  # noqa: S314 - our own
    assert suite.attrib["tests"] == str(len(ALL))
    assert suite.attrib["failures"] == "1"
    assert len(suite) == len(ALL)
    (failure,) = suite.iter("failure")
    assert failure.attrib["message"] == "a < b"
    assert "mend it" in failure.text
    skipped = [item.get("name") for item in suite if item.find("skipped") is not None]
    assert skipped == ["drift: Tables are what the models declare"]


def test_the_page_tells_of_every_check_and_rule():
    told = [line for line in PAGE.splitlines() if line.startswith("### ")]
    assert sorted(told) == sorted(f"### {check.id} ({check.level})" for check in ALL)
    assert [rule for rule in EXCLUDED if f"`{rule}`" not in PAGE] == []


class People:
    """Everybody is somebody."""

    async def somebody(self, *_words, **_options):
        return Person(uuid4(), "+79990000001", "token")

    person = tenant = member = somebody


def route(path, *permissions, is_anonymous=False):
    return ModuleRoute("GET", path, path, permissions, is_anonymous, "Read")


async def faults_of(answer):
    """Return what is told of routes of which each request gets this answer."""
    routes = [route("/guarded", "notes:read"), route("/any"), route("/open", is_anonymous=True)]
    transport = httpx.MockTransport(answer)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        bench = SimpleNamespace(name="notes", routes=routes, client=client, people=People())
        return [fault.what for fault in (await look_at_guards(bench)).faults]


async def test_a_route_that_lets_in_whoever_comes_is_told():
    assert await faults_of(lambda _request: httpx.Response(200)) == [
        "GET /guarded answers 200 to nobody who is signed in, not 401",
        "GET /guarded answers 200 to somebody who is no member, not 403",
        "GET /guarded answers 200 to a member without notes:read, not 403",
        "GET /any answers 200 to nobody who is signed in, not 401",
        "GET /any answers 200 to somebody who is no member, not 403",
    ]


async def test_a_route_that_refuses_all_of_them_is_no_fault():
    def refuse(request):
        return httpx.Response(403 if "Authorization" in request.headers else 401)

    assert await faults_of(refuse) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no_such_module"], "There is no installed module 'no_such_module', and no such path."),
        (["contacts", "--server", "mysql://here/db"], "--server names 'mysql'"),
        (["contacts", "--log", "no/such/folder"], "no/such/folder cannot be written"),
        (["broken.whl"], "broken.whl is no wheel: "),
    ],
)
def test_errors_of_use_are_told(arguments, words, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    Path("broken.whl").touch()
    # The log of this process is pytest's.
    monkeypatch.setattr("tochka_core.cli.group.configure_logging", lambda _level: None)
    done = CliRunner().invoke(check, arguments)
    assert isinstance(done.exception, Exception)
    assert words in str(done.exception)


def test_what_the_extra_brings_is_asked_for_by_its_name(monkeypatch):
    monkeypatch.setattr("tochka_core.conformance.tools.find_spec", lambda _name: None)
    monkeypatch.setattr("tochka_core.conformance.tools.squawk", lambda: Path("/nowhere/squawk"))
    told = str(CliRunner().invoke(check, ["contacts"]).exception)
    assert told.startswith("This needs schemathesis and squawk-cli; ")
    assert told.endswith("pip install 'tochka-rosta[check]'")
