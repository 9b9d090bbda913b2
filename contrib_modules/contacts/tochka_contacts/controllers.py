"""`/api/v1/contacts`."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from tochka_plugins import Page, RequestedPage, Session, requires

from tochka_contacts.models import Contact, Kind
from tochka_contacts.schemas import ContactIn, ContactOut, ContactPatch
from tochka_contacts.services import ContactService

WRITING = requires("contacts:write")

Text = Annotated[str | None, QueryParameter(max_length=200)]


class ContactController(Controller):
    """People and companies of the chosen tenant."""

    path = "/"
    guards = (requires("contacts:read"),)

    @post("/", summary="Create a contact", guards=[WRITING])
    async def create(self, data: JSONBody[ContactIn], session: Session) -> ContactOut:
        """Add a person or a company."""
        return await ContactService(session).create(data)

    @get("/", summary="List contacts")
    async def list_all(
        self,
        session: Session,
        page_query: RequestedPage,
        kind: FromQuery[Kind | None] = None,
        company: Text = None,
        tag: Text = None,
    ) -> Page[ContactOut]:
        """Return one page; `search` looks into name, phone, e-mail, company and notes."""
        tagged = [] if tag is None else [Contact.tags.contains([tag])]
        service = ContactService(session)
        return await service.list_page(page_query, *tagged, kind=kind, company=company)

    @get("/{contact_id:uuid}", summary="Get a contact")
    async def get_one(self, contact_id: FromPath[UUID], session: Session) -> ContactOut:
        """Return one contact."""
        return await ContactService(session).get(contact_id)

    @patch("/{contact_id:uuid}", summary="Change a contact", guards=[WRITING])
    async def change(
        self, contact_id: FromPath[UUID], data: JSONBody[ContactPatch], session: Session
    ) -> ContactOut:
        """Change the fields that the body names."""
        return await ContactService(session).change(contact_id, data)

    @delete("/{contact_id:uuid}", summary="Delete a contact", guards=[WRITING])
    async def delete(self, contact_id: FromPath[UUID], session: Session) -> None:
        """Remove a contact."""
        await ContactService(session).delete(contact_id)
