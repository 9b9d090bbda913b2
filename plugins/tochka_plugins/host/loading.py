"""Importing a module, and calling its hooks without letting it harm the others."""

import difflib
import inspect
from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint
from typing import Any, Final, cast

import pluggy

from tochka_plugins import hookspecs
from tochka_plugins.host.discovery import ENTRY_POINT_GROUP, Candidate

_HOOK_PREFIX: Final = f"{hookspecs.PROJECT_NAME}_"


class LoadedModule:
    """A module's hooks, callable one by one.

    Every module has a plugin manager of its own. In a shared one a raising implementation would
    discard the results of all, and `check_pending` could not tell whose hook is unknown.
    """

    def __init__(self, candidate: Candidate) -> None:
        """Import what the entry point names and register its hooks.

        Raises:
            BaseException: whatever the import raises, `SystemExit` included.
            pluggy.PluginValidationError: a hook is unknown, is not marked with `hookimpl`, or takes
                arguments that no spec has.
        """
        self.candidate = candidate
        self._manager = pluggy.PluginManager(hookspecs.PROJECT_NAME)
        self._manager.add_hookspecs(hookspecs)
        plugin = _resolve(candidate)
        self._manager.register(plugin, name=candidate.name)
        _refuse_unknown_hooks(self._manager, plugin)
        _refuse_unmarked_hooks(plugin)

    def implements(self, hook: str) -> bool:
        """Tell whether the module has an implementation of *hook*."""
        return bool(getattr(self._manager.hook, hook).get_hookimpls())

    def functions(self, hook: str) -> Sequence[Callable[..., Any]]:
        """Return the module's implementations of *hook*: one, or none."""
        return [item.function for item in getattr(self._manager.hook, hook).get_hookimpls()]

    def call(self, hook: str, **arguments: Any) -> Any:  # noqa: ANN401 - each hook has its own type
        """Return what the module's implementation of *hook* returns; `None` without one."""
        results = getattr(self._manager.hook, hook)(**arguments)
        return results[0] if results else None

    async def call_async(self, hook: str, **arguments: Any) -> Any:  # noqa: ANN401 - as above
        """Do as `call`, and await the result of a coroutine function."""
        result = self.call(hook, **arguments)
        return await result if inspect.isawaitable(result) else result


def _refuse_unknown_hooks(manager: pluggy.PluginManager, plugin: object) -> None:
    for hook in manager.get_hookcallers(plugin) or ():
        if not hook.has_spec():
            raise pluggy.PluginValidationError(
                plugin, f"unknown hook {hook.name!r}{_meant_by(hook.name)}"
            )


def _meant_by(name: str) -> str:
    # Without the prefix: it would make any two names look alike.
    known = [
        spec.removeprefix(_HOOK_PREFIX) for spec in dir(hookspecs) if spec.startswith(_HOOK_PREFIX)
    ]
    meant = difflib.get_close_matches(name.removeprefix(_HOOK_PREFIX), known, n=1)
    return f"; did you mean {_HOOK_PREFIX + meant[0]!r}?" if meant else ""


def _refuse_unmarked_hooks(plugin: object) -> None:
    """Refuse what looks like a hook and would never be called."""
    for name in dir(plugin):
        # Statically: an ordinary getattr would run properties.
        function = inspect.getattr_static(plugin, name)
        is_hook = name.startswith(_HOOK_PREFIX) and inspect.isfunction(function)
        if is_hook and not hasattr(function, f"{hookspecs.PROJECT_NAME}_impl"):
            message = f"{name} is no hook yet: decorate it with @hookimpl, or rename it"
            raise pluggy.PluginValidationError(plugin, message)


def _resolve(candidate: Candidate) -> object:
    """Import what the entry point names: a module, or an attribute of one."""
    entry_point = EntryPoint(candidate.name, candidate.entry_point, ENTRY_POINT_GROUP)
    return cast("object", entry_point.load())
