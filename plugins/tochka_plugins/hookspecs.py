"""Every hook a module may implement: the whole contract between the platform and a module.

A module implements a hook by decorating a function of the same name with `hookimpl`, in the Python
module that its entry point in the group `tochka.modules` names. It may leave out any hook, and any
argument it does not use. Each module is called on its own: one that raises, `SystemExit` included,
is set aside (quarantined) with its reason, and the others go on.

To stage a module is to collect and check what its hooks give, all of it before any is used. It
happens in `tochka upgrade`, which judges, and once in each worker that serves.
"""

from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import click
import msgspec
import pluggy
from litestar.types import ControllerRouterHandler
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_plugins.context import Platform, Tenant
from tochka_plugins.events import Event
from tochka_plugins.health import HealthCheck
from tochka_plugins.info import ModuleInfo
from tochka_plugins.limits import Limit
from tochka_plugins.messages import Message
from tochka_plugins.models import Model
from tochka_plugins.permissions import Permission
from tochka_plugins.services import ServiceFactory
from tochka_plugins.subscriptions import Subscription

PROJECT_NAME = "tochka"

hookspec = pluggy.HookspecMarker(PROJECT_NAME)
hookimpl = pluggy.HookimplMarker(PROJECT_NAME)
"""Marks a function of a module as the implementation of the hook of the same name."""


@hookspec
def tochka_module_info() -> ModuleInfo:  # type: ignore[empty-body]  # a spec has no body
    """Say how the module presents itself to people.

    Runs: once per process, while the module is staged. Without it the title is the module's name
    and the description its distribution's summary.
    Returns: a `ModuleInfo`.
    Raises: the module is quarantined in phase `stage`.
    """


@hookspec
def tochka_routes() -> Sequence[ControllerRouterHandler]:  # type: ignore[empty-body]  # as above
    """Give the module's HTTP routes.

    Runs: once per process, while the module is staged.
    Returns: Litestar controllers, routers or handlers. They are mounted under `/api/v1/<module>`,
    so their own paths start at `/`. Every route says who may call it where the tenant has the
    module enabled: members with the permissions that its guards name (`requires`), every member
    (`opt=ANY_MEMBER`) or anyone (`opt=ANONYMOUS`). No two modules may share a name of a handler of
    any kind or an operation id, nor have one of the core's. Mounts are refused, and so are other
    keys in `opt` that begin with `tochka_`. A handler gets, by parameter name, `session` (a
    transaction scoped to the tenant, committed before the response is sent), `tenant`, `principal`
    and `settings`.
    Raises: the module is quarantined in phase `stage`; also when Litestar refuses a route.
    """


@hookspec
def tochka_models() -> Sequence[type[Model]]:  # type: ignore[empty-body]  # as above
    """Give the module's declarative models.

    Runs: once per process, while the module is staged.
    Returns: subclasses of `TenantModel` or `PlatformModel` on `module_registry(<module>)`, so that
    all of their tables lie in the module's own schema, `mod_<module>`.
    Raises: the module is quarantined in phase `stage`; also when a model or the words of a
    constraint break these rules, and when there is no `tochka_migrations`. Where no revision makes
    a table or column that a model declares, it is quarantined in phase `migrate`.
    """


@hookspec
def tochka_migrations() -> Path:  # type: ignore[empty-body]  # as above
    """Say where the module's Alembic revisions lie.

    Runs: once per process, while the module is staged; the revisions themselves run in
    `tochka upgrade`, in one transaction a module, after those of the modules it depends on.
    Returns: the folder inside the installed package that holds the revision files. Tables with a
    `tenant_id` get row-level security in the same transaction; the revisions do not add it.
    Raises: the module is quarantined in phase `stage`, also when the folder does not exist; when a
    revision fails, in phase `migrate`, with its schema as it was before.
    """


