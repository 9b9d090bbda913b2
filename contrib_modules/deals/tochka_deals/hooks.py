"""What the platform is told about this module."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from litestar.types import ControllerRouterHandler
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Event, Limit, Model, ModuleInfo, Permission, hookimpl

from tochka_deals.controllers import DealController
from tochka_deals.events import DealCreated, DealLost, DealStageChanged, DealWon
from tochka_deals.models import Deal, Pipeline, Stage, StageChange
from tochka_deals.pipeline_controllers import PipelineController, StageController
from tochka_deals.pipelines import PipelineService
from tochka_deals.services import OPEN_DEALS
from tochka_deals.settings import DealSettings


@hookimpl
def tochka_module_info() -> ModuleInfo:
    """Present the module."""
    return ModuleInfo(
        title="Deals", description="What you may sell, and how far it has come.", icon="handshake"
    )


@hookimpl
def tochka_routes() -> Sequence[ControllerRouterHandler]:
    """Give the routes under `/api/v1/deals`."""
    return [DealController, PipelineController, StageController]


@hookimpl
def tochka_models() -> Sequence[type[Model]]:
    """Give the tables in `mod_deals`."""
    return [Pipeline, Stage, Deal, StageChange]


@hookimpl
def tochka_migrations() -> Path:
    """Give the folder of the revisions."""
    return Path(__file__).parent / "migrations"


@hookimpl
def tochka_permissions() -> Sequence[Permission]:
    """Declare what members of a tenant may do; the routes require it."""
    return [
        Permission(
            "deals:read",
            "See deals, with the names of their contacts",
            frozenset({"owner", "admin", "member"}),
        ),
        Permission("deals:write", "Create, change, move and delete deals"),
        Permission("deals:manage", "Change pipelines and their stages"),
    ]


@hookimpl
def tochka_settings() -> type[msgspec.Struct]:
    """Let each tenant say what holds for its deals."""
    return DealSettings


@hookimpl
def tochka_limits() -> Sequence[Limit]:
    """Declare what a plan may bound."""
    return [Limit(OPEN_DEALS, title="Open deals", unit="deals", default=None)]


@hookimpl
def tochka_events() -> Sequence[type[Event]]:
    """Declare what other modules are told of."""
    return [DealCreated, DealStageChanged, DealWon, DealLost]


@hookimpl
async def tochka_module_enabled(session: AsyncSession) -> None:
    """Give a tenant the pipeline that it begins with, unless it has one from before."""
    await PipelineService(session).make_first()
