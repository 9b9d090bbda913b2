"""`tochka serve`.

What takes SQLAlchemy is imported where it is used: the workers should begin before that.
"""

import asyncio
import errno
import signal
import socket
from contextlib import ExitStack
from functools import partial
from typing import Final

import click
import msgspec

from tochka_core.cli.environment import settle
from tochka_core.cli.group import read_settings
from tochka_core.encryption.keys import NO_KEYS
from tochka_core.errors import ConfigurationError, OperatorError
from tochka_core.local import lend_database, running_database
from tochka_core.server.judge import Judge
from tochka_core.server.register import registered
from tochka_core.server.supervisor import Supervisor
from tochka_core.settings import Settings

_ADVICE: Final = {
    errno.EACCES: "this port is kept for root; set PORT to 1024 or more",
    errno.EADDRINUSE: "stop the program that does, or set another PORT",
    errno.EADDRNOTAVAIL: "set HOST to an address of this machine, or 0.0.0.0 for all of them",
}


@click.command()
def serve() -> None:
    """Migrate the database and serve the platform.

    Without DATABASE_URL a private PostgreSQL is started; on its first start a platform_master and
    a tenant "demo" are created and their credentials printed once. SIGHUP judges and migrates
    anew, then replaces the workers one after another without refusing a request.
    """
    settings = read_settings(check_addresses=False)
    if settings.database_url and not settings.jwt_secret:
        raise ConfigurationError(
            "JWT_SECRET is not set, and with DATABASE_URL it must be;"
            " make one with: openssl rand -hex 32"
        )
    if settings.database_url and not settings.encryption_keys:
        click.echo(f"Warning: {NO_KEYS}.", err=True)
    settings = msgspec.structs.replace(settings, host=_find_address(settings))
    # Until the server handles it, it would end us, as it ends what a terminal leaves behind.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    is_private = settings.database_url is None
    with running_database(settings) as running, ExitStack() as stack:
        if is_private:
            from tochka_core.server.database_watch import watched_database  # noqa: PLC0415

            lend_database(running)
            stack.enter_context(watched_database(running))
        # From now on: who installs a module meanwhile has to have it judged and served, too.
        entry = stack.enter_context(registered(settings))
        # Before the workers import anything of it.
        settle()
        judge = Judge()
        Supervisor(
            running,
            judge,
            entry,
            prepare=partial(_prepare, running, judge, is_private=is_private),
            meanwhile=partial(_warn_of_lacks, running),
        ).run()


def _find_address(settings: Settings) -> str:
    """Return the IP address that `HOST` means, after trying that it can be listened on.

    Raises:
        OperatorError: there is none, or something else listens there.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        advice = _ADVICE.get(error.errno or 0, "check HOST and PORT")
        raise OperatorError(
            f"Cannot listen on {settings.host}:{settings.port} ({error.strerror}): {advice}."
        ) from error
    except UnicodeError as error:
        raise OperatorError(f"HOST is no host name ({error}).") from error
    return str(address[0])


def _prepare(running: Settings, judge: Judge, *, is_private: bool) -> None:
    """Judge the modules, migrate, and fill a new private database; or end."""
    from tochka_core.cli.upgrade import tell_standing_judgement  # noqa: PLC0415

    running.check_addresses()
    if not (tell_standing_judgement(running) or judge.judge()):
        raise SystemExit(1)
    if is_private:
        _seed(running)
    click.echo(f"Serving on http://{running.host}:{running.port} (stop with Ctrl+C)")


def _seed(running: Settings) -> None:
    from tochka_core.seed import seed  # noqa: PLC0415

    seeded = asyncio.run(seed(running))
    if seeded is None:
        return
    click.secho("Created on this first start, shown only now:", bold=True)
    click.echo(f"  platform_master  phone {seeded.phone}  password {seeded.password}")
    click.echo(f"  tenant           {seeded.tenant}")


def _warn_of_lacks(running: Settings) -> None:
    from tochka_core.needed_secrets import find_lacks  # noqa: PLC0415

    try:
        lacks = asyncio.run(find_lacks(running))
    except OperatorError as error:
        lacks = [f"what is kept could not be compared with the secrets that are set ({error})"]
    for lack in lacks:
        click.echo(f"Warning: {lack}.", err=True)
