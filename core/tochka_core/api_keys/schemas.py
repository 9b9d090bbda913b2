"""API keys as they cross HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from tochka_core.api_keys.listing import ListedKey
from tochka_core.api_keys.tokens import KeyToken
from tochka_core.tenants.permissions import PermissionCatalog
from tochka_core.tenants.role_schemas import Permissions
from tochka_core.tenants.schemas import Title


class ApiKeyIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key to make."""

    name: Annotated[Title, Meta(examples=["Billing"])]
    permissions: Permissions
    expires_at: datetime | None = None
    """With a time zone; without it the key is good until it is revoked."""


class ApiKeyOut(msgspec.Struct, frozen=True):
    """A key, without its secret."""

    id: UUID
    name: str
    prefix: str
    """What the key begins with."""
    permissions: list[str]
    without_effect: list[str]
    """Those of them that whoever made the key may not give now, or whose module is not open to the
    tenant, or that is not there."""
    created_by: UUID
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    """Some minutes may be missing."""
    revoked_at: datetime | None
    revoked_by: UUID | None

    @classmethod
    def of(
        cls, listed: ListedKey, catalog: PermissionCatalog, opened: frozenset[str]
    ) -> "ApiKeyOut":
        """Show a key where the modules *opened* are open."""
        key = listed.key
        return cls(
            id=key.id,
            name=key.name,
            prefix=key.prefix,
            permissions=key.permissions,
            without_effect=sorted({*key.permissions} - listed.in_effect(catalog, opened)),
            created_by=key.created_by,
            created_at=key.created_at,
            expires_at=key.expires_at,
            last_used_at=listed.last_used_at,
            revoked_at=key.revoked_at,
            revoked_by=key.revoked_by,
        )


class NewApiKeyOut(ApiKeyOut, frozen=True, kw_only=True):
    """A key that was just made."""

    key: str
    """For the `Authorization` header (RFC 6750); it is shown this once."""

    @classmethod
    def with_secret(cls, shown: ApiKeyOut, token: KeyToken) -> "NewApiKeyOut":
        """Show the secret too, which is the only time that anybody sees it."""
        return cls(**msgspec.structs.asdict(shown), key=token.text)

    def __repr__(self) -> str:
        """Show nothing of the secret: it belongs in no log."""
        return f"NewApiKeyOut({self.prefix!r}, ***)"
