"""`tochka` itself: its commands, and one way for all of them to fail."""

import os
import signal
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import click
from tochka_plugins import TochkaError

from tochka_core import __version__
from tochka_core.errors import OperatorError
from tochka_core.logs import configure_logging
from tochka_core.settings import Settings, load_settings, unknown_settings

ENV_FILE: Final = Path(".env")


class TochkaGroup(click.Group):
    """Loads a command when it is asked for, and turns expected errors into one line."""

    def __init__(self, *args: Any, lazy: dict[str, str] | None = None, **kwargs: Any) -> None:  # noqa: ANN401 - click's own
        """Take the commands in *lazy*: name to `package.module:attribute`."""
        super().__init__(*args, **kwargs)
        self._lazy = lazy or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted({*super().list_commands(ctx), *self._lazy})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command if it is one of the lazy ones."""
        if cmd_name not in self._lazy:
            return super().get_command(ctx, cmd_name)
        command: click.Command = _load(self._lazy[cmd_name])
        return command

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own
        """Run the command; what the operator can mend becomes one line and exit code 1."""
        try:
            return super().invoke(ctx)
        except (OperatorError, TochkaError) as error:
            raise click.ClickException(str(error)) from error
        except (KeyboardInterrupt, click.Abort) as error:
            # Click would print that it was aborted, and exit with 1. A prompt makes an Abort of it,
            # as of a no, or of the end of the input.
            if KeyboardInterrupt in {type(error), type(error.__context__)}:
                raise SystemExit(128 + signal.SIGINT) from None
            raise


class PlatformGroup(TochkaGroup):
    """Offers a group for each installed module beside the core's own commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the core's commands and of the modules."""
        return sorted({*super().list_commands(ctx), *_module_groups(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command of the core, or else the group of the module with this name."""
        return super().get_command(ctx, cmd_name) or _module_groups(ctx).get(cmd_name)


def _module_groups(ctx: click.Context) -> Mapping[str, click.Command]:
    """Return the groups of all modules by name; the metadata are read once a context."""
    key = f"{__name__}.module_groups"
    if key not in ctx.meta:
        ctx.meta[key] = _load("tochka_core.cli.module_groups:find_module_groups")()
    groups: Mapping[str, click.Command] = ctx.meta[key]
    return groups


def _load(path: str) -> Any:  # noqa: ANN401 - whatever has this name
    module, _, attribute = path.partition(":")
    return getattr(import_module(module), attribute)


@click.group(
    cls=PlatformGroup,
    lazy={
        "doctor": "tochka_core.cli.doctor:doctor",
        "keys": "tochka_core.cli.keys:keys",
        "modules": "tochka_core.cli.modules:modules",
        "serve": "tochka_core.cli.serve:serve",
        "tenants": "tochka_core.cli.tenants:tenants",
        "upgrade": "tochka_core.cli.upgrade:upgrade",
        "users": "tochka_core.cli.users:users",
    },
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="tochka")
def tochka() -> None:
    """Run a platform that grows by modules.

    Settings come from the environment, then from a file .env in the current folder. Without
    DATABASE_URL a private PostgreSQL is used. Each installed module has a group of its own here.
    """


def read_settings(*, check_addresses: bool = True) -> Settings:
    """Return the settings of this process, and report those that nothing reads.

    Who says not to *check_addresses* of databases does so later.
    """
    for line in unknown_settings(os.environ, env_file=ENV_FILE):
        click.echo(f"Warning: {line}", err=True)
    settings = load_settings(os.environ, env_file=ENV_FILE, check_addresses=check_addresses)
    configure_logging(settings.log_level)
    return settings
