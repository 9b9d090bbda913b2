"""Importing a module, and calling its hooks without letting it harm the others."""

import inspect
from importlib.metadata import EntryPoint
from typing import Any, cast

import pluggy

from tochka_plugins import hookspecs
from tochka_plugins.host.discovery import ENTRY_POINT_GROUP, Candidate


class LoadedModule:
    """A module's hooks, callable one by one.

    Every module has a plugin manager of its own. In a shared one a raising implementation would
    discard the results of all, and `check_pending` could not tell whose hook is unknown.
    """

    def __init__(self, candidate: Candidate) -> None:
        """Import what the entry point names and register its hooks.

        Raises:
            BaseException: whatever the import raises, `SystemExit` included.
            pluggy.PluginValidationError: a hook is unknown or takes arguments that no spec has.
        """
        self.candidate = candidate
        self._manager = pluggy.PluginManager(hookspecs.PROJECT_NAME)
        self._manager.add_hookspecs(hookspecs)
        self._manager.register(_resolve(candidate), name=candidate.name)
        self._manager.check_pending()

    def call(self, hook: str, **arguments: Any) -> Any:  # noqa: ANN401 - each hook has its own type
        """Return what the module's implementation of *hook* returns; `None` without one."""
        results = getattr(self._manager.hook, hook)(**arguments)
        return results[0] if results else None

    async def call_async(self, hook: str, **arguments: Any) -> Any:  # noqa: ANN401 - as above
        """Do as `call`, and await the result of a coroutine function."""
        result = self.call(hook, **arguments)
        return await result if inspect.isawaitable(result) else result


def _resolve(candidate: Candidate) -> object:
    """Import what the entry point names: a module, or an attribute of one."""
    entry_point = EntryPoint(candidate.name, candidate.entry_point, ENTRY_POINT_GROUP)
    return cast("object", entry_point.load())
