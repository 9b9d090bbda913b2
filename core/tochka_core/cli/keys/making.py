"""`tochka keys new`."""

from typing import Final, Literal, get_args

import click
import msgspec

from tochka_core.auth.keys import Algorithm, SigningKey
from tochka_core.cli.output import json_option, print_json
from tochka_core.encryption.keys import EncryptionKey

_ENCRYPTING: Final = "AES-256"


class _Key(msgspec.Struct, frozen=True):
    """A new key, and how it is written in the setting."""

    name: str
    algorithm: Algorithm | Literal["AES-256"]
    key: str


@click.command()
@click.option(
    "--algorithm",
    type=click.Choice((*get_args(Algorithm), _ENCRYPTING)),
    default="HS256",
    show_default=True,
    help="EdDSA lets others check tokens who cannot issue any; HS256 is faster. AES-256 encrypts.",
)
@json_option
def new(*, algorithm: Algorithm | Literal["AES-256"], as_json: bool) -> None:
    """Print a new key that signs access tokens, for TOCHKA_JWT_KEYS.

    With AES-256 it encrypts secrets in the database, for TOCHKA_ENCRYPTION_KEYS.

    It is kept nowhere; its name, by which `tochka doctor` and tokens call it, is told on the
    standard error. Put it behind the others on all nodes first, then in front.
    """
    key = _make(algorithm)
    if as_json:
        print_json(key)
    else:
        click.echo(f"The name of this key is {key.name}.", err=True)
        click.echo(key.key)


def _make(algorithm: Algorithm | Literal["AES-256"]) -> _Key:
    if algorithm == "AES-256":
        encrypting = EncryptionKey.new()
        return _Key(encrypting.name, algorithm, encrypting.written)
    signing = SigningKey.new(algorithm)
    return _Key(signing.kid, algorithm, signing.written)
