"""Collecting what a module contributes and checking it before any of it is used."""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import click
import msgspec
from litestar import Controller, Litestar, Router
from litestar.handlers import BaseRouteHandler
from litestar.types import ControllerRouterHandler
from sqlalchemy import MetaData

from tochka_plugins.events import Event
from tochka_plugins.health import HealthCheck
from tochka_plugins.host.command_rules import broken_command_rules
from tochka_plugins.host.declaration_rules import broken_limit_rules, broken_permission_rules
from tochka_plugins.host.discovery import Candidate
from tochka_plugins.host.event_rules import broken_event_rules
from tochka_plugins.host.health_rules import broken_health_rules
from tochka_plugins.host.loading import LoadedModule
from tochka_plugins.host.refusal_rules import broken_refusal_rules
from tochka_plugins.host.service_rules import broken_service_rules
from tochka_plugins.host.settings_rules import broken_settings_rules
from tochka_plugins.host.storable import is_storable
from tochka_plugins.host.table_rules import broken_table_rules
from tochka_plugins.info import ModuleInfo
from tochka_plugins.limits import Limit
from tochka_plugins.models import Model, PlatformModel
from tochka_plugins.permissions import Permission
from tochka_plugins.schemas import schema_of
from tochka_plugins.services import ServiceFactory

Declaration = TypeVar("Declaration", bound=msgspec.Struct)


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
    wishes: frozenset[str] = frozenset()
    """The modules that it makes use of where they are."""
    permissions: tuple[Permission, ...] = ()
    settings: type[msgspec.Struct] | None = None
    """What each tenant may set; `None` where there is nothing to set."""
    limits: tuple[Limit, ...] = ()
    commands: tuple[click.Command, ...] = ()
    health: Mapping[str, HealthCheck] = {}
    deprecated: tuple[str, ...] = ()
    """What it uses that a later version of the contract is without, and what instead."""
    events: tuple[type[Event], ...] = ()
    """What it may tell others of."""
    services: Mapping[type, ServiceFactory] = {}
    """What it offers to those that depend on it."""

    @property
    def name(self) -> str:
        """The module's name."""
        return self.candidate.name


def stage(
    module: LoadedModule,
    *,
    requires: frozenset[str] = frozenset(),
    wishes: frozenset[str] = frozenset(),
    offered: Mapping[type, str] = MappingProxyType({}),
) -> StagedModule:
    """Collect the contributions of *module*, which may build on those of the modules it requires.

    It makes use of those that it *wishes* for where they are. *offered* are the services of other
    modules, with their names.

    Raises:
        StagingError: one of them breaks a rule.
        Exception: whatever a hook raises.
    """
    candidate = module.candidate
    metadata = _metadata(candidate.name, _sequence(module, "tochka_models"), requires)
    migrations = _migrations(module)
    if metadata is not None and migrations is None:
        raise StagingError("tochka_models: without tochka_migrations nothing makes their tables")
    return StagedModule(
        candidate=candidate,
        hooks=module,
        info=_info(module),
        routes=_routes(module),
        metadata=metadata,
        migrations=migrations,
        requires=requires,
        wishes=wishes,
        permissions=_permissions(module),
        settings=_settings(module),
        limits=_limits(module),
        commands=_commands(module),
        health=_health(module),
        events=_events(module),
        services=_services(module, offered),
    )


def _info(module: LoadedModule) -> ModuleInfo:
    info = _value(module, "tochka_module_info")
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
        is_handler = isinstance(route, Router | BaseRouteHandler) and not isinstance(
            route, Litestar
        )
        if not (is_controller or is_handler):
            raise StagingError(
                f"tochka_routes: {route!r} is no Litestar controller, router or handler"
            )
    return tuple(routes)


def _value(module: LoadedModule, hook: str) -> Any:  # noqa: ANN401 - each hook has its own type
    result = module.call(hook)
    if inspect.iscoroutine(result):
        result.close()
        raise StagingError(f"{hook} must be an ordinary function, not a coroutine function")
    return result


def _sequence(module: LoadedModule, hook: str) -> Sequence[Any]:
    result = _value(module, hook)
    if result is None:
        return ()
    if not isinstance(result, Sequence) or isinstance(result, str | bytes):
        raise StagingError(f"{hook} must return a list, not {result!r}")
    return result


def _mapping(module: LoadedModule, hook: str) -> Mapping[Any, Any]:
    result = _value(module, hook)
    if result is None:
        return {}
    if not isinstance(result, Mapping):
        raise StagingError(f"{hook} must return a mapping, not {result!r}")
    return result


