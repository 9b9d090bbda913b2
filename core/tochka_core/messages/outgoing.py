"""What one request has to tell people: sent after its answer, on behalf of a tenant."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import msgspec
from litestar import Request
from litestar.background_tasks import BackgroundTask
from litestar.di import NamedDependency
from tochka_plugins import Message, Tenant

from tochka_core.access.cache import Cache
from tochka_core.access.facts import SHOWN
from tochka_core.http.headers import find_domain
from tochka_core.messages.messenger import Messenger


class Outgoing:
    """Sends a request's messages when its answer is sent.

    Not before: what a module does at once would be in the time that the answer takes.
    """

    def __init__(self, messenger: Messenger, tenant: Tenant | None) -> None:
        """Send by *messenger*, on behalf of *tenant*."""
        self._messenger = messenger
        self._tenant = tenant

    def after_answer(self, message: Message | None) -> BackgroundTask | None:
        """Return what an answer takes along to have *message* sent when it has been itself."""
        return None if message is None else BackgroundTask(self._send, message)

    async def _send(self, message: Message) -> None:
        self._messenger.send(msgspec.structs.replace(message, tenant=self._tenant))


CurrentOutgoing: TypeAlias = NamedDependency[Outgoing]
"""`outgoing`: what sends the messages of the request; for the core's handlers only."""


def provide_outgoing(
    messenger: Messenger, cache: Cache
) -> Callable[[Request[Any, Any, Any]], Awaitable[Outgoing]]:
    """Return what gives a handler its `outgoing`.

    Whose domain it is is looked up whether there will be a message or not: by neither time nor
    statements is anybody told.
    """

    async def provide(request: Request[Any, Any, Any]) -> Outgoing:
        domain = find_domain(request.scope)
        async with cache.look() as look:
            facts = await look.find(SHOWN, domain) if domain else None
        tenant = None if facts is None else Tenant(facts.id, facts.name, facts.title)
        return Outgoing(messenger, tenant)

    return provide
