"""Tenants, and people who belong to them, made as clients would make them."""

from collections.abc import Sequence
from itertools import count
from typing import Any, Final
from uuid import UUID

import httpx
import msgspec
from sqlalchemy import update

from tochka_core.db import Database
from tochka_core.users.models import User

_PASSWORD: Final = "correct horse battery"  # noqa: S105 - of people who live for a minute


class CannotPrepare(Exception):
    """The platform refuses what a check needs; the message is its answer."""


class Person(msgspec.Struct, frozen=True):
    """Somebody who is signed in."""

    id: UUID
    phone: str
    token: str

    def at(self, tenant: str | None = None) -> dict[str, str]:
        """Return the headers of a request, in the *tenant* or in none."""
        chosen = {} if tenant is None else {"X-Tenant": tenant}
        return {"Authorization": f"Bearer {self.token}", **chosen}


class Population:
    """Makes people and tenants by the API of an application."""

    def __init__(self, client: httpx.AsyncClient, database: Database) -> None:
        """Make them over *client*; the first `platform_master` is made in *database*."""
        self._client = client
        self._database = database
        self._numbers = count(1)
        self._master: Person | None = None
        self._tenants: dict[str, UUID] = {}

    async def person(self) -> Person:
        """Return somebody new, who belongs nowhere."""
        phone = f"+7999{next(self._numbers):07}"
        credentials = {"phone": phone, "password": _PASSWORD}
        made = await self.ask("POST", "/api/v1/auth/register", json=credentials)
        signed_in = await self.ask("POST", "/api/v1/auth/login", json=credentials)
        return Person(UUID(made["id"]), phone, signed_in["access_token"])

    async def master(self) -> Person:
        """Return the `platform_master`."""
        if self._master is None:
            person = await self.person()
            async with self._database.platform_scope(reason="conformance") as session:
                promoted = update(User).where(User.id == person.id).values(role="platform_master")
                await session.execute(promoted)
            self._master = person
        return self._master

    async def tenant(self, name: str, *, modules: Sequence[str] = ()) -> Person:
        """Make a tenant that has *modules*, with what they need; return its owner."""
        master, owner = await self.master(), await self.person()
        wanted = {"name": name, "owner_phone": owner.phone}
        made = await self.ask("POST", "/api/v1/tenants", json=wanted, headers=master.at())
        self._tenants[name] = UUID(made["id"])
        for module in modules:
            await self.switch(name, module, enabled=True)
        return owner

    def tenant_id(self, name: str) -> UUID:
        """Return the id of a tenant that was made here."""
        return self._tenants[name]

    async def switch(self, tenant: str, module: str, *, enabled: bool) -> None:
        """Enable a module for a tenant, along with what it needs, or disable it."""
        wanted = {"enabled": enabled, "with_dependencies": enabled}
        path = f"/api/v1/tenants/{tenant}/modules/{module}"
        await self.ask("PUT", path, json=wanted, headers=(await self.master()).at())

    async def member(self, tenant: str, *, permissions: Sequence[str]) -> Person:
        """Return a new member of *tenant* whose role holds *permissions* and no others."""
        master, person, path = await self.master(), await self.person(), f"/api/v1/tenants/{tenant}"
        role = {"name": f"role-{next(self._numbers)}", "permissions": list(permissions)}
        await self.ask("POST", f"{path}/roles", json=role, headers=master.at())
        joining = {"phone": person.phone, "role": role["name"]}
        await self.ask("POST", f"{path}/members", json=joining, headers=master.at())
        return person

    async def ask(self, method: str, path: str, **request: Any) -> Any:  # noqa: ANN401 - httpx' own, and any JSON
        """Return the document of an answer.

        Raises:
            CannotPrepare: the platform refuses.
        """
        answer = await self._client.request(method, path, **request)
        if not answer.is_success:
            raise CannotPrepare(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None
