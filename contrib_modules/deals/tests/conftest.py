"""Two tenants that have the module, and what they need for a deal."""

import pytest

CONTACTS, DEALS, PIPELINES = "/api/v1/contacts", "/api/v1/deals", "/api/v1/deals/pipelines"


@pytest.fixture
def acme(tochka):
    return tochka.tenant_client("acme")


@pytest.fixture
def globex(tochka):
    return tochka.tenant_client("globex")


@pytest.fixture
def made():
    """Post something as somebody; return what was made."""

    def made(caller, path, **fields):
        response = caller.post(path, json=fields)
        assert response.status_code == 201, response.text
        return response.json()

    return made


@pytest.fixture
def contact(acme, made):
    """Return a contact of acme's."""
    return made(acme, CONTACTS, name="Anna")


@pytest.fixture
def create(acme, contact, made):
    """Create deals of acme's, with its contact."""

    def create(**fields):
        return made(acme, DEALS, **{"title": "Chairs", "contact_id": contact["id"], **fields})

    return create


@pytest.fixture
def stages(acme):
    """Return the ids of the stages that acme begins with, by name, in their order."""
    (pipeline,) = acme.get(PIPELINES).json()["items"]
    return {stage["name"]: stage["id"] for stage in pipeline["stages"]}


@pytest.fixture
def move(acme):
    """Move deals of acme's."""

    def move(deal, stage_id, **more):
        path = f"{DEALS}/{deal['id']}/move"
        response = acme.post(path, json={"stage_id": stage_id, **more})
        assert response.status_code == 200, response.text
        return response.json()

    return move


@pytest.fixture
def set_up(acme):
    """Set settings of acme's deals."""

    def set_up(**settings):
        path = "/api/v1/tenants/acme/modules/deals/settings"
        assert acme.patch(path, json=settings).status_code == 200

    return set_up


@pytest.fixture
def sell(tochka, acme):
    """Sell acme a plan that lets it have so many open deals."""

    def sell(maximum):
        master = tochka.master_client()
        plan = {
            "code": "small",
            "title": "Small",
            "price_minor": 0,
            "currency": "RUB",
            "period": "month",
            "modules": ["deals"],
            "limits": {"deals.open": maximum},
        }
        assert master.post("/api/v1/plans", json=plan).status_code == 201
        sold = master.post("/api/v1/tenants/acme/subscriptions", json={"plan": "small"})
        assert sold.status_code == 201, sold.text

    return sell
