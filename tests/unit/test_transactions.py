"""Which statements would leave the transaction they run in."""

import pytest
from sqlalchemy import create_engine, text
from tochka_migrations.transactions import ForbiddenStatement, keep_whole


@pytest.fixture
def connection():
    engine = create_engine("sqlite://")
    keep_whole(engine)
    with engine.connect() as connection:
        yield connection


@pytest.mark.parametrize(
    "statement",
    [
        "COMMIT",
        "commit work",
        " ;\n END",
        "/* a\nb */ ROLLBACK",
        "-- a\nABORT",
        "BEGIN",
        "START  TRANSACTION",
        "PREPARE TRANSACTION 'x'",
        "ROLLBACK PREPARED 'x'",
        "SET ROLE tochka_platform",
        "SET LOCAL ROLE NONE",
        "set session authorization default",
        "RESET ROLE",
        "RESET SESSION AUTHORIZATION",
        "DISCARD ALL",
        "DEALLOCATE ALL",
        "PREPARE p AS SELECT 1",
    ],
)
def test_what_leaves_the_transaction_is_refused(connection, statement):
    with pytest.raises(ForbiddenStatement, match="savepoint"):
        connection.execute(text(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1 AS commit_date",
        "SELECT 'COMMIT'",
        "SELECT 1 -- ROLLBACK",
        "WITH ended AS (SELECT 1) SELECT * FROM ended",
    ],
)
def test_other_statements_pass(connection, statement):
    assert connection.execute(text(statement)).all()


def test_savepoints_pass(connection):
    connection.execute(text("CREATE TABLE t (id int)"))
    with connection.begin_nested() as savepoint:
        connection.execute(text("INSERT INTO t VALUES (1)"))
        savepoint.rollback()
    assert connection.execute(text("SELECT * FROM t")).all() == []
