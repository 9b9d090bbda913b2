"""What is asked for."""

from typing import Final

import msgspec

from speed.rows import CONTACT_ID, TEMPLATE_CONTACT_ID

CONNECTIONS: Final = 16
"""That ask at once, each again as soon as it is answered."""

_CONTACTS: Final = "/api/v1/contacts"


class Work(msgspec.Struct, frozen=True):
    """A kind of request."""

    name: str
    path: str
    template_path: str | None = None
    """Where the template's rows have other ids."""
    body: str | None = None

    def path_at(self, stack: str) -> str:
        """Return the path on a stack."""
        return self.template_path if stack == "template" and self.template_path else self.path


LIST: Final = Work("list", f"{_CONTACTS}?limit=20")
ME: Final = Work("me", "/api/v1/users/me")
ALL: Final = (
    Work("health", "/health/live"),
    ME,
    LIST,
    Work(
        "get",
        f"{_CONTACTS}/{CONTACT_ID}",
        template_path=f"{_CONTACTS}/{TEMPLATE_CONTACT_ID}",
    ),
    Work("create", _CONTACTS, body='{"name":"Anna Petrova"}'),
)
