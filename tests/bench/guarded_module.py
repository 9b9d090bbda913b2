"""A module with what a request to it is held to: a permission, and settings of the tenant."""

from collections.abc import Sequence

import msgspec
from tochka_plugins import Permission, hookimpl


class Settings(msgspec.Struct):
    """What a tenant may set."""

    title: str = ""
    page_size: int = 50


@hookimpl
def tochka_permissions() -> Sequence[Permission]:
    """Declare who may read."""
    return [Permission("guarded:read", "Read", roles=frozenset({"owner", "admin"}))]


@hookimpl
def tochka_settings() -> type[msgspec.Struct]:
    """Declare what can be set."""
    return Settings
