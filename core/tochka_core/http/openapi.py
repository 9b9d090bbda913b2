"""The OpenAPI document at `/schema`."""

from typing import Any, Final

from litestar import Request, Router
from litestar.exceptions import NotFoundException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from tochka_plugins import ANONYMOUS

from tochka_core import __version__
from tochka_core.http.openapi_errors import ERROR_COMPONENTS

_PATH: Final = "/schema"


def openapi_config() -> OpenAPIConfig:
    """Serve the document itself; a page around it would load its scripts from elsewhere.

    In JSON only: to write YAML keeps the process from all other requests, whoever asks for it.
    """
    return OpenAPIConfig(
        title="Tochka Rosta",
        version=__version__,
        path=_PATH,
        components=ERROR_COMPONENTS,
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        openapi_router=Router(
            path=_PATH, route_handlers=[], opt=ANONYMOUS, before_request=_refuse_other_pages
        ),
    )


async def _refuse_other_pages(request: Request[Any, Any, Any]) -> None:
    """Answer as any unknown path does; the framework has an HTML page for those below this one.

    Raises:
        NotFoundException: the path is not one of the document's.
    """
    if request.path_params:
        raise NotFoundException
