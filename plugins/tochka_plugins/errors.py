"""Errors that a client is told about, as RFC 9457 problem documents.

    Exception
    └── TochkaError            status, title, detail and extra members of the document
        ├── InvalidInput       400  the request cannot be understood; names the field
        ├── NotAuthenticated   401  nobody is signed in
        ├── PaymentRequired    402  the tenant has not bought it, or not enough of it
        ├── PermissionDenied   403  signed in, but not allowed
        │   └── ModuleNotOpen  403  the tenant does not have the module
        ├── NotFound           404  no such thing, or none that the caller may see
        ├── Conflict           409  the request does not fit the present state
        ├── LimitReached       409  there would be more than a tenant may have
        │   └── PlanLimitReached  402  … than its plan has; it is a PaymentRequired, too
        ├── TooManyRequests    429  the same was asked for too often
        └── Unavailable        503  try again after some seconds

Services raise them, in the core and in modules alike; one place turns them into HTTP. Rolled back
with them is everything that the request has written.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID


class TochkaError(Exception):
    """Base of what a client is told; raise one of its subclasses."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal server error"

    def __init__(self, detail: str, **extra: Any) -> None:  # noqa: ANN401 - any JSON value
        """Say in *detail* what is wrong here; *extra* becomes further members of the document."""
        super().__init__(detail)
        self.detail = detail
        self.extra = extra

    @property
    def headers(self) -> Mapping[str, str]:
        """Response headers that belong to the error."""
        return {}


class InvalidInput(TochkaError):
    """A value in the request is wrong; *pointer* says which (RFC 6901, such as `/phone`)."""

    status = 400
    title = "Invalid input"

    def __init__(self, detail: str, *, pointer: str | None = None) -> None:
        """Say what is wrong, and where; `None` means the request as a whole."""
        errors = [] if pointer is None else [{"pointer": pointer, "detail": detail}]
        super().__init__(detail, errors=errors)


class NotAuthenticated(TochkaError):
    """The route demands a signed-in person and there is none."""

    status = 401
    title = "Not authenticated"

    @property
    def headers(self) -> Mapping[str, str]:
        """The challenge that RFC 9110 asks for."""
        return {"WWW-Authenticate": "Bearer"}


class PaymentRequired(TochkaError):
    """It may be done once the tenant has bought it, or more of it."""

    status = 402
    title = "Payment required"


class PermissionDenied(TochkaError):
    """The person is known and may not do this; use `NotFound` to hide that the thing exists."""

    status = 403
    title = "Permission denied"


class ModuleNotOpen(PermissionDenied):
    """A module asks for the rows of a tenant that it is not open to."""

    def __init__(self, module: str, tenant_id: UUID) -> None:
        """Name both; that there is no such tenant is told alike."""
        super().__init__(
            f"The module {module} is not open to the tenant {tenant_id}: it has not enabled the"
            " module, or its subscription has lapsed.",
            module=module,
            tenant=str(tenant_id),
        )


class NotFound(TochkaError):
    """There is no such thing, or none that the caller may know of."""

    status = 404
    title = "Not found"


class Conflict(TochkaError):
    """The request is sound but does not fit the present state, such as a name that is taken."""

    status = 409
    title = "Conflict"


class LimitReached(TochkaError):
    """There would be more of something than a tenant may have; `Limits.consume` raises it."""

    status = 409
    title = "Limit reached"

    def __init__(
        self, limit: str, *, maximum: int | None, used: int, reset: datetime | None
    ) -> None:
        """Name the *limit*; *maximum* and *used* are as they were found, *reset* is UTC."""
        told = None if reset is None else reset.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        until = "" if told is None else f" It begins anew at {told}."
        super().__init__(
            f"This would exceed {limit}: {used} of {maximum} are used.{until}",
            limit=limit,
            maximum=maximum,
            used=used,
            reset=told,
        )


class PlanLimitReached(LimitReached, PaymentRequired):
    """There would be more of something than the tenant's plan has: a larger one would help."""

    status = 402
    title = "Limit of the plan reached"


class _Delayed(TochkaError):
    """An error that passes by itself."""

    def __init__(self, detail: str, *, retry_after_seconds: int) -> None:
        """Say what is wrong and when it is worth trying again."""
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds

    @property
    def headers(self) -> Mapping[str, str]:
        """`Retry-After`, in seconds."""
        return {"Retry-After": str(self.retry_after_seconds)}


class TooManyRequests(_Delayed):
    """The same was asked for too often; *retry_after_seconds* says when the next may come."""

    status = 429
    title = "Too many requests"


class Unavailable(_Delayed):
    """Something that the request needs is away for now."""

    status = 503
    title = "Unavailable"
