"""`tochka tenants domains`: what an operator runs from cron."""

import json

import pytest
from click.testing import CliRunner
from internet import running_internet
from structlog.testing import capture_logs
from tochka_core.cli.group import tochka
from tochka_core.db import Database
from tochka_core.domains.claims import new_token
from tochka_core.domains.models import Domain, DomainClaim
from tochka_core.tenants.models import Tenant

SHOP, BLOG = "shop.example.com", "blog.example.com"


@pytest.fixture
def internet():
    with running_internet(SHOP) as internet:
        yield internet


@pytest.fixture
def domains(monkeypatch, tmp_path, settings, internet):
    """Run a command of `tochka tenants domains` in this process; return its output."""
    monkeypatch.chdir(tmp_path)
    # The log of this process is pytest's.
    monkeypatch.setattr("tochka_core.cli.group.configure_logging", lambda _level: None)
    servers = ":".join(map(str, internet.name_server))
    environ = {"DATABASE_URL": settings.database_url, "TOCHKA_DNS_SERVERS": servers}

    def domains(*words):
        with capture_logs():
            result = CliRunner().invoke(tochka, ["tenants", "domains", *words], env=environ)
        assert result.exit_code == 0, result.output
        return result.output

    return domains


@pytest.fixture
async def values(settings):
    """A tenant that has proven two domains by records; what these hold."""
    database = Database(settings.request_url, pool_size=1)
    values = {}
    async with database.platform_scope(reason="test") as session:
        tenant = Tenant(name="acme", title="Acme")
        session.add(tenant)
        await session.flush()
        for domain in (SHOP, BLOG):
            claim = DomainClaim(tenant_id=tenant.id, domain=domain, token=new_token())
            session.add(claim)
            await session.flush()
            values[domain] = claim.proof
            session.add(Domain(domain=domain, holder_id=tenant.id, method="dns"))
    await database.dispose()
    return values


def test_a_recheck_tells_what_has_changed(domains, internet, values):
    for domain, value in values.items():
        internet.publish_record(domain, value)
    assert domains("recheck") == "Domains looked at: 2, lapsed: 0.\n"
    internet.forget(SHOP)
    internet.zone.failing.update({BLOG, f"_tochka-challenge.{BLOG}"})
    assert domains("recheck").splitlines() == [
        "DOMAIN            TENANT  BEFORE    NOW",
        "blog.example.com  acme    verified  no answer",
        "shop.example.com  acme    verified  lapsed",
        "Domains looked at: 2, lapsed: 1.",
    ]
    internet.zone.failing.clear()
    told = {"tenant": "acme", "is_known": True}
    assert json.loads(domains("recheck", "--json")) == [
        {**told, "domain": BLOG, "status": "verified", "was": "verified"},
        {**told, "domain": SHOP, "status": "lapsed", "was": "lapsed"},
    ]
