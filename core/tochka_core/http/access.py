"""Who asks, for which tenant, and may they: decided before a handler runs, on every route.

    request id → live session → principal → tenant → membership → module gate → permission
    → validation → handler

The order matters to strangers: nobody learns of a tenant, or of what it has enabled, before it is
known that they belong to it.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import msgspec
from litestar import Request
from tochka_plugins import (
    Conflict,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    Person,
    Principal,
    Tenant,
    Unavailable,
)
from tochka_plugins.guards import MissingPermission
from tochka_plugins.routing import ANONYMOUS_KEY

from tochka_core.access.cache import Cache, Look
from tochka_core.access.facts import PERSON, SESSION, Permissions
from tochka_core.access.listener import Listener
from tochka_core.api_keys.tokens import is_key
from tochka_core.auth.tokens import AccessTokens, Claims
from tochka_core.http.api_keys import KeyControl, refuse_keys
from tochka_core.http.decisions import Admitted, Decisions
from tochka_core.http.entering import enter_as_platform
from tochka_core.http.headers import bearer_token, find_domain, find_tenant_name, is_signed
from tochka_core.http.lookup import (
    Asked,
    Found,
    find_foreign_tenants,
    find_own_tenants,
    find_visited_tenants,
)
from tochka_core.http.problems import NOTHING_HERE
from tochka_core.http.route_rules import CALLER_KEY, MODULE_KEY, PERMISSIONS_KEY
from tochka_core.subscriptions.opening import ModuleLapsed
from tochka_core.tenants.standing import no_such_tenant, refuse_deleted, refuse_suspended

if TYPE_CHECKING:
    from litestar.types import ASGIApp, Message, Receive, Scope, Send
    from litestar.types.asgi_types import HTTPReceiveMessage, WebSocketReceiveMessage


READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})

SLOW_SECONDS: Final = 1.0
"""Who has begun a request and sends its body later than that is decided about again."""


class Access(msgspec.Struct, frozen=True):
    """What is known of a request once it may pass; `request.auth`."""

    principal: Principal | None
    """`None` on routes that are open to anyone."""
    tenant: Tenant | None
    """`None` where none was chosen, which module routes do not allow."""
    opened: frozenset[str] = frozenset()
    """The modules that are open to the tenant."""


_NOBODY: Final = Access(principal=None, tenant=None)


class AccessControl:
    """A middleware that lets a request through to its handler, or answers why not."""

    def __init__(
        self,
        *,
        cache: Cache,
        keys: KeyControl,
        listener: Listener,
        permissions: Permissions,
        tokens: AccessTokens,
        stopped_modules: set[str],
    ) -> None:
        """Answer 503 for *stopped_modules*: they are installed, but could not be started."""
        self._cache = cache
        self._decisions = Decisions(cache)
        self._keys = keys
        self._permissions = permissions
        self._listener = listener
        self._tokens = tokens
        self._stopped_modules = stopped_modules

    def __call__(self, app: "ASGIApp") -> "ASGIApp":
        """Return what decides, then goes on to *app*; what is decided lies in `request.auth`."""
        return partial(self._admit, app)

    async def _admit(
        self, app: "ASGIApp", scope: "Scope", receive: "Receive", send: "Send"
    ) -> None:
        route: dict[str, Any] = scope["route_handler"].opt
        is_for_all = bool(route.get(CALLER_KEY))
        is_anonymous = bool(route.get(ANONYMOUS_KEY)) and not (is_for_all and is_signed(scope))
        module: str | None = route.get(MODULE_KEY)
        is_writing = scope.get("method") not in READING
        if is_anonymous and module is None:
            access = _NOBODY
        else:
            access = await self._decide(scope, module, is_anonymous=is_anonymous)
            if not is_for_all:
                _check_permissions(access.principal, route.get(PERMISSIONS_KEY, ()))
            if is_writing:
                decide = partial(self._decide, scope, module, is_anonymous=is_anonymous)
                receive = _deciding_again(receive, access, decide)
        scope["auth"] = access
        scope["user"] = access.principal
        is_change = is_writing and module is None
        await app(scope, receive, self._when_known(send) if is_change else send)

    async def _decide(self, scope: "Scope", module: str | None, *, is_anonymous: bool) -> Access:
        token = None if is_anonymous else bearer_token(scope)
        name = find_tenant_name(scope)
        asked = Asked(name, find_domain(scope), module, datetime.now(UTC))
        principal, tenant = await self._find(scope, token, asked)
        if module is not None:
            self._check_module(module, tenant)
        return Access(
            principal=principal,
            tenant=Tenant(tenant.id, tenant.name, tenant.title) if tenant else None,
            opened=tenant.opened if tenant else frozenset(),
        )

    async def _find(
        self, scope: "Scope", token: str | None, asked: Asked
    ) -> tuple[Principal | None, Found | None]:
        """Return who asks, and the tenant that they choose."""
        if token is not None and not is_key(token):
            admitted = self._decisions.find(token, asked)
            admitted = admitted or await self._admit_person(scope, token, asked)
            return admitted.principal, admitted.tenant
        async with self._cache.look() as look:
            if token is not None:
                return await self._keys.admit(look, token, asked)
            found = await find_visited_tenants(look, asked)
            return None, _choose(found, name=asked.name, is_anonymous=True)

    async def _admit_person(self, scope: "Scope", token: str, asked: Asked) -> Admitted:
        """Return who an access token was issued to, and the tenant that they choose."""
        version = self._cache.version
        async with self._cache.look() as look:
            person, until = await _find_caller(look, self._tokens.read(token))
            own = await find_own_tenants(look, person.user_id, asked)
            entered = await _enter(look, scope, person, own, asked)
            tenant = entered or _choose(own, name=asked.name, is_anonymous=False)
            principal = await self._principal_in(look, person, tenant)
        if tenant is not None:
            until = min(until, tenant.opened_until)
        admitted = Admitted(principal, tenant, until)
        if entered is None:  # that is written down each time
            self._decisions.keep(token, asked, admitted, version=version)
        return admitted

    async def _principal_in(self, look: Look, person: Person, tenant: Found | None) -> Principal:
        if tenant is None:
            return Principal(person)
        role = tenant.role or ""
        held = await look.find(self._permissions, tenant.id, role, tenant.opened)
        return Principal(person, tenant_role=role, permissions=held)

    def _when_known(self, send: "Send") -> "Send":
        """Hold back the answer to a change until this worker goes by it: the next request may."""

        async def send_when_known(message: "Message") -> None:
            if message["type"] == "http.response.start":
                await self._listener.catch_up()
            await send(message)

        return send_when_known

    def _check_module(self, module: str, tenant: Found | None) -> None:
        if tenant is None:
            raise InvalidInput("Choose a tenant with the header X-Tenant.", pointer="/X-Tenant")
        if tenant.lapse is not None:
            raise ModuleLapsed(module, tenant.lapse)
        if module not in tenant.opened:
            raise NotFound(NOTHING_HERE)
        if module in self._stopped_modules:
            raise Unavailable("This module could not be started.", retry_after_seconds=60)


def _deciding_again(
    receive: "Receive", access: Access, decide: Callable[[], Awaitable[Access]]
) -> "Receive":
    """Return *receive* for a request that may pass by *access*, and has to when it is there whole.

    A body may take its time. Whoever is kept out must not have begun before what they do after.
    """
    begun_at = monotonic()

    async def receive_allowed() -> "HTTPReceiveMessage | WebSocketReceiveMessage":
        message = await receive()
        is_whole = message["type"] == "http.request" and not message.get("more_body")
        is_late = monotonic() - begun_at >= SLOW_SECONDS
        if is_whole and is_late and await decide() != access:
            raise Conflict("What you may do here has changed meanwhile; send the request again.")
        return message

    return receive_allowed


def _check_permissions(principal: Principal | None, needed: Sequence[str]) -> None:
    if not needed:
        refuse_keys(principal)
    for permission in needed:
        if principal is None or permission not in principal.permissions:
            raise MissingPermission(permission)


async def _find_caller(look: Look, claims: Claims) -> tuple[Person, datetime]:
    """Return the person whom a token names, and until when it does.

    Raises:
        NotAuthenticated: the session has ended or is over, or the person is deactivated.
    """
    live = await look.find(SESSION, claims.session_id)
    if live is None or live.user_id != claims.user_id or live.expires_at <= datetime.now(UTC):
        raise NotAuthenticated("The session has ended; sign in again.")
    person = await look.find(PERSON, claims.user_id)
    if person is None:
        raise NotAuthenticated("The access token is not valid.")
    person = msgspec.structs.replace(
        person, session_id=claims.session_id, stepped_up_at=live.stepped_up_at
    )
    return person, min(live.expires_at, datetime.fromtimestamp(claims.expires_at, UTC))


async def _enter(
    look: Look, scope: "Scope", person: Person, own: list[Found], asked: Asked
) -> Found | None:
    """Return the tenant that a `platform_master` enters; only for them are strangers' looked up.

    None where the host has chosen one of their own: it is not for the header to say another.
    """
    is_own = any(tenant.is_by_domain or tenant.name == asked.name for tenant in own)
    if is_own or asked.name is None or person.role != "platform_master":
        return None
    foreign = await find_foreign_tenants(look, asked)
    return enter_as_platform(await look.session(), scope, person, foreign, asked.name)


def cache_key(request: Request[Any, Any, Any]) -> str:
    """Return the key of a cached response, which one caller in one tenant gets back.

    Litestar's own key is the path and the query, so that the second tenant would read the first
    one's rows.
    """
    access: Access = request.auth
    principal, tenant = access.principal, access.tenant
    caller = principal and (principal.user_id or principal.api_key_id)
    own = f"{tenant.id if tenant else ''} {caller or ''}"
    return f"{own} {request.method} {request.url.path}?{request.url.query}"


def _choose(found: list[Found], *, name: str | None, is_anonymous: bool) -> Found | None:
    """Return the tenant that host and header agree on, if the caller may use it.

    A tenant that the signed-in caller is no member of counts as one that does not exist; on a route
    that is open to anyone all of them count.

    Raises:
        InvalidInput: they name different tenants.
        NotFound: the named tenant does not exist, or the caller is no member.
        PermissionDenied: it is suspended or deleted; members are told why.
    """
    visible = [tenant for tenant in found if is_anonymous or tenant.role is not None]
    by_domain = next((tenant for tenant in visible if tenant.is_by_domain), None)
    if name is not None and by_domain is not None and by_domain.name != name:
        raise InvalidInput("X-Tenant names another tenant than the host.", pointer="/X-Tenant")
    tenant = by_domain or next(iter(visible), None)
    if tenant is None:
        if name is not None and name != name.lower():
            raise NotFound("There is no such tenant: their names are in lower case.")
        if name is not None:
            raise no_such_tenant()
        return None
    if tenant.is_suspended or tenant.purge_after is not None:
        if tenant.role is None:
            raise no_such_tenant()
        refuse_deleted(tenant.purge_after)
        refuse_suspended(tenant.is_suspended, tenant.suspension_reason)
    return tenant
