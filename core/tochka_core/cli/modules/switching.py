"""`tochka modules enable` and `tochka modules disable`."""

from collections.abc import Sequence

import click
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.cli.output import json_option, print_json
from tochka_core.cli.session import in_platform
from tochka_core.cli.tenants.session import load_hooks
from tochka_core.registry.enabling import Switching, switch_module
from tochka_core.registry.schemas import ModuleSwitch, SwitchedModuleOut
from tochka_core.settings import Settings
from tochka_core.tenants.life_cycle import lock_named


@click.command()
@click.argument("name")
@click.option("--tenant", required=True, help="The tenant that is to have it.")
@click.option("--with-dependencies", is_flag=True, help="Enable what it needs, too.")
@json_option
def enable(*, name: str, tenant: str, with_dependencies: bool, as_json: bool) -> None:
    """Enable the module NAME for a tenant, also one that is private.

    It is told, as it is by the API, and may refuse.
    """
    wanted = ModuleSwitch(enabled=True, with_dependencies=with_dependencies)
    switched = _switch("enable", name, tenant, wanted)
    if as_json:
        print_json(switched)
    else:
        click.echo(f"{tenant} has {name}{_along(switched.enabled_along)}.")


@click.command()
@click.argument("name")
@click.option("--tenant", required=True, help="The tenant that is to have it no more.")
@click.option("--with-dependents", is_flag=True, help="Disable what needs it, too.")
@json_option
def disable(*, name: str, tenant: str, with_dependents: bool, as_json: bool) -> None:
    """Disable the module NAME for a tenant; its data stay.

    It is told, as it is by the API, and may refuse.
    """
    wanted = ModuleSwitch(enabled=False, with_dependents=with_dependents)
    switched = _switch("disable", name, tenant, wanted)
    if as_json:
        print_json(switched)
    else:
        click.echo(f"{tenant} does not have {name}{_along(switched.disabled_along)}.")


def _switch(command: str, name: str, tenant: str, wanted: ModuleSwitch) -> SwitchedModuleOut:
    async def work(session: AsyncSession, settings: Settings) -> SwitchedModuleOut:
        switching = Switching(
            tenant=await lock_named(session, tenant),
            hooks=await load_hooks(session, settings),
            actor=None,
            is_platform=True,
        )
        return SwitchedModuleOut.of_switched(await switch_module(session, switching, name, wanted))

    return in_platform(f"modules {command}", work)


def _along(modules: Sequence[str]) -> str:
    return f"; along with it: {', '.join(modules)}" if modules else ""
