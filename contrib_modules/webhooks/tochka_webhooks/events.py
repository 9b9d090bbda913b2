"""What this module tells others of."""

from uuid import UUID

from tochka_plugins import Event


class EndpointDisabled(Event, frozen=True, tag="webhooks.endpoint_disabled"):
    """A webhook endpoint is told no more, as it has failed for long or wants no more.

    It was not disabled by the tenant, which may enable it again.
    """

    endpoint_id: UUID
    reason: str
