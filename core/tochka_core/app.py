"""The only place that knows all parts and puts them together."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Final

import msgspec
from litestar import Litestar, Router
from litestar.config.response_cache import ResponseCacheConfig
from litestar.di import Provide
from tochka_plugins.host import StagedModule

from tochka_core.access.cache import Cache
from tochka_core.access.facts import permissions_by
from tochka_core.access.listener import Listener
from tochka_core.api_keys.controllers import ApiKeyController
from tochka_core.api_keys.uses import KeyUses
from tochka_core.archives.controllers import ArchiveController
from tochka_core.archives.serving import Exports
from tochka_core.audit.controllers import AuditController
from tochka_core.auth.allowances import AuthAllowances
from tochka_core.auth.controllers import AuthController
from tochka_core.auth.registration import Registration
from tochka_core.auth.services import AuthService
from tochka_core.auth.tokens import AccessTokens
from tochka_core.db import Database
from tochka_core.domains.controllers import DomainController
from tochka_core.domains.proofs import ProofFinder
from tochka_core.encryption.ring import EncryptionRing
from tochka_core.errors import ConfigurationError
from tochka_core.http.access import AccessControl, cache_key
from tochka_core.http.api_keys import KeyControl
from tochka_core.http.body import JsonRequest, refuse_nul
from tochka_core.http.body_timeout import BodyTimeout
from tochka_core.http.closed_structs import ClosedStructs
from tochka_core.http.dependencies import core_dependencies, public_dependencies
from tochka_core.http.health import HealthController
from tochka_core.http.last_resort import LastResort
from tochka_core.http.metrics import MetricsController
from tochka_core.http.mounting import API_PATH, let_gate_ask, mount, mount_absent
from tochka_core.http.openapi import openapi_config
from tochka_core.http.openapi_documents import Documents
from tochka_core.http.openapi_parts import describe_core, describe_module
from tochka_core.http.problems import problem_details
from tochka_core.http.proxies import TrustedProxies
from tochka_core.http.request_id import RequestId
from tochka_core.limits.controllers import LimitController
from tochka_core.messages.allowances import MessageAllowances
from tochka_core.messages.messenger import Messenger
from tochka_core.messages.outgoing import provide_outgoing
from tochka_core.messages.sending import PhoneMessages
from tochka_core.module_settings.catalog import SettingsCatalog
from tochka_core.module_settings.controllers import SettingsController
from tochka_core.module_settings.reading import SettingsReader
from tochka_core.passwords.changing import PasswordService
from tochka_core.passwords.controllers import PasswordController
from tochka_core.passwords.current import CurrentPasswords
from tochka_core.passwords.hashing import PasswordHasher
from tochka_core.registry.controllers import ModuleController
from tochka_core.registry.health import ModuleHealth
from tochka_core.registry.lifespan import running_modules
from tochka_core.second_factor.controllers import (
    SecondFactorController,
    UserSecondFactorController,
)
from tochka_core.second_factor.services import SecondFactors
from tochka_core.sessions.controllers import SessionController
from tochka_core.sessions.signing_in import Sessions
from tochka_core.settings import Settings
from tochka_core.subscriptions.controllers import SubscriptionController
from tochka_core.subscriptions.plan_controller import PlanController
from tochka_core.subscriptions.sales import Sales
from tochka_core.tenants.controllers import TenantController
from tochka_core.tenants.hooks import TenantHooks
from tochka_core.tenants.invitation_controllers import (
    ReceivedInvitationController,
    SentInvitationController,
)
from tochka_core.tenants.member_controller import MemberController
from tochka_core.tenants.permissions import PermissionCatalog
from tochka_core.tenants.role_controller import OwnPermissionController, RoleController
from tochka_core.throttling.services import TryCounter
from tochka_core.users.administration_controller import AdministrationController
from tochka_core.users.controllers import UserController

_CONTROLLERS: Final = (
    AuthController,
    SessionController,
    PasswordController,
    SecondFactorController,
    UserController,
    UserSecondFactorController,
    AdministrationController,
    TenantController,
    ArchiveController,
    AuditController,
    MemberController,
    SentInvitationController,
    ReceivedInvitationController,
    RoleController,
    ApiKeyController,
    DomainController,
    OwnPermissionController,
    ModuleController,
    SettingsController,
    LimitController,
    PlanController,
    SubscriptionController,
)
"""What the core serves under `/api/v1`."""


class _Shared(msgspec.Struct, frozen=True, kw_only=True):
    """What several parts of one application work with."""

    cache: Cache
    counter: TryCounter
    database: Database
    listener: Listener
    messenger: Messenger
    module_health: ModuleHealth
    modules: Sequence[StagedModule]
    permission_catalog: PermissionCatalog
    ring: EncryptionRing
    sales: Sales
    sessions: Sessions
    settings: Settings
    settings_catalog: SettingsCatalog
    stopped_modules: set[str]
    """Those that could not be loaded, and from then on those that could not be started."""
    tenant_hooks: TenantHooks
    tokens: AccessTokens
    uses: KeyUses


def create_app(
    settings: Settings,
    modules: Sequence[StagedModule] = (),
    *,
    absent: Collection[str] = (),
    proofs: ProofFinder | None = None,
) -> Litestar:
    """Return the application that serves the core and *modules*, in the order of dependencies.

    The modules named in *absent* should be among them, but could not be loaded: they answer 503.
    Domains are proven by *proofs*, or else by asking the name servers that *settings* name.
    Nothing is read from the environment and nothing is opened before the application starts.

    Raises:
        ConfigurationError: `DATABASE_URL` or `JWT_SECRET` is missing.
    """
    shared = _share(settings, modules, absent)
    core_routes = _core_routes(shared, proofs or ProofFinder(servers=settings.name_servers))
    dependencies = public_dependencies(
        shared.database, SettingsReader(shared.cache, shared.settings_catalog, shared.ring)
    )
    app = Litestar(
        route_handlers=[
            core_routes,
            *map(mount, modules),
            *map(mount_absent, absent),
        ],
        request_class=JsonRequest,
        dependencies=dependencies,
        middleware=[_access_control(shared)],
        before_request=refuse_nul,
        request_max_body_size=settings.max_body_bytes,
        plugins=[problem_details(), ClosedStructs()],
        lifespan=[_lifespan(shared)],
        openapi_config=openapi_config(_documents(core_routes, modules, dependencies), shared.cache),
        response_cache_config=ResponseCacheConfig(key_builder=cache_key),
        logging_config=None,
    )
    let_gate_ask(app)
    inner = TrustedProxies(app.asgi_handler, settings.proxy_networks)
    app.asgi_handler = RequestId(LastResort(BodyTimeout(inner)))
    return app


def _share(settings: Settings, modules: Sequence[StagedModule], absent: Collection[str]) -> _Shared:
    """Return what the parts of one application have in common."""
    if not settings.jwt_secret:
        raise ConfigurationError("JWT_SECRET is not set; make one with: openssl rand -hex 32")
    database = Database(
        settings.request_url,
        pool_size=settings.db_pool_size,
        is_pooled=settings.pooler_url is not None,
    )
    cache = Cache(database)
    tokens = AccessTokens(settings.signing_keys, lifetime_seconds=settings.access_token_seconds)
    stopped_modules = set(absent)
    tenant_hooks = TenantHooks(
        modules, stopped=stopped_modules, hook_seconds=settings.import_seconds
    )
    ring = EncryptionRing(settings.encryption_ring)
    return _Shared(
        cache=cache,
        counter=TryCounter(database, secret=settings.jwt_secret),
        database=database,
        listener=Listener(settings.engine_url, cache),
        messenger=Messenger(
            modules,
            stopped=stopped_modules,
            hook_seconds=settings.import_seconds,
            log_undelivered=bool(settings.log_messages),
        ),
        module_health=ModuleHealth(modules, stopped=stopped_modules, cache=cache, ring=ring),
        modules=modules,
        permission_catalog=PermissionCatalog(modules),
        ring=ring,
        sales=Sales(tenant_hooks, grace_days=settings.grace_days),
        sessions=Sessions(
            database=database,
            tokens=tokens,
            days=settings.session_days,
            idle_days=settings.session_idle_days,
        ),
        settings=settings,
        settings_catalog=SettingsCatalog(modules, absent=absent),
        stopped_modules=stopped_modules,
        tenant_hooks=tenant_hooks,
        tokens=tokens,
        uses=KeyUses(database),
    )


def _access_control(shared: _Shared) -> AccessControl:
    catalog = shared.permission_catalog
    permissions = permissions_by(catalog)
    return AccessControl(
        cache=shared.cache,
        keys=KeyControl(permissions=permissions, catalog=catalog, uses=shared.uses),
        listener=shared.listener,
        permissions=permissions,
        tokens=shared.tokens,
        stopped_modules=shared.stopped_modules,
    )


def _core_routes(shared: _Shared, proofs: ProofFinder) -> Router:
    """Return the core's own routes, and what their handlers get by name."""
    settings, stopped_modules = shared.settings, shared.stopped_modules
    parts = {
        "access_cache": shared.cache,
        "counter": shared.counter,
        "database": shared.database,
        "encryption_ring": shared.ring,
        "exports": Exports(settings),
        "module_health": shared.module_health,
        "permission_catalog": shared.permission_catalog,
        "proofs": proofs,
        "sessions": shared.sessions,
        "settings": settings,
        "settings_catalog": shared.settings_catalog,
        "stopped_modules": stopped_modules,
        "sales": shared.sales,
        "tenant_hooks": shared.tenant_hooks,
        **_auth_services(shared),
    }
    return Router(
        path="/",
        route_handlers=[
            HealthController,
            MetricsController,
            Router(path=API_PATH, route_handlers=_CONTROLLERS),
        ],
        dependencies={
            **core_dependencies(shared.database, parts),
            "outgoing": Provide(provide_outgoing(shared.messenger, shared.cache)),
        },
    )


