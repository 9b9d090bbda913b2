"""`tochka keys reencrypt`."""

from typing import Final

import click
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.cli.output import json_option, print_json
from tochka_core.cli.session import in_platform
from tochka_core.encryption.keys import NO_KEYS
from tochka_core.encryption.ring import EncryptionRing, SecretUnreadable
from tochka_core.encryption.standing import find_lack_of_keys
from tochka_core.encryption.usage import find_keys_in_use, renew_secrets
from tochka_core.errors import OperatorError
from tochka_core.settings import Settings
from tochka_core.wording import counted

_ALTERED: Final = (
    "A secret was altered, or moved from another place, which the log names; remove it, or restore"
    " it from a backup. Nothing was encrypted anew."
)


@click.command()
@json_option
def reencrypt(*, as_json: bool) -> None:
    """Encrypt with the first of TOCHKA_ENCRYPTION_KEYS what other keys have encrypted.

    The others are needed no more after that, once all nodes have the first.
    """

    async def work(session: AsyncSession, settings: Settings) -> int:
        keys = settings.encryption_ring
        in_use = await (await session.connection()).run_sync(find_keys_in_use)
        if lack := find_lack_of_keys(in_use, keys):
            raise OperatorError(f"{lack}.")
        if not keys:
            raise OperatorError(f"{NO_KEYS}.")
        try:
            return await renew_secrets(session, EncryptionRing(keys))
        except SecretUnreadable as error:
            raise OperatorError(_ALTERED) from error

    renewed = in_platform("keys reencrypt", work)
    if as_json:
        print_json({"reencrypted": renewed})
    else:
        click.echo(f"Encrypted {counted(renewed, 'secret')} anew.")
