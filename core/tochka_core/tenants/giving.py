"""Who may give which role: nobody gives away more than they hold themselves."""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import InvalidInput, PermissionDenied

from tochka_core.tenants.models import Role
from tochka_core.tenants.permissions import BUILT_IN_ROLES, HeldRole, PermissionCatalog
from tochka_core.tenants.standing import Standing


async def require_may_give(
    session: AsyncSession, standing: Standing, catalog: PermissionCatalog, role: str
) -> None:
    """Let a person give *role* to somebody.

    Raises:
        InvalidInput: the tenant has no such role.
        PermissionDenied: it is an owner's place, or the role holds more than the person does.
    """
    granted = None
    if role not in BUILT_IN_ROLES:
        own = await session.get(Role, (standing.tenant.id, role))
        if own is None:
            raise InvalidInput("The tenant has no such role.", pointer="/role")
        granted = frozenset(own.permissions)
    standing.require_rank_of(role)
    refuse_excess(standing, catalog, catalog.held_by(HeldRole(role, granted)))


def refuse_excess(
    standing: Standing, catalog: PermissionCatalog, permissions: Iterable[str]
) -> None:
    """Let an owner give any permission, and anyone else those that they hold.

    Those of modules that are not enabled, or not there, count as well: they may come into effect
    later.

    Raises:
        PermissionDenied: there are others among *permissions*, which the document lists.
    """
    if standing.is_owner:
        return
    excess = sorted({*permissions} - catalog.held_by(standing.role))
    if excess:
        listed = ", ".join(excess)
        raise PermissionDenied(f"You do not hold {listed}, and cannot give it.", permissions=excess)


def known_permissions(
    catalog: PermissionCatalog, wanted: Sequence[str], *, known_too: Collection[str] = ()
) -> list[str]:
    """Return *wanted* in order, each once.

    Raises:
        InvalidInput: one of them is neither declared nor among *known_too*; it is pointed at.
    """
    for place, name in enumerate(wanted):
        if name not in catalog and name not in known_too:
            raise InvalidInput("There is no such permission.", pointer=f"/permissions/{place}")
    return sorted({*wanted})
