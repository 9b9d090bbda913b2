"""Two tenants: whatever one of them owns is tried in the scope of the other, by every statement."""

from io import BytesIO
from uuid import uuid4

import pytest
from notes_module.models import Note
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.orm import foreign, joinedload, registry, relationship, remote, selectinload
from tochka_contacts.models import Contact
from tochka_core.conformance.leaks import Prey
from tochka_core.conformance.rows import rows_of
from tochka_core.db import Database

ALPHA, BETA = uuid4(), uuid4()
MODELS = {Note: "text", Contact: "name"}
"""Each model, and a column of it that holds text."""


VALUES = "(tenant_id, id, {column}) VALUES ('{alpha}', '{row}', 'stolen')"
STATEMENTS = (
    "SELECT * FROM {table}",
    "TABLE {table}",
    "SELECT * FROM {table} WHERE tenant_id = '{alpha}'",
    "SELECT * FROM {table} WHERE tenant_id = '{alpha}' OR true FOR UPDATE",
    "SELECT * FROM ONLY {table} a JOIN {table} b ON a.tenant_id <> b.tenant_id",
    "SELECT {column}::int FROM {table}",
    "SELECT 1 / (id <> '{row}')::int FROM {table}",
    "WITH gone AS (DELETE FROM {table} WHERE tenant_id = '{alpha}' RETURNING *) TABLE gone",
    "DELETE FROM {table} WHERE id = '{row}' RETURNING *",
    "UPDATE {table} SET {column} = {column} || '!' WHERE tenant_id <> '{beta}' RETURNING *",
    "UPDATE {table} SET tenant_id = '{alpha}'",
    "INSERT INTO {table} {values}",
    "INSERT INTO {table} {values} ON CONFLICT (tenant_id, id) DO UPDATE SET {column} = 'stolen'",
    "INSERT INTO {table} {values} ON CONFLICT DO NOTHING RETURNING *",
    "MERGE INTO {table} t USING {table} s ON t.tenant_id = '{alpha}' WHEN MATCHED THEN DELETE",
    "COPY {table} TO STDOUT",
    "LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE",
    "TRUNCATE {table}",
    "DECLARE c CURSOR FOR SELECT * FROM {table}",
    "EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM {table} WHERE tenant_id = '{alpha}'",
    "SELECT * FROM pg_stats WHERE schemaname LIKE 'mod%'",
    "SELECT * FROM pg_statistic",
    "SELECT query FROM pg_stat_activity",
    "SELECT * FROM tochka.tenants",
)
"""What a careless author may write in the words of SQL."""


class Neighbour:
    """A note that is related to all notes of all tenants, as far as its author knows."""


_notes = Note.__table__
registry().map_imperatively(
    Neighbour,
    _notes,
    properties={
        "others": relationship(
            Note,
            primaryjoin=remote(foreign(_notes.c.id)) != _notes.c.id,
            viewonly=True,
            uselist=True,
        )
    },
    primary_key=[_notes.c.id],
)


@pytest.fixture
async def prey(database, engine, installed_database):
    """A tenant with rows in every table of a module; so has the one that is to see none of them."""
    for tenant_id, name in ((ALPHA, "alpha"), (BETA, "beta")):
        async with database.platform_scope(reason="test") as session:
            await session.execute(
                text("INSERT INTO tochka.tenants (id, name, title) VALUES (:id, :name, :name)"),
                {"id": tenant_id, "name": name},
            )
        async with database.tenant_scope(tenant_id) as session:
            for model, column in MODELS.items():
                session.add_all(model(**{column: f"{name} {number}"}) for number in range(3))
    async with engine.begin() as connection:
        await connection.execute(text("ANALYZE"))  # fills pg_stats
    async with database.platform_scope(reason="test") as session:
        own, others = await rows_of(session, ALPHA), await rows_of(session, BETA)
    return Prey.of("alpha", ALPHA, own, others)


def by_expression(model, column, row_id):
    """Return statements in the expressions of SQLAlchemy, for the ORM and without it."""
    table = model.__table__
    stolen = {"tenant_id": ALPHA, "id": row_id, column: "stolen"}
    return [
        select(table),
        select(model),
        select(func.array_agg(table.c[column])),
        select(model).where(model.tenant_id == ALPHA),
        select(model).union_all(select(model).where(model.id == row_id)),
        update(model).values({column: "stolen"}).where(model.tenant_id == ALPHA).returning(model),
        update(table).values(tenant_id=ALPHA),
        delete(model).where(model.tenant_id == ALPHA).returning(model),
        delete(table).where(table.c.id == row_id).returning(table),
        insert(table).values(stolen),
        insert(model).values(stolen).returning(model),
    ]


