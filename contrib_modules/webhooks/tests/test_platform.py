"""Workers of a running platform deliver by themselves, and one that is killed loses nothing."""

import os
import signal

import psutil
import pytest
from listening import Listening
from receiving import ON_THIS_MACHINE
from standardwebhooks import Webhook
from tochka_plugins.testing import running_platform


@pytest.fixture
def platform():
    environ = {**ON_THIS_MACHINE, "WEBHOOKS_DELIVER": "true", "WEBHOOKS_SECONDS": "1"}
    with running_platform(environ=environ) as platform:
        yield platform


def kill_workers(platform):
    """Kill what serves, as a lack of memory would; it is started again."""
    for process in psutil.Process(platform.process.pid).children():
        if "spawn_main" in " ".join(process.cmdline()):
            os.kill(process.pid, signal.SIGKILL)


def test_what_a_worker_was_sending_when_it_was_killed_is_sent_again(platform, receiver):
    client = platform.tenant_client("acme", modules=["webhooks"])
    acme = Listening(platform, client, receiver)
    endpoint = acme.listen()
    acme.join()
    first = receiver.next()
    Webhook(endpoint["secret"]).verify(first.body, first.headers)

    receiver.answers = [lambda _handler: receiver.ended.wait()]
    acme.join()
    lost = receiver.next()
    kill_workers(platform)
    again = receiver.next()
    assert (again.id, again.body) == (lost.id, lost.body)
    assert again.id != first.id
