"""`tochka tenants domains`."""

import asyncio
from collections.abc import Sequence

import click

from tochka_core.cli.group import TochkaGroup, read_settings
from tochka_core.cli.output import json_option, print_json, print_table
from tochka_core.domains.proofs import ProofFinder
from tochka_core.domains.verification import Rechecked, recheck
from tochka_core.local import running_database
from tochka_core.registry.session import current_database
from tochka_core.settings import Settings


@click.group(cls=TochkaGroup)
def domains() -> None:
    """Look after the domains of tenants."""


@domains.command("recheck")
@json_option
def recheck_all(*, as_json: bool) -> None:
    """Look at the proofs of all domains again.

    A domain whose proof is gone lapses: it chooses no tenant until its proof is back. Where nobody
    answers, nothing changes. Run it daily.
    """
    with running_database(read_settings(), make=False) as settings:
        seen = asyncio.run(_recheck(settings))
    if as_json:
        print_json(seen)
        return
    rows = [
        (item.domain, item.tenant, item.was, item.status if item.is_known else "no answer")
        for item in seen
        if item.was != item.status or not item.is_known
    ]
    if rows:
        print_table(("DOMAIN", "TENANT", "BEFORE", "NOW"), rows)
    lapsed = sum(item.status == "lapsed" for item in seen)
    click.echo(f"Domains looked at: {len(seen)}, lapsed: {lapsed}.")


async def _recheck(settings: Settings) -> Sequence[Rechecked]:
    proofs = ProofFinder(servers=settings.name_servers)
    async with current_database(settings) as database:
        return [item async for item in recheck(database, proofs)]
