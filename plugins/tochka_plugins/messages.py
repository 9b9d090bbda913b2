"""What the platform has to tell somebody by phone."""

from typing import Literal

import msgspec

from tochka_plugins.context import Tenant


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A short text for one phone. None of it belongs in a log."""

    phone: str
    """E.164, such as `+79123456789`."""

    text: str
    """All that is to be read, the code included, in the language of the installation."""

    kind: Literal["code", "notice"]
    """A `code` is waited for, and worth nothing ten minutes later; a `notice` is not."""

    code: str | None = None
    """The code alone, for a service that says or shows it in its own words; only of a `code`."""

    tenant: Tenant | None = None
    """On whose domain it was asked for; `None` where it was asked for elsewhere."""

    def __repr__(self) -> str:
        """Show nothing but the kind."""
        return f"Message(kind={self.kind!r})"
