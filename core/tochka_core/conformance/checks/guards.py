"""Who may call the routes."""

from typing import Final

from tochka_core.conformance.bench import Bench
from tochka_core.conformance.people import Person
from tochka_core.conformance.report import Fault, Verdict
from tochka_core.conformance.routes import ModuleRoute

_TENANT: Final = "guarded"
_UNAUTHENTICATED: Final = 401
_FORBIDDEN: Final = 403


async def look_at_guards(bench: Bench) -> Verdict:
    """Call each route as nobody, as a stranger, and as a member who holds nothing."""
    if not bench.routes:
        return Verdict.nothing("has no routes")
    await bench.people.tenant(_TENANT, modules=[bench.name])
    member = await bench.people.member(_TENANT, permissions=[])
    stranger = await bench.people.person()
    faults = []
    for route in bench.routes:
        if route.is_anonymous:
            continue
        if (status := await _call(bench, route, None)) != _UNAUTHENTICATED:
            faults.append(_open(route, status, "nobody who is signed in", _UNAUTHENTICATED))
        if (status := await _call(bench, route, stranger)) < _UNAUTHENTICATED:
            faults.append(_open(route, status, "somebody who is no member", _FORBIDDEN))
        if not route.permissions:
            continue
        if (status := await _call(bench, route, member)) != _FORBIDDEN:
            lacking = f"a member without {', '.join(route.permissions)}"
            faults.append(_open(route, status, lacking, _FORBIDDEN))
    open_routes = sum(route.is_anonymous for route in bench.routes)
    detail = f"{len(bench.routes)} routes, {open_routes} open to anyone"
    return Verdict(tuple(faults), detail)


async def look_at_changes(bench: Bench) -> Verdict:
    """Find routes that change something, and ask members for no permission."""
    changes = [route for route in bench.routes if route.is_change]
    if not changes:
        return Verdict.nothing("changes nothing")
    todo = "declare a permission, for all built-in roles if you like, and let it require that"
    faults = [
        Fault(f"{route} lets every member change something, whatever they hold", todo)
        for route in changes
        if not (route.permissions or route.is_anonymous)
    ]
    return Verdict(tuple(faults), f"{len(changes)} routes that change something")


async def _call(bench: Bench, route: ModuleRoute, caller: Person | None) -> int:
    headers = {"X-Tenant": _TENANT} if caller is None else caller.at(_TENANT)
    body: dict[str, str] | None = {} if route.is_change else None
    answer = await bench.client.request(route.method, route.sample, headers=headers, json=body)
    return answer.status_code


def _open(route: ModuleRoute, status: int, whom: str, expected: int) -> Fault:
    return Fault(
        f"{route} answers {status} to {whom}, not {expected}",
        "let the platform's guards decide, and have no middleware or before_request answer first",
    )
