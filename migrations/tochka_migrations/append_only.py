"""Tables of the core to which the platform's roles add, and in which they change nothing."""

from typing import Final

from tochka_plugins.schemas import CORE_SCHEMA

APPEND_ONLY: Final = frozenset({f"{CORE_SCHEMA}.audit_log"})
"""Their owner, who migrates them, may still change them."""
