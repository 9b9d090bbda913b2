"""Hooks that start and end, and hooks that are declared for nothing."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from typing import Any, Final

from tochka_plugins import hookspecs

from tochka_core.conformance.bench import Bench
from tochka_core.conformance.report import Fault, Verdict

_PREFIX: Final = f"{hookspecs.PROJECT_NAME}_"
_DECLARING: Final = (
    *("tochka_routes", "tochka_models", "tochka_permissions", "tochka_settings"),
    *("tochka_limits", "tochka_commands", "tochka_health"),
)
"""Hooks that give something; what gives nothing can be left out."""

_SHARE: Final = 4
"""The part of the host's patience that a module should be well within."""


async def look_at_start(bench: Bench) -> Verdict:
    """See that the module has started, and that it takes no long part of the host's patience."""
    patience = bench.settings.import_seconds
    readiness = await bench.client.get("/health/ready")
    faults = [
        Fault("tochka_startup has failed: the platform serves without it", "let it run through")
        for told in readiness.json()["modules"]
        if told["name"] == bench.name and told["state"] != "ready"
    ]
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


async def look_at_idle_hooks(bench: Bench) -> Verdict:
    """Find hooks that give nothing, or have no body."""
    faults = []
    declared = [hook for hook in _hooks() if bench.module.hooks.implements(hook)]
    for hook in declared:
        if hook in _DECLARING and not bench.module.hooks.call(hook):
            faults.append(Fault(f"{hook} gives nothing", "leave the hook out"))
        elif any(_is_empty(function) for function in bench.module.hooks.functions(hook)):
            faults.append(Fault(f"{hook} does nothing", "leave the hook out"))
    return Verdict(tuple(faults), f"{len(declared)} hooks")


def _hooks() -> Iterator[str]:
    return (name for name in vars(hookspecs) if name.startswith(_PREFIX))


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
