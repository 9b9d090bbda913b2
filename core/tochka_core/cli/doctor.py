"""`tochka doctor`."""

import click
import msgspec

from tochka_core.cli.group import read_settings
from tochka_core.cli.output import json_option, print_json
from tochka_core.local import running_database
from tochka_core.registry.trial import diagnose_environment


@click.command()
@json_option
def doctor(*, as_json: bool) -> None:
    """Check settings, database, protection, tables and modules; mend nothing."""
    with running_database(read_settings(), make=False) as settings:
        findings = diagnose_environment(settings)
    if as_json:
        print_json(msgspec.to_builtins(findings))
    else:
        for finding in findings:
            mark = (
                click.style("ok  ", fg="green") if finding.is_ok else click.style("FAIL", fg="red")
            )
            click.echo(f"{mark}  {finding.subject}: {finding.detail}")
    if not all(finding.is_ok for finding in findings):
        raise SystemExit(1)
