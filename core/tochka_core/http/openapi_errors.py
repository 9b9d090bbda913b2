"""What the OpenAPI document says of errors: all are alike, as one place makes them."""

from dataclasses import dataclass
from typing import Final

from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import (
    Components,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Reference,
    Schema,
)
from litestar.plugins import ReceiveRoutePlugin
from litestar.routes import BaseRoute

_NAME: Final = "Problem"
_MEDIA_TYPE: Final = "application/problem+json"

_TEXT: Final = Schema(type=OpenAPIType.STRING)
_FIELD_ERROR: Final = Schema(
    type=OpenAPIType.OBJECT,
    properties={"pointer": _TEXT, "detail": _TEXT},
    required=["pointer", "detail"],
)
_PROBLEM: Final = Schema(
    type=OpenAPIType.OBJECT,
    description="What is wrong (RFC 9457); some errors have further members.",
    properties={
        "type": _TEXT,
        "title": _TEXT,
        "status": Schema(type=OpenAPIType.INTEGER),
        "detail": _TEXT,
        "request_id": _TEXT,
        "errors": Schema(type=OpenAPIType.ARRAY, items=_FIELD_ERROR),
    },
    required=["type", "title", "status", "detail", "request_id"],
)

ERROR_COMPONENTS: Final = Components(
    responses={
        _NAME: OpenAPIResponse(
            description="An error", content={_MEDIA_TYPE: OpenAPIMediaType(schema=_PROBLEM)}
        )
    }
)
"""What the operations refer to."""


@dataclass
class _Operation(Operation):
    """An operation that answers errors as all others do."""

    def __post_init__(self) -> None:
        answers = dict(self.responses or {})
        told = answers.get("400")
        if isinstance(told, OpenAPIResponse) and _MEDIA_TYPE not in (told.content or {}):
            del answers["400"]  # The framework's own, which is not what is sent.
        answers["default"] = Reference(ref=f"#/components/responses/{_NAME}")
        self.responses = answers


class DocumentErrors(ReceiveRoutePlugin):
    """Adds the errors to what the document says of each route."""

    def receive_route(self, route: BaseRoute) -> None:
        """Add them to *route*, unless its author describes it in a way of their own."""
        for handler in getattr(route, "route_handlers", ()):
            if isinstance(handler, HTTPRouteHandler) and handler.operation_class is Operation:
                handler.operation_class = _Operation
