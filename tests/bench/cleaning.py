"""How long it takes to give a test of a module a clean platform."""

import sys
from statistics import median, quantiles
from time import perf_counter
from typing import Final

import click
from tochka_core.testing.platform import StagedPlatform
from tochka_core.testing.stage import Stage, running_stage

ROUNDS: Final = 100
CONTACTS: Final = 10
BUDGET_MS: Final = 20


def main() -> None:
    """Print the figures; fail past the budget."""
    with running_stage(["contacts"], {}) as stage:
        spent = [_measure(stage) for _ in range(ROUNDS)]
    typical, slow = median(spent) * 1000, quantiles(spent, n=20)[-1] * 1000
    click.echo(f"a clean platform: median {typical:.1f} ms, 19 of 20 within {slow:.1f} ms")
    sys.exit(typical > BUDGET_MS)


def _measure(stage: Stage) -> float:
    platform = StagedPlatform(stage)
    acme = platform.tenant_client("acme")
    for number in range(CONTACTS):
        acme.post("/api/v1/contacts", json={"name": str(number)}).raise_for_status()
    platform.restore()
    begun_at = perf_counter()
    stage.clean()
    return perf_counter() - begun_at


if __name__ == "__main__":
    main()
