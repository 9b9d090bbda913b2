"""Tries are counted by the address that they come from, past trusted proxies."""

import httpx
import pytest
from msgspec.structs import replace
from tochka_core.app import create_app
from tochka_core.http.in_process import concurrent_client

LOGIN, REGISTER = "/api/v1/auth/login", "/api/v1/auth/register"
PROXY = "10.0.0.1"


@pytest.fixture
async def app(settings):
    narrow = replace(
        settings,
        login_tries_per_address=3,
        registrations_per_address=2,
        trusted_proxies=PROXY,
    )
    application = create_app(narrow)
    async with concurrent_client(application):
        yield application


@pytest.fixture
def guess(app):
    """Guess the password of another phone each time, from an address; return the status."""
    phones = iter(f"+7999000{number:04}" for number in range(1000))

    async def guess(address, *, path=LOGIN, **headers):
        client = (address, 1) if address else None
        transport = httpx.ASGITransport(app, client=client)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
            body = {"phone": next(phones), "password": "correct horse battery"}
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            return (await http.post(path, json=body, headers=sent)).status_code

    return guess


async def test_one_address_guesses_no_more_than_it_may_over_all_phones(guess):
    assert [await guess("203.0.113.1") for _ in range(5)] == [401] * 3 + [429] * 2
    assert await guess("203.0.113.2") == 401


async def test_one_address_registers_no_more_than_it_may(guess):
    answers = [await guess("203.0.113.1", path=REGISTER) for _ in range(3)]
    assert answers == [201, 201, 429]


async def test_the_header_of_a_stranger_does_not_change_who_they_are(guess):
    answers = [
        await guess("203.0.113.1", x_forwarded_for=f"198.51.100.{number}", x_real_ip="192.0.2.1")
        for number in range(4)
    ]
    assert answers == [401] * 3 + [429]


async def test_behind_a_trusted_proxy_each_client_is_counted_apart(guess):
    for _ in range(3):
        assert await guess(PROXY, x_forwarded_for="198.51.100.1") == 401
    assert await guess(PROXY, x_forwarded_for="198.51.100.1") == 429
    assert await guess(PROXY, x_forwarded_for="198.51.100.2") == 401


async def test_what_a_client_says_before_a_trusted_proxy_does_not_count(guess):
    answers = [
        await guess(PROXY, x_forwarded_for=f"198.51.100.{number}, 203.0.113.1")
        for number in range(4)
    ]
    assert answers == [401] * 3 + [429]


async def test_an_ipv6_network_is_one_address(guess):
    answers = [await guess(f"2001:db8:0:1::{number}") for number in range(1, 5)]
    assert answers == [401] * 3 + [429]
    assert await guess("2001:db8:0:2::1") == 401


async def test_all_clients_without_an_address_are_one(guess):
    assert [await guess(None) for _ in range(4)] == [401] * 3 + [429]
