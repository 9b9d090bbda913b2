"""What commands print: lines for a person, or one JSON document for a program."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

json_option = click.option("--json", "as_json", is_flag=True, help="Print a JSON document.")
"""Every command that reports something has it."""


def print_json(document: Any) -> None:  # noqa: ANN401 - anything that msgspec encodes
    """Print *document* for a program."""
    encoded = msgspec.json.encode(document, enc_hook=_encode)
    click.echo(msgspec.json.format(encoded, indent=2).decode())


def _encode(value: object) -> str:
    """Return what msgspec does not know as JSON."""
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError(f"{value!r} has no place in a JSON document")


def show_moment(moment: datetime) -> str:
    """Return *moment* for a person, in UTC and to the second (RFC 3339)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns for a person."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, *rows]:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo(line.rstrip())
