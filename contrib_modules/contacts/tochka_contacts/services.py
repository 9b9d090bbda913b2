"""Keeping contacts."""

from sqlalchemy import distinct, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import CrudService

from tochka_contacts.models import Contact
from tochka_contacts.schemas import ContactCount, ContactOut


class ContactService(CrudService[Contact, ContactOut]):
    """Keeps the contacts of one tenant."""

    model_type = Contact
    schema_type = ContactOut
    noun = "contact"
    orderable = ("name", "kind", "company", "email", "created_at", "updated_at")
    searchable = ("name", "phone", "email", "company", "notes")
    limit = "contacts.max"


async def count_contacts(session: AsyncSession) -> ContactCount:
    """Count what *session* sees: those of one tenant in its scope, of all in the platform's."""
    figures = select(func.count(), func.count(distinct(Contact.tenant_id))).select_from(Contact)
    contacts, tenants = (await session.execute(figures)).one()
    return ContactCount(contacts=contacts, tenants=tenants)
