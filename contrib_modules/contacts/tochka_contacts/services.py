"""Keeping contacts."""

from uuid import UUID

import msgspec
from advanced_alchemy.filters import CollectionFilter
from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import delete, distinct, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Limits, NotFound, Page, PageQuery

from tochka_contacts.models import Contact, Kind
from tochka_contacts.schemas import ContactCount, ContactIn, ContactOut, ContactPatch

LIMIT = "contacts.max"

ORDERABLE = frozenset({"name", "kind", "company", "email", "created_at", "updated_at"})
SEARCHABLE = frozenset({"name", "phone", "email", "company", "notes"})


class ContactRepository(SQLAlchemyAsyncRepository[Contact]):
    """Contacts of the tenant that the session is scoped to."""

    model_type = Contact


class ContactService:
    """Keeps the contacts of one tenant."""

    def __init__(self, session: AsyncSession) -> None:
        """Work in *session*, which is scoped to the tenant."""
        self._session = session
        self._contacts = ContactRepository(session=session)

    async def create(self, wanted: ContactIn, limits: Limits) -> Contact:
        """Add a contact.

        Raises:
            LimitReached: the tenant has as many as it may.
        """
        contact = await self._contacts.add(Contact(**msgspec.structs.asdict(wanted)))
        await limits.consume(LIMIT)
        return contact

    async def get(self, contact_id: UUID) -> Contact:
        """Return one contact.

        Raises:
            NotFound: there is none with this id.
        """
        contact = await self._contacts.get_one_or_none(id=contact_id)
        if contact is None:
            raise _no_such_contact()
        return contact

    async def change(self, contact_id: UUID, patch: ContactPatch) -> Contact:
        """Change what *patch* names.

        Raises:
            NotFound: there is none with this id.
        """
        contact = await self.get(contact_id)
        for field, value in msgspec.structs.asdict(patch).items():
            if value is not msgspec.UNSET:
                setattr(contact, field, value)
        return await self._contacts.update(contact)

    async def delete(self, contact_id: UUID, limits: Limits) -> None:
        """Remove a contact.

        Raises:
            NotFound: there is none with this id.
        """
        # Of two who remove it at once, one has removed it, and counts.
        removal = delete(Contact).where(Contact.id == contact_id).returning(Contact.id)
        if await self._session.scalar(removal) is None:
            raise _no_such_contact()
        await limits.release(LIMIT)

    async def list_page(
        self, query: PageQuery, *, kind: Kind | None, company: str | None, tag: str | None
    ) -> Page[ContactOut]:
        """Return one page of the contacts that match every filter given."""
        filters = query.filters(orderable=ORDERABLE, searchable=SEARCHABLE)
        if kind is not None:
            filters.append(CollectionFilter("kind", [kind]))
        if company is not None:
            filters.append(CollectionFilter("company", [company]))
        conditions = [] if tag is None else [Contact.tags.contains([tag])]
        contacts, total = await self._contacts.get_many_and_count(
            *filters, *conditions, count_with_window_function=False
        )
        return query.page([ContactOut.of(contact) for contact in contacts], total)


def _no_such_contact() -> NotFound:
    return NotFound("There is no such contact.")


async def count_contacts(session: AsyncSession) -> ContactCount:
    """Count what *session* sees: those of one tenant in its scope, of all in the platform's."""
    figures = select(func.count(), func.count(distinct(Contact.tenant_id))).select_from(Contact)
    contacts, tenants = (await session.execute(figures)).one()
    return ContactCount(contacts=contacts, tenants=tenants)
