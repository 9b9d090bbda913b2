"""Reports as JUnit XML, which continuous integration shows."""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from tochka_core.conformance.report import Report, Result


def junit_xml(reports: Sequence[Report]) -> bytes:
    """Return a suite for each module, with a case for each check."""
    root = ET.Element("testsuites", name="tochka modules check")
    for report in reports:
        outcomes = [result.outcome for result in report.results]
        suite = ET.SubElement(
            root,
            "testsuite",
            name=report.module,
            tests=str(len(outcomes)),
            failures=str(outcomes.count("failed")),
            errors="0",
            skipped=str(outcomes.count("inapplicable") + outcomes.count("unchecked")),
            time=f"{sum(result.seconds for result in report.results):.3f}",
        )
        for result in report.results:
            suite.append(_case(report, result))
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _case(report: Report, result: Result) -> ET.Element:
    case = ET.Element(
        "testcase",
        classname=f"{report.module}.{result.level}",
        name=f"{result.id}: {result.title}",
        time=f"{result.seconds:.3f}",
    )
    if result.outcome == "failed":
        told = [f"{fault.what}\n  {fault.todo}" for fault in result.faults]
        failure = ET.SubElement(case, "failure", message=result.faults[0].what)
        failure.text = "\n".join(told)
    elif not result.is_good or result.outcome == "inapplicable":
        ET.SubElement(case, "skipped", message=result.detail)
    return case