@hookspec
def tochka_permissions() -> Sequence[Permission]:  # type: ignore[empty-body]  # as above
    """Declare what people may be allowed to do with the module.

    Runs: once per process, while the module is staged. A route asks for one by
    `guards=[requires("contacts:write")]`; what a person holds in the chosen tenant is in
    `principal.permissions`.
    Returns: a `Permission` each. The name is `<module>:<word>`, such as `contacts:write`, with
    words of `a-z` and `0-9` that may be joined by `_`; no two have the same. The title is not
    empty; the built-in roles that hold it are owner and admin unless it says otherwise. Tenants
    give it to others by roles of their own.
    Raises: the module is quarantined in phase `stage`; also when a permission breaks these rules,
    and when a route requires what neither the module nor one that it depends on declares.
    """


@hookspec
def tochka_settings() -> type[msgspec.Struct]:  # type: ignore[empty-body]  # as above
    """Declare what each tenant may set for itself.

    Runs: once per process, while the module is staged. People who manage the tenant's modules set
    them; a handler gets them by `settings: CurrentSettings[...]`.
    Returns: a subclass of `msgspec.Struct`, with a field for each setting and `Secret` for what is
    to be shown to nobody, a field of its own whose default is `""` or `None`. It is a JSON object
    of its fields (no `array_like`, no `tag`), with a JSON Schema in which no text has a NUL, and
    each field has a default that fits its type and comes back from JSON as it was: every tenant has
    valid settings before it sets any. Structs within it forbid unknown fields.
    Raises: the module is quarantined in phase `stage`; also when the struct breaks these rules,
    when making it with its defaults raises, and when a handler asks for settings of another type.
    """


@hookspec
def tochka_limits() -> Sequence[Limit]:  # type: ignore[empty-body]  # as above
    """Declare what can be counted, and bounded for a tenant.

    Runs: once per process, while the module is staged. A handler counts by `limits`; where there
    would be more than the tenant's plan says, or else the default, it is refused.
    Returns: a `Limit` each. The name is `<module>.<word>`, such as `bookmarks.max`, with words as
    in permissions, and no two have the same; title and unit are not empty; the default is a number
    from 0 to 2⁶³ - 1 or, said explicitly, `None` for any number; with a period `day` or `month` the
    count begins anew in each day or month of UTC.
    Raises: the module is quarantined in phase `stage`; also when a limit breaks these rules.
    """


@hookspec
def tochka_events() -> Sequence[type[Event]]:  # type: ignore[empty-body]  # as above
    """Declare what the module tells others of.

    Runs: once per process, while the module is staged. It tells them by `publish`.
    Returns: subclasses of `Event`. The `tag` of each is its name, `<module>.<word>`, such as
    `deals.won`, with words as in permissions, and no two have the same. They are frozen, can be
    compared, and are JSON objects with their name as `type` (no `array_like`, no `tag_field`). They
    have a JSON Schema, in which no text has a NUL; none of their fields may be anything at all
    (`Any`), or holds a `Secret`.
    Raises: the module is quarantined in phase `stage`; also when an event breaks these rules.
    """


@hookspec
def tochka_services() -> Mapping[type, ServiceFactory]:  # type: ignore[empty-body]  # as above
    """Offer something to the modules that depend on this one.

    Runs: once per process, while the module is staged.
    Returns: a function for each protocol, or other class, of which no other module offers the same.
    It takes a session, scoped to a tenant that the module is open to, and returns an object of the
    protocol, which works in that session. It is not a coroutine function.
    Raises: the module is quarantined in phase `stage`; also when a service breaks these rules. What
    the function or the object raises comes to whoever has asked.
    """


@hookspec
def tochka_commands() -> Sequence[click.Command]:  # type: ignore[empty-body]  # as above
    """Give commands for the operator, called as `tochka <module> <command>`.

    Runs: once per process, while the module is staged, for which `tochka <module>` imports this
    module and those it needs, and no other.
    Returns: click commands or groups. Names are words of `a-z` and `0-9` that may be joined by `-`,
    and no two are the same, within groups as well. A command that needs the database is a coroutine
    function decorated by `pass_platform`; any other such function is refused, as click would never
    await them.
    Raises: the module is quarantined in phase `stage`, also when a command breaks these rules, and
    offers no command: `tochka <module>` prints the reason and exits with 1. What the command itself
    raises ends it with exit code 1: a `TochkaError` or `click.ClickException` with one line,
    anything else with a traceback.
    """


