"""Handing messages to a gateway that may be slow, busy or away."""

import asyncio

import pytest
from tochka_sms_gateway.gateway import Gateway
from tochka_sms_gateway.settings import GatewaySettings, NotConfigured

MESSAGE = {"to": "+79123456789", "text": "Your code is 123456."}


def send(url, *, of_tenant=None, **settings):
    """Send the message; return whether it was taken."""

    async def work():
        async with Gateway(GatewaySettings(url, **{"seconds": 2.0, **settings})) as gateway:
            return await gateway.send(**MESSAGE, sender=of_tenant)

    return asyncio.run(work())


def test_a_message_is_posted_with_token_and_sender(local):
    assert send(local.url, token="s3cr3t", of_tenant="Acme")
    headers, body = local.next()
    assert body == {**MESSAGE, "sender": "Acme"}
    assert headers["Authorization"] == "Bearer s3cr3t"


@pytest.mark.parametrize(
    ("of_tenant", "of_operator", "told"),
    [(None, None, None), (None, "Base", "Base"), ("Acme", "Base", "Acme")],
)
def test_the_tenant_says_who_it_is_from_before_the_operator(local, of_tenant, of_operator, told):
    assert send(local.url, of_tenant=of_tenant, sender=of_operator)
    assert local.next()[1].get("sender") == told


@pytest.mark.parametrize("trouble", [503, 429, "drop"])
def test_what_passes_is_tried_again_with_the_same_key(local, trouble):
    local.answers = [trouble, 200]
    assert send(local.url, seconds=8.0)
    (first, _), (second, _) = local.next(), local.next()
    assert first["Idempotency-Key"] == second["Idempotency-Key"]


@pytest.mark.parametrize("answer", [400, 401, 404])
def test_what_does_not_pass_is_final(local, answer):
    local.answers = [answer]
    assert not send(local.url)
    local.next()
    assert local.requests.empty()


def test_a_gateway_that_is_away_is_given_up_in_time(local):
    url = local.url
    local.stop()
    assert not send(url, seconds=0.2)


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({}, "SMS_GATEWAY_URL"),
        ({"SMS_GATEWAY_URL": "gateway.example.com"}, "SMS_GATEWAY_URL"),
        ({"SMS_GATEWAY_URL": "https://g.example", "SMS_GATEWAY_SECONDS": "x"}, "_SECONDS"),
    ],
)
def test_what_is_not_configured_is_told_by_its_name(environ, told):
    with pytest.raises(NotConfigured, match=told):
        GatewaySettings.read(environ)


def test_settings_are_read_from_the_environment():
    environ = {"SMS_GATEWAY_URL": "https://g.example", "SMS_GATEWAY_SECONDS": "5", "PATH": "/"}
    assert GatewaySettings.read(environ) == GatewaySettings("https://g.example", seconds=5.0)
