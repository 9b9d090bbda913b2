"""The facts that access depends on, each with the query that reads it.

What changes one is told by triggers; a new kind needs a line here and a revision that calls
`tell_changes` for each table that its query reads.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

import msgspec
from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    exists,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Person

from tochka_core.access.cache import Fact
from tochka_core.domains.models import Domain
from tochka_core.registry.models import Module, TenantModule
from tochka_core.sessions.models import UserSession
from tochka_core.subscriptions.models import Entitlement
from tochka_core.subscriptions.opening import EnabledModule, TenantModules
from tochka_core.tenants.models import Membership, Role, Tenant
from tochka_core.tenants.permissions import BUILT_IN_ROLES, HeldRole, PermissionCatalog
from tochka_core.users.models import User
from tochka_core.users.schemas import UserOut
from tochka_core.users.services import get_user


class Place(msgspec.Struct, frozen=True):
    """A person's membership in a tenant."""

    tenant_id: UUID
    role: str


class LiveSession(msgspec.Struct, frozen=True):
    """A session that has not been ended."""

    user_id: UUID
    expires_at: datetime
    stepped_up_at: datetime | None


class TenantFacts(msgspec.Struct, frozen=True):
    """A tenant as far as access depends on it."""

    id: UUID
    name: str
    title: str
    is_suspended: bool
    suspension_reason: str | None
    purge_after: datetime | None
    modules: TenantModules


def _is_called(called: str) -> ColumnElement[bool]:
    """Tell whether a tenant has this name or, where it has a dot in it, this domain."""
    if "." not in called:
        return Tenant.name == called
    holder = select(Domain.holder_id).where(Domain.domain == called, Domain.lapsed_at.is_(None))
    return Tenant.id == holder.scalar_subquery()


async def _read_person(session: AsyncSession, user_id: UUID) -> Person | None:
    row = (
        await session.execute(
            select(User.phone, User.role).where(User.id == user_id, User.is_active)
        )
    ).one_or_none()
    return None if row is None else Person(user_id=user_id, phone=row.phone, role=row.role)


async def _read_account(session: AsyncSession, user_id: UUID) -> UserOut:
    return UserOut.of(await get_user(session, user_id))


async def _read_session(session: AsyncSession, session_id: UUID) -> LiveSession | None:
    row = (
        await session.execute(
            select(UserSession.user_id, UserSession.expires_at, UserSession.stepped_up_at).where(
                UserSession.id == session_id, UserSession.ended_at.is_(None)
            )
        )
    ).one_or_none()
    return None if row is None else LiveSession(*row)


async def _read_place(session: AsyncSession, user_id: UUID, called: str) -> Place | None:
    row = (
        await session.execute(
            select(Membership.tenant_id, Membership.role)
            .join(Tenant, Tenant.id == Membership.tenant_id)
            .where(Membership.user_id == user_id, _is_called(called))
        )
    ).one_or_none()
    return None if row is None else Place(row.tenant_id, row.role)


async def _read_tenant(session: AsyncSession, tenant_id: UUID) -> TenantFacts | None:
    return await _read_facts(session, Tenant.id == tenant_id)


async def read_tenant_by_name(session: AsyncSession, name: str) -> TenantFacts | None:
    """Return the tenant called *name*, not kept: few may know of tenants they do not belong to."""
    return await _read_facts(session, Tenant.name == name)


async def open_modules(session: AsyncSession, tenant_id: UUID) -> frozenset[str]:
    """Return the names of the modules that are open to the tenant now."""
    tenant = await _read_tenant(session, tenant_id)
    return frozenset[str]() if tenant is None else tenant.modules.open_at(datetime.now(UTC))


async def _read_visited(
    session: AsyncSession, called: str, module: str | None
) -> TenantFacts | None:
    return await _read_facts(session, _is_called(called), _is_active(), _has_module(module))


async def _read_shown(session: AsyncSession, domain: str) -> TenantFacts | None:
    return await _read_facts(session, _is_called(domain), _is_active())


def _is_active() -> ColumnElement[bool]:
    return and_(Tenant.suspended_at.is_(None), Tenant.purge_after.is_(None))


def _has_module(module: str | None) -> ColumnElement[bool]:
    return exists().where(TenantModule.tenant_id == Tenant.id, TenantModule.module == module)


