"""Hooks that start and end, and hooks that are declared for nothing."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from tochka_plugins import hookspecs

from tochka_core.conformance.bench import Bench
from tochka_core.conformance.report import Fault, Verdict
from tochka_core.registry.hook_run import HookFailed, run_hook
from tochka_core.registry.module_door import ModuleDoor

_PREFIX: Final = f"{hookspecs.PROJECT_NAME}_"
_SHARE: Final = 4
"""The part of the host's patience that a module should be well within."""


async def look_at_start(bench: Bench) -> Verdict:
    """See that the module has started, and that it takes no long part of the host's patience."""
    patience = bench.settings.import_seconds
    faults = [*await _failed_start(bench)]
    for phase in ("load", "stage", "start"):
        seconds = bench.seconds.get(phase, 0.0)
        if seconds > patience / _SHARE:
            faults.append(
                Fault(
                    f"phase {phase} takes {seconds:.1f} s; the host gives up after {patience:g} s",
                    "import, and begin, when it is needed what takes so long",
                )
            )
    whole = sum(bench.seconds.get(phase, 0.0) for phase in ("load", "stage", "start"))
    return Verdict(tuple(faults), f"{whole:.2f} s to import, stage and start")


async def _failed_start(bench: Bench) -> Sequence[Fault]:
    """Return why the platform serves without the module, if it does: the hook is run once more."""
    if bench.name not in bench.shared.stopped_modules:
        return []
    told = "it has failed, and does not fail again"
    door = ModuleDoor(bench.shared.doors, bench.name)
    try:
        patience = bench.settings.import_seconds
        await run_hook(bench.module, "tochka_startup", hook_seconds=patience, platform=door)
    except HookFailed as failure:
        told = failure.reason
    todo = "let it run through; what it needs, such as a variable, this command has to have as well"
    return [Fault(f"the platform serves without it, as tochka_startup fails: {told}", todo)]


async def look_at_idle_hooks(bench: Bench) -> Verdict:
    """Find hooks that give nothing, or have no body."""
    faults = []
    declared = [hook for hook in _hooks() if bench.module.hooks.implements(hook)]
    for hook in declared:
        if _gives(hook) and not bench.module.hooks.call(hook):
            faults.append(Fault(f"{hook} gives nothing", "leave the hook out"))
        elif any(_is_empty(function) for function in bench.module.hooks.functions(hook)):
            faults.append(Fault(f"{hook} does nothing", "leave the hook out"))
    return Verdict(tuple(faults), f"{len(declared)} hooks")


def _hooks() -> Iterator[str]:
    return (name for name in vars(hookspecs) if name.startswith(_PREFIX))


def _gives(hook: str) -> bool:
    """Tell whether it is there for what it returns: it is told nothing."""
    return not inspect.signature(getattr(hookspecs, hook)).parameters


def _is_empty(function: Callable[..., Any]) -> bool:
    """Tell whether the body of *function* is nothing but a docstring, `pass`, `...` or `return`."""
    try:
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    except (OSError, TypeError, SyntaxError, ValueError):
        return False  # without a source to read
    return isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef) and all(
        map(_is_idle, definition.body)
    )


def _is_idle(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Expr(ast.Constant()):
            return True
        case ast.Return(None | ast.Constant(None)):
            return True
    return False
