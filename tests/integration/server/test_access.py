"""What one worker changes is in force in the others."""

import asyncio
import statistics
import time

import httpx
from serving import eventually

ROUNDS = 20
MANY = 50
AUTH, ME, MODULES = "/api/v1/auth", "/api/v1/users/me", "/api/v1/modules"
PERSON = {"phone": "+79123456789", "password": "correct horse battery"}


def test_what_one_worker_changes_is_in_force_in_another(serve):
    """Two servers with one worker each, so that it is known which one answers."""
    first = serve()
    acme = first.tenant_client("acme")
    second = serve()
    _remove_members(first, acme, second)
    first.client().post(f"{AUTH}/register", json=PERSON)
    _sign_out(first, second)
    _renew_on_both(first, second)


def _remove_members(first, acme, second):
    """Remove a member in the one, and see how long the other lets them in."""
    master = first.master_client()
    person = first.person_client()
    member = second.client(first.login(person.phone, person.password), "acme")
    seconds = []
    for _ in range(ROUNDS):
        made = master.post("/api/v1/tenants/acme/members", json={"phone": person.phone})
        path = f"/api/v1/tenants/acme/members/{made.json()['user_id']}"
        eventually(lambda: member.get(MODULES).status_code == 200, second)
        assert acme.delete(path).status_code == 204
        seconds.append(_seconds_until(404, member, MODULES))
    _tell("removed", seconds)


def _sign_out(first, second):
    """Sign somebody out in the one, and see how long the other lets them in."""
    seconds = []
    for _ in range(ROUNDS):
        token = first.login(**PERSON)
        here, there = first.client(token), second.client(token)
        assert there.get(ME).status_code == 200
        assert here.post(f"{AUTH}/logout").status_code == 204
        seconds.append(_seconds_until(401, there, ME))
    _tell("signed out", seconds)


def _renew_on_both(first, second):
    """Renew one token many times at once, by turns on each of the two."""
    tokens = first.client().post(f"{AUTH}/login", json=PERSON).json()
    body = {"refresh_token": tokens["refresh_token"]}

    async def renew_all():
        limits = httpx.Limits(max_keepalive_connections=0)
        async with httpx.AsyncClient(limits=limits, timeout=60) as client:
            bases = [(first, second)[number % 2].base_url for number in range(MANY)]
            return await asyncio.gather(
                *(client.post(f"{base}{AUTH}/refresh", json=body) for base in bases)
            )

    answers = asyncio.run(renew_all())
    assert {answer.status_code for answer in answers} == {200}
    successors = {answer.json()["refresh_token"] for answer in answers}
    print(f"{MANY} refreshes of one token at once on two workers: {len(successors)} successor")
    assert len(successors) == 1
    owner = second.client(answers[0].json()["access_token"])
    assert owner.get(f"{AUTH}/sessions").json()["total"] == 1


def _seconds_until(status, client, path):
    """Ask until the answer is *status*; return how long that has taken."""
    started = time.perf_counter()
    while client.get(path).status_code != status:
        pass
    return time.perf_counter() - started


def _tell(what, seconds):
    print(
        f"{what} in one worker, refused in another: median {statistics.median(seconds) * 1000:.1f}"
        f" ms, at most {max(seconds) * 1000:.1f} ms, of {ROUNDS}"
    )
