"""What a route demands of who calls it."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from tochka_plugins.context import Principal
from tochka_plugins.errors import NotAuthenticated, PermissionDenied

STEP_UP_PATH: Final = "/api/v1/auth/step-up"


class MissingPermission(PermissionDenied):
    """The caller lacks *permission*, which the document names."""

    def __init__(self, permission: str) -> None:
        super().__init__(f"This needs the permission {permission}.", permission=permission)


class StepUpRequired(PermissionDenied):
    """The second factor was not proved lately; the document names the path where to prove it."""

    def __init__(self, max_age_seconds: int) -> None:
        super().__init__(
            f"This needs a fresh proof of your second factor: send a code to {STEP_UP_PATH} first.",
            step_up=STEP_UP_PATH,
            max_age_seconds=max_age_seconds,
        )


class PermissionGuard(msgspec.Struct, frozen=True):
    """A guard of Litestar's that lets only those through who hold a permission."""

    permission: str

    async def __call__(
        self,
        connection: ASGIConnection[Any, Any, Any, Any],
        _handler: BaseRouteHandler,
    ) -> None:
        """Let the request go on to its handler.

        Raises:
            NotAuthenticated: nobody is signed in.
            MissingPermission: the caller does not hold the permission in the chosen tenant.
        """
        principal: Principal | None = connection.scope["user"]
        if principal is None:
            raise NotAuthenticated("Nobody is signed in.")
        if self.permission not in principal.permissions:
            raise MissingPermission(self.permission)


class StepUpGuard(msgspec.Struct, frozen=True):
    """A guard of Litestar's that asks for a fresh proof of the second factor."""

    max_age_seconds: int

    def __post_init__(self) -> None:
        """Refuse an age that nobody could have."""
        if self.max_age_seconds < 1:
            raise ValueError("requires_step_up: max_age_seconds is at least 1.")

    async def __call__(
        self,
        connection: ASGIConnection[Any, Any, Any, Any],
        _handler: BaseRouteHandler,
    ) -> None:
        """Let the request go on to its handler.

        Raises:
            NotAuthenticated: nobody is signed in.
            PermissionDenied: the request is made with an API key, which proves nothing.
            StepUpRequired: the person has a second factor and has not proved it lately.
        """
        principal: Principal | None = connection.scope["user"]
        if principal is None:
            raise NotAuthenticated("Nobody is signed in.")
        proved_at = principal.require_person().stepped_up_at
        if proved_at is None:
            return
        if datetime.now(UTC) - proved_at > timedelta(seconds=self.max_age_seconds):
            raise StepUpRequired(self.max_age_seconds)


def requires(permission: str) -> PermissionGuard:
    """Open a route, a controller or a router to those who hold *permission* in the chosen tenant.

        @post("/", guards=[requires("contacts:write")])
        async def create(...) -> ContactOut: ...

    Anyone else is answered 403, before the body is read. A route that demands no permission says so
    by `ANY_MEMBER`, and is open to people only: an API key is no more than what it holds. Guards of
    a router, of its controllers and of their handlers are all asked. The name is one that the
    module, or a module it depends on, declares in `tochka_permissions`; with another the module is
    quarantined.
    """
    return PermissionGuard(permission)


def requires_step_up(*, max_age_seconds: int = 300) -> StepUpGuard:
    """Keep a route for those who have proved their second factor in the last *max_age_seconds*.

        @delete("/{id:uuid}", guards=[requires("contacts:write"), requires_step_up()])
        async def remove(...) -> None: ...

    Signing in with a code counts, and so does `POST /api/v1/auth/step-up`. Anyone else is answered
    403, before the body is read, and is told so. People without a second factor pass: they have
    none to prove; API keys do not. The clocks of the database and of the worker are compared.
    """
    return StepUpGuard(max_age_seconds)
