"""Limits as they cross HTTP."""

from datetime import datetime

import msgspec
from tochka_plugins.limits import LimitPeriod


class LimitOut(msgspec.Struct, frozen=True):
    """How far a tenant has come with a limit."""

    name: str
    module: str
    title: str
    unit: str
    period: LimitPeriod | None
    used: int
    maximum: int | None
    """`None` for any number."""
    is_of_plan: bool
    """Whether the tenant's plan says so, or the module."""
    reset: datetime | None
    """When the count begins at zero again; `None` for never."""