def by_driver(table, rows):
    """Return what only the driver itself can do."""
    place = {"schema_name": table.schema}
    columns = ["tenant_id", "id"]
    return [
        lambda driver, sink: driver.copy_from_table(table.name, output=sink, **place),
        lambda driver, sink: driver.copy_from_query(f"TABLE {table}", output=sink),
        lambda driver, _: driver.copy_records_to_table(
            table.name, records=rows, columns=columns, **place
        ),
        lambda driver, _: driver.fetch(f"TABLE {table}"),
    ]


@pytest.fixture(params=["owner", "granted", "superuser"])
async def hunting_ground(request, settings, engine, superuser_url):
    """The database, for a login role that owns the tables, that may use them, that is above all."""
    url = settings.engine_url
    if request.param == "granted":
        url = url.set(username=f"granted_{uuid4().hex}", password="granted")
        async with engine.begin() as connection:
            await connection.execute(text(f"CREATE ROLE {url.username} LOGIN PASSWORD 'granted'"))
            await connection.execute(
                text(f"GRANT tochka_tenant, tochka_platform TO {url.username}")
            )
    database = Database(superuser_url if request.param == "superuser" else url, pool_size=2)
    yield database
    await database.dispose()


async def test_nothing_of_a_tenant_is_reached_by_any_statement(database, hunting_ground, prey):
    async with database.platform_scope(reason="test") as session:
        before = await rows_of(session, ALPHA)
    tried, leaks = 0, []

    async def attempt(what, work):
        nonlocal tried
        tried += 1
        try:
            async with hunting_ground.tenant_scope(BETA) as session:
                found = await work(session)
        except Exception as refusal:  # noqa: BLE001 - of the database, SQLAlchemy or the driver
            found = str(getattr(refusal, "orig", refusal))
        brought = str(what)
        leaks.extend(
            (brought, secret)
            for secret in prey.secrets
            if secret in found and secret not in brought
        )

    for model, column in MODELS.items():
        table = model.__table__
        row_id = before[str(table)][0]["id"]
        words = {"table": table, "column": column, "row": row_id, "alpha": ALPHA, "beta": BETA}
        words["values"] = VALUES.format(**words)
        statements = [text(statement.format(**words)) for statement in STATEMENTS]
        for statement in (*statements, *by_expression(model, column, row_id)):
            await attempt(statement, lambda session, it=statement: _rows(session, it))
        for number, action in enumerate(by_driver(table, [(ALPHA, uuid4())])):
            await attempt(number, lambda session, it=action: _by_driver(session, it))
        await attempt("get", lambda session, it=model, key=row_id: _get(session, it, key))
        await attempt("give away", lambda session, it=model: _give_away(session, it))
    for loading in (joinedload, selectinload):
        await attempt("relation", lambda session, it=loading: _related(session, it))
    async with database.platform_scope(reason="test") as session:
        after = await rows_of(session, ALPHA)
    print(f"\nleak hunt by statement: {tried} probes, {len(leaks)} leaks")
    assert leaks == []
    assert after == before


async def _rows(session, statement):
    result = await session.execute(statement)
    return _shown([tuple(row) for row in result]) if result.returns_rows else ""


async def _by_driver(session, action):
    raw = await (await session.connection()).get_raw_connection()
    sink = BytesIO()
    return f"{await action(raw.driver_connection, sink)} {sink.getvalue().decode()}"


async def _get(session, model, row_id):
    found = [
        await session.get(model, row_id),
        await session.get(model, row_id, with_for_update=True),
    ]
    return _shown([item for item in found if item is not None])


async def _give_away(session, model):
    own = (await session.scalars(select(model))).first()
    own.tenant_id = ALPHA
    await session.flush()
    return ""


async def _related(session, loading):
    own = await session.scalars(select(Neighbour).options(loading(Neighbour.others)))
    neighbours = own.unique().all()
    return _shown([[neighbour, *neighbour.others] for neighbour in neighbours])


def _shown(found):
    match found:
        case list() | tuple():
            return " ".join(map(_shown, found))
        case Note() | Contact() | Neighbour():
            return str(vars(found))
    return str(found)
