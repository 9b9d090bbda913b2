"""The application on a database, made once for a session; each test gets it as if it were new."""

import asyncio
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import structlog
from anyio.from_thread import BlockingPortal, start_blocking_portal
from tochka_plugins import Message
from tochka_plugins.testing.processes import SETTINGS

from tochka_core.app import build_app
from tochka_core.errors import OperatorError
from tochka_core.settings import MIN_SECRET_BYTES, load_settings, variable_of
from tochka_core.testing.begun import Begun
from tochka_core.testing.building import build_platform
from tochka_core.testing.choosing import admit, assemble_modules
from tochka_core.testing.cleaning import Cleaner, cleaning
from tochka_core.testing.hearing import prepare, write_down
from tochka_core.testing.master import Master, make_master
from tochka_core.testing.servers import Scratch, scratch_database
from tochka_core.testing.transport import ThreadTransport
from tochka_core.wiring.shared import Shared, share


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """What all tests of a session share."""

    begun: Begun
    cleaner: Cleaner
    environ: Mapping[str, str]
    """The settings, as a command needs them."""
    folder: Path
    """An empty one, for commands to run in."""
    master: Master
    messages: list[Message]
    """What no module has delivered."""
    modules: Sequence[str]
    """Those under test, without what they need."""
    portal: BlockingPortal
    scratch: Scratch
    shared: Shared
    transport: ThreadTransport

    def clean(self) -> None:
        """Leave nothing of what tests have done.

        Raises:
            OperatorError: something is still open.
        """
        self.settle()
        self.portal.call(self.cleaner.clean)
        self.shared.cache.forget_all()
        self.messages.clear()

    def settle(self) -> None:
        """Wait for what requests have begun, such as sending messages."""
        self.portal.call(self.begun.settle)

    async def catch_up(self) -> None:
        """Have the application know of all that is committed; from any event loop."""
        listener = self.shared.listener
        await asyncio.wrap_future(self.portal.start_task_soon(listener.catch_up))


@contextmanager
def running_stage(modules: Sequence[str], environ: Mapping[str, str]) -> Iterator[Stage]:
    """Run the application with *modules* and what they need, set up by *environ*, in the block.

    Raises:
        OperatorError: there is no database, a setting is malformed, or a module cannot be used.
    """
    gated = admit(modules)
    _log_as_pytest_does()
    with ExitStack() as stack:
        portal = stack.enter_context(start_blocking_portal())
        scratch = stack.enter_context(scratch_database(portal))
        environ = {
            **SETTINGS,
            "JWT_SECRET": secrets.token_hex(MIN_SECRET_BYTES),
            variable_of("encryption_keys"): secrets.token_hex(32),
            **environ,
            "DATABASE_URL": scratch.url.render_as_string(hide_password=False),
        }
        settings = load_settings(environ)
        staged = assemble_modules(gated, settings)
        portal.call(build_platform, scratch.url, staged)
        portal.call(prepare, scratch.url)
        messages: list[Message] = []
        shared = share(settings, staged, undelivered=messages.append)
        shared.neighbourhood.witness = write_down
        app = build_app(shared)
        stack.enter_context(portal.wrap_async_context_manager(app.lifespan()))
        for name in sorted(shared.stopped_modules):
            raise OperatorError(f"{name} could not be started; the log says why.")
        master = portal.call(make_master, shared)
        begun = Begun()
        portal.call(begun.follow)
        yield Stage(
            begun=begun,
            cleaner=stack.enter_context(
                portal.wrap_async_context_manager(cleaning(scratch.superuser_url))
            ),
            environ=environ,
            folder=Path(stack.enter_context(TemporaryDirectory())),
            master=master,
            messages=messages,
            modules=modules,
            portal=portal,
            scratch=scratch,
            shared=shared,
            transport=ThreadTransport(app, portal, begun),
        )


def _log_as_pytest_does() -> None:
    """Have pytest show the log of a test that fails, unless the author has arranged for it."""
    if structlog.is_configured():
        return
    plainly = structlog.dev.ConsoleRenderer(
        colors=False, exception_formatter=structlog.dev.plain_traceback
    )
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, plainly],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
