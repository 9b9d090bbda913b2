"""Counting against a limit on a platform with two workers."""

import asyncio
from collections import Counter

import httpx

MAXIMUM, AT_ONCE, ROUNDS = 60, 100, 20
HOOKS = f"""
import os
from litestar import post
from tochka_plugins import CurrentLimits, Limit, ModuleInfo, Permission, hookimpl, requires

@post("/", guards=[requires("seats:take")])
async def take(limits: CurrentLimits) -> list[int]:
    return [os.getpid(), (await limits.consume("seats.max")).used]

@hookimpl
def tochka_module_info():
    return ModuleInfo(title="Seats", availability="subscription")

@hookimpl
def tochka_routes():
    return [take]

@hookimpl
def tochka_permissions():
    return [Permission("seats:take", "Take seats")]

@hookimpl
def tochka_limits():
    return [Limit("seats.max", "Seats taken", "seats", {MAXIMUM})]
"""


def _take_at_once(client):
    async def take_all():
        limits = httpx.Limits(max_keepalive_connections=0)
        async with httpx.AsyncClient(
            base_url=client.base_url, headers=client.headers, limits=limits, timeout=60
        ) as asynchronous:
            return await asyncio.gather(
                *(asynchronous.post("/api/v1/seats") for _ in range(AT_ONCE))
            )

    return asyncio.run(take_all())


def test_as_many_succeed_as_may_and_not_one_more(serve, place):
    place.install("seats", HOOKS)
    platform = serve(TOCHKA_WORKERS="2")
    for number in range(ROUNDS):
        by_worker = _race(platform.tenant_client(f"acme{number}", modules=["seats"]))
        if len(by_worker) == len(platform.workers):
            break  # else one of them has taken all connections, and there was no race
    assert len(by_worker) == len(platform.workers) == 2
    print(f"counted at once on 2 workers: {[*by_worker.values()]} of {AT_ONCE}, {MAXIMUM} may be")


def _race(client):
    """Take seats at once, and return how many each worker has given."""
    answers = _take_at_once(client)
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses == {201: MAXIMUM, 409: AT_ONCE - MAXIMUM}
    taken = [answer.json() for answer in answers if answer.status_code == 201]
    assert sorted(used for _, used in taken) == [*range(1, MAXIMUM + 1)]
    (limit,) = client.get(f"/api/v1/tenants/{client.headers['X-Tenant']}/limits").json()
    assert (limit["used"], limit["maximum"]) == (MAXIMUM, MAXIMUM)
    return Counter(worker for worker, _ in taken)
