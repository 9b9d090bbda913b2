"""`tochka <module> …`: the commands of installed modules."""

from collections.abc import Mapping
from functools import cached_property

import click
from tochka_plugins.host import Gated, StagedModule, assemble, discover, gate

from tochka_core import __version__
from tochka_core.cli.module_platform import ModulePlatform
from tochka_core.errors import OperatorError


def find_module_groups() -> Mapping[str, click.Command]:
    """Return a group for each installed module by name; no module is imported.

    Those of modules that the gate has refused are hidden: they only tell why.
    """
    gated = gate(discover(), core_version=__version__)
    refused = {
        item.name: ModuleGroup(item.name, gated, hidden=True, help="Quarantined.")
        for item in gated.refused
    }
    admitted = {
        item.name: ModuleGroup(
            item.name,
            gated,
            help=item.summary or f"Run a command of the module {item.name}.",
            context_settings={"obj": ModulePlatform(item)},
        )
        for item in gated.admitted
    }
    return {**refused, **admitted}


class ModuleGroup(click.Group):
    """Imports and stages a module, and those it needs, when its commands are asked for."""

    def __init__(self, name: str, gated: Gated, **attributes: object) -> None:
        """Offer the commands of the module *name*; *attributes* are click's."""
        super().__init__(name, **attributes)  # type: ignore[arg-type]  # click's own
        self._module = name
        self._gated = gated

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own
        """Return the names of the module's commands.

        Raises:
            OperatorError: the module is quarantined.
        """
        return sorted(self._staged_commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """Return a command of the module.

        Raises:
            OperatorError: the module is quarantined.
        """
        return self._staged_commands.get(cmd_name)

    @cached_property
    def _staged_commands(self) -> Mapping[str, click.Command]:
        commands = _stage(self._module, self._gated).commands
        return {command.name: command for command in commands if command.name}


def _stage(name: str, gated: Gated) -> StagedModule:
    """Stage the module *name*, after those it needs.

    Raises:
        OperatorError: it is quarantined.
    """
    assembly = assemble(gated.only({name}))
    for module in assembly.modules:
        if module.name == name:
            return module
    reason = next(
        f"phase {item.phase}: {item.reason}" for item in assembly.quarantined if item.name == name
    )
    raise OperatorError(f"{name} is quarantined in {reason}")