@hookspec
def tochka_health() -> Mapping[str, HealthCheck]:  # type: ignore[empty-body]  # as above
    """Give checks that tell whether the module can do its work.

    Runs: once per process, while the module is staged. The checks run in the workers, for
    `GET /health/ready`, where the module serves and some tenant has enabled it; whoever asks, no
    more often than every five seconds, and never twice at once.
    Returns: coroutine functions by name, in words of `a-z` and `0-9` that may be joined by `_`.
    Each gets the platform, returns where all is well, and raises where it is not; it has a second.
    Let it wait for nothing but by `await`: the worker would answer nobody meanwhile.
    Raises: the module is quarantined in phase `stage`; also when the mapping breaks these rules.
    What a check raises is in the log alone, for anyone may read the report, which says `failed`, or
    `slow` of one that takes too long; the worker goes on serving, and so does the module.
    """


@hookspec
def tochka_startup(platform: Platform) -> Awaitable[None] | None:
    """Prepare what the module needs while it serves.

    Runs: once per worker, before its first request, in the order of dependencies; and once, with
    `tochka_shutdown`, in the process that judges the modules. It may be a coroutine function.
    Returns: nothing.
    Raises: the worker starts without the module; its routes answer 503, with `Retry-After: 60`,
    until the next start, and the log says why. The same happens when it takes longer than
    `TOCHKA_IMPORT_SECONDS`. One that ends the process, or blocks it for longer than that,
    quarantines the module in phase `start`.
    """


@hookspec
def tochka_shutdown(platform: Platform) -> Awaitable[None] | None:
    """Release what `tochka_startup` took.

    Runs: once per worker, after its last request, dependents first. It may be a coroutine function.
    It does not run for a module whose `tochka_startup` raised, nor when the worker is killed.
    Returns: nothing.
    Raises: the error is logged; the other modules are shut down all the same. So it is when it
    takes longer than `TOCHKA_IMPORT_SECONDS`.
    """


@hookspec
def tochka_tenant_created(tenant: Tenant, session: AsyncSession) -> Awaitable[None] | None:
    """Prepare what the module keeps for a tenant that has just been made.

    Runs: in the transaction that makes the tenant, by the API or by `tochka tenants create`, for
    each module that serves, in the order of dependencies; the tenant has enabled none of them yet.
    `session` is a part of that transaction, scoped to the tenant; its `commit` and `rollback` reach
    no further. A module whose start-up has failed in this worker is left out, and that is logged.
    It may be a coroutine function. Tenants that were there before the module, or are imported, are
    not announced: take what is missing for not prepared yet.
    Returns: nothing.
    Raises: there is no tenant, and nothing is kept of what any module has written. The client is
    told a `TochkaError` as it is; of anything else, and when it takes longer than
    `TOCHKA_IMPORT_SECONDS`, that the module has failed (503).
    """


@hookspec
def tochka_tenant_deleting(
    tenant: Tenant, session: AsyncSession, purge_after: datetime
) -> Awaitable[None] | None:
    """Agree to the deletion of a tenant, or refuse it; stop what must not go on.

    Runs: in the transaction that marks the tenant deleted, by the API or by
    `tochka tenants delete`, for each module that serves and that it has enabled, dependents first.
    `session` is a part of that transaction, scoped to the tenant. A module whose start-up has
    failed in this worker is left out, and that is logged. It may be a coroutine function. The rows
    stay: until `purge_after` (UTC) at least the tenant can be restored, with what the hook has
    written, so that nothing it needs may be removed. When it is purged the database drops all its
    rows, and no module is asked.
    Returns: nothing.
    Raises: the tenant stays as it was, and nothing is kept of what any module has written. The
    client is told as with `tochka_tenant_created`; raise `Conflict` to refuse.
    """


