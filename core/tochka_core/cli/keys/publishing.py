"""`tochka keys public`."""

import base64

import click

from tochka_core.auth.keys import SigningKey
from tochka_core.cli.group import read_settings
from tochka_core.cli.output import json_option, print_json


@click.command()
@json_option
def public(*, as_json: bool) -> None:
    """Print the public half of each EdDSA key, which checks access tokens and signs none.

    With --json it is a JWK Set (RFC 7517), as libraries for JWT read it.
    """
    jwks = [_jwk(key) for key in read_settings().signing_keys if key.algorithm == "EdDSA"]
    if as_json:
        print_json({"keys": jwks})
    elif jwks:
        for jwk in jwks:
            click.echo(f"{jwk['kid']}  {jwk['x']}")
    else:
        click.echo("None of the keys is of EdDSA.")


def _jwk(key: SigningKey) -> dict[str, str]:
    """Return the public half of an EdDSA *key* (RFC 8037)."""
    x = base64.urlsafe_b64encode(key.public_half).decode().rstrip("=")
    return {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": key.kid, "x": x}
