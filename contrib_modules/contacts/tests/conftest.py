"""Two tenants that have the module."""

import pytest


@pytest.fixture
def acme(tochka):
    return tochka.tenant_client("acme")


@pytest.fixture
def globex(tochka):
    return tochka.tenant_client("globex")
