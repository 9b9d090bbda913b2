"""Text that may come from anywhere, and has to be printed and stored."""

import re
from typing import Any, Final

_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")
"""PostgreSQL stores no NUL, and no encoder writes half of a surrogate pair."""


def is_storable(text: str) -> bool:
    """Tell whether *text* can be printed and stored as it is."""
    return _UNSTORABLE.search(text) is None


def is_storable_document(document: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Tell whether all text in *document* can be printed and stored as it is."""
    match document:
        case str():
            return is_storable(document)
        case dict():
            return all(is_storable_document(item) for pair in document.items() for item in pair)
        case list() | tuple():
            return all(map(is_storable_document, document))
    return True


def storable(text: str) -> str:
    """Return *text* with U+FFFD in place of what cannot be printed or stored."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)
