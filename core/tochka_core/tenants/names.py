"""Names of tenants."""

import re
from typing import Final

from tochka_plugins import InvalidInput

from tochka_core.tenants.permissions import BUILT_IN_ROLES

NAME_RULE: Final = re.compile(r"[a-z][a-z0-9-]{0,61}[a-z0-9]")
# fmt: off
RESERVED_NAMES: Final = frozenset({
    "admin", "api", "app", "assets", "auth", "autoconfig", "autodiscover", "billing", "blog", "cdn",
    "docs", "ftp", "health", "help", "imap", "localhost", "login", "mail", "media", "metrics", "mx",
    "ns1", "ns2", "platform", "pop", "root", "schema", "smtp", "static", "status", "support",
    "system", "tochka", "webmail", "www",
})
# fmt: on
"""Names that, as a label of the platform's domain, would pass for the platform itself."""


def check_tenant_name(name: str) -> str:
    """Return *name* if a tenant may have it.

    Raises:
        InvalidInput: it would not do as a host name's label, or is reserved.
    """
    if not NAME_RULE.fullmatch(name):
        raise InvalidInput(
            "A tenant's name has 2 to 63 characters: a to z, 0 to 9 and hyphens inside,"
            " beginning with a letter.",
            pointer="/name",
        )
    # A label with hyphens in its third and fourth place is an encoding, such as `xn--` (RFC 5891).
    if name in RESERVED_NAMES or name[2:4] == "--":
        raise InvalidInput("This name is reserved.", pointer="/name")
    return name


def check_role_name(name: str) -> str:
    """Return *name* if a role that a tenant defines may have it.

    Raises:
        InvalidInput: it is not as short and plain as the names of tenants, or every tenant has it.
    """
    if not NAME_RULE.fullmatch(name):
        raise InvalidInput(
            "A role's name has 2 to 63 characters: a to z, 0 to 9 and hyphens inside,"
            " beginning with a letter.",
            pointer="/name",
        )
    if name in BUILT_IN_ROLES:
        raise InvalidInput("Every tenant has a role with this name.", pointer="/name")
    return name
