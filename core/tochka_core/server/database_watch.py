"""Keeping the private database running under a platform that serves."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import structlog
from tochka_plugins.host.quarantine import reason_of

from tochka_core.backoff import Backoff
from tochka_core.db.embedded import revive_postgres
from tochka_core.settings import Settings

_POLL_SECONDS: Final = 0.5

_log = structlog.get_logger(__name__)


@contextmanager
def watched_database(settings: Settings) -> Iterator[None]:
    """Start the private database of *settings* again whenever its server is gone, while inside.

    Where that fails it is tried again, with growing pauses.
    """
    is_over = threading.Event()
    watch = threading.Thread(target=_watch, args=(settings, is_over), name="database-watch")
    watch.start()
    try:
        yield
    finally:
        is_over.set()
        watch.join()


def _watch(settings: Settings, is_over: threading.Event) -> None:
    backoff = Backoff()
    pause_seconds = _POLL_SECONDS
    while not is_over.wait(pause_seconds):
        try:
            revive_postgres(
                settings.data_folder,
                pg_bin=settings.pg_bin,
                account=settings.pg_user,
                log=_log.warning,
            )
        except Exception as error:  # noqa: BLE001 - nothing may end the watch but its own end
            pause_seconds = backoff.next_seconds()
            _log.error(
                "database not started",
                reason=reason_of(error, package="tochka_core"),
                again_in_seconds=pause_seconds,
            )
        else:
            backoff.reset()
            pause_seconds = _POLL_SECONDS
