"""`/api/v1/contacts`."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.params import Parameter
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Page, PageQuery

from tochka_contacts.models import Kind
from tochka_contacts.schemas import ContactIn, ContactOut, ContactPatch
from tochka_contacts.services import ContactService

Text = Annotated[str | None, Parameter(max_length=200)]


class ContactController(Controller):
    """People and companies of the chosen tenant."""

    path = "/"

    @post("/", summary="Create a contact")
    async def create(self, data: ContactIn, session: AsyncSession) -> ContactOut:
        """Add a person or a company."""
        return ContactOut.of(await ContactService(session).create(data))

    @get("/", summary="List contacts")
    async def list_all(
        self,
        session: AsyncSession,
        page_query: PageQuery,
        kind: Kind | None = None,
        company: Text = None,
        tag: Text = None,
    ) -> Page[ContactOut]:
        """Return one page; `search` looks into name, phone, e-mail, company and notes."""
        service = ContactService(session)
        return await service.list_page(page_query, kind=kind, company=company, tag=tag)

    @get("/{contact_id:uuid}", summary="Get a contact")
    async def get_one(self, contact_id: UUID, session: AsyncSession) -> ContactOut:
        """Return one contact."""
        return ContactOut.of(await ContactService(session).get(contact_id))

    @patch("/{contact_id:uuid}", summary="Change a contact")
    async def change(
        self, contact_id: UUID, data: ContactPatch, session: AsyncSession
    ) -> ContactOut:
        """Change the fields that the body names."""
        return ContactOut.of(await ContactService(session).change(contact_id, data))

    @delete("/{contact_id:uuid}", summary="Delete a contact")
    async def delete(self, contact_id: UUID, session: AsyncSession) -> None:
        """Remove a contact."""
        await ContactService(session).delete(contact_id)
