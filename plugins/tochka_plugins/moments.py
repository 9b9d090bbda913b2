"""Moments that clients name, in a query string and in a body."""

from datetime import UTC, datetime
from typing import Final

import msgspec
from litestar.params import QueryParameter

from tochka_plugins.errors import InvalidInput
from tochka_plugins.pagination import MAX_TEXT

_ENDLESS: Final = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
"""What asyncpg stores as PostgreSQL's `-infinity` and `infinity`, and reads without a time zone."""


def moment_query(description: str, *, name: str | None = None) -> QueryParameter:
    """Describe a moment in the query string, for a parameter of type `str`; `read_moment` reads it.

    As a `datetime` the framework would take a number for one too, and one without a time zone.
    *name* is what clients call it, where that is no name in Python.
    """
    schema = {"format": "date-time"}
    return QueryParameter(
        name=name, max_length=MAX_TEXT, description=description, schema_extra=schema
    )


def read_moment(text: str, *, pointer: str) -> datetime:
    """Return the moment that *text* names as RFC 3339 has it, in UTC.

    Raises:
        InvalidInput: it names none.
    """
    try:
        moment = msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        raise InvalidInput(
            "Name a moment, such as 2026-11-24T12:00:00Z.", pointer=pointer
        ) from None
    return in_utc(moment, pointer=pointer)


def in_utc(moment: datetime, *, pointer: str) -> datetime:
    """Return *moment* in UTC.

    Raises:
        InvalidInput: it names no time zone, or no moment that there is in UTC and in PostgreSQL.
    """
    if moment.tzinfo is None:
        raise InvalidInput("Name the time zone, such as 2026-11-24T12:00:00Z.", pointer=pointer)
    try:
        found = moment.astimezone(UTC)
    except OverflowError:
        found = None
    if found is None or found in _ENDLESS:
        raise InvalidInput("There is no such moment.", pointer=pointer)
    return found
