"""The currencies that money is counted in."""

from typing import TYPE_CHECKING, Literal

import iso4217

CODES = tuple(
    sorted(currency.value for currency in iso4217.Currency if currency.exponent is not None)
)
"""Those of ISO 4217 that have a smallest unit; gold, and the codes for tests and none, have not."""

if TYPE_CHECKING:
    Currency = str
else:
    Currency = Literal[CODES]
    """A code of ISO 4217. A type checker does not read a list: to it this is any text."""
