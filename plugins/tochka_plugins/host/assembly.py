"""Importing and staging all admitted modules, each on its own."""

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


def assemble(gated: Gated) -> Assembly:
    """Load and stage what the gate admitted; a failure stops that module and its dependents."""
    staged: list[StagedModule] = []
    quarantined: dict[str, Quarantined] = {item.name: item for item in gated.refused}
    for candidate in gated.admitted:
        blocker = min(gated.requires[candidate.name] & quarantined.keys(), default=None)
        if blocker is not None:
            quarantined[candidate.name] = blocked(candidate, quarantined[blocker])
            continue
        phase: Phase = "load"
        try:
            loaded = LoadedModule(candidate)
            phase = "stage"
            staged.append(stage(loaded))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a module's mistake, sys.exit included, is its own
            quarantined[candidate.name] = Quarantined(
                name=candidate.name,
                phase=phase,
                reason=reason_of(error),
                distribution=candidate.distribution,
                version=candidate.version,
            )
    return Assembly(modules=tuple(staged), quarantined=tuple(quarantined.values()))


def blocked(candidate: Candidate, cause: Quarantined) -> Quarantined:
    """Return the quarantine of a module that needs another quarantined one."""
    return Quarantined(
        name=candidate.name,
        phase=cause.phase,
        reason=f"needs the module {cause.name!r}, which is quarantined",
        distribution=candidate.distribution,
        version=candidate.version,
        blocked_by=cause.name,
    )
