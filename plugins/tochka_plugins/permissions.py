"""What a module lets people do, as the tenant's roles hold it."""

import msgspec

from tochka_plugins.context import TenantRole


class Permission(msgspec.Struct, frozen=True):
    """Something that a member of a tenant may or may not do with a module."""

    name: str
    """`<module>:<word>`, such as `contacts:write`; words are joined by `_`."""

    title: str
    """What it allows, for people, such as `Create and change contacts`."""

    roles: frozenset[TenantRole] = frozenset({"owner", "admin"})
    """The roles of every tenant that hold it; empty means that none does.

    A tenant gives it to others by roles of its own.
    """
