"""The statements that a transaction begins with."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tochka_core.db.scope import Scope

ACME = UUID(int=0xAC3E)
BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL TIME ZONE 'UTC'"


def test_a_tenants_transaction_begins_as_the_tenants_role_for_that_tenant():
    assert Scope.of_tenant(ACME).opening == (
        f"{BEGIN}; SET LOCAL ROLE tochka_tenant;"
        f" SELECT set_config('tochka.tenant_id', '{ACME}', true)"
    )


def test_a_platform_transaction_begins_as_the_platforms_role():
    assert Scope.of_platform().opening == f"{BEGIN}; SET LOCAL ROLE tochka_platform"


def test_nothing_outlives_the_transaction():
    assert "SET LOCAL" in Scope.of_tenant(ACME).opening
    assert Scope.of_tenant(ACME).opening.endswith(", true)")


@pytest.mark.parametrize("value", [None, 7, b"", "", "acme", f"{ACME}'; SELECT '1", object()])
def test_what_is_no_uuid_is_refused(value):
    with pytest.raises(ValueError, match="UUID"):
        Scope.of_tenant(value)


@given(st.text() | st.uuids().map(str) | st.text("0123456789abcdef-{}'; ", max_size=50))
def test_nothing_but_a_uuid_reaches_the_statement(text):
    try:
        opening = Scope.of_tenant(text).opening
    except ValueError:
        return
    assert opening == Scope.of_tenant(UUID(text)).opening
