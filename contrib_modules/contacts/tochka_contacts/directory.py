"""What contacts offers to other modules."""

from collections.abc import Collection, Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_contacts.api import ContactCard
from tochka_contacts.models import Contact

_CARDS: Final = select(Contact.id, Contact.name, Contact.kind)


class Directory:
    """Looks contacts up in one transaction; see `tochka_contacts.api.ContactDirectory`."""

    def __init__(self, session: AsyncSession) -> None:
        """Look them up in *session*."""
        self._session = session

    async def find(self, contact_id: UUID) -> ContactCard | None:
        """Return a contact, `None` where there is none."""
        return (await self.find_all([contact_id])).get(contact_id)

    async def find_all(self, contact_ids: Collection[UUID]) -> Mapping[UUID, ContactCard]:
        """Return those that there are, by id, with one query."""
        rows = await self._session.execute(_CARDS.where(Contact.id.in_(contact_ids)))
        return {row.id: ContactCard(row.id, row.name, row.kind) for row in rows}
