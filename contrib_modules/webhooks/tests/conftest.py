"""Two tenants that have the module, a receiver on this machine, and whoever delivers to it."""

import asyncio
import os
from functools import partial

import pytest
from listening import Listening
from receiving import ON_THIS_MACHINE, Receiver, make_courier


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def another():
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture(scope="session")
def tochka_environ():
    """The platform of the tests does not deliver: a test does, when it wants to."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("WEBHOOKS_")]:
            patch.delenv(name)
        for name, value in {**ON_THIS_MACHINE, "WEBHOOKS_DELIVER": "false"}.items():
            patch.setenv(name, value)
        yield {}


@pytest.fixture
def acme(tochka, receiver):
    return Listening(tochka, tochka.tenant_client("acme"), receiver)


@pytest.fixture
def globex(tochka, another):
    return Listening(tochka, tochka.tenant_client("globex"), another)


@pytest.fixture
def courier(tochka):
    """Make somebody who delivers, to be used in one event loop."""

    return partial(make_courier, tochka.door())


@pytest.fixture
def deliver(courier):
    """Deliver what is due."""

    def deliver(**settings):
        async def work():
            await courier(**settings).deliver_due()

        asyncio.run(work())

    return deliver
