"""What reports come to, and that the page of the checks knows them all."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from tochka_core.conformance.catalog import ADMITTED, CHECKS
from tochka_core.conformance.checks.sql import EXCLUDED
from tochka_core.conformance.junit import junit_xml
from tochka_core.conformance.report import LEVELS, Fault, Report, Verdict

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
