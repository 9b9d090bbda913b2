"""Endpoints, deliveries and attempts as they cross HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tochka_webhooks.models import Status

# In Python "$" also stands before a last newline; in the patterns of JSON Schema it does not.
Url = Annotated[
    str,
    Meta(
        max_length=2000,
        pattern=r"^https?://[^\s\x00-\x20\x7f]+$(?!\n)",
        examples=["https://example.com/hooks"],
    ),
]
Description = Annotated[str, Meta(min_length=1, max_length=200)]
EventType = Annotated[
    str, Meta(max_length=200, pattern=r"^[a-z0-9_.]+$(?!\n)", examples=["tenants.member_added"])
]
EventTypes = Annotated[list[EventType], Meta(min_length=1, max_length=100)]
Hours = Annotated[int, Meta(ge=0, le=168)]


class EndpointIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A URL to tell."""

    url: Url
    description: Description | None = None
    event_types: EventTypes | None = None
    """`None` for all."""
    enabled: bool = True


class EndpointPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change of an endpoint; a field that is left out stays as it is."""

    url: Url | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET
    event_types: EventTypes | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET


class EndpointOut(msgspec.Struct, frozen=True):
    """An endpoint."""

    id: UUID
    url: str
    description: str | None
    event_types: list[str] | None
    enabled: bool
    disabled_because: str | None
    succeeded_at: datetime | None
    previous_secret_until: datetime | None
    created_at: datetime
    updated_at: datetime


class EndpointCreated(EndpointOut, frozen=True):
    """An endpoint that has just been made, with its secret, which is shown this once."""

    secret: str


class Rotation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a secret is exchanged."""

    overlap_hours: Hours = 24
    """How long what is sent is signed with the previous secret as well."""


class SecretRotated(msgspec.Struct, frozen=True):
    """The new secret, which is shown this once."""

    secret: str
    previous_secret_until: datetime


class DeliveryOut(msgspec.Struct, frozen=True):
    """An event that an endpoint is told of."""

    id: UUID
    endpoint_id: UUID
    message_id: str
    event_type: str
    status: Status
    tries: int
    occurred_at: datetime
    due_at: datetime | None
    finished_at: datetime | None
    payload: str


class AttemptOut(msgspec.Struct, frozen=True):
    """One request to an endpoint."""

    id: UUID
    began_at: datetime
    duration_ms: int
    status_code: int | None
    error: str | None
    answer: str | None


class ReplayIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which of the deliveries that have failed for good to try again."""

    since: Annotated[datetime, Meta(tz=True, examples=["2026-11-24T12:00:00Z"])]


class Replayed(msgspec.Struct, frozen=True):
    """How many are tried again."""

    replayed: int
