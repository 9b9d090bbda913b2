"""Rules for a module's commands, so that each can be called by its name and does run."""

import inspect
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

import click

COMMAND_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def broken_command_rules(commands: Sequence[click.Command]) -> Iterator[str]:
    """Yield a sentence for each rule that a command, or one within a group, breaks."""
    for name, times in Counter(command.name for command in commands).items():
        if times > 1:
            yield f"{name!r} is declared {times} times"
    for command in commands:
        yield from _broken_rules(command.name, command)


def _broken_rules(name: str | None, command: click.Command) -> Iterator[str]:
    """Yield the broken rules of *command*, which its group may offer by a *name* of its own."""
    if not (isinstance(name, str) and COMMAND_NAME.fullmatch(name)):
        yield f"the name {name!r} must match {COMMAND_NAME.pattern}"
    if inspect.iscoroutinefunction(command.callback):
        yield f"{name!r} would never be awaited: decorate its function by pass_platform"
    if isinstance(command, click.Group):
        for own_name, inner in command.commands.items():
            yield from _broken_rules(own_name, inner)
