"""Importing and staging all admitted modules, each on its own."""

from collections.abc import Callable

import msgspec

from tochka_plugins.host.discovery import Candidate
from tochka_plugins.host.gate import Gated
from tochka_plugins.host.loading import LoadedModule
from tochka_plugins.host.quarantine import Phase, Quarantined, reason_of
from tochka_plugins.host.staging import StagedModule, stage


class Assembly(msgspec.Struct, frozen=True):
    """What can be served, and what is set aside."""

    modules: tuple[StagedModule, ...]
    """In the order of dependencies."""
    quarantined: tuple[Quarantined, ...]


def assemble(
    gated: Gated, *, try_mount: Callable[[StagedModule], None] = lambda _module: None
) -> Assembly:
    """Load and stage what the gate admitted; a failure stops that module and its dependents.

    *try_mount* raises for a module whose routes the application could not serve.
    """
    staged: list[StagedModule] = []
    stopped: dict[str, Quarantined] = {}
    for candidate in gated.admitted:
        blocker = min(gated.requires[candidate.name] & stopped.keys(), default=None)
        if blocker is not None:
            stopped[candidate.name] = _blocked(candidate, stopped[blocker])
            continue
        phase: Phase = "load"
        try:
            loaded = LoadedModule(candidate)
            phase = "stage"
            module = stage(loaded)
            try_mount(module)
            staged.append(module)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a module's sys.exit is its own mistake too
            stopped[candidate.name] = Quarantined(
                name=candidate.name,
                phase=phase,
                reason=reason_of(error, package=candidate.package),
                distribution=candidate.distribution,
                version=candidate.version,
            )
    return Assembly(modules=tuple(staged), quarantined=(*gated.refused, *stopped.values()))


def _blocked(candidate: Candidate, cause: Quarantined) -> Quarantined:
    """Return the quarantine of a module that needs another quarantined one."""
    return Quarantined(
        name=candidate.name,
        phase=cause.phase,
        reason=f"needs the module {cause.name!r}, which is quarantined",
        distribution=candidate.distribution,
        version=candidate.version,
        blocked_by=cause.name,
    )
