"""Start the private server or join it; leave it, and stop it when nobody else is there."""

import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tochka_core.db.embedded.account import Account, choose_account
from tochka_core.db.embedded.bootstrap import (
    APPLICATION,
    database_url,
    log_in,
    set_up_application,
)
from tochka_core.db.embedded.cluster import SUPERUSER, ensure_cluster, ensure_password
from tochka_core.db.embedded.folder import DataFolder, claim_folder
from tochka_core.db.embedded.lease import hold_lease, is_leased, take_turn
from tochka_core.db.embedded.postmaster import start_server, stop_server, wait_for
from tochka_core.db.embedded.programs import find_programs
from tochka_core.db.embedded.proof import find_server
from tochka_core.db.embedded.sockets import (
    create_socket_folder,
    remove_short_folder,
    remove_stale_socket,
    socket_folder,
)
from tochka_core.errors import OperatorError

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Wishes:
    """What the caller of `embedded_postgres` asked for, past the data folder."""

    pg_bin: Path | None
    account: str | None
    options: Mapping[str, str]
    log: Callable[[str], None]


@contextmanager
def embedded_postgres(
    data_dir: Path,
    *,
    pg_bin: Path | None = None,
    account: str | None = None,
    options: Mapping[str, str] | None = None,
    log: Callable[[str], None] = _LOG.info,
) -> Iterator[str]:
    """Yield the SQLAlchemy URL of a private PostgreSQL that runs while anybody is inside.

    The first to enter starts the server, later ones (of any process, or nested) join it, the last
    to leave stops it. A killed user counts as left; the server is then stopped by the next one
    that leaves. The role in the URL is no superuser but may create databases and roles.

    *pg_bin* is the setting `TOCHKA_PG_BIN`, *account* is `TOCHKA_PG_USER`, *options* are server
    settings that win over ours, and *log* receives a line about each start, join, stop.

    A child made by a bare `fork` inside counts as a user too, until it leaves or ends. Leaving
    needs a running interpreter: turn SIGTERM into an exit.

    Raises:
        OperatorError: the server cannot run; the line says what to do.
    """
    if sys.platform == "win32":
        raise OperatorError(
            "There is no private PostgreSQL on this system: set DATABASE_URL to a server."
        )
    wishes = _Wishes(pg_bin, account, options or {}, log)
    folder = claim_folder(data_dir)
    with _use(folder, log):
        with take_turn(folder.start):
            url = _enter(folder, wishes)
        yield url


@contextmanager
def shared_postgres(data_dir: Path, *, log: Callable[[str], None] = _LOG.info) -> Iterator[None]:
    """Count as a user of the private PostgreSQL that another process has started.

    The last to leave stops it, so that it does not outlive all who knew of it.
    """
    with _use(claim_folder(data_dir), log):
        yield


def revive_postgres(
    data_dir: Path,
    *,
    pg_bin: Path | None = None,
    account: str | None = None,
    options: Mapping[str, str] | None = None,
    log: Callable[[str], None] = _LOG.info,
) -> None:
    """Start the server again if it is gone, for a caller who is inside `embedded_postgres`.

    The arguments are those of `embedded_postgres`, and the URL stays what it was.

    Raises:
        OperatorError: as from there.
    """
    folder = claim_folder(data_dir)
    if find_server(folder.cluster):
        return
    log(f"the private PostgreSQL in {folder.path} is gone")
    with take_turn(folder.start):
        _enter(folder, _Wishes(pg_bin, account, options or {}, log))


@contextmanager
def _use(folder: DataFolder, log: Callable[[str], None]) -> Iterator[None]:
    try:
        with hold_lease(folder.lease):
            yield
    finally:
        with take_turn(folder.start):
            _leave(folder, log)


def _enter(folder: DataFolder, wishes: _Wishes) -> str:
    sockets = socket_folder(folder.path)
    if find_server(folder.cluster):
        wishes.log(f"joined the private PostgreSQL in {folder.path}")
    else:
        _start(folder, sockets, wishes)
    password = ensure_password(folder.password(APPLICATION))
    url = database_url(APPLICATION, password, sockets)
    if not wait_for(lambda: log_in(url), folder):
        superuser_password = ensure_password(folder.password(SUPERUSER))
        set_up_application(database_url(SUPERUSER, superuser_password, sockets), password)
    return url.render_as_string(hide_password=False)


def _start(folder: DataFolder, sockets: Path, wishes: _Wishes) -> None:
    account = _choose_account(folder, wishes.account)
    programs = find_programs(wishes.pg_bin, account, folder.programs)
    ensure_cluster(folder, programs, account, options=wishes.options)
    create_socket_folder(sockets, account)
    remove_stale_socket(sockets)
    (folder.cluster / "postmaster.pid").unlink(missing_ok=True)
    wishes.log(f"starting a private PostgreSQL {programs.major} in {folder.path}")
    start_server(
        folder,
        programs.postgres,
        account,
        socket_folder=sockets,
        options=wishes.options,
    )


def _choose_account(folder: DataFolder, name: str | None) -> Account:
    owner_uid = folder.cluster.stat().st_uid if folder.cluster.exists() else None
    account = choose_account(name, owner_uid=owner_uid)
    if owner_uid not in {None, account.uid}:
        raise OperatorError(
            f"{folder.cluster} belongs to uid {owner_uid}, not to the account {account.name}: "
            "set TOCHKA_PG_USER to its owner, or give it to that account (chown -R)."
        )
    if not account.can_enter(folder.path):
        raise OperatorError(
            f"The account {account.name}, which runs PostgreSQL for root, cannot reach "
            f"{folder.path}: set TOCHKA_DATA_DIR to a place such as /var/lib/tochka-rosta."
        )
    return account


def _leave(folder: DataFolder, log: Callable[[str], None]) -> None:
    if is_leased(folder.lease):
        log(f"left the private PostgreSQL in {folder.path} to its other users")
        return
    try:
        server = find_server(folder.cluster)
    except OperatorError as error:
        # Raised here it would hide why the caller leaves; the next start raises it again.
        log(str(error))
        return
    if server is None:
        return
    if stop_server(server):
        remove_short_folder(socket_folder(folder.path))
        log(f"stopped the private PostgreSQL in {folder.path}")
    else:
        log(f"the private PostgreSQL in {folder.path} does not stop (more in {folder.log})")
