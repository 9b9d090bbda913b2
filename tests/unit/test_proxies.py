"""Whom a request comes from and which host it asks, told by proxies that may be trusted."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs
from tochka_core.http.proxies import TrustedProxies, find_address
from tochka_core.request_facts import request_facts

PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


async def seen(peer, *headers, networks=PROXIES, kind="http", scheme="http"):
    """Return the scope of a request as the application sees it."""
    scopes = []

    async def app(scope, receive, send):
        scopes.append(scope)

    scope = {"type": kind, "scheme": scheme, "client": peer, "headers": [*headers]}
    await TrustedProxies(app, networks)(scope, None, None)
    return scopes[0]


def header(name, value):
    return (name.lower().encode(), value.encode("latin-1"))


def hosts(scope):
    return [value.decode() for name, value in scope["headers"] if name == b"host"]


ASKED = header("Host", "internal:8000")
TOLD = (
    header("X-Forwarded-For", "192.0.2.1"),
    header("X-Forwarded-Host", "shop.example.com"),
    header("X-Forwarded-Proto", "https"),
)
STANDARD = header("Forwarded", 'for=192.0.2.1;host="shop.example.com";proto=https')


@pytest.mark.parametrize("told", [TOLD, [STANDARD]], ids=["X-Forwarded", "Forwarded"])
async def test_a_trusted_proxy_tells_client_host_and_scheme(told):
    scope = await seen(("10.1.2.3", "5000"), ASKED, *told, header("Accept", "*/*"))
    assert scope["client"] == ("192.0.2.1", 0)
    assert scope["scheme"] == "https"
    assert hosts(scope) == ["shop.example.com"]
    assert header("Accept", "*/*") in scope["headers"]


@pytest.mark.parametrize("told", [TOLD, [STANDARD]], ids=["X-Forwarded", "Forwarded"])
@pytest.mark.parametrize(
    ("peer", "networks"),
    [
        (("192.0.2.9", "5000"), PROXIES),
        (("10.1.2.3", "5000"), []),
        (("", "0"), PROXIES),
        (None, PROXIES),
        (("testclient", 50000), PROXIES),
    ],
    ids=["a stranger", "nobody is trusted", "unix socket", "no address", "no IP address"],
)
async def test_what_others_tell_is_ignored_and_taken_away(peer, networks, told):
    scope = await seen(peer, ASKED, *told, header("X-Real-IP", "192.0.2.1"), networks=networks)
    assert scope["headers"] == [ASKED]
    assert scope["scheme"] == "http"
    assert scope["client"] == ((peer and peer[0] and (peer[0], int(peer[1]))) or None)


@pytest.mark.parametrize(
    ("clients", "client"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("198.51.100.7, 192.0.2.1", "192.0.2.1"),  # the client's own invention comes first
        ("192.0.2.1, 10.0.0.7", "192.0.2.1"),
        ("198.51.100.7, 192.0.2.1, 10.0.0.7,10.0.0.8", "192.0.2.1"),
        ("10.0.0.7, 10.0.0.8", "10.0.0.7"),
        ("192.0.2.1:4711", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:DB8::1]:4711", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("192.0.2.1, unknown", "10.1.2.3"),
        ("192.0.2.1, unknown, 10.0.0.7", "10.0.0.7"),
        ("", "10.1.2.3"),
        (" , ,", "10.1.2.3"),
    ],
)
async def test_the_client_is_whom_the_outermost_trusted_proxy_saw(clients, client):
    scope = await seen(("10.1.2.3", 5000), header("X-Forwarded-For", clients))
    assert scope["client"][0] == client


async def test_a_repeated_header_is_one_list():
    repeated = [header("X-Forwarded-For", each) for each in ("192.0.2.1", "10.0.0.7")]
    scope = await seen(("10.1.2.3", 5000), *repeated)
    assert scope["client"][0] == "192.0.2.1"


@pytest.mark.parametrize(
    ("clients", "told", "host"),
    [
        ("192.0.2.1", "invented.example, shop.example.com", "shop.example.com"),
        ("192.0.2.1, 10.0.0.7", "shop.example.com, inner.example", "shop.example.com"),
        ("192.0.2.1, 10.0.0.7", "shop.example.com", "shop.example.com"),
        ("", "shop.example.com", "shop.example.com"),
        ("192.0.2.1", "", "internal:8000"),
    ],
)
async def test_the_host_is_what_the_outermost_trusted_proxy_was_asked(clients, told, host):
    headers = (header("X-Forwarded-For", clients), header("X-Forwarded-Host", told))
    assert hosts(await seen(("10.1.2.3", 5000), ASKED, *headers)) == [host]


@pytest.mark.parametrize(
    ("value", "client", "host"),
    [
        ("for=192.0.2.1", "192.0.2.1", "internal:8000"),
        ('For="[2001:db8::1]:4711"; Host=a.example', "2001:db8::1", "a.example"),
        ("for=198.51.100.7;host=x.example, for=192.0.2.1;host=a.example", "192.0.2.1", "a.example"),
        ("for=192.0.2.1;host=a.example, for=10.0.0.7;host=b.example", "192.0.2.1", "a.example"),
        (r'for="192.0.2.1";host="a\.example"', "192.0.2.1", "a.example"),
        ("for=_hidden;host=a.example", "10.1.2.3", "a.example"),
        ('for="192.0.2.1', "10.1.2.3", "internal:8000"),
        ("192.0.2.1", "10.1.2.3", "internal:8000"),
    ],
)
async def test_the_standard_header_is_understood(value, client, host):
    scope = await seen(("10.1.2.3", 5000), ASKED, header("Forwarded", value))
    assert (scope["client"][0], hosts(scope)) == (client, [host])


async def test_a_client_cannot_add_the_header_that_its_proxy_does_not_write():
    invented = header("Forwarded", "for=198.51.100.7;host=invented.example")
    scope = await seen(("10.1.2.3", 5000), ASKED, invented, header("X-Forwarded-For", "192.0.2.1"))
    assert (scope["client"][0], hosts(scope)) == ("192.0.2.1", ["internal:8000"])


@pytest.mark.parametrize(
    ("told", "kind", "scheme"),
    [
        ("https", "websocket", "wss"),
        ("HTTPS", "http", "https"),
        ("gopher", "http", "http"),
        ("", "http", "http"),
    ],
)
async def test_only_a_scheme_that_is_known_is_believed(told, kind, scheme):
    scope = await seen(
        ("10.1.2.3", 5000),
        header("X-Forwarded-Proto", told),
        kind=kind,
        scheme="ws" if kind == "websocket" else "http",
    )
    assert scope["scheme"] == scheme


async def test_an_ipv4_client_of_a_socket_for_both_is_one():
    assert (await seen(("::ffff:192.0.2.1", "5000")))["client"] == ("192.0.2.1", 5000)
    told = header("X-Forwarded-For", "192.0.2.1")
    assert (await seen(("::ffff:10.0.0.1", "5000"), told))["client"] == ("192.0.2.1", 0)


ADDRESSES = st.ip_addresses().filter(lambda address: getattr(address, "ipv4_mapped", None) is None)
TRUSTED = st.ip_addresses(network="10.0.0.0/8") | st.ip_addresses(network="fd00::/8")
STRANGERS = ADDRESSES.filter(lambda address: not any(address in network for network in PROXIES))
NOISE = st.text(st.characters(max_codepoint=255), max_size=60)


@given(ADDRESSES, st.integers(1, 65535))
def test_an_address_is_found_with_and_without_a_port(address, port):
    shown = f"[{address}]" if address.version == 6 else str(address)
    assert find_address(str(address)) == find_address(f"{shown}:{port}") == address


@given(NOISE)
def test_whatever_is_told_is_an_address_or_none(node):
    found = find_address(node)
    assert found is None or ip_address(str(found)) == found


@given(NOISE, STRANGERS, st.lists(TRUSTED, min_size=1, max_size=4))
async def test_nothing_that_a_client_invents_hides_its_address(invented, client, proxies):
    """Each proxy adds whom it was asked by; the last one asks us."""
    *told, peer = proxies
    chain = ", ".join([invented, str(client), *map(str, told)])
    scope = await seen((str(peer), 5000), ASKED, header("X-Forwarded-For", chain))
    assert scope["client"] == (str(client), 0)
    assert scope["headers"] == [ASKED]


@given(st.sampled_from(["X-Forwarded-For", "X-Forwarded-Host", "Forwarded"]), NOISE, STRANGERS)
async def test_no_header_moves_one_who_is_not_trusted(name, value, peer):
    scope = await seen((str(peer), 5000), ASKED, header(name, value))
    assert (scope["client"], scope["headers"]) == ((str(peer), 5000), [ASKED])


async def test_the_true_address_is_in_every_log_line_of_the_request():
    lines = []

    async def app(scope, receive, send):
        lines.append(request_facts().get("address"))

    trusting = TrustedProxies(app, PROXIES)
    for peer, told in (("10.1.2.3", TOLD), ("198.51.100.7", TOLD), ("", ())):
        scope = {"type": "http", "scheme": "http", "client": (peer, "5000"), "headers": [*told]}
        await trusting(scope, None, None)
    assert lines == ["192.0.2.1", "198.51.100.7", None]
    assert "address" not in request_facts()


@pytest.mark.parametrize(
    ("peer", "told", "times"),
    [
        ("127.0.0.1", TOLD, 1),
        ("192.168.0.1", [STANDARD], 1),
        ("fd12::1", TOLD, 1),
        ("8.8.8.8", TOLD, 0),
        ("10.1.2.3", TOLD, 0),
        ("127.0.0.1", [ASKED], 0),
    ],
)
async def test_a_proxy_of_ones_own_that_is_not_trusted_is_told_of_once(peer, told, times):
    async def app(scope, receive, send): ...

    proxies = TrustedProxies(app, [ip_network("10.0.0.0/8")])
    with capture_logs() as lines:
        for _ in range(3):
            scope = {"type": "http", "scheme": "http", "client": (peer, 1), "headers": [*told]}
            await proxies(scope, None, None)
    assert [line["address"] for line in lines] == [peer] * times