def _metadata(name: str, models: Sequence[Any], requires: frozenset[str]) -> MetaData | None:
    schema = schema_of(name)
    for model in models:
        if not (isinstance(model, type) and issubclass(model, Model)):
            raise StagingError(
                f"tochka_models: {model!r} must derive from TenantModel or PlatformModel"
            )
        metadata = getattr(model, "metadata", MetaData())
        if metadata.schema != schema:
            raise StagingError(
                f"tochka_models: {model.__name__} must use module_registry({name!r})"
            )
        if metadata is not models[0].metadata:
            raise StagingError(
                f"tochka_models: {model.__name__} must have the same base as {models[0].__name__}:"
                f" module_registry({name!r}) is called once"
            )
    if not models:
        return None
    shared: MetaData = models[0].metadata
    of_platform = {
        table
        for mapper in models[0].registry.mappers
        if issubclass(mapper.class_, PlatformModel)
        for table in mapper.tables
    }
    broken = broken_table_rules(shared, name, requires, of_platform=of_platform)
    _refuse("tochka_models", [*broken, *broken_refusal_rules(shared)])
    return shared


def _migrations(module: LoadedModule) -> Path | None:
    path = _value(module, "tochka_migrations")
    if path is None:
        return None
    if not isinstance(path, Path):
        raise StagingError(f"tochka_migrations must return a Path, not {path!r}")
    if not path.is_dir():
        raise StagingError(f"tochka_migrations: there is no folder {path}")
    return path


def _permissions(module: LoadedModule) -> tuple[Permission, ...]:
    permissions = _declarations(module, "tochka_permissions", Permission)
    broken = broken_permission_rules(permissions, module.candidate.name)
    _refuse("tochka_permissions", broken)
    return permissions


def _settings(module: LoadedModule) -> type[msgspec.Struct] | None:
    settings = _value(module, "tochka_settings")
    if settings is None:
        return None
    if not (isinstance(settings, type) and issubclass(settings, msgspec.Struct)):
        raise StagingError(f"tochka_settings must return a msgspec.Struct class, not {settings!r}")
    _refuse("tochka_settings", broken_settings_rules(settings))
    return settings


def _limits(module: LoadedModule) -> tuple[Limit, ...]:
    limits = _declarations(module, "tochka_limits", Limit)
    _refuse("tochka_limits", broken_limit_rules(limits, module.candidate.name))
    return limits


def _commands(module: LoadedModule) -> tuple[click.Command, ...]:
    commands = tuple(_sequence(module, "tochka_commands"))
    for command in commands:
        if not isinstance(command, click.Command):
            raise StagingError(f"tochka_commands: {command!r} is no click command")
    _refuse("tochka_commands", broken_command_rules(commands))
    return commands


def _health(module: LoadedModule) -> Mapping[str, HealthCheck]:
    checks = _mapping(module, "tochka_health")
    _refuse("tochka_health", broken_health_rules(checks))
    return dict(checks)


def _events(module: LoadedModule) -> tuple[type[Event], ...]:
    events = tuple(_sequence(module, "tochka_events"))
    for event in events:
        if not (isinstance(event, type) and issubclass(event, Event) and event is not Event):
            raise StagingError(f"tochka_events: {event!r} is no class of events")
    _refuse("tochka_events", broken_event_rules(events, module.candidate.name))
    return events


def _services(module: LoadedModule, offered: Mapping[type, str]) -> Mapping[type, ServiceFactory]:
    services = _mapping(module, "tochka_services")
    _refuse("tochka_services", broken_service_rules(services, offered))
    return dict(services)


def _declarations(
    module: LoadedModule, hook: str, kind: type[Declaration]
) -> tuple[Declaration, ...]:
    """Return what *hook* gives, with the types of all fields checked."""
    declarations = []
    for item in _sequence(module, hook):
        if not isinstance(item, kind):
            raise StagingError(f"{hook}: {item!r} is no {kind.__name__}")
        try:
            declarations.append(msgspec.convert(msgspec.structs.asdict(item), kind))
        except msgspec.ValidationError as error:
            raise StagingError(f"{hook}: {item!r}: {error}") from error
    return tuple(declarations)


def _refuse(hook: str, broken_rules: Iterable[str]) -> None:
    if broken := "; ".join(broken_rules):
        raise StagingError(f"{hook}: {broken}")
