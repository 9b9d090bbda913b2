"""The application on a small internet, and tenants that claim domains there."""

from dataclasses import dataclass

import pytest
from internet import Internet, running_internet
from litestar.testing import AsyncTestClient
from tochka_core.app import create_app

SHOP = "shop.example.com"


@dataclass(frozen=True)
class Domains:
    """What a person does with the domains of a tenant."""

    client: AsyncTestClient
    internet: Internet

    async def ask(self, method, tenant, person, path="", **body):
        place = f"/api/v1/tenants/{tenant}/domains{path}"
        return await self.client.request(method, place, json=body or None, headers=person.headers)

    async def claim(self, tenant, person, domain=SHOP):
        """Claim a domain; the token is returned."""
        made = await self.ask("POST", tenant, person, domain=domain)
        assert made.status_code == 201, made.text
        return made.json()["dns"]["value"]

    async def verify(self, tenant, person, domain=SHOP):
        return await self.ask("POST", tenant, person, f"/{domain}/verify")

    async def prove(self, tenant, person, domain=SHOP):
        """Claim a domain and prove it by a record; the token is returned."""
        token = await self.claim(tenant, person, domain)
        self.internet.publish_record(domain, token)
        verified = await self.verify(tenant, person, domain)
        assert verified.status_code == 200, verified.text
        return token

    async def get(self, tenant, person):
        """Return the tenant's only domain."""
        (only,) = (await self.ask("GET", tenant, person)).json()["items"]
        return only

    async def choose(self, person, domain=SHOP):
        """Tell whether the host chooses a tenant for a member of it."""
        # What may be a change is answered when all changes are known, those of commands too.
        await self.client.post("/api/v1/auth/login", json={})
        headers = {**person.headers, "Host": domain}
        answer = await self.client.get("/api/v1/notes", headers=headers)
        assert answer.status_code in {200, 400}, answer.text
        return answer.status_code == 200


@pytest.fixture(scope="session")
def whole_internet():
    with running_internet(SHOP) as internet:
        yield internet


@pytest.fixture
def internet(whole_internet):
    yield whole_internet
    whole_internet.forget(SHOP)
    whole_internet.zone.failing.clear()


@pytest.fixture
def proofs(internet):
    return internet.proofs()


@pytest.fixture
async def client(settings, notes, proofs):
    app = create_app(settings, [notes], proofs=proofs)
    async with AsyncTestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def domains(client, internet):
    return Domains(client, internet)
