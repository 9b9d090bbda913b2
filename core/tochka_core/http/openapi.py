"""The OpenAPI document at `/schema`."""

from typing import Any, Final

from litestar import Request, Router
from litestar.exceptions import NotFoundException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from tochka_plugins import ANONYMOUS

from tochka_core import __version__
from tochka_core.http.openapi_document import openapi_document

_PATH: Final = "/schema"


def openapi_config() -> OpenAPIConfig:
    """Serve the document itself; a page around it would load its scripts from elsewhere.

    In JSON only: to write YAML keeps the process from all other requests, whoever asks for it.
    """
    return OpenAPIConfig(
        title="Tochka Rosta",
        version=__version__,
        path=_PATH,
        render_plugins=[_WholeDocument(path="/openapi.json")],
        openapi_router=Router(
            path=_PATH,
            route_handlers=[],
            opt=ANONYMOUS,
            before_request=_refuse_other_pages,
            include_in_schema=False,
        ),
    )


class _WholeDocument(JsonRenderPlugin):
    """Answers with the document, which is put together when it is first asked for."""

    _rendered: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Return the document; *openapi_schema* is what the framework says."""
        if self._rendered is None:
            whole = openapi_document(request.app, openapi_schema)
            self._rendered = self.render_json(request, whole)
        return self._rendered


async def _refuse_other_pages(request: Request[Any, Any, Any]) -> None:
    """Answer as any unknown path does; the framework has an HTML page for those below this one.

    Raises:
        NotFoundException: the path is not one of the document's.
    """
    if request.path_params:
        raise NotFoundException
