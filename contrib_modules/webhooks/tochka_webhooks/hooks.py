"""What the platform is told about this module."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
from litestar.types import ControllerRouterHandler
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Event, Limit, Model, ModuleInfo, Permission, Platform, hookimpl
from tochka_plugins.health import HealthCheck

from tochka_webhooks.controllers import DeliveryController, EndpointController
from tochka_webhooks.delivering import Courier
from tochka_webhooks.destinations import Destinations
from tochka_webhooks.events import EndpointDisabled
from tochka_webhooks.health import check_punctuality
from tochka_webhooks.keeping import clean_again_and_again
from tochka_webhooks.models import Attempt, Delivery, Endpoint
from tochka_webhooks.outbox import write_down
from tochka_webhooks.sending import Sender
from tochka_webhooks.services import EndpointService
from tochka_webhooks.settings import KeepingSettings, operator_settings


class _Serving:
    """What a worker has between start and stop."""

    courier: Courier | None = None
    ends = AsyncExitStack()


@hookimpl
def tochka_module_info() -> ModuleInfo:
    """Present the module."""
    return ModuleInfo(
        title="Webhooks", description="Tells your own servers what happens.", icon="webhook"
    )


@hookimpl
def tochka_routes() -> Sequence[ControllerRouterHandler]:
    """Give the routes under `/api/v1/webhooks`."""
    return [EndpointController, DeliveryController]


@hookimpl
def tochka_models() -> Sequence[type[Model]]:
    """Give the tables in `mod_webhooks`."""
    return [Endpoint, Delivery, Attempt]


@hookimpl
def tochka_migrations() -> Path:
    """Give the folder of the revisions."""
    return Path(__file__).parent / "migrations"


@hookimpl
def tochka_permissions() -> Sequence[Permission]:
    """Declare what members of a tenant may do; the routes require it."""
    return [
        Permission("webhooks:read", "See webhooks, and what was sent by them"),
        Permission("webhooks:write", "Create, change and delete webhooks, and send again"),
    ]


@hookimpl
def tochka_settings() -> type[msgspec.Struct]:
    """Let each tenant say how long it is kept what was sent."""
    return KeepingSettings


@hookimpl
def tochka_limits() -> Sequence[Limit]:
    """Declare what a plan may bound."""
    return [Limit(EndpointService.limit, title="Webhook endpoints", unit="endpoints", default=10)]


@hookimpl
def tochka_events() -> Sequence[type[Event]]:
    """Tell others of endpoints that are told no more."""
    return [EndpointDisabled]


@hookimpl
def tochka_health() -> Mapping[str, HealthCheck]:
    """Tell whether what is due goes out."""
    return {"deliveries": check_punctuality}


@hookimpl
async def tochka_startup(platform: Platform) -> None:
    """Begin to deliver, where this process is to."""
    settings = operator_settings()
    if not settings.deliver:
        return
    destinations = Destinations(settings)
    _Serving.ends.callback(destinations.close)
    _Serving.courier = Courier(platform, Sender(settings, destinations), destinations)
    for work in (clean_again_and_again(platform), _Serving.courier.work()):
        _Serving.ends.push_async_callback(_end, asyncio.create_task(work))


@hookimpl
async def tochka_shutdown() -> None:
    """Deliver no more."""
    _Serving.courier = None
    await _Serving.ends.aclose()


@hookimpl
async def tochka_event_published(event: Event, session: AsyncSession) -> None:
    """Write down whom to tell of the event; it is sent when this is committed."""
    if await write_down(session, event) and _Serving.courier is not None:
        _Serving.courier.hurry()


@hookimpl
def tochka_module_enabled() -> None:
    """Go on with what has waited for it."""
    if _Serving.courier is not None:
        _Serving.courier.reconsider()


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
