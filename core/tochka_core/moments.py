"""Moments that clients name."""

from datetime import UTC, datetime

from tochka_plugins import InvalidInput


def in_utc(moment: datetime, *, pointer: str) -> datetime:
    """Return *moment* in UTC.

    Raises:
        InvalidInput: it names no time zone, or no moment that there is in UTC.
    """
    if moment.tzinfo is None:
        raise InvalidInput("Name the time zone, such as 2026-11-24T12:00:00Z.", pointer=pointer)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InvalidInput("There is no such moment.", pointer=pointer) from None
