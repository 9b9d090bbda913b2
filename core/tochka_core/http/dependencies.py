"""What a handler may ask for by parameter name.

A session that a handler asks for is committed when the handler has returned and its answer is
encoded, but before the answer is sent: a client that reads 201 finds the row. Where the commit
fails, the client reads the error.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec
from litestar import Request
from litestar.di import Provide
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import (
    InvalidInput,
    Limits,
    NotAuthenticated,
    Person,
    Principal,
    Session,
    Tenant,
)
from tochka_plugins.pagination import provide_page_query

from tochka_core.db import Database
from tochka_core.http.client import Client, client_of
from tochka_core.http.route_rules import MODULE_KEY
from tochka_core.module_settings.reading import SettingsReader
from tochka_core.neighbours.neighbourhood import Neighbourhood
from tochka_core.neighbours.venue import Venue


async def provide_principal(request: Request[Any, Any, Any]) -> Principal:
    """Return who asks."""
    principal: Principal | None = request.auth.principal
    if principal is None:
        raise NotAuthenticated("Nobody is signed in.")
    return principal


async def provide_person(request: Request[Any, Any, Any]) -> Person:
    """Return the person who asks."""
    return (await provide_principal(request)).require_person()


async def provide_tenant(request: Request[Any, Any, Any]) -> Tenant:
    """Return the chosen tenant."""
    tenant: Tenant | None = request.auth.tenant
    if tenant is None:
        raise InvalidInput("Choose a tenant with the header X-Tenant.", pointer="/X-Tenant")
    return tenant


async def provide_chosen_tenant(request: Request[Any, Any, Any]) -> Tenant | None:
    """Return the chosen tenant, `None` where none was chosen."""
    tenant: Tenant | None = request.auth.tenant
    return tenant


async def provide_limits(session: Session) -> Limits:
    """Return what counts in the transaction of the request."""
    return Limits(session)


async def provide_client(request: Request[Any, Any, Any]) -> Client:
    """Return who is at the other end."""
    return client_of(request)


def public_dependencies(
    database: Database, settings_reader: SettingsReader, neighbourhood: Neighbourhood
) -> Mapping[str, Provide]:
    """Return what any handler may ask for, in a module and in the core."""

    async def provide_session(request: Request[Any, Any, Any]) -> AsyncIterator[AsyncSession]:
        tenant = await provide_tenant(request)
        module: str = request.route_handler.opt[MODULE_KEY]
        async with database.tenant_scope(tenant.id) as session:
            neighbourhood.introduce(session, module, Venue(tenant, request.auth.opened))
            yield session

    async def provide_settings(request: Request[Any, Any, Any]) -> msgspec.Struct:
        tenant = await provide_tenant(request)
        module: str = request.route_handler.opt[MODULE_KEY]
        return await settings_reader.read(tenant.id, module)

    return {
        "limits": Provide(provide_limits),
        "page_query": Provide(provide_page_query),
        "person": Provide(provide_person),
        "principal": Provide(provide_principal),
        "session": Provide(provide_session),
        "settings": Provide(provide_settings),
        "tenant": Provide(provide_tenant),
    }


def core_dependencies(database: Database, values: Mapping[str, object]) -> Mapping[str, Provide]:
    """Return what only the core's handlers may ask for; *values* are given as they are."""

    async def provide_platform_session() -> AsyncIterator[AsyncSession]:
        async with database.platform_scope(reason="request") as session:
            yield session

    return {
        "chosen_tenant": Provide(provide_chosen_tenant),
        "client": Provide(provide_client),
        "platform_session": Provide(provide_platform_session),
        **{name: Provide(_constant(value), sync_to_thread=False) for name, value in values.items()},
    }


def _constant(value: object) -> Any:  # noqa: ANN401 - a provider of whatever it is
    def provide() -> Any:  # noqa: ANN401 - as above
        return value

    provide.__annotations__["return"] = type(value)
    return provide
