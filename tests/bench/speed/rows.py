"""The rows that all are asked for: tenants with a thousand contacts each, in two databases.

One is the platform's, the other that of the template, which has its own tables.
"""

import asyncio
import os
import subprocess
import sys
from typing import Final
from uuid import UUID

import bcrypt
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from tochka_core.db.maintenance import maintenance_engine

from speed.stacks.template.models import Base as TemplateBase

PHONE: Final = "+79991000000"
PASSWORD: Final = "correct horse battery"
COST: Final = 12

CONTACTS: Final = 1_000
"""Of each tenant."""

_TENANT_NUMBER: Final = 7
_CONTACT_NUMBER: Final = 500

TENANT: Final = f"tenant{_TENANT_NUMBER}"
TENANT_ID: Final = UUID(int=_TENANT_NUMBER)
PERSON_ID: Final = UUID(int=1)
CONTACT_ID: Final = UUID(int=_CONTACT_NUMBER)
TEMPLATE_CONTACT_ID: Final = _TENANT_NUMBER * CONTACTS + _CONTACT_NUMBER

_CONTACT: Final = """
    'Contact ' || n, '+7999' || lpad(n::text, 7, '0'), 'contact' || n || '@example.com',
    'Company ' || n % 50, ARRAY['client', 'north'], 'Wants to be called in the morning.'
"""
_OURS: Final = f"""
INSERT INTO tochka.users (id, phone, password_hash) VALUES ('{PERSON_ID}', '{PHONE}', '{{hash}}');
INSERT INTO tochka.tenants (id, name, title)
    SELECT lpad(to_hex(t), 32, '0')::uuid, 'tenant' || t, 'Tenant'
    FROM generate_series(1, {{tenants}}) t;
INSERT INTO tochka.memberships (tenant_id, user_id, role)
    SELECT id, '{PERSON_ID}', 'owner' FROM tochka.tenants WHERE name = '{TENANT}';
INSERT INTO tochka.tenant_modules (tenant_id, module) SELECT id, 'contacts' FROM tochka.tenants;
INSERT INTO mod_contacts.contacts (tenant_id, id, name, phone, email, company, tags, notes)
    SELECT lpad(to_hex(t), 32, '0')::uuid, lpad(to_hex(n), 32, '0')::uuid, {_CONTACT}
    FROM generate_series(1, {CONTACTS}) n, generate_series(1, {{with_contacts}}) t
"""
_TEMPLATE: Final = f"""
INSERT INTO users (id, phone, password_hash, role) VALUES (1, '{PHONE}', '{{hash}}', 'user');
INSERT INTO tenants (id, name) SELECT t, 'tenant' || t FROM generate_series(1, {{tenants}}) t;
INSERT INTO memberships (tenant_id, user_id) VALUES ({_TENANT_NUMBER}, 1);
INSERT INTO contacts (id, tenant_id, kind, name, phone, email, company, tags, notes)
    SELECT t * {CONTACTS} + n, t, 'person', {_CONTACT}
    FROM generate_series(1, {CONTACTS}) n, generate_series(1, {{tenants}}) t;
SELECT setval('contacts_id_seq', max(id)) FROM contacts
"""


async def make_our_database(
    server: URL, name: str, *, tenants: int, with_contacts: int | None = None
) -> URL:
    """Return the address of a new database of the platform, with so many tenants.

    Of which as many have contacts as *with_contacts* says, or all.
    """
    url = server.set(database=name)
    await _run_alone(server, f"CREATE DATABASE {name}")
    environ = {**os.environ, "DATABASE_URL": url.render_as_string(hide_password=False)}
    command = [sys.executable, "-m", "tochka_core", "upgrade", "--strict"]
    await asyncio.to_thread(
        subprocess.run, command, env=environ, check=True, stdout=subprocess.DEVNULL
    )
    script = _OURS.format(hash=_hash(), tenants=tenants, with_contacts=with_contacts or tenants)
    async with maintenance_engine(url) as engine, engine.begin() as connection:
        await connection.execute(text("SET LOCAL tochka.owner_sees_all = 'on'"))
        for statement in script.split(";"):
            await connection.exec_driver_sql(statement)
    await _run_alone(url, "VACUUM ANALYZE")
    return url


async def make_template_database(server: URL, name: str, *, tenants: int) -> URL:
    """Return the address of a new database of the template, with so many tenants."""
    url = server.set(database=name)
    await _run_alone(server, f"CREATE DATABASE {name}")
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(TemplateBase.metadata.create_all)
        for statement in _TEMPLATE.format(hash=_hash(), tenants=tenants).split(";"):
            await connection.exec_driver_sql(statement)
    await engine.dispose()
    await _run_alone(url, "VACUUM ANALYZE")
    return url


async def copy_database(server: URL, database: URL, name: str) -> URL:
    """Return the address of a copy of *database*, which nobody uses meanwhile."""
    await _run_alone(server, f"CREATE DATABASE {name} TEMPLATE {database.database}")
    return database.set(database=name)


def _hash() -> str:
    return bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(COST)).decode()


async def _run_alone(url: URL, statement: str) -> None:
    """Run what is no part of a transaction."""
    engine = create_async_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.exec_driver_sql(statement)
    await engine.dispose()
