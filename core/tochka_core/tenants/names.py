"""Names and domains of tenants, one spelling each."""

import re
from typing import Final

from tochka_plugins import InvalidInput

from tochka_core.tenants.permissions import BUILT_IN_ROLES

NAME_RULE: Final = re.compile(r"[a-z][a-z0-9-]{0,61}[a-z0-9]")
DOMAIN_RULE: Final = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)
_HOST_RULE: Final = re.compile(rf"({DOMAIN_RULE.pattern})\.?(?::[0-9]*)?")
# fmt: off
RESERVED_NAMES: Final = frozenset({
    "admin", "api", "app", "assets", "auth", "autoconfig", "autodiscover", "billing", "blog", "cdn",
    "docs", "ftp", "health", "help", "imap", "localhost", "login", "mail", "media", "metrics", "mx",
    "ns1", "ns2", "platform", "pop", "root", "schema", "smtp", "static", "status", "support",
    "system", "tochka", "webmail", "www",
})
# fmt: on
"""Names that, as a label of the platform's domain, would pass for the platform itself."""

MAX_DOMAIN_CHARACTERS: Final = 253


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


def normalize_domain(domain: str) -> str:
    """Return *domain* as a browser sends it in `Host`.

    Raises:
        InvalidInput: it is no domain name in ASCII (an IDN is written as `xn--…`).
    """
    normalized = domain.lower().removesuffix(".")
    is_domain = domain.isascii() and DOMAIN_RULE.fullmatch(normalized)
    if len(normalized) > MAX_DOMAIN_CHARACTERS or not is_domain:
        raise InvalidInput("This is not a domain name.", pointer="/domain")
    return normalized


def host_name(host: str) -> str:
    """Return the domain in a `Host` header: no port, no trailing dot, lower case.

    Empty where it has none: an IP address, a name without a dot, or nothing of the kind.
    """
    match = _HOST_RULE.fullmatch(host.lower())
    domain: str = match[1] if match else ""
    return domain if len(domain) <= MAX_DOMAIN_CHARACTERS else ""
