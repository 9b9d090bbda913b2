"""A router that is made for one application."""

from typing import Any, Self

from litestar import Router


class OwnRouter(Router):
    """Is taken by the application as it is: register it once.

    Litestar 2.25 copies a router with all that it has found out about its handlers, for there may
    be others that register it. With a hundred modules that is a third of the time it takes to build
    the application.
    """

    __slots__ = ()

    def __deepcopy__(self, _memo: dict[int, Any]) -> Self:
        """Return this one."""
        return self
