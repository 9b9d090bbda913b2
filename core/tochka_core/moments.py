"""Moments that clients name."""

from datetime import UTC, datetime
from typing import Final

import msgspec
from tochka_plugins import InvalidInput

_ENDLESS: Final = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
"""What asyncpg stores as PostgreSQL's `-infinity` and `infinity`, and reads without a time zone."""


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
