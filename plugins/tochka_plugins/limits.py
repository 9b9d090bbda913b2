"""What of a module can be counted, and bounded by what a tenant has bought."""

import msgspec


class Limit(msgspec.Struct, frozen=True):
    """A count that may not be exceeded."""

    name: str
    """`<module>.<word>`, such as `bookmarks.max`; words are joined by `_`."""

    title: str
    """What is bounded, for people, such as `Bookmarks kept`."""

    unit: str
    """What is counted, such as `bookmarks`."""

    default: int | None
    """How many there may be where nothing else is said; `None` means any number."""
