"""What other modules may do with contacts, a promise to them: it is added to, and not changed.

@post("/", guards=[requires("deals:write")])
async def create(
    data: JSONBody[DealIn], session: Session, contacts: FromModule[ContactDirectory]
) -> DealOut:
    contact = await contacts.find(data.contact_id)
    ...
"""

from collections.abc import Collection, Mapping
from typing import Protocol
from uuid import UUID

import msgspec
from sqlalchemy import Column, MetaData, Table, Uuid

from tochka_contacts.models import Kind

contacts = Table(
    "contacts",
    MetaData(),
    Column("tenant_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    schema="mod_contacts",
)
"""The table of contacts, as far as a foreign key needs it: `(tenant_id, id)`."""


class ContactCard(msgspec.Struct, frozen=True):
    """What is shown of a contact beside something else."""

    id: UUID
    name: str
    kind: Kind


class ContactDirectory(Protocol):
    """The contacts of the tenant whose transaction it is."""

    async def find(self, contact_id: UUID) -> ContactCard | None:
        """Return a contact, `None` where there is none."""

    async def find_all(self, contact_ids: Collection[UUID]) -> Mapping[UUID, ContactCard]:
        """Return those that there are, by id, with one query."""
