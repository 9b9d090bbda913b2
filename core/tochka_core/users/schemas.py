"""People as they cross HTTP."""

from datetime import datetime
from uuid import UUID

import msgspec
from tochka_plugins.context import PlatformRole

from tochka_core.users.models import User


class UserOut(msgspec.Struct, frozen=True):
    """A person, without anything secret."""

    id: UUID
    phone: str
    role: PlatformRole
    created_at: datetime

    @classmethod
    def of(cls, user: User) -> "UserOut":
        """Show *user*."""
        return cls(id=user.id, phone=user.phone, role=user.role, created_at=user.created_at)


class AccountOut(UserOut, frozen=True):
    """A person, as those see them who administer the platform."""

    is_active: bool
    """Who is not cannot sign in."""

    @classmethod
    def of(cls, user: User) -> "AccountOut":
        """Show *user*."""
        return cls(**msgspec.structs.asdict(UserOut.of(user)), is_active=user.is_active)


class AccountPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is changed about a person."""

    is_active: bool
