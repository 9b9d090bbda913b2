"""What of a module can be counted, and bounded by what a tenant has bought."""

from typing import Literal

import msgspec

LimitPeriod = Literal["day", "month"]
"""How long a count goes on before it begins at zero again, in the calendar of UTC."""


class Limit(msgspec.Struct, frozen=True):
    """A count that may not be exceeded."""

    name: str
    """`<module>.<word>`, such as `bookmarks.max`; words are joined by `_`."""

    title: str
    """What is bounded, for people, such as `Bookmarks kept`."""

    unit: str
    """What is counted, such as `bookmarks`."""

    default: int | None
    """How many there may be where no plan says otherwise; `None` means any number."""

    period: LimitPeriod | None = None
    """`None` for what is there until it is released."""
