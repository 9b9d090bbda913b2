"""Why a database cannot be used, in one line and without its password."""

from contextlib import asynccontextmanager

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError
from tochka_core.db.preflight import _place, check_server
from tochka_core.errors import OperatorError

URL = make_url("postgresql+asyncpg://anna:s3cret@db.example/tochka")


class Refused(Exception):
    """What the driver raises."""

    def __init__(self, sqlstate):
        super().__init__("the driver's words")
        self.sqlstate = sqlstate


class FakeConnection:
    def __init__(self, *facts):
        self.facts = facts

    async def execute(self, _statement):
        return self

    def one(self):
        return self.facts


class FakeEngine:
    """An engine that connects to a server that tells of itself, or raises."""

    url = URL

    def __init__(self, *, version=180004, encoding="UTF8", is_read_only=False, error=None):
        self.facts = version, encoding, is_read_only
        self.error = error
        self.visits = 0

    @asynccontextmanager
    async def connect(self):
        if self.error is not None:
            raise self.error
        yield FakeConnection(*self.facts)
        self.visits += 1


@pytest.mark.parametrize("version", [150000, 160014, 180004])
async def test_a_server_that_is_new_enough_passes(version):
    engine = FakeEngine(version=version)
    await check_server(engine)
    assert engine.visits == 1


@pytest.mark.parametrize(("version", "told"), [(149999, "14"), (90624, "9")])
async def test_an_old_server_is_told_its_version(version, told):
    with pytest.raises(OperatorError, match=f"is version {told}; version 15 or newer is needed"):
        await check_server(FakeEngine(version=version))


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"encoding": "LATIN1"}, "keeps the database 'tochka' in LATIN1"),
        ({"encoding": "SQL_ASCII"}, "keeps the database 'tochka' in SQL_ASCII"),
        ({"is_read_only": True}, "is read-only"),
    ],
)
async def test_a_database_that_cannot_store_what_is_written_is_refused(facts, told):
    with pytest.raises(OperatorError, match=told):
        await check_server(FakeEngine(**facts))


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "cannot be reached"),
        (TimeoutError(), "cannot be reached (no answer)"),
        (OSError("Name or service not known"), "cannot be reached"),
        (DBAPIError("", {}, Refused("28P01")), "refuses the password of 'anna'"),
        (DBAPIError("", {}, Refused("28000")), "does not let 'anna' in"),
        (DBAPIError("", {}, Refused("3D000")), "has no database 'tochka'"),
        (DBAPIError("", {}, Refused("53300")), "has no connection left"),
        (DBAPIError("", {}, Refused("57P03")), "is starting up"),
        (DBAPIError("", {}, Refused("XX000")), "refuses the connection: the driver's words"),
        (DBAPIError("", {}, ValueError("odd")), "refuses the connection: odd"),
    ],
)
async def test_a_server_that_lets_us_not_in_is_told_in_one_line(error, told):
    with pytest.raises(OperatorError) as caught:
        await check_server(FakeEngine(error=error))
    message = str(caught.value)
    assert message.startswith("The PostgreSQL server at db.example:5432")
    assert told in message
    assert "\n" not in message
    assert "s3cret" not in message


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("postgresql://anna:s3cret@db.example/tochka", "db.example:5432"),
        ("postgresql://anna:s3cret@db.example:6000/tochka", "db.example:6000"),
        ("postgresql://anna:s3cret@/tochka?host=/run/postgresql", "/run/postgresql"),
        ("postgresql://anna:s3cret@/tochka", "localhost:5432"),
        ("postgresql://anna:s3cret@/tochka?password=s3cret", "localhost:5432"),
        ("postgresql:///", "localhost:5432"),
    ],
)
def test_a_place_is_a_host_and_port_or_a_socket(address, place):
    assert _place(make_url(address)) == place
