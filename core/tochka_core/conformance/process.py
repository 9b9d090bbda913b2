"""The process in which checks run: `python -m tochka_core.conformance.process FD`.

It reads from standard input what is asked for, and writes events to FD, a line each.
"""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from typing import Final

import msgspec
from tochka_plugins.host import assemble, discover, gate
from tochka_plugins.host.quarantine import reason_of

from tochka_core import __version__
from tochka_core.conformance.bench import Bench, set_up
from tochka_core.conformance.catalog import CHECKS, Check
from tochka_core.conformance.events import Alive, Event, Finished, Looked, Looking, Order, Stuck
from tochka_core.conformance.report import Fault, Result, Verdict
from tochka_core.errors import OperatorError
from tochka_core.logs import configure_logging
from tochka_core.parentage import end_with_parent
from tochka_core.settings import load_settings

_LIFE_SECONDS: Final = 2.0


def main() -> None:
    """Check, and end before a thread that a module has left behind can keep us."""
    end_with_parent(grace_seconds=0)
    descriptor = int(sys.argv[1])
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)

    def tell(news: Event) -> None:
        os.write(descriptor, msgspec.json.encode(news) + b"\n")

    try:
        asyncio.run(_check(order, tell))
    except OperatorError as error:
        tell(Stuck(str(error)))
    except Exception as error:  # noqa: BLE001 - whatever the module makes it raise
        told = reason_of(error, package=__package__)
        tell(Stuck(f"{order.module} cannot be looked at: {told}"))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


async def _check(order: Order, tell: Callable[[Event], None]) -> None:
    life = asyncio.create_task(_live(tell))
    settings = load_settings(os.environ)
    configure_logging(settings.log_level)
    gated = gate(discover(), core_version=__version__).only({order.module})
    modules = assemble(gated).modules
    async with set_up(settings, modules, order.module, seconds=order.seconds) as bench:
        for check in CHECKS:
            if check.id not in order.done:
                tell(Looking(check.id))
                tell(Looked(await look(check, bench)))
        life.cancel()
        # Told before all is put away: a task that a module has left may keep it from ending.
        tell(Finished())


async def _live(tell: Callable[[Event], None]) -> None:
    while True:
        tell(Alive())
        await asyncio.sleep(_LIFE_SECONDS)


async def look(check: Check, bench: Bench) -> Result:
    """Return what *check* comes to, also where it cannot go on."""
    began = time.perf_counter()
    try:
        verdict = await check.look(bench)
    except OperatorError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the module makes it raise
        told = f"the check could not go on: {bench.reason(error)}"
        verdict = Verdict((Fault(told, "see what the module does at this place"),))
    return check.result(verdict, seconds=time.perf_counter() - began)


if __name__ == "__main__":
    main()
