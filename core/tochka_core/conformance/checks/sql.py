"""What the revisions do to a database that is in use, as squawk judges their SQL."""

import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import shorten
from typing import Final

import msgspec
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from tochka_migrations import Target
from tochka_migrations.recording import recorded
from tochka_migrations.revisions import revisions_of
from tochka_migrations.targets import VERSION_TABLE
from tochka_migrations.transition import transition

from tochka_core.conformance.bench import Bench
from tochka_core.conformance.report import Fault, Verdict
from tochka_core.conformance.tools import squawk
from tochka_core.errors import OperatorError

EXCLUDED: Final[Mapping[str, str]] = {
    "disallowed-unique-constraint": "its remedy is an index that is made CONCURRENTLY",
    "prefer-bigint-over-int": "it is about ids that run out, and ids here are UUIDs",
    "prefer-bigint-over-smallint": "as above",
    "prefer-robust-stmts": "a revision that fails is rolled back as a whole",
    "require-concurrent-index-creation": "CONCURRENTLY is not for a transaction",
    "require-concurrent-index-deletion": "CONCURRENTLY is not for a transaction",
    "require-concurrent-partition-detach": "CONCURRENTLY is not for a transaction",
    "require-concurrent-reindex": "CONCURRENTLY is not for a transaction",
    "require-lock-timeout": "the platform sets lock_timeout, and tries again",
    "require-statement-timeout": "the platform bounds a migration as a whole",
    "require-timeout-settings": "as the two above",
    "ban-create-domain-with-constraint": "a domain of the module's own has no rows yet",
}
"""Rules of squawk that are left out, as a module's revisions run in one transaction, and why."""

_OLDEST_POSTGRES: Final = "15.0"
_SHOWN: Final = 200
"""Characters of a statement that are shown with a complaint."""


class Complaint(msgspec.Struct):
    """What squawk says of a statement."""

    file: str
    line: int
    message: str
    rule_name: str
    help: str | None = None


async def look_at_sql(bench: Bench) -> Verdict:
    """Run the revisions one by one, and have squawk judge what each does."""
    target = bench.target
    if target is None:
        return Verdict.nothing("has no tables")
    async with bench.engine.connect() as connection:
        scripts = await connection.run_sync(_scripts, target)
        await connection.rollback()
    faults = [_fault(item, scripts[Path(item.file).stem]) for item in _complaints(scripts)]
    return Verdict(tuple(faults), f"{len(scripts)} revisions")


def _scripts(connection: Connection, target: Target) -> Mapping[str, Sequence[str]]:
    """Return the statements of each revision, from the first to the head; leave no trace."""
    scripts: dict[str, Sequence[str]] = {}
    with connection.begin_nested():
        transition(connection, target, lambda config: command.downgrade(config, "base"), [])
        for revision in revisions_of(target):
            own: list[str] = []

            def move(config: Config, to: str = revision, own: list[str] = own) -> None:
                with recorded(connection, own):
                    command.upgrade(config, to)

            transition(connection, target, move, [])
            scripts[revision] = [line for line in own if VERSION_TABLE not in line]
    return scripts


def _complaints(scripts: Mapping[str, Sequence[str]]) -> Sequence[Complaint]:
    with tempfile.TemporaryDirectory(prefix="tochka-sql-") as folder:
        files = []
        for revision, statements in scripts.items():
            file = Path(folder, f"{revision}.sql")
            file.write_text("".join(f"{_one_line(line)};\n" for line in statements))
            files.append(str(file))
        found = subprocess.run(  # noqa: S603 - a program of our own environment
            [
                str(squawk()),
                "--reporter=json",
                "--assume-in-transaction",
                f"--pg-version={_OLDEST_POSTGRES}",
                f"--exclude={','.join(EXCLUDED)}",
                *files,
            ],
            capture_output=True,
            check=False,
        )
    try:
        return msgspec.json.decode(found.stdout, type=list[Complaint])
    except msgspec.DecodeError as error:
        raise OperatorError(f"squawk failed: {found.stderr.decode().strip()}") from error


def _one_line(statement: str) -> str:
    return " ".join(statement.split())


def _fault(complaint: Complaint, statements: Sequence[str]) -> Fault:
    revision, rule = Path(complaint.file).stem, complaint.rule_name
    statement = statements[complaint.line] if complaint.line < len(statements) else ""
    shown = shorten(_one_line(statement), _SHOWN, placeholder=" …")
    what = f"{revision}, {rule}: {shown}: {complaint.message}"
    return Fault(what, complaint.help or "spread it over several releases: add, move, remove")
