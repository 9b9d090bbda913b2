"""Which endpoints are visited next, so that no tenant keeps the others waiting."""

from collections import Counter
from collections.abc import Collection, Sequence
from operator import itemgetter
from typing import Final

from tochka_webhooks.queue import Due

ENDPOINTS_AT_ONCE: Final = 32
"""One that does not answer keeps its own place until the time is up, and no other."""

ENDPOINTS_OF_A_TENANT: Final = 4
"""The places that it may have in any case."""

_KEPT_FREE: Final = ENDPOINTS_AT_ONCE // 2
"""The places that none gets beyond its own, though nobody else wants them now: who comes next finds
them, however long the others take."""


def take_turns(found: Collection[Due], under_way: Collection[Due]) -> Sequence[Due]:
    """Return those of *found* to visit now, beside those that are *under_way*.

    The tenants that have the fewest places come first, and otherwise those that were found first.
    """
    places = Counter(due.tenant_id for due in under_way)
    waiting = []
    for due in found:
        if due not in under_way:
            waiting.append((places[due.tenant_id], due))
            places[due.tenant_id] += 1
    free = ENDPOINTS_AT_ONCE - len(under_way)
    begun: list[Due] = []
    for has, due in sorted(waiting, key=itemgetter(0)):
        if free - len(begun) <= (0 if has < ENDPOINTS_OF_A_TENANT else _KEPT_FREE):
            break
        begun.append(due)
    return begun
