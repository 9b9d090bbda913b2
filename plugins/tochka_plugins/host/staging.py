"""Collecting what a module contributes and checking it before any of it is used."""

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from litestar import Controller, Router
from litestar.handlers import BaseRouteHandler
from litestar.types import ControllerRouterHandler
from sqlalchemy import MetaData

from tochka_plugins.host.discovery import Candidate
from tochka_plugins.host.loading import LoadedModule
from tochka_plugins.host.storable import is_storable
from tochka_plugins.host.table_rules import broken_table_rules
from tochka_plugins.info import ModuleInfo
from tochka_plugins.models import Model
from tochka_plugins.schemas import schema_of


class StagingError(Exception):
    """A contribution breaks a rule; the message names the hook, the object and the rule."""


class StagedModule(msgspec.Struct, frozen=True):
    """A module whose contributions were all collected and found sound."""

    candidate: Candidate
    hooks: LoadedModule
    info: ModuleInfo
    routes: tuple[ControllerRouterHandler, ...]
    metadata: MetaData | None
    """The tables of its models; `None` where it has no models."""
    migrations: Path | None
    requires: frozenset[str] = frozenset()
    """The modules that it needs."""

    @property
    def name(self) -> str:
        """The module's name."""
        return self.candidate.name


def stage(module: LoadedModule, *, requires: frozenset[str] = frozenset()) -> StagedModule:
    """Collect the contributions of *module*, which may build on those of the modules it requires.

    Raises:
        StagingError: one of them breaks a rule.
        Exception: whatever a hook raises.
    """
    candidate = module.candidate
    return StagedModule(
        candidate=candidate,
        hooks=module,
        info=_info(module),
        routes=_routes(module),
        metadata=_metadata(candidate.name, _sequence(module, "tochka_models"), requires),
        migrations=_migrations(module),
        requires=requires,
    )


def _info(module: LoadedModule) -> ModuleInfo:
    info = module.call("tochka_module_info")
    if info is None:
        return ModuleInfo(title=module.candidate.name, description=module.candidate.summary)
    if not isinstance(info, ModuleInfo):
        raise StagingError(f"tochka_module_info must return a ModuleInfo, not {info!r}")
    try:
        msgspec.convert(msgspec.structs.asdict(info), ModuleInfo)
    except msgspec.ValidationError as error:
        raise StagingError(f"tochka_module_info: {error}") from error
    for field, text in msgspec.structs.asdict(info).items():
        if text is not None and not is_storable(text):
            raise StagingError(f"tochka_module_info: {field} has a NUL or half a surrogate pair")
    description = info.description or module.candidate.summary
    return msgspec.structs.replace(info, description=description)


def _routes(module: LoadedModule) -> tuple[ControllerRouterHandler, ...]:
    routes = _sequence(module, "tochka_routes")
    for route in routes:
        is_controller = isinstance(route, type) and issubclass(route, Controller)
        if not (is_controller or isinstance(route, Router | BaseRouteHandler)):
            raise StagingError(
                f"tochka_routes: {route!r} is no Litestar controller, router or handler"
            )
    return tuple(routes)


def _sequence(module: LoadedModule, hook: str) -> Sequence[Any]:
    result = module.call(hook)
    if inspect.iscoroutine(result):
        result.close()
        raise StagingError(f"{hook} must be an ordinary function, not a coroutine function")
    if result is None:
        return ()
    if not isinstance(result, Sequence) or isinstance(result, str | bytes):
        raise StagingError(f"{hook} must return a list, not {result!r}")
    return result


def _metadata(name: str, models: Sequence[Any], requires: frozenset[str]) -> MetaData | None:
    schema = schema_of(name)
    for model in models:
        if not (isinstance(model, type) and issubclass(model, Model)):
            raise StagingError(
                f"tochka_models: {model!r} must derive from TenantModel or PlatformModel"
            )
        if getattr(model, "metadata", MetaData()).schema != schema:
            raise StagingError(
                f"tochka_models: {model.__name__} must use module_registry({name!r})"
            )
    if not models:
        return None
    metadata: MetaData = models[0].metadata
    if broken := "; ".join(broken_table_rules(metadata, name, requires)):
        raise StagingError(f"tochka_models: {broken}")
    return metadata


def _migrations(module: LoadedModule) -> Path | None:
    path = module.call("tochka_migrations")
    if path is None:
        return None
    if not isinstance(path, Path):
        raise StagingError(f"tochka_migrations must return a Path, not {path!r}")
    if not path.is_dir():
        raise StagingError(f"tochka_migrations: there is no folder {path}")
    return path
