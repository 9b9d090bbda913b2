"""What other modules are told of."""

from uuid import UUID

from tochka_plugins import Event


class DealCreated(Event, frozen=True, tag="deals.created"):
    """A deal is created."""

    deal_id: UUID
    contact_id: UUID
    pipeline_id: UUID
    stage_id: UUID


class DealStageChanged(Event, frozen=True, tag="deals.stage_changed"):
    """A deal is moved to another stage."""

    deal_id: UUID
    from_stage_id: UUID
    to_stage_id: UUID


class DealWon(Event, frozen=True, tag="deals.won"):
    """A deal is won.

    It came to a stage of this kind from one of another, or began there.
    """

    deal_id: UUID
    contact_id: UUID
    amount_minor: int
    """In the smallest unit of the currency."""
    currency: str
    """ISO 4217."""


class DealLost(Event, frozen=True, tag="deals.lost"):
    """A deal is lost.

    It came to a stage of this kind from one of another, or began there.
    """

    deal_id: UUID
    contact_id: UUID
    amount_minor: int
    """In the smallest unit of the currency."""
    currency: str
    """ISO 4217."""
