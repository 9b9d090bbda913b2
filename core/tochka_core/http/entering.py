"""How a `platform_master` enters a tenant that they are no member of: by name, with a reason."""

from typing import TYPE_CHECKING, Final

import msgspec
from litestar.enums import ScopeType
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import InvalidInput, PermissionDenied, Person

from tochka_core.audit.services import record
from tochka_core.http.lookup import Found

if TYPE_CHECKING:
    from litestar.types import Scope

MAX_REASON_CHARACTERS: Final = 500


def enter_as_platform(
    session: AsyncSession,
    scope: "Scope",
    person: Person | None,
    found: list[Found],
    name: str | None,
) -> Found | None:
    """Return the tenant that a `platform_master` enters by its name, and write down why.

    Where they are a member, and where anyone else asks, there is nothing to enter.

    Raises:
        PermissionDenied: they give no reason.
    """
    if person is None or person.role != "platform_master":
        return None
    tenant = next((item for item in found if item.name == name and item.role is None), None)
    if tenant is None:
        return None
    reason = _entry_reason(scope)
    if reason is None:
        raise PermissionDenied(
            "You are not a member of this tenant; to enter it as the platform, say why in the"
            " header X-Tenant-Reason."
        )
    method = scope["method"] if scope["type"] == ScopeType.HTTP else "WEBSOCKET"
    asked = f"{method} {scope['path']}"
    actor = person.user_id
    record(session, "tenant.entered", actor=actor, tenant=tenant.id, reason=reason, request=asked)
    return msgspec.structs.replace(tenant, role="admin")


def _entry_reason(scope: "Scope") -> str | None:
    """Return why a `platform_master` enters a tenant, `None` where they do not say."""
    given = [value for name, value in scope["headers"] if name == b"x-tenant-reason"]
    try:
        reason = b" ".join(given).decode().strip()
    except UnicodeDecodeError:
        raise InvalidInput("The reason is not UTF-8.", pointer="/X-Tenant-Reason") from None
    if len(reason) > MAX_REASON_CHARACTERS:
        raise InvalidInput("The reason is too long.", pointer="/X-Tenant-Reason")
    return reason or None
