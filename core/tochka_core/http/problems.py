"""Every error as a problem document (RFC 9457), in the one place that knows both sides."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import msgspec
import structlog
from advanced_alchemy.exceptions import AdvancedAlchemyError
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)
from litestar.plugins.problem_details import (
    ProblemDetailsConfig,
    ProblemDetailsException,
    ProblemDetailsPlugin,
)
from sqlalchemy.exc import SQLAlchemyError
from tochka_plugins.errors import TochkaError

from tochka_core.http.database_errors import explain
from tochka_core.http.last_resort import SERVER_ERROR_DETAIL, SERVER_ERROR_TITLE
from tochka_core.http.refusals import Refusals
from tochka_core.http.request_id import current_request_id
from tochka_core.pointers import path_in, pointer_to, steps_of, without_path

_log = structlog.get_logger(__name__)

NOTHING_HERE: Final = "There is nothing at this path."
"""Also the answer of a module that the tenant has not enabled: its members read the same."""

_STANDARD_MEMBERS: Final = frozenset({"type", "title", "status", "detail", "instance"})

_TITLES: Final = {
    400: "Invalid input",
    404: "Not found",
    405: "Method not allowed",
    413: "Request body too large",
    415: "Unsupported media type",
}


_Converters: TypeAlias = dict[type[Exception], Callable[[Any], ProblemDetailsException]]


def problem_details(refusals: Refusals = MappingProxyType({})) -> ProblemDetailsPlugin:
    """Return the plugin that answers with problem documents.

    *refusals* are the words that there are for what constraints refuse.
    """
    converters = _converters(refusals)
    return ProblemDetailsPlugin(ProblemDetailsConfig(exception_to_problem_detail_map=converters))


def _converters(refusals: Refusals) -> _Converters:
    """Return what makes a problem document of which errors, the most special first."""
    from_database_error = partial(_from_database_error, refusals)
    converters: _Converters = {
        TochkaError: _from_tochka_error,
        HTTPException: _from_http_exception,
        SQLAlchemyError: from_database_error,
        AdvancedAlchemyError: from_database_error,
    }
    converters[ExceptionGroup] = partial(_from_group, converters)
    converters[Exception] = _from_unexpected
    return converters


def _problem(
    status: int,
    title: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    extra: Mapping[str, Any] = MappingProxyType({}),
) -> ProblemDetailsException:
    further = {key: value for key, value in extra.items() if key not in _STANDARD_MEMBERS}
    return ProblemDetailsException(
        status_code=status,
        title=title,
        detail=detail,
        headers=dict(headers or {}),
        extra={"request_id": current_request_id(), **further},
        type_="about:blank",
    )


def _from_tochka_error(error: TochkaError) -> ProblemDetailsException:
    return _problem(
        error.status, error.title, error.detail, headers=error.headers, extra=error.extra
    )


def _from_http_exception(error: HTTPException) -> ProblemDetailsException:
    status = error.status_code
    if status >= 500:  # noqa: PLR2004 - the class of server errors
        return _from_namesake(error) or _from_unexpected(error)
    detail = error.detail
    if isinstance(error, NotFoundException):
        detail = NOTHING_HERE
    elif isinstance(error, MethodNotAllowedException):
        detail = "This path does not know the method."
    errors = list(_field_errors(error))
    if errors:
        detail = "; ".join(item["detail"] for item in errors)
    return _problem(
        status,
        _TITLES.get(status, "Request refused"),
        detail,
        headers=error.headers,
        extra={"errors": errors} if errors else {},
    )


def _from_namesake(error: HTTPException) -> ProblemDetailsException | None:
    """Answer for a field of the body that Litestar 2.25 takes for the dependency of that name."""
    cause = error.__cause__
    if not (isinstance(cause, msgspec.ValidationError) and _IN_BODY.search(str(cause))):
        return None
    told = _body_error(str(cause), None)
    return _problem(400, _TITLES[400], told["detail"], extra={"errors": [told]})


def _field_errors(error: HTTPException) -> Iterator[dict[str, str]]:
    """Yield a pointer and a sentence for each field that the error complains about."""
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        for item in error.extra:
            if not (isinstance(item, dict) and "message" in item):
                continue
            key, message = item.get("key"), item["message"]
            if item.get("source") == "body":
                # Litestar 2.25 cuts "data." out of the key wherever it stands; the cause is whole.
                whole = isinstance(error.__cause__, msgspec.ValidationError)
                yield _body_error(str(error.__cause__) if whole else message, key)
            else:
                yield {"pointer": f"/{key or ''}", "detail": _worded(message)}
    elif error.status_code == 400:  # noqa: PLR2004 - a body that cannot be decoded
        yield _body_error(error.detail, None)


_IN_BODY: Final = re.compile(r" - at `\$\.data[.\[`]")
_EXAMPLES: Final = {"Invalid RFC3339 encoded datetime": "2026-11-24T12:00:00Z"}
_NO_BODY: Final = frozenset({"'data'", "Object missing required field `data`"})
"""What the framework says of a handler's `data` that the request does not give."""


def _body_error(message: str, key: str | None) -> dict[str, str]:
    """Return msgspec's sentence with a JSON pointer (RFC 6901) to the field it names."""
    if message in _NO_BODY:
        return {"pointer": "", "detail": "Send a JSON document."}
    path = path_in(message)
    place = re.sub(r"\A\.?data(?=\W|\Z)", "", (key or "") if path is None else path)
    pointer = pointer_to(steps_of(message, place))
    return {"pointer": pointer, "detail": _worded(without_path(message))}


def _worded(message: str) -> str:
    """Return msgspec's sentence, with an example where its words need one."""
    example = _EXAMPLES.get(message)
    return f"{message}, such as {example}" if example else message


def _from_database_error(
    refusals: Refusals, error: SQLAlchemyError | AdvancedAlchemyError
) -> ProblemDetailsException:
    """Answer what no service has checked first, or what a race or the server has refused."""
    told = explain(error, refusals)
    if told is None:
        return _from_unexpected(error)
    raw = error.__cause__ if isinstance(error, AdvancedAlchemyError) else error
    driver_error = getattr(raw, "orig", error)
    _log.warning("refused by the database", error=type(driver_error).__name__)
    return _from_tochka_error(told)


def _from_group(
    converters: _Converters, group: ExceptionGroup[Exception]
) -> ProblemDetailsException:
    """Answer with the first error of those that dependencies raised while they were closed."""
    first = group.exceptions[0]
    kind = next(kind for kind in converters if isinstance(first, kind))
    return converters[kind](first)


def _from_unexpected(error: Exception) -> ProblemDetailsException:
    _log.error("unexpected error", exc_info=error)
    return _problem(500, SERVER_ERROR_TITLE, SERVER_ERROR_DETAIL)
