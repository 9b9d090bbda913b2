"""What every platform under test can do: make tenants, people and API keys, over HTTP."""

import secrets
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import msgspec

from tochka_plugins.context import Tenant
from tochka_plugins.testing.callers import Caller
from tochka_plugins.testing.failure import PlatformFailure
from tochka_plugins.testing.signing_in import ApiKey, Credential, SignedIn, Token


class Registered(msgspec.Struct, frozen=True):
    """Somebody who can sign in."""

    id: UUID
    phone: str
    password: str


class PlatformUnderTest(ABC):
    """A platform that a test may do with what it likes."""

    default_modules: Sequence[str] = ()
    """What `tenant_client` enables where it is not told."""

    def __init__(self, **connection: Any) -> None:  # noqa: ANN401 - httpx' own
        """Talk to it over *connection*, which holds the options of an httpx client."""
        self._connection: Mapping[str, Any] = {"timeout": 30, "trust_env": False, **connection}
        self._clients = ExitStack()
        self._phones = iter(f"+7999{number:07}" for number in range(1_000_000, 10_000_000))
        self._tenants: dict[str, Tenant] = {}

    @abstractmethod
    def run_command(self, *words: str) -> str:
        """Run a command of `tochka` beside the platform, on its database; return what it prints.

        Raises:
            PlatformFailure: it exits with another code than 0.
        """

    @property
    @abstractmethod
    def _master(self) -> SignedIn:
        """The first `platform_master`."""

    def client(self, token: str | None = None, tenant: str | None = None) -> httpx.Client:
        """Return a client that sends *token* and chooses *tenant*; without both it is nobody's."""
        headers = {}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if tenant is not None:
            headers["X-Tenant"] = tenant
        return self._clients.enter_context(httpx.Client(headers=headers, **self._connection))

    def login(self, phone: str, password: str) -> str:
        """Return an access token."""
        return self._sign_in(phone, password).access_token

    def master_client(self) -> Caller:
        """Return a client of a `platform_master`."""
        return self._caller(self._master)

    def person_client(self) -> Caller:
        """Return a client of a new person, who belongs to no tenant."""
        return self._person(self._register())

    def tenant_client(self, name: str, *, modules: Sequence[str] | None = None) -> Caller:
        """Make a tenant and return a client of its new owner.

        *modules* are enabled, and with them what they need: by default those under test for the
        fixture `tochka`, none for `running_platform`. What needs a subscription is bought, for
        ever.
        """
        master, owner = self.master_client(), self._register()
        wanted = {"name": name, "owner_phone": owner.phone}
        self._keep(self._checked(master.post("/api/v1/tenants", json=wanted)))
        wished = self.default_modules if modules is None else modules
        self._buy(name, wished)
        for module in wished:
            switch = {"enabled": True, "with_dependencies": True}
            path = f"/api/v1/tenants/{name}/modules/{module}"
            self._checked(master.put(path, json=switch))
        return self._person(owner, name)

    def member_client(
        self, tenant: str, *, role: str = "member", permissions: Sequence[str] | None = None
    ) -> Caller:
        """Return a client of a new member of *tenant* with the *role*.

        With *permissions* it is a new role, which holds these and no others.
        """
        master = self.master_client()
        path = f"/api/v1/tenants/{tenant}"
        if permissions is not None:
            role = f"role-{secrets.token_hex(4)}"
            defined = {"name": role, "permissions": list(permissions)}
            self._checked(master.post(f"{path}/roles", json=defined))
        person = self._register()
        added = {"phone": person.phone, "role": role}
        self._checked(master.post(f"{path}/members", json=added))
        return self._person(person, tenant)

    def api_key_client(self, tenant: str, *, permissions: Sequence[str]) -> Caller:
        """Return a client of a service with an API key of *tenant* that holds *permissions*."""
        maker = self.member_client(tenant, permissions=[*permissions, "tenants:manage_api_keys"])
        wanted = {"name": "test", "permissions": list(permissions)}
        made = self._checked(maker.post(f"/api/v1/tenants/{tenant}/api-keys", json=wanted))
        return self._caller(ApiKey(made["key"]), tenant=self._tenant(tenant))

    def _buy(self, tenant: str, modules: Sequence[str]) -> None:
        master, path = self.master_client(), f"/api/v1/tenants/{tenant}"
        unpaid = [
            offer["name"]
            for offer in master.get(f"{path}/modules").json()
            if offer["name"] in modules and offer["state"] == "needs_subscription"
        ]
        if unpaid:
            sale = {"modules": unpaid, "paid_until": None}
            self._checked(master.post(f"{path}/subscriptions", json=sale))

    def _register(self) -> Registered:
        phone, password = next(self._phones), secrets.token_urlsafe(12)
        credentials = {"phone": phone, "password": password}
        made = self._checked(self.client().post("/api/v1/auth/register", json=credentials))
        return Registered(UUID(made["id"]), phone, password)

    def _sign_in(self, phone: str, password: str) -> Token:
        credentials = {"phone": phone, "password": password}
        answer = self.client().post("/api/v1/auth/login", json=credentials)
        return msgspec.convert(self._checked(answer), Token)

    def _person(self, person: Registered, tenant: str | None = None) -> Caller:
        return self._caller(
            self._signed_in(person.phone, person.password),
            tenant=None if tenant is None else self._tenant(tenant),
            user_id=person.id,
            phone=person.phone,
            password=person.password,
        )

    def _signed_in(self, phone: str, password: str) -> SignedIn:
        sign_in = partial(self._sign_in, phone, password)
        return SignedIn(sign_in, sign_in())

    def _caller(
        self, credential: Credential, *, tenant: Tenant | None = None, **identity: object
    ) -> Caller:
        caller = Caller(self._connection, credential=credential, tenant=tenant, **identity)
        return self._clients.enter_context(caller)

    def _tenant(self, name: str) -> Tenant:
        if name not in self._tenants:
            self._keep(self._checked(self.master_client().get(f"/api/v1/tenants/{name}")))
        return self._tenants[name]

    def _keep(self, tenant: Mapping[str, Any]) -> None:
        self._tenants[tenant["name"]] = msgspec.convert(tenant, Tenant)

    def _checked(self, response: httpx.Response) -> Mapping[str, Any]:
        """Return the document of an answer.

        Raises:
            PlatformFailure: the answer is an error.
        """
        if response.is_success:
            document: Mapping[str, Any] = response.json()
            return document
        told = f"{response.request.url}: {response.status_code} {response.text}"
        raise PlatformFailure("\n".join([told, *self._modules_not_served(), self._log()]))

    def _modules_not_served(self) -> list[str]:
        """Return a line for each module that is not served, with the reason."""
        report = self.client().get("/health/ready").json()
        return [
            f"{module['name']} is {module['state']}: {module['reason']}"
            for module in report["modules"]
            if module["state"] != "ready"
        ]

    def _log(self) -> str:
        """Return what is to be shown with a failure."""
        return ""
