"""What an administrator is told to run."""

import pytest
from tochka_migrations.roles import PLATFORM_ROLE, TENANT_ROLE, MissingRoles


def test_the_message_is_what_an_administrator_has_to_run():
    error = MissingRoles("tochka_app", [TENANT_ROLE, PLATFORM_ROLE])
    assert error.sql.splitlines() == [
        "CREATE ROLE tochka_tenant NOLOGIN;",
        "CREATE ROLE tochka_platform NOLOGIN;",
        'GRANT tochka_tenant, tochka_platform TO "tochka_app";',
    ]
    assert str(error).startswith("The database role 'tochka_app' may not create roles")
    assert str(error).endswith(error.sql)


@pytest.mark.parametrize("login", ['we"ird', '"; DROP ROLE tochka_tenant; --'])
def test_a_login_role_of_any_name_is_quoted(login):
    quoted = '"' + login.replace('"', '""') + '"'
    assert f"TO {quoted};" in MissingRoles(login, []).sql


def test_the_two_roles_differ():
    assert TENANT_ROLE != PLATFORM_ROLE