@hookspec
def tochka_module_enabled(tenant: Tenant, session: AsyncSession) -> Awaitable[None] | None:
    """Prepare what the module keeps for a tenant that has just enabled it.

    Runs: in the transaction that enables the module, after those of the modules it needs that are
    enabled along with it. Not where the tenant has it already. `session` is a part of that
    transaction, scoped to the tenant. It may be a coroutine function. A tenant that had the module
    before may have its data still; tenants that are imported are not announced.
    Returns: nothing.
    Raises: the tenant does not have the module, nor what was to be enabled along with it, and
    nothing is kept of what any module has written. The client is told as with
    `tochka_tenant_created`; raise `Conflict` to refuse. In a worker that could not load or start
    the module, enabling it is refused (503).
    """


@hookspec
def tochka_module_disabled(tenant: Tenant, session: AsyncSession) -> Awaitable[None] | None:
    """Agree to it that a tenant has the module no more, or refuse it; stop what must not go on.

    Runs: in the transaction that disables the module, before those of the modules it needs, also
    where its subscription has lapsed. Not where the tenant does not have it, and not when the
    tenant is deleted. A module that is quarantined, or does not serve in this worker, is left out,
    and that is logged. `session` is a part of that transaction, scoped to the tenant. It may be a
    coroutine function. The rows stay: the tenant may enable the module again.
    Returns: nothing.
    Raises: the tenant keeps the module, and what was to be disabled along with it, and nothing is
    kept of what any module has written. The client is told as with `tochka_module_enabled`.
    """


@hookspec
def tochka_subscription_changed(
    tenant: Tenant, subscription: Subscription, session: AsyncSession
) -> Awaitable[None] | None:
    """Learn of what was sold to a tenant, and what becomes of it.

    Runs: in the transaction that records it, for each module that serves, in the order of
    dependencies, whether the tenant has enabled it or not; `subscription.event` says what has
    happened, the rest of it how it stands now. `session` is a part of that transaction, scoped to
    the tenant. It may be a coroutine function. That a date passes is no change: nothing runs when a
    trial ends or a subscription expires.
    Returns: nothing.
    Raises: nothing is recorded, and nothing is kept of what any module has written. The client is
    told as with `tochka_tenant_created`.
    """


@hookspec
def tochka_event_published(
    event: Event, tenant: Tenant, session: AsyncSession
) -> Awaitable[None] | None:
    """Learn of what has happened in the platform, or in another module.

    Runs: in the transaction in which it happens, whenever any event is published to a tenant that
    the module is open to, the module's own included, in the order of dependencies. `session` is a
    part of that transaction, scoped to the tenant, and the hook's own: whoever has published works
    on when the hook returns. A module whose start-up has failed in this worker is left out, and
    that is logged. It may be a coroutine function, and publish in its turn.
    Returns: nothing.
    Raises: it has not happened: what has published the event is told, and lets nothing be kept. The
    client is told as with `tochka_tenant_created`; raise `Conflict` to refuse.
    """


@hookspec
def tochka_send_message(message: Message) -> Awaitable[bool] | bool:  # type: ignore[empty-body]  # as above
    """Deliver a message to a phone.

    Runs: in the background, after the request that has to do with it is answered, for each module
    that serves, in the order of dependencies, until one has delivered it. Whether a tenant has
    enabled the module does not matter: messages are the platform's. A worker that stops waits for
    those under way. No transaction is open. Use a coroutine function: while an ordinary one waits,
    the worker answers nobody.
    Returns: whether the message is delivered, or is taken by who delivers it. Otherwise the next
    module is asked.
    Raises: as if it was not delivered; the error is logged, without the phone and the text. The
    same happens when it takes longer than `TOCHKA_IMPORT_SECONDS`. What no module delivers is lost,
    and logged, without the text.
    """
