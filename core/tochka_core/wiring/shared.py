"""What several parts of one application work with, made once."""

from collections.abc import Callable, Collection, Sequence

import msgspec
from tochka_plugins import Message
from tochka_plugins.host import StagedModule

from tochka_core.access.cache import Cache
from tochka_core.access.listener import Listener
from tochka_core.api_keys.uses import KeyUses
from tochka_core.auth.tokens import AccessTokens
from tochka_core.db import Database
from tochka_core.encryption.ring import EncryptionRing
from tochka_core.errors import ConfigurationError
from tochka_core.messages.messenger import Messenger, write_to_log
from tochka_core.module_settings.catalog import SettingsCatalog
from tochka_core.neighbours.neighbourhood import Neighbourhood
from tochka_core.registry.health import ModuleHealth
from tochka_core.registry.module_door import Doors
from tochka_core.sessions.signing_in import Sessions
from tochka_core.settings import Settings
from tochka_core.subscriptions.sales import Sales
from tochka_core.tenants.hooks import TenantHooks
from tochka_core.tenants.permissions import PermissionCatalog
from tochka_core.throttling.services import TryCounter


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """What several parts of one application work with."""

    cache: Cache
    counter: TryCounter
    database: Database
    doors: Doors
    listener: Listener
    messenger: Messenger
    module_health: ModuleHealth
    modules: Sequence[StagedModule]
    neighbourhood: Neighbourhood
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


def share(
    settings: Settings,
    modules: Sequence[StagedModule],
    absent: Collection[str] = (),
    *,
    undelivered: Callable[[Message], None] | None = None,
) -> Shared:
    """Return what the parts of one application have in common.

    *undelivered* takes the messages that no module delivers, where the log does not.
    """
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
    ring = EncryptionRing(settings.encryption_ring)
    neighbourhood = Neighbourhood(
        lambda: modules, stopped=stopped_modules, hook_seconds=settings.import_seconds, ring=ring
    )
    tenant_hooks = TenantHooks(neighbourhood)
    sales = Sales(tenant_hooks, grace_days=settings.grace_days)
    doors = Doors(cache=cache, neighbourhood=neighbourhood, ring=ring, sales=sales)
    return Shared(
        cache=cache,
        counter=TryCounter(database, secret=settings.jwt_secret),
        database=database,
        doors=doors,
        listener=Listener(settings.engine_url, cache),
        messenger=Messenger(
            modules,
            stopped=stopped_modules,
            hook_seconds=settings.import_seconds,
            undelivered=write_to_log if settings.log_messages else undelivered,
        ),
        module_health=ModuleHealth(modules, stopped=stopped_modules, doors=doors),
        modules=modules,
        neighbourhood=neighbourhood,
        permission_catalog=PermissionCatalog(modules),
        ring=ring,
        sales=sales,
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