def _enabled_modules() -> ScalarSelect[Any]:
    """Return an expression for what `EnabledModule` says of each module of a tenant, as JSON.

    What is correlated is said: by itself SQLAlchemy looks one query up, and the tenant is two away.
    """
    periods = (
        _listed(
            starts_at=Entitlement.starts_at,
            ends_at=Entitlement.ends_at,
            ending=Entitlement.ending,
        )
        .where(Entitlement.tenant_id == Tenant.id, Entitlement.module == Module.name)
        .correlate(Tenant, Module)
        .scalar_subquery()
    )
    return (
        _listed(
            name=Module.name,
            availability=Module.availability,
            requires=Module.requires,
            periods=periods,
        )
        .join(TenantModule, TenantModule.module == Module.name)
        .where(TenantModule.tenant_id == Tenant.id)
        .correlate(Tenant)
        .scalar_subquery()
    )


def _listed(**fields: object) -> Select[Any]:
    """Select one JSON array, of an object with *fields* for each row; it is never NULL."""
    pairs = [
        part for name, value in fields.items() for part in (literal_column(f"'{name}'"), value)
    ]
    built = func.jsonb_agg(func.jsonb_build_object(*pairs))
    return select(func.coalesce(built, literal_column("'[]'"), type_=JSONB))


async def read_active_tenants(session: AsyncSession, *, module: str) -> Sequence[TenantFacts]:
    """Return the active tenants that have *module* enabled, open or not, by name."""
    return await _list_facts(session, _is_active(), _has_module(module))


async def _read_facts(session: AsyncSession, *which: ColumnElement[bool]) -> TenantFacts | None:
    found = await _list_facts(session, *which)
    return found[0] if found else None


async def _list_facts(session: AsyncSession, *which: ColumnElement[bool]) -> list[TenantFacts]:
    rows = await session.execute(
        select(
            Tenant.id,
            Tenant.name,
            Tenant.title,
            Tenant.suspended_at,
            Tenant.suspension_reason,
            Tenant.purge_after,
            _enabled_modules().label("modules"),
        )
        .where(*which)
        .order_by(Tenant.name)
    )
    return [
        TenantFacts(
            id=row.id,
            name=row.name,
            title=row.title,
            is_suspended=row.suspended_at is not None,
            suspension_reason=row.suspension_reason,
            purge_after=row.purge_after,
            modules=TenantModules(msgspec.convert(row.modules, list[EnabledModule])),
        )
        for row in rows
    ]


def permissions_by(catalog: PermissionCatalog) -> "Permissions":
    """Return the fact of what a role holds in the tenant with an id, of all that *catalog* knows.

    Built-in or the tenant's own, it is worked out once for all who have the role, and once more
    when other modules are open: when a subscription ends, so does what depends on it.
    """

    async def read(
        session: AsyncSession, tenant_id: UUID, role: str, opened: frozenset[str]
    ) -> frozenset[str]:
        granted = None
        if role not in BUILT_IN_ROLES:
            own = select(Role.permissions).where(Role.tenant_id == tenant_id, Role.name == role)
            granted = frozenset(await session.scalar(own) or ())
        return catalog.in_effect(catalog.held_by(HeldRole(role, granted)), opened)

    return Fact("tenant", read)


Permissions: TypeAlias = Fact[UUID, str, frozenset[str], frozenset[str]]
"""What a role holds: by the id of a tenant, the name of a role, and the modules that are open."""

PERSON: Final = Fact("person", _read_person)
"""The active person with an id, `None` where there is none."""

ACCOUNT: Final = Fact("person", _read_account)
"""The person with an id, as they see themselves; whoever is signed in is one."""

SESSION: Final = Fact("session", _read_session)
"""The session with an id, `None` where it has ended. Only for an id that a token of ours names: of
new sessions nobody is told, so that there must not be an answer from before they began."""

PLACE: Final = Fact("place", _read_place)
"""A person's membership in the tenant that is called so by its name or its domain.

A stranger to a tenant cannot tell it from one that does not exist, by the time either: there is
one query for both, and what is known of a tenant because of its members is not looked at.
"""

TENANT: Final = Fact("tenant", _read_tenant)
"""The tenant with an id; only for who is known to belong to it."""

SHOWN: Final = Fact("visited", _read_shown)
"""The active tenant that holds a domain, whatever it has enabled; visitors there may see some."""

VISITED: Final = Fact("visited", _read_visited)
"""The active tenant that is called so, if it has the module enabled, open or not."""
