"""What others notice while many people sign in."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Final

from sqlalchemy import URL

from speed.figures import Spread, ratio
from speed.load import Load, run_load
from speed.report import Report
from speed.rows import PASSWORD, PHONE
from speed.servers import Server, platform, signed_in, template
from speed.work import ME

_LOGIN: Final = "/api/v1/auth/login"
_CREDENTIALS: Final = f'{{"phone":"{PHONE}","password":"{PASSWORD}"}}'


def brew_storm(report: Report, ours: URL, templates: URL, *, rounds: int, seconds: int) -> None:
    """Have people sign in as fast as they can, and others ask who they are."""
    with ExitStack() as stack:
        servers = [stack.enter_context(server) for server in (platform(ours), template(templates))]
        for server in servers:
            idle, busy = [], []
            for _ in range(rounds):
                # Whoever signs in so often loses the sessions that were the first.
                reader = signed_in(server)
                idle.append(_read(reader, seconds)())
                busy.append(_read_in_storm(reader, seconds))
            stormy = ratio([load.p99 for load in busy], [load.p99 for load in idle])
            answered = Spread.of([load.rate for load in busy])
            report.add("storm", f"{server.stack}: requests answered", answered, unit="requests/s")
            report.add("storm", f"{server.stack}: p99 in the storm / idle", stormy)


def _read(server: Server, seconds: int) -> Callable[[], Load]:
    url = f"{server.base_url}{ME.path}"
    return lambda: run_load(url, seconds=seconds, headers=server.headers)


def _read_in_storm(server: Server, seconds: int) -> Load:
    headers = {"Content-Type": "application/json"}
    with ThreadPoolExecutor(1) as thread:
        storm = thread.submit(
            run_load,
            f"{server.base_url}{_LOGIN}",
            seconds=seconds + 2,
            headers=headers,
            body=_CREDENTIALS,
            may_refuse=True,  # whoever has waited for too long
        )
        load = _read(server, seconds)()
        storm.result()
    return load
