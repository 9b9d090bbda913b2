"""What the test module offers to those that depend on it."""

from collections.abc import Sequence
from typing import Protocol


class NoteBook(Protocol):
    """The notes of a tenant."""

    async def write(self, text: str) -> None:
        """Keep a note, and tell of it."""

    async def read(self) -> Sequence[str]:
        """Return all that is kept, in order."""
