"""`tochka keys reencrypt`."""

import click
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.cli.output import json_option, print_json
from tochka_core.cli.session import in_platform
from tochka_core.encryption.ring import EncryptionRing
from tochka_core.encryption.usage import renew_secrets
from tochka_core.settings import Settings


@click.command()
@json_option
def reencrypt(*, as_json: bool) -> None:
    """Encrypt with the first of TOCHKA_ENCRYPTION_KEYS what other keys have encrypted.

    The others are needed no more after that, once all nodes have the first.
    """

    async def work(session: AsyncSession, settings: Settings) -> int:
        return await renew_secrets(session, EncryptionRing(settings.encryption_ring))

    renewed = in_platform("keys reencrypt", work)
    if as_json:
        print_json({"reencrypted": renewed})
    else:
        click.echo(f"Encrypted {renewed} secrets anew.")
