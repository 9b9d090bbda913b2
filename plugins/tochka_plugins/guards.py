"""What a route demands of the person who calls it."""

from typing import Any

import msgspec
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from tochka_plugins.context import Principal
from tochka_plugins.errors import NotAuthenticated, PermissionDenied


class MissingPermission(PermissionDenied):
    """The person lacks *permission*, which the document names."""

    def __init__(self, permission: str) -> None:
        super().__init__(f"This needs the permission {permission}.", permission=permission)


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
            MissingPermission: the person does not hold the permission in the chosen tenant.
        """
        principal: Principal | None = connection.scope["user"]
        if principal is None:
            raise NotAuthenticated("Nobody is signed in.")
        if self.permission not in principal.permissions:
            raise MissingPermission(self.permission)


def requires(permission: str) -> PermissionGuard:
    """Open a route, a controller or a router to those who hold *permission* in the chosen tenant.

        @post("/", guards=[requires("contacts:write")])
        async def create(...) -> ContactOut: ...

    Anyone else is answered 403, before the body is read. Guards of a router, of its controllers and
    of their handlers are all asked. The name is one that the module, or a module it depends on,
    declares in `tochka_permissions`; with another the module is quarantined.
    """
    return PermissionGuard(permission)
