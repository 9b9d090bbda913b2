"""What commands print: lines for a person, or one JSON document for a program."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click
import msgspec

json_option = click.option("--json", "as_json", is_flag=True, help="Print a JSON document.")
"""Every command that reports something has it."""


def print_json(document: Any) -> None:  # noqa: ANN401 - anything that msgspec encodes
    """Print *document* for a program."""
    click.echo(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())


def show_moment(moment: datetime) -> str:
    """Return *moment* for a person, in UTC and to the second (RFC 3339)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns for a person."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, *rows]:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo(line.rstrip())
