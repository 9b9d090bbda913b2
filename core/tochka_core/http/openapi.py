"""The OpenAPI document at `/schema`: of the core, and of the modules that are there for who asks.

Of a tenant's modules members are told all, and visitors of its domain what is open to anyone. Of
all modules the `platform_master` is told who chooses no tenant; nobody else learns what is
installed.
"""

from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final

from litestar import Request, Response, Router
from litestar.enums import OpenAPIMediaType
from litestar.exceptions import NotFoundException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.status_codes import HTTP_200_OK, HTTP_304_NOT_MODIFIED
from tochka_plugins import ANONYMOUS

from tochka_core import __version__
from tochka_core.access.cache import Cache
from tochka_core.access.facts import SHOWN, TENANT
from tochka_core.http.headers import find_domain
from tochka_core.http.openapi_documents import Document, Documents
from tochka_core.http.openapi_parts import TITLE
from tochka_core.http.route_rules import CALLER_KEY

_PATH: Final = "/schema"

_KEPT_BY_ONE: Final = {
    # A client may keep it, and asks whether it is still so: a module may have been switched.
    "Cache-Control": "private, no-cache",
    "Vary": "Authorization, Host, X-Tenant",
}


def openapi_config(documents: Documents, cache: Cache) -> OpenAPIConfig:
    """Serve *documents*, without a page around them, which would load its scripts from elsewhere.

    In JSON only: to write YAML keeps the process from all other requests, whoever asks for it.
    """
    return OpenAPIConfig(
        title=TITLE,
        version=__version__,
        path=_PATH,
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        openapi_router=Router(
            path=_PATH,
            route_handlers=[],
            opt={**ANONYMOUS, CALLER_KEY: True},
            before_request=_answering(documents, cache),
            include_in_schema=False,
        ),
    )


def _answering(
    documents: Documents, cache: Cache
) -> Callable[[Request[Any, Any, Any]], Awaitable[Response[bytes | None]]]:
    """Return what hands each caller their document, before the framework would render its own.

    It is a plain function: the framework makes deep copies of routers, and of what belongs to them.
    """

    async def answer(request: Request[Any, Any, Any]) -> Response[bytes | None]:
        if request.path_params:
            raise NotFoundException  # where the framework has an HTML page
        document = await _find(documents, cache, request)
        headers = {**_KEPT_BY_ONE, "ETag": document.etag}
        if is_named(document.etag, request.headers.getall("if-none-match", [])):
            return Response(None, status_code=HTTP_304_NOT_MODIFIED, headers=headers)
        return Response(
            document.body,
            status_code=HTTP_200_OK,
            media_type=OpenAPIMediaType.OPENAPI_JSON,
            headers=headers,
        )

    return answer


async def _find(documents: Documents, cache: Cache, request: Request[Any, Any, Any]) -> Document:
    """Return the document for who asks."""
    principal, tenant = request.auth.principal, request.auth.tenant
    if tenant is None and principal is not None and principal.role == "platform_master":
        return await documents.of(documents.served)
    async with cache.look() as look:
        if tenant is not None:
            facts = await look.find(TENANT, tenant.id)
        else:
            domain = find_domain(request.scope)
            facts = await look.find(SHOWN, domain) if domain else None
    modules = facts.modules.open_at(datetime.now(UTC)) if facts else frozenset[str]()
    return await documents.of(modules, for_visitors=tenant is None)


def is_named(etag: str, if_none_match: Iterable[str]) -> bool:
    """Tell whether a client that sends these headers has the document (RFC 9110, 13.1.2)."""
    named = {item.strip().removeprefix("W/") for line in if_none_match for item in line.split(",")}
    return etag in named or "*" in named
