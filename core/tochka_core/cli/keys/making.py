"""`tochka keys new`."""

from typing import get_args

import click

from tochka_core.auth.keys import Algorithm, SigningKey
from tochka_core.cli.output import json_option, print_json


@click.command()
@click.option(
    "--algorithm",
    type=click.Choice(get_args(Algorithm)),
    default="HS256",
    show_default=True,
    help="EdDSA lets others check tokens who cannot issue any; HS256 is faster.",
)
@json_option
def new(*, algorithm: Algorithm, as_json: bool) -> None:
    """Print a new key that signs access tokens, for TOCHKA_JWT_KEYS.

    It is kept nowhere. Put it behind the others on all nodes first, then in front.
    """
    key = SigningKey.new(algorithm)
    if as_json:
        print_json({"name": key.kid, "algorithm": key.algorithm, "key": key.written})
    else:
        click.echo(key.written)
