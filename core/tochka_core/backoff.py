"""How long to wait before trying again what has failed."""

from typing import Final

_FIRST_SECONDS: Final = 0.5
_MAX_SECONDS: Final = 10.0


class Backoff:
    """Pauses that grow with each failure in a row."""

    def __init__(self) -> None:
        """Begin with the shortest pause."""
        self._seconds = _FIRST_SECONDS

    def next_seconds(self) -> float:
        """Return the pause after one more failure."""
        seconds = self._seconds
        self._seconds = min(seconds * 2, _MAX_SECONDS)
        return seconds

    def reset(self) -> None:
        """Begin anew after a success."""
        self._seconds = _FIRST_SECONDS
