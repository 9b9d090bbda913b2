"""How a module's command line reaches the database."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

import click

from tochka_plugins.context import Platform

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class PlatformRunner(ABC):
    """The object of the click context in which a module's commands run (`click.Context.obj`)."""

    @abstractmethod
    def run(self, work: Callable[[Platform], Awaitable[Result]]) -> Result:
        """Return what *work* returns, on a running database that this module is ready in.

        Raises:
            Exception: the database cannot be used, the module is not ready in it, or whatever
                *work* raises.
        """


def pass_platform(
    work: Callable[Concatenate[Platform, Parameters], Awaitable[Result]],
) -> Callable[Parameters, Result]:
    """Make a coroutine function the callback of a command; it gets the platform first.

        @click.command()
        @click.argument("tenant_id", type=click.UUID)
        @pass_platform
        async def count(platform: Platform, tenant_id: UUID) -> None:
            async with platform.tenant_scope(tenant_id) as session:
                ...

    The database is started only when the command runs, not for its `--help`. In a test the
    runner is given by `CliRunner().invoke(count, [...], obj=...)`.
    """

    @wraps(work)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        # By its type: a group of the module may have set an object of its own.
        context = click.get_current_context()
        runner = context.find_object(PlatformRunner)  # type: ignore[type-abstract]  # not called
        if runner is None:
            raise RuntimeError("There is no PlatformRunner in the click context: run it by tochka.")
        return runner.run(lambda platform: work(platform, *args, **kwargs))

    return run
