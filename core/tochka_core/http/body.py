"""Reading a request's body with less trust than the framework has."""

import re
from collections.abc import AsyncGenerator
from functools import cache
from typing import Any, Final

import msgspec
from litestar import Request
from litestar.exceptions import ClientException, InternalServerException, ValidationException
from litestar.exceptions.http_exceptions import HTTPException

_ESCAPED_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_JSON_TYPES: Final = frozenset({"application/json", "application/merge-patch+json"})


class UnsupportedMediaType(HTTPException):
    """The body is of another media type than the route reads."""

    status_code = 415


class JsonRequest(Request[Any, Any, Any]):
    """A request whose JSON is refused before it can harm: wrong type, too deep, NUL in a text.

    What the handler's `data` is made of is taken as JSON has it. The framework reads a body as it
    does a query, where all is text: `"20"` would be a number, and a number a moment.
    """

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """Yield the body as it comes.

        Raises:
            ClientException: the client has gone before it had sent all of it.
        """
        try:
            async for chunk in super().stream():
                yield chunk
        except InternalServerException:
            if not self.is_connected:  # somebody reads the body a second time
                raise
            raise ClientException("The body is not complete.") from None

    async def json(self) -> Any:  # noqa: ANN401 - whatever the document holds
        """Return the decoded body, as the type of the handler's `data`, where it has that.

        Raises:
            UnsupportedMediaType: `Content-Type` is not JSON's.
            ClientException: the document is not UTF-8, is nested too deeply, or a text in it
                contains U+0000, which PostgreSQL cannot store.
            ValidationException: something in it is not of the type that is asked for.
        """
        if self.content_type[0] not in _JSON_TYPES:
            raise UnsupportedMediaType("Send application/json.")
        if _ESCAPED_NUL.search(await self.body()):
            raise ClientException("A text may not contain U+0000.")
        try:
            document = await super().json()
        except UnicodeDecodeError:
            raise ClientException("The document is not UTF-8.") from None
        except RecursionError:
            raise ClientException("The document is nested too deeply.") from None
        wanted = self.route_handler.parsed_data_field
        if wanted is None or self.route_handler.resolve_data_dto() is not None:
            return document
        return _convert(document, wanted.annotation, self.route_handler.default_deserializer)


def _convert(document: object, kind: Any, dec_hook: Any) -> object:  # noqa: ANN401 - any type, and what the framework makes of others
    try:
        body = msgspec.convert({"data": document}, _body_of(kind), dec_hook=dec_hook, str_keys=True)
    except msgspec.ValidationError as error:
        told = [{"message": str(error), "source": "body"}]
        raise ValidationException("The body is not valid.", extra=told) from error
    return body.data


@cache
def _body_of(kind: Any) -> Any:  # noqa: ANN401 - as above
    """Return a struct of a handler's `data` alone: so are errors told where they are."""
    return msgspec.defstruct("Body", [("data", kind)])


async def refuse_nul(request: Request[Any, Any, Any]) -> None:
    """Refuse a path or query string with a NUL, which no column can hold.

    Raises:
        ClientException: there is one.
    """
    if "\0" in request.scope["path"] or b"%00" in request.scope["query_string"]:
        raise ClientException("A text may not contain U+0000.")
