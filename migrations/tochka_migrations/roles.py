"""The two database roles in which the platform works; nobody can log in as either."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

TENANT_ROLE: Final = "tochka_tenant"
"""Sees the rows of the transaction's tenant."""

PLATFORM_ROLE: Final = "tochka_platform"
"""Sees the rows of all tenants."""


class MissingRoles(Exception):
    """The login role may not create the roles; `sql` is what an administrator has to run."""

    def __init__(self, login: str, missing: Sequence[str]) -> None:
        quoted = login.replace('"', '""')
        self.sql = "\n".join(
            [
                *(f"CREATE ROLE {role} NOLOGIN;" for role in missing),
                f'GRANT {TENANT_ROLE}, {PLATFORM_ROLE} TO "{quoted}";',
            ]
        )
        lacks = "may not create roles" if missing else "is no member of the platform's roles"
        super().__init__(
            f"The database role {login!r} {lacks}; have an administrator run:\n{self.sql}"
        )


class MayNotMakeSchemas(Exception):
    """The login role lacks a right in the database; the message says how to grant it."""

    def __init__(self, login: str, database: str) -> None:
        quoted_login, quoted_database = (name.replace('"', '""') for name in (login, database))
        super().__init__(
            f"The database role {login!r} may not make schemas in {database!r}; have an"
            f' administrator run: GRANT CREATE ON DATABASE "{quoted_database}" TO "{quoted_login}";'
        )


def check_may_make_schemas(connection: Connection) -> None:
    """Make sure that the login role may make a schema.

    Raises:
        MayNotMakeSchemas: it may not.
    """
    login, database, may = connection.execute(text(_RIGHT_TO_SCHEMAS)).one()
    if not may:
        raise MayNotMakeSchemas(login, database)


_RIGHT_TO_SCHEMAS: Final = """
    SELECT session_user, current_database(),
           has_database_privilege(session_user, current_database(), 'CREATE')
"""


def ensure_roles(connection: Connection) -> list[str]:
    """Create the roles where they are missing and let the login role work in them.

    Return the statements that it took; an empty list means that all was in place. Safe beside other
    processes, also on other databases of the same cluster.

    Raises:
        MissingRoles: the login role may not create or grant them.
    """
    login: str = connection.scalar(text("SELECT session_user")) or ""
    statements = []
    for role in (TENANT_ROLE, PLATFORM_ROLE):
        if is_ready(connection, role):
            continue
        statement = _CREATE_ROLE.format(role=role).strip()
        try:
            with connection.begin_nested():
                connection.execute(text(statement))
        except DBAPIError as error:
            if not is_ready(connection, role):
                raise MissingRoles(login, _missing(connection)) from error
        statements.append(statement)
    return statements


def _missing(connection: Connection) -> list[str]:
    known = set(connection.scalars(text("SELECT rolname FROM pg_roles")))
    return [role for role in (TENANT_ROLE, PLATFORM_ROLE) if role not in known]


def is_ready(connection: Connection, role: str) -> bool:
    """Tell whether *role* exists and the login role may work in it."""
    return bool(
        connection.scalar(
            text(
                "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = :role)"
                " AND (SELECT rolsuper FROM pg_roles WHERE rolname = session_user)"
                "  OR EXISTS (SELECT FROM pg_auth_members"
                "     WHERE roleid = (SELECT oid FROM pg_roles WHERE rolname = :role)"
                "     AND member = (SELECT oid FROM pg_roles WHERE rolname = session_user)"
                "     AND pg_has_role(session_user, roleid, 'USAGE'))"
            ),
            {"role": role},
        )
    )


# Two sessions that create or grant at once meet as unique_violation or internal_error ("tuple
# concurrently updated"); whoever comes second finds the work done, or does it on the next try.
_CREATE_ROLE: Final = """
DO $$
DECLARE attempt int;
BEGIN
    FOR attempt IN 1..20 LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                CREATE ROLE {role} NOLOGIN;
            END IF;
            EXECUTE format('GRANT {role} TO %I', session_user);
            RETURN;
        EXCEPTION WHEN unique_violation OR duplicate_object OR internal_error THEN
            PERFORM pg_sleep(0.01 * attempt);
        END;
    END LOOP;
    RAISE EXCEPTION 'role {role} could not be created';
END $$
"""
