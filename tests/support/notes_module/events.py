"""What the test module tells of."""

from tochka_plugins import Event


class NoteWritten(Event, frozen=True, tag="notes.written"):
    """A note is written.

    Its text is told, too.
    """

    text: str


class NoteLost(Event, frozen=True, tag="notes.lost"):
    """A note is lost: nobody declares it."""
