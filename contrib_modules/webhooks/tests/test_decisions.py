"""Signatures, delays and settings, each by itself."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

import httpx
import pytest
from standardwebhooks import Webhook
from tochka_webhooks.destinations import Destinations, Refused, parse_url
from tochka_webhooks.schedule import DELAYS, LONGEST, next_attempt, read_retry_after
from tochka_webhooks.settings import NotConfigured, OperatorSettings
from tochka_webhooks.signing import new_secret, signed_headers

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def test_a_signature_is_that_of_the_specifications_own_tests():
    at = datetime.fromtimestamp(1614265330, tz=UTC)
    headers = signed_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        at,
        b'{"test": 2432232314}',
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_several_secrets_sign_in_one_header():
    secrets = [new_secret(), new_secret()]
    headers = signed_headers("msg_1", datetime.now(UTC), b"{}", secrets)
    first, second = headers["webhook-signature"].split(" ")
    assert first != second
    for secret in secrets:
        assert Webhook(secret).verify(b"{}", headers) == {}


def test_a_delay_is_a_little_longer_than_the_schedule_says_each_time_another():
    for tries, delay in enumerate(DELAYS, 1):
        waits = {next_attempt(tries, at=NOW) - NOW for _ in range(20)}
        assert len(waits) > 1
        assert delay <= min(waits) <= max(waits) <= delay * 1.1 + timedelta(microseconds=1)
    assert next_attempt(len(DELAYS) + 1, at=NOW) is None


def test_a_receiver_may_ask_for_more_time_but_not_for_ever():
    asked = next_attempt(1, at=NOW, retry_after=timedelta(hours=1))
    assert asked == NOW + timedelta(hours=1)
    assert next_attempt(1, at=NOW, retry_after=timedelta(days=365)) == NOW + LONGEST
    assert next_attempt(2, at=NOW, retry_after=timedelta(0)) >= NOW + DELAYS[1]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("Tue, 01 Jan 2030 00:01:00 GMT", 60),
        ("Mon, 31 Dec 2029 00:00:00 GMT", 0),
        ("9" * 5000, LONGEST.total_seconds()),
        ("", None),
        ("soon", None),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
        ("Mon, 01 Jan 2030 00:00:00 +99999999999999999999", None),
        ("-5", None),
        ("1.5", None),
        ("\u0661", None),
    ],
)
def test_retry_after_is_a_number_of_seconds_or_a_date(header, seconds):
    found = read_retry_after(header, at=NOW)
    assert found == (None if seconds is None else timedelta(seconds=seconds))


def test_settings_are_read_from_the_environment():
    environ = {
        "WEBHOOKS_ALLOWED_NETWORKS": "10.0.0.0/8, ::1",
        "WEBHOOKS_ALLOW_HTTP": "true",
        "WEBHOOKS_DELIVER": "false",
        "WEBHOOKS_SECONDS": "20",
        "PATH": "/",
    }
    networks = (ip_network("10.0.0.0/8"), ip_network("::1"))
    assert OperatorSettings.read(environ) == OperatorSettings(
        deliver=False, allow_http=True, allowed_networks=networks, seconds=20.0
    )
    assert OperatorSettings.read({"WEBHOOKS_SECONDS": ""}) == OperatorSettings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEBHOOKS_ALLOWED_NETWORKS", "10.0.0.1/8"),
        ("WEBHOOKS_ALLOW_HTTP", "perhaps"),
        ("WEBHOOKS_SECONDS", "31"),
        ("WEBHOOKS_SECONDS", "nan"),
    ],
)
def test_what_is_wrong_is_told_by_its_name(name, value):
    with pytest.raises(NotConfigured, match=name):
        OperatorSettings.read({name: value})


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "https://",
        "https:///hooks",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://user:password@example.com/",
        "https://example.com/#part",
        "https://xn--\u0440.com/",
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://[fd00::1]/",
        "https://[::ffff:169.254.169.254]/",
    ],
)
def test_what_is_no_url_of_a_public_server_is_refused(url):
    with pytest.raises(Refused):
        parse_url(url, OperatorSettings())


def test_a_name_in_any_letters_is_taken():
    assert parse_url("https://пример.рф/hooks", OperatorSettings()).raw_host.startswith(b"xn--")


@pytest.mark.parametrize(
    "host",
    [
        "0x7f.1",
        "2130706433",
        "localhost",
        "10.0.0.1",
        "169.254.169.254",
        "fe80::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
    ],
)
async def test_no_way_to_write_an_address_of_our_network_leads_there(host):
    destinations = Destinations(OperatorSettings())
    with pytest.raises(Refused, match=r"Its address is not public\."):
        await destinations.find(httpx.URL(scheme="https", host=host))
    destinations.close()


async def test_the_operator_allows_networks():
    destinations = Destinations(OperatorSettings(allowed_networks=(ip_network("10.0.0.0/8"),)))
    assert await destinations.find(httpx.URL("https://10.1.2.3/")) == [ip_address("10.1.2.3")]
    with pytest.raises(Refused):
        await destinations.find(httpx.URL("https://192.168.0.1/"))
    destinations.close()
