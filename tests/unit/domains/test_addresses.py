"""A stranger's domain leads the platform to hosts of the public internet only."""

from ipaddress import IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tochka_plugins.addresses import is_public_address


@pytest.mark.parametrize("text", ["9.9.9.9", "93.184.216.34", "2606:2800:220:1::1", "2a00:1450::1"])
def test_hosts_of_the_internet_are_public(text):
    assert is_public_address(ip_address(text))


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0",  # noqa: S104 - not listened on
        "10.1.2.3",
        "100.64.0.1",  # carriers' NAT
        "127.0.0.1",
        "169.254.169.254",  # clouds' metadata
        "172.16.0.1",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:9.9.9.9",
        "::7f00:1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_addresses_of_our_own_and_of_special_networks_are_not(text):
    assert not is_public_address(ip_address(text))


@given(st.ip_addresses(v=4))
def test_no_ipv6_address_stands_for_an_ipv4_one(address):
    number = int(address)
    for text in ("::", "::ffff:0:0", "64:ff9b::"):
        assert not is_public_address(IPv6Address(int(IPv6Address(text)) + number))
    assert not is_public_address(IPv6Address((0x2002 << 112) + (number << 80)))


@given(st.ip_addresses())
def test_what_python_calls_private_is_never_public(address):
    if address.is_private or address.is_loopback or address.is_link_local or address.is_multicast:
        assert not is_public_address(address)