def _documents(
    core_routes: Router, modules: Sequence[StagedModule], dependencies: Mapping[str, Provide]
) -> Documents:
    """Return what describes the core and each module, when it is asked for."""
    return Documents(
        partial(describe_core, core_routes, dependencies),
        {module.name: partial(describe_module, module, dependencies) for module in modules},
    )


def _auth_services(shared: _Shared) -> Mapping[str, object]:
    """Return what registers people, signs them in and replaces their passwords, by name."""
    settings, database, counter = shared.settings, shared.database, shared.counter
    allowances = AuthAllowances.of(settings)
    hasher = PasswordHasher(cost=settings.bcrypt_cost, pepper=settings.password_pepper)
    current_passwords = CurrentPasswords(counter=counter, database=database, hasher=hasher)
    region = settings.default_region
    messages = PhoneMessages(
        allowances=MessageAllowances.of(settings),
        counter=counter,
        language=settings.message_language,
        messenger=shared.messenger,
    )
    return {
        "auth": AuthService(
            allowances=allowances,
            counter=counter,
            database=database,
            hasher=hasher,
            sessions=shared.sessions,
            region=region,
        ),
        "passwords": PasswordService(
            allowances=allowances,
            counter=counter,
            current_passwords=current_passwords,
            database=database,
            hasher=hasher,
            messages=messages,
            region=region,
        ),
        "registration": Registration(
            allowances=allowances,
            confirm_phones=settings.confirm_phones,
            counter=counter,
            database=database,
            hasher=hasher,
            messages=messages,
            region=region,
        ),
        "second_factors": SecondFactors(
            counter=counter,
            current_passwords=current_passwords,
            database=database,
            messages=messages,
            ring=shared.ring,
            sessions=shared.sessions,
        ),
    }


def _lifespan(shared: _Shared) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Return what runs around the application's life in one process."""

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        try:
            async with (
                shared.listener.listening(),
                running_modules(
                    shared.modules,
                    cache=shared.cache,
                    ring=shared.ring,
                    hook_seconds=shared.settings.import_seconds,
                    stopped=shared.stopped_modules,
                    sales=shared.sales,
                ),
                shared.messenger.running(),
                shared.module_health.running(),
                shared.uses.running(),
            ):
                yield
        finally:
            await shared.database.dispose()

    return lifespan
