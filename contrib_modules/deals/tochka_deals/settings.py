"""What each tenant may set."""

import msgspec

from tochka_deals.currencies import Currency


class DealSettings(msgspec.Struct, frozen=True):
    """What holds for all deals of a tenant."""

    default_currency: Currency = "RUB"
    """Of a deal that says none."""
    closed_are_read_only: bool = False
    """Whether what is won or lost has to be moved to an open stage before it can be changed."""
