"""What a module offers to those that depend on it, found by protocol.

    @post("/", guards=[requires("deals:write")])
    async def create(
        data: JSONBody[DealIn], session: Session, contacts: FromModule[ContactDirectory]
    ) -> DealOut:
        contact = await contacts.find(data.contact_id)
        ...

What is found works in the transaction of who asks for it.
"""

from collections.abc import Callable
from typing import Annotated, Final, TypeAlias, TypeVar

from litestar.di import NamedDependency
from litestar.params import SkipValidationMarker
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_plugins.neighbours import ServiceT, neighbours_of

ServiceFactory: TypeAlias = Callable[[AsyncSession], object]
"""Makes what a module offers, for one transaction of one tenant."""

Asked = TypeVar("Asked")

MARK_OF_SERVICES: Final = "tochka_service"

FromModule: TypeAlias = Annotated[NamedDependency[Asked], SkipValidationMarker(), MARK_OF_SERVICES]
"""A parameter of a handler, by whatever name: what another module offers in its transaction.

`FromModule[ContactDirectory]` where the handler can do nothing without: while the module that
offers it is not open to the tenant, the client is answered 403. Where it can,
`FromModule[ContactDirectory | None]` is `None` then. Who asks depends on who offers, or names it in
an extra.
"""


class UnknownService(LookupError):
    """No module that the asking one depends on offers it: a mistake of the module."""


def require_service(session: AsyncSession, kind: Callable[..., ServiceT]) -> ServiceT:
    """Return what another module offers as *kind*, a protocol; it works in *session*.

    Raises:
        ModuleNotOpen: the module is not open to the tenant.
        Unavailable: it does not serve in this process.
        UnknownService: no module that the one working in *session* depends on offers it.
        RuntimeError: the transaction is no tenant's, or was not opened by the platform.
    """
    return neighbours_of(session).require_service(session, kind)


def find_service(session: AsyncSession, kind: Callable[..., ServiceT]) -> ServiceT | None:
    """Return what another module offers as *kind*, `None` where it is not open to the tenant.

    Nor is one open that is not installed.

    Raises:
        Unavailable: it does not serve in this process.
        UnknownService: a module offers it, on which the one working in *session* does not depend.
        RuntimeError: the transaction is no tenant's, or was not opened by the platform.
    """
    return neighbours_of(session).find_service(session, kind)
