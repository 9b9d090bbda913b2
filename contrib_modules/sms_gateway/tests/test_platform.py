"""Codes of a running platform reach phones through the gateway, in the tenant's name."""

import pytest
from tochka_plugins.testing import running_platform

PHONE, PASSWORD = "+79123456789", "correct horse battery"


@pytest.fixture
def platform(local):
    environ = {
        "SMS_GATEWAY_URL": local.url,
        "SMS_GATEWAY_SENDER": "Platform",
        "TOCHKA_LOG_MESSAGES": "false",
    }
    with running_platform(environ=environ) as platform:
        yield platform


def test_a_code_comes_in_the_name_of_the_tenant_whose_domain_it_is(platform, local):
    acme = platform.tenant_client("acme", modules=["sms_gateway"])
    master = platform.master_client()
    vouched = master.patch("/api/v1/tenants/acme", json={"domain": "shop.example.com"})
    assert vouched.status_code == 200, vouched.text
    settings = "/api/v1/tenants/acme/modules/sms_gateway/settings"
    assert acme.patch(settings, json={"sender": "Acme"}).status_code == 200
    person = {"phone": PHONE, "password": PASSWORD}
    assert platform.client().post("/api/v1/auth/register", json=person).status_code == 201
    for host, sender in (({}, "Platform"), ({"Host": "shop.example.com"}, "Acme")):
        asked = platform.client().post(
            "/api/v1/auth/password/forgot", json={"phone": PHONE}, headers=host
        )
        assert asked.status_code == 202, asked.text
        _, body = local.next()
        assert (body["to"], body["sender"]) == (PHONE, sender)
        assert any(word.strip(".").isdigit() for word in body["text"].split())
    assert PHONE not in platform.output
