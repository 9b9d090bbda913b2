"""Leaving out the modules that are sound alone and cannot be served beside the others."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from tochka_plugins.host.assembly import Assembly, blocked
from tochka_plugins.host.quarantine import Quarantined, quarantine, reason_of
from tochka_plugins.host.staging import StagedModule

Built = TypeVar("Built")


def fit(
    assembly: Assembly, build: Callable[[Sequence[StagedModule]], Built]
) -> tuple[Built, Assembly]:
    """Return what *build* makes of the modules, and the assembly of those that it could take.

    Of two that clash the later one is quarantined, and with it those that need it.

    Raises:
        Exception: *build* fails without any module.
    """
    modules, quarantined = list(assembly.modules), list(assembly.quarantined)
    while True:
        try:
            return build(modules), Assembly(tuple(modules), tuple(quarantined))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a module's routes may run its code
            misfit, error = _find_misfit(modules, build, error)
            reason = reason_of(error, package=misfit.candidate.package)
            left_out = _with_dependents(
                modules, quarantine(misfit.candidate, "stage", f"beside the others: {reason}")
            )
            quarantined += left_out.values()
            modules = [module for module in modules if module.name not in left_out]


def _find_misfit(
    modules: Sequence[StagedModule],
    build: Callable[[Sequence[StagedModule]], object],
    error: BaseException,
) -> tuple[StagedModule, BaseException]:
    """Return the last module of the shortest beginning that cannot be built, and why not."""
    build([])
    sound, unsound = 0, len(modules)
    while unsound - sound > 1:
        middle = (sound + unsound) // 2
        try:
            build(modules[:middle])
            sound = middle
        except KeyboardInterrupt:
            raise
        except BaseException as earlier:  # noqa: BLE001 - as above
            unsound, error = middle, earlier
    return modules[unsound - 1], error


def _with_dependents(
    modules: Sequence[StagedModule], misfit: Quarantined
) -> dict[str, Quarantined]:
    left_out = {misfit.name: misfit}
    for module in modules:
        blocker = min(module.requires & left_out.keys(), default=None)
        if blocker is not None:
            left_out[module.name] = blocked(module.candidate, left_out[blocker])
    return left_out
