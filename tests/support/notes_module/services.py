"""How the test module does what it offers."""

from sqlalchemy import select
from tochka_plugins import publish

from notes_module.events import NoteWritten
from notes_module.models import Note


class Notes:
    """The notes of the tenant that a session is scoped to."""

    def __init__(self, session):
        self.session = session

    async def write(self, text):
        self.session.add(Note(text=text))
        await publish(self.session, NoteWritten(text))

    async def read(self):
        return list(await self.session.scalars(select(Note.text).order_by(Note.text)))
