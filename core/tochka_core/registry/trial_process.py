"""The process in which modules run on trial: `python -m tochka_core.registry.trial_process FD`.

It reads from standard input what is asked for, and writes events to FD, a line each.
Standard output and error stay free for what modules print.
"""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from tochka_plugins import TochkaError

from tochka_core.diagnosis import diagnose
from tochka_core.errors import OperatorError
from tochka_core.logs import configure_logging
from tochka_core.parentage import end_with_parent
from tochka_core.registry.events import Diagnosed, Event, Failed, Instructions, Judged
from tochka_core.registry.judgement import judge
from tochka_core.settings import Settings, load_settings

_CHECK_INTERVAL: Final = "2s"


def main() -> None:
    """Answer, and end before a thread that a module has left behind can keep us."""
    end_with_parent(grace_seconds=0)
    event.listen(Engine, "connect", _end_statements_with_us)
    descriptor = int(sys.argv[1])
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Instructions)
    settings = load_settings(os.environ, env_file=Path(".env"))
    configure_logging(settings.log_level)

    def tell(news: Event) -> None:
        os.write(descriptor, msgspec.json.encode(news) + b"\n")

    async def answer() -> None:
        # Told before the loop ends: a task that a module has left in it may keep it from ending.
        tell(await _answer(asked, settings, tell))

    try:
        asyncio.run(answer())
    except (OperatorError, TochkaError) as error:
        tell(Failed(str(error)))
    except DBAPIError as error:
        # What modules raise is caught where it is raised: this was a statement of the core's own.
        tell(Failed(f"The database failed in the middle of it ({error.orig})."))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


async def _answer(asked: Instructions, settings: Settings, tell: Callable[[Event], None]) -> Event:
    if asked.task == "diagnose":
        return Diagnosed(tuple(await diagnose(settings, set_aside=asked.set_aside, tell=tell)))
    return Judged(
        await judge(
            settings,
            set_aside=asked.set_aside,
            only=asked.only,
            rehearse=asked.task == "rehearse",
            tell=tell,
        )
    )


def _end_statements_with_us(connection: DBAPIConnection, _record: object) -> None:
    """Let the server look now and then whether we still live; else it looks when it has an answer.

    A migration that we were killed in would go on until its end, and keep its locks.
    """
    cursor = connection.cursor()
    try:
        cursor.execute(f"SET client_connection_check_interval = '{_CHECK_INTERVAL}'")
        connection.commit()
    except Exception:  # noqa: BLE001 - whatever the driver raises: PostgreSQL on Windows cannot look
        connection.rollback()
    finally:
        cursor.close()


if __name__ == "__main__":
    main()
