"""Showing how far a command is: a line that changes on a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """Yield what is told of each step as it begins; it goes to standard error."""
    console = Console(stderr=True, quiet=quiet)
    if not console.is_terminal:
        yield (lambda step: None if quiet else click.echo(f"{step} …", err=True))
        return
    steps: list[tuple[str, float]] = []

    def finish() -> None:
        if steps:
            step, began = steps.pop()
            console.print(f"{step} [dim]{time.monotonic() - began:.1f} s[/dim]")

    with console.status("") as status:

        def tell(step: str) -> None:
            finish()
            steps.append((step, time.monotonic()))
            status.update(f"{step} …")

        yield tell
    finish()
