"""What the OpenAPI document says of the module's routes."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import schemathesis
from tochka_plugins.problems import PROBLEM_JSON

from tochka_core.conformance.bench import Bench
from tochka_core.conformance.report import Fault, Verdict
from tochka_core.conformance.routes import ModuleRoute

_NO_ROUTES: Final = "has no routes"
_FIRST_ERROR: Final = 400


async def look_at_document(bench: Bench) -> Verdict:
    """See that the document is valid OpenAPI, and has every route."""
    if not bench.routes:
        return Verdict.nothing(_NO_ROUTES)
    document = await bench.document()
    faults = [
        Fault(f"{route} is not in the OpenAPI document", "leave include_in_schema as it is")
        for route in bench.routes
        if _operation(document, route) is None
    ]
    try:
        schemathesis.openapi.from_dict(dict(document)).validate()
    except Exception as error:  # noqa: BLE001 - whichever validator it was
        first = str(error).partition("\n")[0]
        faults.append(Fault(f"the document is not valid: {first}", "mend what the handler says"))
    return Verdict(tuple(faults), f"{len(bench.routes)} routes")


async def look_at_summaries(bench: Bench) -> Verdict:
    """See that its author has named every route, and that errors are problem documents."""
    if not bench.routes:
        return Verdict.nothing(_NO_ROUTES)
    document = await bench.document()
    faults = [
        Fault(f"{route} has no summary", 'name it: @get(…, summary="List contacts")')
        for route in bench.routes
        if not route.summary
    ]
    for route in bench.routes:
        faults += _foreign_errors(document, route)
    return Verdict(tuple(faults), f"{len(bench.routes)} routes")


def _foreign_errors(document: Mapping[str, Any], route: ModuleRoute) -> Iterator[Fault]:
    operation = _operation(document, route) or {}
    for status, response in operation.get("responses", {}).items():
        told = response
        if "$ref" in response:
            told = document["components"]["responses"][response["$ref"].rpartition("/")[2]]
        if int(status) >= _FIRST_ERROR and PROBLEM_JSON not in told.get("content", {}):
            yield Fault(
                f"{route} describes {status} as something else than a problem document",
                "describe it by responses=problems(…) with the class that is raised",
            )


def _operation(document: Mapping[str, Any], route: ModuleRoute) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = (
        document["paths"].get(route.path, {}).get(route.method.lower())
    )
    return found
