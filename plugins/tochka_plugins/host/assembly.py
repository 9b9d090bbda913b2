"""Importing and staging all admitted modules, each on its own."""

from collections.abc import Callable, Sequence

import msgspec

from tochka_plugins.host.deprecations import deprecations_noted
from tochka_plugins.host.discovery import Candidate
from tochka_plugins.host.gating import Gated
from tochka_plugins.host.keeping import process_kept
from tochka_plugins.host.loading import LoadedModule
from tochka_plugins.host.quarantine import Phase, Quarantined, quarantine, reason_of
from tochka_plugins.host.staging import StagedModule, stage


class Assembly(msgspec.Struct, frozen=True):
    """What can be served, and what is set aside."""

    modules: tuple[StagedModule, ...]
    """In the order of dependencies."""
    quarantined: tuple[Quarantined, ...]

    @property
    def packages(self) -> frozenset[str]:
        """The top-level packages of the modules that can be served."""
        return frozenset(module.candidate.package for module in self.modules)


def assemble(
    gated: Gated,
    *,
    set_aside: Sequence[Quarantined] = (),
    try_mount: Callable[[StagedModule], None] = lambda _module: None,
    begin: Callable[[str, Phase], None] = lambda _module, _phase: None,
) -> Assembly:
    """Load and stage what the gate admitted; a failure stops that module and its dependents.

    *set_aside* are not touched: they have done harm before. *try_mount* raises for a module whose
    routes the application could not serve. *begin* is told of each step before it is taken.
    """
    staged: list[StagedModule] = []
    offered: dict[type, str] = {}
    stopped: dict[str, Quarantined] = {item.name: item for item in set_aside}
    for candidate in gated.admitted:
        if candidate.name in stopped:
            continue
        blocker = min(gated.requires[candidate.name] & stopped.keys(), default=None)
        if blocker is not None:
            stopped[candidate.name] = blocked(candidate, stopped[blocker])
            continue
        phase: Phase = "load"
        deprecated: list[str] = []
        try:
            begin(candidate.name, phase)
            with process_kept(), deprecations_noted(deprecated):
                loaded = LoadedModule(candidate)
            phase = "stage"
            begin(candidate.name, phase)
            with process_kept(), deprecations_noted(deprecated):
                module = stage(
                    loaded,
                    requires=gated.requires[candidate.name],
                    wishes=gated.wishes[candidate.name],
                    offered=offered,
                )
                try_mount(module)
            staged.append(msgspec.structs.replace(module, deprecated=tuple(deprecated)))
            offered.update(dict.fromkeys(module.services, module.name))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a module's sys.exit is its own mistake too
            reason = reason_of(error, package=candidate.package)
            stopped[candidate.name] = quarantine(candidate, phase, reason)
    return Assembly(modules=tuple(staged), quarantined=(*gated.refused, *stopped.values()))


def blocked(candidate: Candidate, cause: Quarantined) -> Quarantined:
    """Return the quarantine of a module that needs the one that *cause* has stopped."""
    reason = f"needs the module {cause.name!r}, which is quarantined"
    return quarantine(candidate, cause.phase, reason, blocked_by=cause.name)
