"""Receivers that want to be led elsewhere, or to keep a worker busy for ever, do not succeed."""

import asyncio
import socket
import ssl
import time
from contextlib import ExitStack, suppress
from ipaddress import ip_network

import pytest
import trustme
from receiving import SETTINGS, Receiver
from tochka_plugins.strangers import MAX_BYTES
from tochka_webhooks.sending import Sender

LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.fixture
def try_once(acme, deliver):
    """Tell *url* of something; return the attempt."""

    def try_once(url=None, **settings):
        acme.listen(url)
        acme.join()
        deliver(**settings)
        (delivery,) = acme.deliveries()
        (attempt,) = acme.attempts(delivery)
        assert (delivery["status"], delivery["tries"]) == ("pending", 1)
        return attempt

    return try_once


@pytest.fixture
def resolve(monkeypatch):
    """Have names lead to addresses, one list for each time that somebody asks."""

    def resolve(*answers):
        left = list(answers)

        def answer(host, port, **_options):
            assert host == "hooks.example.com"
            return [(None, None, None, "", (address, 0)) for address in left.pop(0)]

        monkeypatch.setattr("tochka_webhooks.names.socket.getaddrinfo", answer)

    return resolve


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def deliver_securely(authority, acme, courier, resolve):
    """Deliver to hooks.example.com, where a server has a certificate of a name; return both."""
    with ExitStack() as stack:

        def deliver_securely(certified):
            at_server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            authority.issue_cert(certified).configure_cert(at_server)
            receiver = Receiver(at_server)
            stack.callback(receiver.stop)
            trusting = ssl.create_default_context()
            authority.configure_trust(trusting)
            resolve(["127.0.0.1"])
            acme.listen(f"https://hooks.example.com:{receiver.port}/")
            acme.join()
            asyncio.run(courier(tls=trusting).deliver_due())
            (delivery,) = acme.deliveries()
            return receiver.all(), acme.attempts(delivery)[0]

        yield deliver_securely


def test_the_certificate_has_to_be_the_hosts_though_an_address_is_connected_to(deliver_securely):
    received, attempt = deliver_securely("hooks.example.com")
    assert (len(received), attempt["status_code"]) == (1, 200)


def test_another_ones_certificate_is_refused(deliver_securely):
    received, attempt = deliver_securely("example.com")
    assert received == []
    assert "CERTIFICATE_VERIFY_FAILED" in attempt["error"]


@pytest.mark.parametrize("status", [302, 307])
def test_a_redirect_is_not_followed(receiver, another, try_once, status):
    receiver.answers = [lambda handler: handler.answer(status, Location=another.url)]
    assert try_once()["status_code"] == status
    assert another.all() == []


def test_a_name_that_leads_into_our_network_is_not_connected_to(receiver, resolve, try_once):
    resolve(["127.0.0.1"])
    attempt = try_once(f"http://hooks.example.com:{receiver.port}/", allowed_networks=())
    assert attempt["status_code"] is None
    assert attempt["error"] == "Its address is not public."
    assert receiver.all() == []


def test_a_name_is_resolved_once_and_what_was_looked_at_is_connected_to(
    receiver, resolve, acme, deliver
):
    resolve(["127.0.0.1"])  # and no second answer, by which it could lead elsewhere
    acme.listen(f"http://hooks.example.com:{receiver.port}/")
    acme.join()
    deliver()
    assert receiver.next().headers["host"] == f"hooks.example.com:{receiver.port}"


def test_a_name_is_resolved_once_for_all_that_is_sent_in_one_turn(receiver, resolve, acme, deliver):
    resolve(["127.0.0.1"])
    acme.listen(f"http://hooks.example.com:{receiver.port}/")
    for _ in range(3):
        acme.join()
    deliver()
    assert len(receiver.all()) == 3


