"""What may be kept of an answer on its way."""

from typing import Final

from litestar.datastructures import CacheControlHeader

KEPT_BY_NOBODY: Final = CacheControlHeader(no_store=True)
"""`cache_control` of routes that hand out secrets (RFC 6749, section 5.1)."""
