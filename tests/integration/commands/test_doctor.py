"""`tochka doctor` finds what is wrong."""

import json
from uuid import uuid4

from sqlalchemy import text
from tochka_core.db.maintenance import maintenance_engine


def test_the_doctor_finds_what_is_missing_and_is_content_after_the_upgrade(tochka):
    sick = tochka("doctor", "--json")
    assert sick.returncode == 1
    assert not all(finding["is_ok"] for finding in json.loads(sick.stdout))
    assert tochka("upgrade").returncode == 0
    healthy = tochka("doctor")
    assert healthy.returncode == 0, healthy.stdout + healthy.stderr
    assert "FAIL" not in healthy.stdout


async def test_the_doctor_prints_what_an_administrator_has_to_run(tochka, empty_database_url):
    assert tochka("upgrade").returncode == 0
    login = f"login_{uuid4().hex}"
    async with maintenance_engine(empty_database_url) as engine, engine.begin() as connection:
        await connection.execute(text(f"CREATE ROLE {login} LOGIN PASSWORD 'login'"))
    url = empty_database_url.set(username=login, password="login")
    sick = tochka("doctor", DATABASE_URL=url.render_as_string(hide_password=False))
    assert sick.returncode == 1
    assert f'GRANT tochka_tenant, tochka_platform TO "{login}";' in sick.stdout
    assert tochka("doctor").returncode == 0


async def test_the_doctor_names_the_column_that_no_model_declares(tochka, empty_database_url):
    assert tochka("upgrade").returncode == 0
    async with maintenance_engine(empty_database_url) as engine, engine.begin() as connection:
        await connection.execute(text("ALTER TABLE mod_contacts.contacts ADD stray int"))
        await connection.execute(text("ALTER TABLE tochka.users ADD stray int"))
    sick = tochka("doctor")
    assert sick.returncode == 1
    assert "the column mod_contacts.contacts.stray is in no model" in sick.stdout
    assert "the column tochka.users.stray is in no model" in sick.stdout