def test_of_several_addresses_those_that_are_not_allowed_are_left_out(
    receiver, resolve, acme, deliver
):
    resolve(["10.0.0.1", "127.0.0.1"])
    acme.listen(f"http://hooks.example.com:{receiver.port}/")
    acme.join()
    deliver(allowed_networks=LOOPBACK)
    assert len(receiver.all()) == 1


def test_a_name_that_leads_nowhere_is_told(monkeypatch, try_once):
    def fail(*_arguments, **_options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("tochka_webhooks.names.socket.getaddrinfo", fail)
    assert try_once("http://hooks.example.com/")["error"] == "Its host has no address."


def test_of_a_long_answer_the_beginning_is_read(receiver, try_once):
    sent = []

    def answer_long(handler):
        handler.send_response(500)
        handler.send_header("Content-Length", str(10_000_000))
        handler.end_headers()
        chunk = b"x" * 65536
        for _ in range(10_000_000 // len(chunk)):
            handler.wfile.write(chunk)
            sent.append(len(chunk))

    receiver.answers = [answer_long]
    attempt = try_once()
    assert attempt["status_code"] == 500
    assert attempt["answer"] == "x" * 1024
    assert sum(sent) < 10_000_000 // 2  # the rest nobody has taken


def test_an_answer_that_comes_drop_by_drop_is_given_up(receiver, try_once):
    def drip(handler):
        for letter in b"HTTP/1.1 200 OK\r\nX: ":
            handler.wfile.write(bytes([letter]))
        while not receiver.ended.wait(0.01):
            handler.wfile.write(b"x")

    receiver.answers = [drip]
    attempt = try_once(seconds=0.3)
    assert attempt["status_code"] is None
    assert attempt["error"] == "There was no answer within 0.3 s."


def test_a_body_that_comes_drop_by_drop_is_not_waited_for(receiver, acme, deliver, monkeypatch):
    monkeypatch.setattr("tochka_webhooks.sending._EXCERPT_SECONDS", 0.2)

    def drip(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        while not receiver.ended.wait(0.01):
            handler.wfile.write(b"x")

    receiver.answers = [drip]
    acme.listen()
    acme.join()
    deliver()
    assert [item["status"] for item in acme.deliveries()] == ["delivered"]


def test_a_receiver_that_hangs_up_is_tried_again(receiver, try_once):
    def hang_up(handler):
        handler.close_connection = True

    receiver.answers = [hang_up]
    attempt = try_once()
    assert attempt["status_code"] is None
    assert attempt["error"].startswith("RemoteProtocolError: ")


def test_an_answer_that_is_no_text_is_shown_all_the_same(receiver, try_once):
    receiver.answers = [lambda handler: handler.answer(500, b"a\0b\xff")]
    assert try_once()["answer"] == "a\ufffdb\ufffd"


def test_no_attempt_takes_longer_than_it_may(receiver, try_once):
    receiver.answers = [lambda _handler: receiver.ended.wait(30)]
    began = time.monotonic()
    assert try_once(seconds=0.3)["duration_ms"] >= 300
    assert time.monotonic() - began < SETTINGS.seconds


def test_one_that_floods_with_interim_responses_is_given_up(receiver, try_once):
    """Without a bound it would be read as fast as it comes, until the time is up."""

    def flood(handler):
        with suppress(OSError):
            while True:
                handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)

    receiver.answers.append(flood)
    assert try_once()["error"] == f"ReadError: It sends more than {MAX_BYTES} bytes."


async def test_what_nobody_has_thought_of_is_a_try_like_any_other(acme, courier, monkeypatch):
    """Else it would be sent again and again, for ever."""
    courier = courier()

    async def fail(*_arguments, **_options):
        raise LookupError

    monkeypatch.setattr(Sender, "post", fail)
    acme.listen()
    acme.join()
    await courier.deliver_due()
    (delivery,) = acme.deliveries()
    (attempt,) = acme.attempts(delivery)
    assert (delivery["status"], delivery["tries"]) == ("pending", 1)
    assert attempt["error"] == "It cannot be sent: LookupError."
