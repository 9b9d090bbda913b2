"""How a module presents itself."""

from typing import Literal

import msgspec

Availability = Literal["open", "subscription", "private"]
"""Who may enable a module: any tenant, a tenant that subscribes to it, or the platform alone."""


class ModuleInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What people see of a module before they use it."""

    title: str
    """A name for people, such as `Contacts`."""

    description: str = ""
    """One or two sentences; empty means the distribution's summary."""

    icon: str | None = None
    """An icon's name or URL, for user interfaces; the platform does not read it."""

    availability: Availability = "open"
    """What holds when the module is first ready; from then on it is the operator's to say."""
