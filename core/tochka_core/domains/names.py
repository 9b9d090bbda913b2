"""Domain names, one spelling each: that of a browser's `Host`."""

import re
from functools import lru_cache
from typing import Final

import idna
from tochka_plugins import InvalidInput

from tochka_core.domains.scripts import may_deceive

DOMAIN_RULE: Final = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)
"""Two labels or more (RFC 1123, 2.1); no address ends in a label that begins with a letter."""

HOST_RULE: Final = re.compile(r"(?P<name>[^:\[\]]*|\[[0-9a-f:.]+\])(?::[0-9]*)?")
"""A `Host` header in lower case (RFC 9110, 7.2): a name or an address, and perhaps a port."""

MAX_DOMAIN_CHARACTERS: Final = 253

_MAX_HOSTS: Final = 1_000
"""That are kept as they were read."""


def normalize_domain(domain: str, *, pointer: str = "/domain") -> str:
    """Return *domain* in ASCII, as a browser sends it in `Host`.

    An IDN may be written in its own letters or as `xn--…`. Its letters are mapped as browsers do
    (UTS 46, not transitional) and must then be valid in IDNA 2008.

    Raises:
        InvalidInput: it is no domain name, or one that passes for another; *pointer* says where.
    """
    normalized = ""
    if len(domain) <= MAX_DOMAIN_CHARACTERS + 1:
        try:
            encoded = idna.encode(domain, uts46=True, std3_rules=True)
        except idna.IDNAError:
            pass
        else:
            normalized = encoded.decode("ascii").removesuffix(".")
    if not _is_domain(normalized):
        raise InvalidInput("This is not a domain name.", pointer=pointer)
    if may_deceive(unicode_form(normalized)):
        raise InvalidInput(
            "This domain passes for another: a label mixes scripts, or all its letters look like"
            " Latin ones.",
            pointer=pointer,
        )
    return normalized


def unicode_form(domain: str) -> str:
    """Return a domain in ASCII as people read it; as it is where it is no valid IDN."""
    try:
        return idna.decode(domain)
    except idna.IDNAError:
        return domain


@lru_cache(_MAX_HOSTS)
def host_name(host: str) -> str:
    """Return the domain in a `Host` header: no port, no trailing dot, lower case.

    Empty where it has none: an IP address, or a name without a dot.

    Raises:
        InvalidInput: the header is malformed, which RFC 9112 (3.2) wants refused.
    """
    parts = HOST_RULE.fullmatch(host.lower())
    if parts is None:
        raise InvalidInput("The header Host is malformed.", pointer="/Host")
    domain = parts["name"].removesuffix(".")
    return domain if _is_domain(domain) else ""


def _is_domain(name: str) -> bool:
    return len(name) <= MAX_DOMAIN_CHARACTERS and DOMAIN_RULE.fullmatch(name) is not None
