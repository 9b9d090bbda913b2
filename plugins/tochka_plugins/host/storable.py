"""Text that may come from anywhere, and has to be printed and stored."""

import re
from typing import Final

_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")
"""PostgreSQL stores no NUL, and no encoder writes half of a surrogate pair."""


def is_storable(text: str) -> bool:
    """Tell whether *text* can be printed and stored as it is."""
    return _UNSTORABLE.search(text) is None


def storable(text: str) -> str:
    """Return *text* with U+FFFD in place of what cannot be printed or stored."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)
