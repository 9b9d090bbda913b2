"""What a worker process loads."""

import asyncio
import atexit
import os
import signal
import site
import sys
import threading
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

import structlog
from litestar import Litestar
from tochka_plugins.host import Assembly, StagedModule, fit

from tochka_core.app import create_app
from tochka_core.db import Database
from tochka_core.garbage import serve_long
from tochka_core.local import running_database
from tochka_core.logs import configure_logging
from tochka_core.parentage import end_with_parent
from tochka_core.registry.following import load_ready
from tochka_core.registry.record import read_ready
from tochka_core.server.draining import Draining
from tochka_core.server.workers import STOP_SECONDS
from tochka_core.settings import Settings, load_settings

_END_SECONDS: Final = 1.0
"""How long the end of a worker may take that has nothing more to do."""

_log = structlog.get_logger(__name__)


def create_worker() -> Litestar:
    """Return the application of one worker, with the modules that the last judgement calls ready.

    Workers follow the record instead of judging for themselves, so that they never disagree. A
    module that cannot be loaded here all the same is reported as stopped, and answers 503.
    """
    use = ExitStack()
    # Until the server handles it. Not by an exception: the module that is imported might catch it.
    signal.signal(signal.SIGTERM, lambda *_: _end_at_once(use))
    atexit.register(use.close)
    settings = use.enter_context(running_database(load_settings(os.environ, env_file=Path(".env"))))
    # After the database is in use: a parent that is gone already has left it to this process.
    end_with_parent(grace_seconds=STOP_SECONDS)
    _find_new_packages()
    configure_logging(settings.log_level)
    ready = asyncio.run(_read_ready(settings))
    assembly = load_ready(ready)
    configure_logging(settings.log_level, packages=assembly.packages)
    app = build_app(settings, assembly, ready=ready.keys())
    app.asgi_handler = Draining(app.asgi_handler)
    app.on_shutdown.append(partial(_end_soon, use))
    atexit.register(_end_at_once, use)
    serve_long()
    return app


def build_app(settings: Settings, assembly: Assembly, *, ready: Collection[str]) -> Litestar:
    """Return the application with the modules of *assembly* that it can serve.

    The others that should be *ready* are logged, and their routes answer 503.
    """

    def build(modules: Sequence[StagedModule]) -> Litestar:
        names = {module.name for module in modules}
        return create_app(settings, modules, absent=set(ready) - names)

    app, assembly = fit(assembly, build)
    for module in assembly.quarantined:
        _log.error("module not served", module=module.name, reason=module.reason)
    return app


async def _read_ready(settings: Settings) -> Mapping[str, str]:
    database = Database(settings.engine_url, pool_size=1)
    try:
        async with database.platform_scope(reason="start of a worker") as session:
            return await read_ready(session)
    finally:
        await database.dispose()


def _find_new_packages() -> None:
    """Read the `.pth` files anew: a spawned process starts with the path of its parent.

    An editable install, made since the parent started, is found through them alone.
    """
    for folder in site.getsitepackages():
        site.addsitedir(folder)


def _end_soon(use: ExitStack) -> None:
    """End also where a thread that a module has left behind would keep the interpreter waiting.

    It runs when all requests are answered and the modules are shut down.
    """
    end = threading.Timer(_END_SECONDS, _end_at_once, [use])
    end.daemon = True
    end.start()


def _end_at_once(use: ExitStack) -> None:
    """Skip the interpreter's own tidying up: all that must be closed has been.

    It takes seconds on a busy machine, and threads of the server that wake up in it panic.
    """
    use.close()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
