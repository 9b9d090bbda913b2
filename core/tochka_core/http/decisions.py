"""Whom a request was found to come from, kept for the next one that says the same."""

from datetime import datetime
from typing import Final

import msgspec
from tochka_plugins import Principal

from tochka_core.access.cache import Cache
from tochka_core.http.lookup import Asked, Found

MAX_KEPT: Final = 10_000
"""The oldest are forgotten."""


class Admitted(msgspec.Struct, frozen=True):
    """A person who asks, and the tenant that they choose."""

    principal: Principal
    tenant: Found | None
    until: datetime
    """When it may be another without any change: a token, a session or a subscription ends."""


class Decisions:
    """What was found about requests of people, until anything changes that it may depend on.

    Each is made of facts. Whichever of them is told to have changed, all decisions are forgotten:
    the next ones are made of the facts, which are kept one by one.
    """

    def __init__(self, cache: Cache) -> None:
        """Go by the facts in *cache*."""
        self._cache = cache
        self._version = cache.version
        self._kept: dict[tuple[str | None, ...], Admitted] = {}

    def find(self, token: str, asked: Asked) -> Admitted | None:
        """Return what was found about such a request, `None` where that has to be done anew."""
        if self._version != self._cache.version:
            self._version = self._cache.version
            self._kept.clear()
        known = self._kept.get(_key(token, asked))
        if known is None or asked.at >= known.until:
            return None
        self._cache.hits += 1
        return known

    def keep(self, token: str, asked: Asked, admitted: Admitted, *, version: int) -> None:
        """Keep what was found, of facts that were looked for at this *version* of them or later."""
        if not self._cache.is_listening or not version == self._version == self._cache.version:
            return
        self._kept[_key(token, asked)] = admitted
        if len(self._kept) > MAX_KEPT:
            del self._kept[next(iter(self._kept))]


def _key(token: str, asked: Asked) -> tuple[str | None, ...]:
    return token, asked.name, asked.domain, asked.module
