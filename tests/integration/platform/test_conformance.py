"""The application answers nothing that its OpenAPI document does not describe."""

from itertools import count, cycle

import pytest
from keepsake import Keepsake
from msgspec.structs import replace
from schemathesis.core.failures import FailureGroup
from sqlalchemy import text
from tochka_core.app import create_app
from tochka_core.conformance.fuzzing import Caller, Fuzzer
from tochka_core.domains.proofs import Finding, Proof, ProofFinder
from tochka_core.http.in_process import concurrent_client

PASSWORD = "correct horse battery"
PLENTY = 1_000_000
FITTING, UNFITTING = 12, 4
PLAN = {
    "code": "basic",
    "title": "Basic",
    "price_minor": 99000,
    "currency": "RUB",
    "period": "month",
    "modules": [],
}
"""Of no module: any number of subscriptions to it go beside each other."""


class Proofs(ProofFinder):
    """Every domain is proven; nobody on the internet is asked."""

    async def find(self, _domain, _token):
        return Proof(dns=Finding.FOUND, file=Finding.ABSENT)


@pytest.fixture
async def client(settings, installed_database, installed, change):
    """The core and one module; nothing has to wait, and messages need nobody.

    The other modules are tried out by `tochka modules check`.
    """
    # They do not serve here, and would be told to be away.
    await change("DELETE FROM tochka.modules WHERE name <> 'contacts'")
    contacts = [module for module in installed if module.name == "contacts"]
    settings = replace(
        settings,
        log_messages=True,
        login_tries=PLENTY,
        login_tries_per_address=PLENTY,
        registrations_per_address=PLENTY,
        messages_per_address=PLENTY,
    )
    app = create_app(settings, contacts, proofs=Proofs())
    async with concurrent_client(app) as client:
        yield client


@pytest.fixture
async def people(client, master, make_tenant, join):
    """People by what they are to acme, which has some of everything that can be named."""
    owner = await make_tenant("acme", modules=["contacts"])
    member = await join()
    acme, at = "/api/v1/tenants/acme", owner.at("acme")
    planted = []
    for name in ("first", "second"):
        await make_tenant(name, modules=())
        path, invited = f"/api/v1/tenants/{name}/invitations", {"phone": member.phone}
        planted.append((path, invited, master.headers))
    planted.append(("/api/v1/plans", PLAN, master.headers))
    for number in range(4):
        planted += [
            (f"{acme}/subscriptions", {"plan": "basic"}, master.headers),
            ("/api/v1/contacts", {"name": f"Anna {number}"}, at),
            (f"{acme}/invitations", {"phone": f"+7912555000{number}"}, at),
            (f"{acme}/roles", {"name": f"role-{number}", "permissions": []}, at),
            (f"{acme}/domains", {"domain": f"shop{number}.example.org"}, at),
        ]
    for path, body, headers in planted:
        made = await client.post(path, json=body, headers=headers)
        assert made.status_code == 201, made.text
    deleted = await client.delete("/api/v1/tenants/second", headers=master.headers)
    assert deleted.status_code == 200, deleted.text
    return {"platform_master": master, "owner": owner, "member": member}


@pytest.fixture
async def callers(client, people, register):
    """Those people, in the order in which they try, and somebody who is not signed in."""
    outsider = await register()
    numbers = count(1)
    words = {
        "password": lambda: PASSWORD,
        "current_password": lambda: PASSWORD,
        "name": lambda: f"made-{next(numbers)}",
        "title": lambda: "Made up",
        "role": lambda: "member",
        "permissions": lambda: ["contacts:read"],
        "code": lambda: f"made-{next(numbers)}",
        "plan": lambda: "basic",
        "modules": list,
        "limits": dict,
        "currency": lambda: "EUR",
        "starts_at": lambda: None,
        "paid_until": lambda: None,
        "at": lambda: "now",
        "domain": lambda: f"made{next(numbers)}.example.org",
        "user_id": lambda: str(people["member"].id),
        "owner_phone": lambda: people["member"].phone,
    }

    def caller(name, phone):
        phones = cycle([phone, outsider.phone, None])
        own = {"phone": lambda: next(phones) or f"+7913{next(numbers):07}"}
        return Caller(name, words={**words, **own})

    made = {name: caller(name, person.phone) for name, person in people.items()}
    for name, someone in made.items():
        await sign_in(client, someone, people[name].phone)
    powerful = made["platform_master"], made["owner"]
    anonymous = caller("anonymous", people["member"].phone)
    return [*powerful, made["member"], *powerful, anonymous]


@pytest.fixture
async def mend(client, database, people, callers):
    """Undo what a request has done to people and to who belongs where, and sign in again."""
    async with database.platform_scope(reason="test") as session:
        kept = await Keepsake.of(
            session,
            users="id",
            tenants="id",
            memberships="tenant_id, user_id",
            tenant_modules="tenant_id, module",
            subscriptions="tenant_id, id",
        )

    async def mend():
        async with database.platform_scope(reason="test") as session:
            await kept.restore(session)
            await session.execute(text("DELETE FROM tochka.throttles"))
        for caller in {*callers}:
            if caller.headers:
                me = await client.get("/api/v1/users/me", headers=caller.headers)
                if me.status_code == 401:
                    await sign_in(client, caller, people[caller.name].phone)

    return mend


async def sign_in(client, caller, phone):
    body = {"phone": phone, "password": PASSWORD}
    answer = await client.post("/api/v1/auth/login", json=body)
    assert answer.status_code == 200, answer.text
    tokens = answer.json()
    caller.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    caller.words["refresh_token"] = lambda: tokens["refresh_token"]


async def test_no_answer_is_undocumented(client, callers, mend, master):
    document = (await client.get("/schema", headers=master.headers)).json()
    fuzzer = Fuzzer(client, document, callers, tenant="acme", mend=mend)
    failures = []
    for operation in fuzzer.operations:
        try:
            await fuzzer.try_out(operation, fitting=FITTING, unfitting=UNFITTING)
        except (Exception, FailureGroup) as failure:  # noqa: BLE001 - all operations are tried
            failures.append(failure)
    if failures:
        raise BaseExceptionGroup("answers that the document does not describe", failures)
    answers = fuzzer.answers
    succeeded = {label for label, _, status in answers if status < 300}
    share = sum(n for (*_, status), n in answers.items() if status < 300) / answers.total()
    labels = {operation.label for operation in fuzzer.operations}
    print(f"{len(labels)} operations, {answers.total()} requests, {share:.0%} answered 2xx")
    print("answered none of them 2xx:", *sorted(labels - succeeded), sep="\n  ")
    assert {label for label, *_ in answers} == labels
    assert share > 0.25
    assert len(succeeded) > 0.75 * len(labels)
