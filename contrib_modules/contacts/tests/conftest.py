"""The module on a running platform, used by two tenants."""

import pytest
from tochka_plugins.testing import running_platform


@pytest.fixture(scope="session")
def platform():
    with running_platform() as platform:
        yield platform


@pytest.fixture(scope="session")
def acme(platform):
    return platform.tenant_client("acme", modules=["contacts"])


@pytest.fixture(scope="session")
def globex(platform):
    return platform.tenant_client("globex", modules=["contacts"])
