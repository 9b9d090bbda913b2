"""When a delivery that has failed is tried again."""

import random
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

DELAYS: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""The schedule that the specification recommends: ten attempts in three days."""

MOST_JITTER: Final = 0.1
"""By what part of itself a delay may be longer, so that what has failed together is not tried
together."""

LONGEST: Final = timedelta(hours=24)
"""How long a receiver may ask us to wait."""

_dice = random.SystemRandom()


def next_attempt(
    tries: int, *, at: datetime, retry_after: timedelta | None = None
) -> datetime | None:
    """Return when to try again after the attempt number *tries* has failed *at*.

    No earlier than *retry_after* says. `None` when there is no further attempt.
    """
    if not 0 < tries <= len(DELAYS):
        return None
    delay = DELAYS[tries - 1] * (1 + _dice.uniform(0, MOST_JITTER))
    return at + max(delay, min(retry_after or delay, LONGEST))


def read_retry_after(header: str, *, at: datetime) -> timedelta | None:
    """Return how long `Retry-After` asks to wait (RFC 9110, 10.2.3); `None` where it says nothing.

    It is never negative.
    """
    if header.isascii() and header.isdecimal():
        return timedelta(seconds=min(int(header[:9]), LONGEST.total_seconds()))
    try:
        moment = parsedate_to_datetime(header)
        wait = moment.replace(tzinfo=moment.tzinfo or UTC) - at
    except (ValueError, OverflowError):
        return None
    return max(wait, timedelta(0))
