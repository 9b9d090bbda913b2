"""The OpenAPI documents that there are: one for each set of modules that somebody may see."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from typing import Final

import msgspec

from tochka_core.http.openapi_parts import CorePart, ModulePart

MAX_DOCUMENTS: Final = 32
"""The ones that were asked for least recently are put together anew, which takes a millisecond."""

_DIGEST_BYTES: Final = 16


class Document(msgspec.Struct, frozen=True):
    """An OpenAPI document in JSON."""

    body: bytes
    etag: str
    """Strong, and the same in each worker that tells the same."""


class Documents:
    """Tells of the core and of any modules; each is described when it is first asked for.

    That takes milliseconds for each route, so it is done beside the event loop, one at a time.
    """

    def __init__(
        self,
        describe_core: Callable[[], CorePart],
        describe_modules: Mapping[str, Callable[[], ModulePart]],
    ) -> None:
        """Describe the core and, by name, the modules that are served by these functions."""
        self._describe_core = describe_core
        self._describe_modules = describe_modules
        self.served = frozenset(describe_modules)
        """The names of all modules that can be told of."""
        self._core: CorePart | None = None
        self._modules: dict[str, ModulePart] = {}
        self._documents: OrderedDict[tuple[tuple[str, bool], ...], Document] = OrderedDict()
        self._beside = ThreadPoolExecutor(1, "tochka-openapi")

    async def of(self, modules: AbstractSet[str], *, for_visitors: bool = False) -> Document:
        """Return the document of the core and those of *modules* that are served.

        *for_visitors* it tells only of what is open to people who are not signed in.
        """
        core = await self._describe(modules & self.served)
        parts = {
            name: part.for_visitors if for_visitors else part.whole
            for name in sorted(modules & self.served)
            if (part := self._modules[name])
        }
        key = tuple((name, for_visitors) for name, part in parts.items() if part.paths)
        document = self._documents.get(key)
        if document is None:
            body = core.document_with(parts.values())
            digest = blake2b(body, digest_size=_DIGEST_BYTES).hexdigest()
            document = self._documents[key] = Document(body, f'"{digest}"')
            if len(self._documents) > MAX_DOCUMENTS:
                self._documents.popitem(last=False)
        self._documents.move_to_end(key)
        return document

    async def _describe(self, modules: AbstractSet[str]) -> CorePart:
        """Describe the core and *modules*, as far as that is still to be done; return the core."""
        if self._core is None or not modules <= self._modules.keys():
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._beside, self._describe_now, modules)
        return self._core

    def _describe_now(self, modules: AbstractSet[str]) -> CorePart:
        core = self._core = self._core or self._describe_core()
        for name in modules - self._modules.keys():
            self._modules[name] = self._describe_modules[name]()
        return core
