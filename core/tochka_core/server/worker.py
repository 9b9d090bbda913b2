"""What a worker process loads."""

import asyncio
import atexit
import multiprocessing
import os
import signal
import site
import sys
import threading
from functools import partial
from multiprocessing.connection import wait
from pathlib import Path

import structlog
from litestar import Litestar
from tochka_plugins.host import Assembly, assemble, discover, fit, gate

from tochka_core import __version__
from tochka_core.app import create_app
from tochka_core.db import Database
from tochka_core.logs import configure_logging
from tochka_core.registry.record import read_ready
from tochka_core.server.draining import Draining
from tochka_core.server.readiness import announce
from tochka_core.settings import Settings, load_settings

_log = structlog.get_logger(__name__)


def create_worker() -> Litestar:
    """Return the application of one worker, with the modules that the last judgement calls ready.

    Workers follow the record instead of judging for themselves, so that they never disagree.
    """
    _end_with_parent()
    _find_new_packages()
    settings = load_settings(os.environ, env_file=Path(".env"))
    configure_logging(settings.log_level)
    app = build_app(settings, asyncio.run(_assemble(settings)))
    app.asgi_handler = Draining(app.asgi_handler)
    app.on_startup.append(announce)
    atexit.register(_end_at_once)
    return app


def build_app(settings: Settings, assembly: Assembly) -> Litestar:
    """Return the application with the modules that it can serve; the others are logged."""
    app, assembly = fit(assembly, partial(create_app, settings))
    for module in assembly.quarantined:
        _log.error("module not served", module=module.name, reason=module.reason)
    return app


async def _assemble(settings: Settings) -> Assembly:
    database = Database(settings.engine_url, pool_size=1)
    try:
        async with database.platform_scope(reason="start of a worker") as session:
            ready = await read_ready(session)
    finally:
        await database.dispose()
    candidates = [item for item in discover() if ready.get(item.name) == item.version]
    return assemble(gate(candidates, core_version=__version__))


def _find_new_packages() -> None:
    """Read the `.pth` files anew: a spawned process starts with the path of its parent.

    An editable install, made since the parent started, is found through them alone.
    """
    for folder in site.getsitepackages():
        site.addsitedir(folder)


def _end_with_parent() -> None:
    """Stop this worker when the process that started it is gone, be it by `kill -9`.

    Otherwise it would go on serving, and hold the port against the next start.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def _end_at_once() -> None:
    """Skip the interpreter's own tidying up: all that must be closed has been.

    It takes seconds on a busy machine, and threads of the server that wake up in it panic.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
