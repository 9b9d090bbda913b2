"""Contacts as they cross HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tochka_contacts.models import Kind

Name = Annotated[str, Meta(min_length=1, max_length=200, examples=["Anna Petrova"])]
Phone = Annotated[str, Meta(min_length=3, max_length=40)]
# In Python "$" also stands before a last newline; in the patterns of JSON Schema it does not.
Email = Annotated[str, Meta(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$(?!\n)")]
Company = Annotated[str, Meta(min_length=1, max_length=200)]
Tags = Annotated[list[Annotated[str, Meta(min_length=1, max_length=50)]], Meta(max_length=50)]
Notes = Annotated[str, Meta(max_length=10_000)]


class ContactIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A contact to create."""

    name: Name
    kind: Kind = "person"
    phone: Phone | None = None
    email: Email | None = None
    company: Company | None = None
    tags: Tags = msgspec.field(default_factory=list)
    notes: Notes | None = None


class ContactPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change of a contact; a field that is left out stays as it is."""

    name: Name | UnsetType = UNSET
    kind: Kind | UnsetType = UNSET
    phone: Phone | UnsetType | None = UNSET
    email: Email | UnsetType | None = UNSET
    company: Company | UnsetType | None = UNSET
    tags: Tags | UnsetType = UNSET
    notes: Notes | UnsetType | None = UNSET


class ContactOut(msgspec.Struct, frozen=True):
    """A contact."""

    id: UUID
    name: str
    kind: Kind
    phone: str | None
    email: str | None
    company: str | None
    tags: list[str]
    notes: str | None
    created_at: datetime
    updated_at: datetime


class ContactCount(msgspec.Struct, frozen=True):
    """How many contacts there are, and of how many tenants."""

    contacts: int
    tenants: int
